"""What a token costs in the journal, at 64 streams, and what 10,000 kept answers take.

    python benchmarks/journal.py [memory] [sqlite] [redis://host:port]

64 writers append one token at a time, 30 a second each, every one at moments of its own: as many
engines do, and the worst for whoever would batch. The cost is the CPU time of the whole process,
the journal's thread included, on the loop of the server, less that of the same writers without a
journal; the median of the rounds. The bounds: 5 µs a token in memory, 20 µs in SQLite. Readers come
on top: one a stream, and each of its tokens wakes a task. "At once" is the same without pauses, as
from a very fast engine.
"""

import asyncio
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvloop

from rillet.journal import Header, Journal, Limits
from rillet.journal.memory import MemoryJournal
from rillet.words.events import Event, Finish, Text

STREAMS = 64
RATE = 30.0  # tokens a second
SECONDS = 4.0
ROUNDS = 5
KEPT = 10_000
HEADER = Header("chat", b'{"model":"m","messages":[]}')
BOUNDS = {"memory": 5.0, "sqlite": 20.0}

Append = Callable[[Sequence[Event]], None]


async def paced(append: Append) -> None:
    """One writer's tokens, each at its time."""
    loop = asyncio.get_running_loop()
    at = loop.time() + random.random() / RATE
    for number in range(int(RATE * SECONDS)):
        await asyncio.sleep(at - loop.time())
        append((Text(" token", tokens=(number,)),))
        at += 1 / RATE


async def hurried(append: Append) -> None:
    for number in range(int(RATE * SECONDS)):
        append((Text(" token", tokens=(number,)),))
        if number % 4 == 0:
            await asyncio.sleep(0)


async def follow(journal: Journal, id: str) -> int:
    count = 0
    async for batch in journal.follow(id):
        count += len(batch.events)
    return count


async def record(journal: Journal, tokens: Callable[[Append], Awaitable[None]], read: bool) -> None:
    id = f"{random.getrandbits(128):032x}"
    log = await journal.begin(id, HEADER)
    reading = asyncio.create_task(follow(journal, id)) if read else None
    await tokens(log.append)
    log.append((Finish("stop"),))
    await log.settled()
    if reading is not None:
        assert await reading == int(RATE * SECONDS) + 1


async def cost(work: Callable[[], Awaitable[None]]) -> float:
    """Microseconds of CPU a token, of `work` for each stream."""
    begun = time.process_time()
    await asyncio.gather(*(work() for _ in range(STREAMS)))
    return (time.process_time() - begun) * 1e6 / (STREAMS * RATE * SECONDS)


async def compared(
    journal: Journal, tokens: Callable[[Append], Awaitable[None]], read: bool
) -> float:
    """What the journal adds to the writers."""
    found = []
    for _ in range(ROUNDS):
        without = await cost(lambda: tokens(lambda events: None))
        found.append(await cost(lambda: record(journal, tokens, read)) - without)
    return statistics.median(found)


async def measure(kind: str, folder: str) -> bool:
    journal: Journal
    if kind == "memory":
        journal = MemoryJournal()
    elif kind == "sqlite":
        from rillet.journal.sqlite import SqliteJournal

        journal = SqliteJournal(Path(folder) / "journal")
    else:
        from rillet.journal.redis import RedisJournal

        journal = RedisJournal(kind)
    written = await compared(journal, paced, read=False)
    read = await compared(journal, paced, read=True)
    hasty = await compared(journal, hurried, read=False)
    await journal.close()
    bound = BOUNDS.get(kind, float("inf"))
    print(
        f"{kind}: {written:.1f} µs a token written (bound {bound:g}), "
        f"{read:.1f} with a reader each, {hasty:.1f} at once"
    )
    return written <= bound


async def kept(tokens: int) -> bool:
    """Many ended answers in retention: how many are kept, and what they take."""
    journal = MemoryJournal(Limits(owner=Limits().total))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    events = [Text(f" token{number % 900}", tokens=(number,)) for number in range(tokens)]
    for number in range(KEPT):
        log = await journal.begin(str(number), HEADER)
        for event in events:
            log.append((event,))
        log.append((Finish("stop"),))
    alive = sum([await journal.find(str(number)) is not None for number in range(KEPT)])
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    cap = journal.limits.total / (1 << 20)
    print(
        f"memory: {alive} of {KEPT} ended answers of {tokens} tokens kept, "
        f"{journal.size / (1 << 20):.0f} MB by its own count, {grown:.0f} MB of the process "
        f"(cap {cap:.0f} MB)"
    )
    return journal.size <= journal.limits.total and grown <= cap


def main() -> int:
    good = [asyncio.run(kept(tokens)) for tokens in (500, 4000)]
    with tempfile.TemporaryDirectory() as folder:
        good += [uvloop.run(measure(kind, folder)) for kind in sys.argv[1:] or BOUNDS]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
