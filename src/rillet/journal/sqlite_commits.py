"""The way of events to the file of the SQLite journal: collected on the loop, kept by a thread.

Laws:
* What comes after a quiet time is committed in the same turn of the loop; then commits follow
  `interval` seconds one after the other (twice that where `MANY` records grow), each for all
  records together. So one answer is not delayed, and many do not cost a commit a token. Readers see
  what is committed.
* A disk that fails (it is full, or gone) ends no answer: what cannot be committed goes on in
  memory, without outliving the process. The log of the server says so once.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from rillet.journal.interface import Full, Header, Log
from rillet.journal.memory import MemoryJournal
from rillet.journal.sqlite_file import JournalFile, Kept, Row
from rillet.journal.tail import Tail, ends
from rillet.words.events import Event

MANY = 16
log = logging.getLogger("rillet.journal")


class Live:
    """The writing end of a record. `last` counts what was appended, the tail what is committed."""

    def __init__(self, commits: "Commits", id: str, header: Header, last: int) -> None:
        self.id = id
        self.header = header
        self.last = last
        self.tail = Tail(last)
        self.kept = Kept(header.owner)
        self.pending: list[Event] = []
        self.ended = False
        self.in_memory: Log | None = None
        self._commits = commits

    def append(self, events: Sequence[Event]) -> None:
        if self.ended or self.tail.closed:
            return
        ended = ends(events)
        if not ended and self.kept.size > self._commits.most:
            raise Full("the answer is longer than a record may be")
        if self.in_memory is not None:
            self.in_memory.append(events)
        else:
            if not self.pending:
                self._commits.dirty(self)
            self.pending += events
        self.ended = ended
        self.last += len(events)

    async def settled(self) -> None:
        while self.tail.last < self.last and not self.tail.closed:
            await self._commits.flushed()


class Commits:
    """For one event loop. `live` has the records that are written into the file; `moved` those
    that began there and went on in memory."""

    def __init__(
        self, file: JournalFile, thread: ThreadPoolExecutor, memory: MemoryJournal, interval: float
    ) -> None:
        self.live: dict[str, Live] = {}
        self.moved: set[str] = set()
        self.most = file.limits.stream
        self._file = file
        self._thread = thread
        self._memory = memory
        self._interval = interval
        self._dirty: list[Live] = []
        self._flushing: asyncio.Future[None] | None = None
        self._next_commit = 0.0  # on the loop's clock
        self._failing = False

    def begin(self, id: str, header: Header, last: int) -> Live:
        """The writing end of a record of which `last` events are in the file."""
        self.live[id] = live = Live(self, id, header, last)
        return live

    async def finished(self) -> None:
        """Wait until nothing is on its way."""
        while self._flushing is not None:
            await self.flushed()

    def dirty(self, live: Live) -> None:
        """This record has something to commit."""
        self._dirty.append(live)
        if self._flushing is None:
            loop = asyncio.get_running_loop()
            self._flushing = loop.create_future()
            loop.call_at(self._next_commit, self._flush, loop)

    async def flushed(self) -> None:
        """Wait for the commit that is on its way."""
        if self._flushing is not None:
            await asyncio.wait((self._flushing,))

    def _flush(self, loop: asyncio.AbstractEventLoop) -> None:
        lives, self._dirty = self._dirty, []
        rows = []
        for live in lives:
            rows.append(Row(live.id, live.last, live.pending))
            live.pending = []
        pause = self._interval if len(lives) < MANY else 2 * self._interval
        self._next_commit = loop.time() + pause
        self._thread.submit(self._commit, loop, lives, rows)

    def _commit(self, loop: asyncio.AbstractEventLoop, lives: list[Live], rows: list[Row]) -> None:
        """On the thread of the file."""
        error: Exception | None = None
        try:
            self._file.commit(rows)
        except Exception as thrown:
            error = thrown
        loop.call_soon_threadsafe(self._committed, lives, rows, error)

    def _committed(self, lives: list[Live], rows: list[Row], error: Exception | None) -> None:
        if error is not None:
            self.failed(error)
        for live, row in zip(lives, rows, strict=True):
            if error is not None:
                self._remember(live, row)
            else:
                live.tail.publish(row.events)
            if live.ended and live.tail.ended:
                self.live.pop(live.id, None)
        flushing, self._flushing = self._flushing, None
        if flushing is not None:
            flushing.set_result(None)
        dirty, self._dirty = self._dirty, []
        for live in dirty:
            if live.pending:
                self.dirty(live)

    def _remember(self, live: Live, row: Row) -> None:
        """What the disk did not take, and all that comes, is kept in memory."""
        if self.live.pop(live.id, None) is None:
            return  # it was deleted meanwhile
        self.moved.add(live.id)
        live.in_memory = self._memory.adopt(live.id, live.header, live.tail)
        live.in_memory.append([*row.events, *live.pending])
        live.pending = []

    def failed(self, error: Exception) -> None:
        if not self._failing:
            log.warning("The journal cannot be written, answers go on in memory: %s", error)
        self._failing = True
