"""Does an engine's speed suffer more from busy cores than its share of them explains?

    python benchmarks/busy_cores.py [MODEL.gguf] [--tokens 200] [--rounds 5] [--busy N]

One stream, with the machine as it is and beside as many busy processes as there are cores, in turn.
Threads that spin while they wait for each other use the processor without a token to show for it:
tokens for each second of processor time fall to a fraction then. Asleep, they keep what they had,
and the rate falls only by what the others take. The same again with OMP_WAIT_POLICY=ACTIVE shows
the difference. Exit status 1 where less than --least of the tokens per processor second is kept.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from measuring import Served, median, parser, processor_seconds, read, serving

from rillet.engine.threads import usable_cores


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that do nothing else than that."""
    spin = [sys.executable, "-c", "while True: pass"]
    started = [subprocess.Popen(spin) for _ in range(count)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


async def once(served: Served, tokens: int) -> tuple[float, float]:
    """Tokens per second of processor time, and per second."""
    used, begun = processor_seconds(served.engine_pid), time.perf_counter()
    answer = await read(served.server, served.through(tokens))
    wall = time.perf_counter() - begun
    return answer.tokens / (processor_seconds(served.engine_pid) - used), answer.tokens / wall


async def measure(served: Served, arguments: argparse.Namespace) -> float:
    await served.load()
    await once(served, 16)
    calm, pressed = [], []
    for _ in range(arguments.rounds):
        calm.append(await once(served, arguments.tokens))
        with busy(arguments.busy):
            pressed.append(await once(served, arguments.tokens))
    for name, found in (("as it is", calm), (f"{arguments.busy} busy", pressed)):
        per_cpu, per_second = (median([one[at] for one in found]) for at in (0, 1))
        print(f"{name:10s} {per_cpu:7.0f} tokens per processor second, {per_second:6.0f} tokens/s")
    kept = median([after[0] / before[0] for before, after in zip(calm, pressed, strict=True)])
    print(f"kept: {kept:.2f} of the tokens per processor second")
    return kept


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--tokens", type=int, default=200)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--busy", type=int, default=usable_cores())
    options.add_argument("--least", type=float, default=0.9)
    arguments = options.parse_args()
    with serving(arguments.model, 1, arguments.num_ctx) as served:
        kept = asyncio.run(measure(served, arguments))
    sys.exit(0 if kept >= arguments.least else 1)


if __name__ == "__main__":
    main()
