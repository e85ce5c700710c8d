"""How long an engine works on for somebody who has left: in the queue, while the model loads, in a
long prompt, and in the middle of an answer.

    python benchmarks/hang_up.py [MODEL.gguf] [--rounds 9] [--num-batch N] [--words 3000]

The goal is one token and 50 ms. An engine is idle when none of its threads computes any more, which
is read from the system each millisecond (/proc, so on Linux only). For each phase: the median and
the largest time from the hang-up until then, and in how many rounds the goal was met.

    queued   one answer at the only slot, another waits for it and leaves; then the first ends. Told
             is the time from that end on, for an engine that had been asked would work on.
    loading  the only one who waits for a model leaves; told is when its process is gone
    prompt   the one whose long prompt is evaluated leaves
    answer   the one whose answer is written leaves

And what a token of a long prompt costs, so that a batch can be weighed against the hang-up. On a
machine that does other things as well, only the median says something.
"""

import argparse
import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from measuring import PROMPT, Served, median, parser, processor_seconds, read, serving

from rillet.net.aio import AsyncExchange
from rillet.net.http1 import Request

#: Seconds without computing after which an engine counts as idle.
QUIET = 0.06
GOAL = 0.05
LOOK = 0.001


class Phases:
    """Each method is one round of a phase: seconds from the hang-up until the engine is idle."""

    def __init__(self, served: Served, arguments: argparse.Namespace) -> None:
        self.served = served
        self.words: int = arguments.words
        self.lot = random.Random(arguments.seed)
        self.more = {"num_batch": arguments.num_batch} if arguments.num_batch else {}

    @property
    def all(self) -> list[Callable[[], Awaitable[float]]]:
        return [self.queued, self.prompt, self.answer, self.loading]

    async def queued(self) -> float:
        first = asyncio.create_task(read(self.served.server, self._asked(100)))
        await busy(self.served.engine_pid)
        async with self._sent(self._asked(2000)):
            await asyncio.sleep(0.01)
        await first
        return await idle(self.served.engine_pid)

    async def loading(self) -> float:
        await self._unload()
        async with self._sent(self._asked(1)):
            while not children(self.served.pid):  # noqa: ASYNC110
                await asyncio.sleep(LOOK)
            await asyncio.sleep(self.lot.random() * 0.05)
        left = time.perf_counter()
        while children(self.served.pid):  # noqa: ASYNC110
            await asyncio.sleep(LOOK)
        return time.perf_counter() - left

    async def prompt(self) -> float:
        async with self._sent(self._asked(1, self._long())):
            await busy(self.served.engine_pid)
            await asyncio.sleep(self.lot.random() * 0.1)
        return await idle(self.served.engine_pid)

    async def answer(self) -> float:
        async with self._sent(self._asked(2000)):
            await busy(self.served.engine_pid)
            await asyncio.sleep(self.lot.random() * 0.1)
        return await idle(self.served.engine_pid)

    async def token(self) -> float:
        answer = await read(self.served.server, self._asked(60))
        return sum(answer.gaps) / answer.tokens

    async def cost(self) -> tuple[float, float]:
        """Of one token of a long prompt: seconds, and seconds of the processor."""
        used = processor_seconds(self.served.engine_pid)
        answer = await read(self.served.server, self._asked(2, self._long()))
        used = processor_seconds(self.served.engine_pid) - used
        return answer.first / answer.prompt, used / answer.prompt

    def _asked(self, tokens: int, prompt: str = PROMPT) -> Request:
        return self.served.through(tokens, prompt, **self.more)

    def _long(self) -> str:
        """A prompt that is in no cache."""
        return " ".join(str(self.lot.randrange(100)) for _ in range(self.words))

    @asynccontextmanager
    async def _sent(self, asked: Request) -> AsyncIterator[AsyncExchange]:
        """A request under way; the end of the block hangs up."""
        exchange = self.served.server.exchange(asked)
        head = asyncio.create_task(exchange.head(connect=5, deadline=None))
        try:
            yield exchange
        finally:
            head.cancel()
            exchange.close()
            await asyncio.wait((head,))

    async def _unload(self) -> None:
        exchange = self.served.server.exchange(self.served.unload())
        await exchange.head(connect=5, deadline=None)
        exchange.close()
        while children(self.served.pid):  # noqa: ASYNC110
            await asyncio.sleep(LOOK)


async def busy(pid: int) -> None:
    """Return when it computes."""
    before = processor_seconds(pid)
    while processor_seconds(pid) - before < 0.004:  # noqa: ASYNC110
        await asyncio.sleep(LOOK)


async def idle(pid: int) -> float:
    """Seconds from now until it computed for the last time."""
    begun = last = time.perf_counter()
    used = processor_seconds(pid)
    while time.perf_counter() - last < QUIET:
        await asyncio.sleep(LOOK)
        now = processor_seconds(pid)
        if now - used > 0.0002:  # to be woken up and go to sleep again is no work
            used, last = now, time.perf_counter()
    return last - begun


def children(pid: int) -> list[int]:
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    return found


async def measure(served: Served, arguments: argparse.Namespace) -> None:
    phases = Phases(served, arguments)
    await served.load(**phases.more)
    token = await phases.token()
    costs = [await phases.cost() for _ in range(3)]
    wall, used = (median([cost[part] for cost in costs]) for part in (0, 1))
    print(
        f"one token {1e3 * token:.1f} ms; of a long prompt {1 / wall:.0f} tokens/s,"
        f" {1e3 * used:.3f} ms of the processor each",
        flush=True,
    )
    for phase in phases.all if arguments.rounds else ():
        found = [await phase() for _ in range(arguments.rounds)]
        met = sum(seconds <= token + GOAL for seconds in found)
        print(
            f"{phase.__name__:8s} {1e3 * median(found):6.1f} ms (largest {1e3 * max(found):6.1f}),"
            f" goal of {1e3 * (token + GOAL):.0f} ms met in {met} of {len(found)}",
            flush=True,
        )


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--num-batch", type=int, help="as the option of that name in a request")
    options.add_argument("--words", type=int, default=3000)
    options.add_argument("--seed", type=int, default=7)
    options.set_defaults(slots=1, num_ctx=8192)
    arguments = options.parse_args()
    with serving(arguments.model, arguments.slots, arguments.num_ctx) as served:
        asyncio.run(measure(served, arguments))


if __name__ == "__main__":
    main()
