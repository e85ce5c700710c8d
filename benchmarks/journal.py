"""What a token costs in the journal, at 64 streams with one reader each, and 10,000 kept answers.

    python benchmarks/journal.py [memory] [sqlite] [redis://host:port]

Time is CPU time of the whole process (loop and journal thread) per token that was written and read
again. The bounds: 5 µs in memory, 20 µs in SQLite.
"""

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path

from rillet.journal import Header, Journal, Limits
from rillet.journal.memory import MemoryJournal
from rillet.words.events import Finish, Text

STREAMS = 64
TOKENS = 1000
KEPT = 10_000
HEADER = Header("chat", b'{"model":"m","messages":[]}')


async def write(journal: Journal, id: str, read: bool) -> None:
    log = await journal.begin(id, HEADER)
    reading = asyncio.create_task(follow(journal, id)) if read else None
    for number in range(TOKENS):
        log.append((Text(" token", tokens=(number,)),))
        if number % 4 == 0:
            await asyncio.sleep(0)  # as tokens come from an engine: few at a time
    log.append((Finish("stop"),))
    await log.settled()
    if reading is not None:
        assert await reading == TOKENS + 1


async def follow(journal: Journal, id: str) -> int:
    count = 0
    async for batch in journal.follow(id):
        count += len(batch.events)
    return count


async def cost(journal: Journal, read: bool) -> float:
    """Microseconds of CPU a token."""
    begun = time.process_time()
    await asyncio.gather(*(write(journal, f"{read}{n}", read) for n in range(STREAMS)))
    return (time.process_time() - begun) * 1e6 / (STREAMS * TOKENS)


async def kept() -> tuple[int, float]:
    """How many of 10,000 ended answers of 500 tokens are kept, and the memory they take in MB."""
    journal = MemoryJournal(Limits(owner=1 << 30))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    events = [Text(f" token{number % 900}", tokens=(number,)) for number in range(500)]
    for number in range(KEPT):
        log = await journal.begin(str(number), HEADER)
        for event in events:
            log.append((event,))
        log.append((Finish("stop"),))
    alive = sum([await journal.find(str(number)) is not None for number in range(KEPT)])
    return alive, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


async def measure(kind: str, folder: str) -> None:
    journal: Journal
    if kind == "memory":
        journal = MemoryJournal()
    elif kind == "sqlite":
        from rillet.journal.sqlite import SqliteJournal

        journal = SqliteJournal(Path(folder) / "journal")
    else:
        from rillet.journal.redis import RedisJournal

        journal = RedisJournal(kind)
    for read in (False, True):
        found = await cost(journal, read)
        print(f"{kind}: {found:.1f} µs a token, {'written and read' if read else 'written'}")
    await journal.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for kind in sys.argv[1:] or ["memory", "sqlite"]:
            asyncio.run(measure(kind, folder))
    alive, size = asyncio.run(kept())
    print(f"memory: {alive} of {KEPT} ended answers kept in {size:.0f} MB (cap 256 MB)")


if __name__ == "__main__":
    main()
