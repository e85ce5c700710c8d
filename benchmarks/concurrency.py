"""Many streams at once: does everyone get tokens, and how many are there in all?

    python benchmarks/concurrency.py [MODEL.gguf] [--slots 16] [--tokens 64] [--rounds 3]

For each level: tokens/s of all streams together through the engine's own listener and through
`rillet serve`, time to first token (p50, p99), and the largest gap between two pieces of a stream.
That is held against two things: the level's median gap (does everything stand still for a while?)
and the largest gap of the median stream (does one stream starve beside the others?). More streams
than slots wait for their turn, in the engine or in the server; that is in the first token.

A model of the size of a real one: `python benchmarks/random_model.py /tmp/random.gguf`.

What to know: llama.cpp hands all results through one queue, which every stream's thread wakes up
for. From some 64 streams in flight on it falls to a fraction of what it can compute. That is why
the server never lets more than the slots in; and asking for hundreds of slots on a few cores makes
every stream slower, with either.
"""

import argparse
import asyncio

from measuring import Level, Served, level, median, parser, percentile, serving


async def measure(served: Served, arguments: argparse.Namespace) -> None:
    await served.load()
    for streams in arguments.streams:
        tokens = max(16, min(arguments.tokens, arguments.most // streams))
        direct, through = served.direct(tokens), served.through(tokens)
        engine: list[Level] = []
        server: list[Level] = []
        await level(served.engine, direct, streams)  # else who goes first pays for empty caches
        for _ in range(arguments.rounds):
            engine.append(await level(served.engine, direct, streams))
            server.append(await level(served.server, through, streams))
        pairs = zip(engine, server, strict=True)
        ratio = median([ours.rate / theirs.rate for theirs, ours in pairs])
        print(f"{streams:3d} streams of {tokens:3d} tokens: ratio {ratio:.3f}")
        for name, found in (("engine", engine), ("server", server)):
            first = [value for one in found for value in one.first]
            middle = median([gap for one in found for gap in one.gaps])
            largest = median([max(one.largest) for one in found])
            worst = median([max(one.largest) / (median(one.largest) or 1) for one in found])
            print(
                f"     {name} {median([one.rate for one in found]):6.0f} tokens/s,"
                f" first token {1e3 * median(first):7.1f} ms"
                f" (p99 {1e3 * percentile(first, 0.99):7.1f}),"
                f" gap {1e3 * middle:6.2f} ms, largest {1e3 * largest:7.1f} ms"
                f" ({largest / middle if middle else 0:.1f} x the median gap,"
                f" {worst:.1f} x the median stream's)",
                flush=True,
            )


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--tokens", type=int, default=64)
    options.add_argument("--most", type=int, default=8192, help="tokens of one round, all streams")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--streams", type=int, nargs="*", default=[1, 4, 16, 64, 256])
    arguments = options.parse_args()
    with serving(arguments.model, arguments.slots, arguments.num_ctx) as served:
        asyncio.run(measure(served, arguments))


if __name__ == "__main__":
    main()
