"""What `rillet serve` costs above the engine: tokens/s and time to first token, 1 and 16 streams.

    python benchmarks/server_overhead.py [MODEL.gguf] [--tokens 256] [--rounds 7]

The same engine process is asked twice, in turn: through its own listener (/completion on its unix
socket) and through `rillet serve` (/api/generate, raw) which reads that listener. Both are read by
one reader. Ratios are of pairs within a round, the median of which counts; goal >= 0.95 with one
stream, >= 0.85 with 16, first token at most 5 ms later. Processor time of the server for each
token is told as well: unlike the rest it does not depend on what else the machine does.
"""

import argparse
import asyncio
import statistics

from measuring import Served, level, median, parser, processor_seconds, serving


async def measure(served: Served, arguments: argparse.Namespace) -> None:
    await served.load()
    direct, through = served.direct(arguments.tokens), served.through(arguments.tokens)
    for streams in arguments.streams:
        ratios, later, rates, busy, tokens = [], [], [], 0.0, 0.0
        for turn in range(arguments.rounds):
            engine = await level(served.engine, direct, streams)
            before = processor_seconds(served.pid)
            server = await level(served.server, through, streams)
            if not turn:
                continue  # what happens for the first time is not measured
            busy += processor_seconds(served.pid) - before
            tokens += len(server.gaps) + len(server.first)
            ratios.append(server.rate / engine.rate)
            later.append(median(server.first) - median(engine.first))
            rates.append((engine.rate, server.rate))
        engines, servers = (statistics.median(some) for some in zip(*rates, strict=True))
        print(
            f"{streams:3d} streams: engine {engines:6.0f} tokens/s, server {servers:6.0f},"
            f" ratio {statistics.median(ratios):.3f} ({min(ratios):.2f}-{max(ratios):.2f}),"
            f" first token {1e3 * statistics.median(later):+.1f} ms,"
            f" server {1e6 * busy / tokens:.0f} µs a piece",
            flush=True,
        )


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--tokens", type=int, default=256)
    options.add_argument("--rounds", type=int, default=8)
    options.add_argument("--streams", type=int, nargs="*", default=[1, 16])
    arguments = options.parse_args()
    with serving(arguments.model, arguments.slots, arguments.num_ctx) as served:
        asyncio.run(measure(served, arguments))


if __name__ == "__main__":
    main()
