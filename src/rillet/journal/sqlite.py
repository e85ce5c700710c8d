"""The journal in one SQLite file: records outlive the server, also one that was killed.

Laws:
* One process has the file; another one that opens it is told so.
* All SQL runs on one thread of its own, in `sqlite_file`.
* What comes after a quiet time is committed in the same turn of the loop; then commits follow
  `interval` seconds one after the other (twice that where `MANY` records grow), each for all
  records together. So one answer is not delayed, and many do not cost a commit a token. Readers see
  what is committed.
* A disk that fails (it is full, or gone) ends no answer: what cannot be committed goes on in
  memory, without outliving the process. The log of the server says so once.
"""

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from rillet.journal.interface import Batch, Full, Header, Known, Limits, Log
from rillet.journal.memory import MemoryJournal
from rillet.journal.sqlite_file import JournalFile, Kept, Row
from rillet.journal.tail import Tail, ends
from rillet.words.errors import StoreError
from rillet.words.events import Event

T = TypeVar("T")
INTERVAL = 0.02  # seconds between two commits
MANY = 16
ON_DISK = Limits(stream=64 << 20, owner=512 << 20, total=1 << 30)
log = logging.getLogger("rillet.journal")


class _Live:
    """The writing end of a record. `last` counts what was appended, the tail what is committed."""

    def __init__(self, journal: "SqliteJournal", id: str, header: Header, last: int) -> None:
        self.id = id
        self.header = header
        self.last = last
        self.tail = Tail(last)
        self.kept = Kept(header.owner)
        self.pending: list[Event] = []
        self.ended = False
        self.in_memory: Log | None = None
        self._journal = journal

    def append(self, events: Sequence[Event]) -> None:
        if self.ended or self.tail.closed:
            return
        ended = ends(events)
        if not ended and self.kept.size > self._journal.limits.stream:
            raise Full("the answer is longer than a record may be")
        if self.in_memory is not None:
            self.in_memory.append(events)
        else:
            if not self.pending:
                self._journal.dirty(self)
            self.pending += events
        self.ended = ended
        self.last += len(events)

    async def settled(self) -> None:
        while self.tail.last < self.last and not self.tail.closed:
            await self._journal.flushed()


class SqliteJournal:
    """Records in the file at `path`, for one event loop. Raises `StoreError` if that fails."""

    durable = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        limits: Limits = ON_DISK,
        clock: Callable[[], float] = time.time,
        interval: float = INTERVAL,
    ) -> None:
        self.limits = limits
        self._interval = interval
        self._live: dict[str, _Live] = {}
        self._dirty: list[_Live] = []
        self._flushing: asyncio.Future[None] | None = None
        self._next_commit = 0.0  # on the loop's clock
        self._memory = MemoryJournal(limits, clock)  # for what the disk does not take
        self._moved: set[str] = set()  # what began in the file, and went on in memory
        self._failing = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rillet-journal")
        try:
            opening = self._thread.submit(JournalFile, Path(path), limits, clock)
            self._file = opening.result()
        except (sqlite3.Error, OSError) as error:
            self._thread.shutdown()
            raise _not_opened(path, error) from error

    async def begin(self, id: str, header: Header) -> Log:
        file = self._file
        try:
            await self._run(file.make_room, header.owner)
            if file.owned[header.owner] > self.limits.owner or file.size > self.limits.total:
                raise Full("the journal is full of answers that still run")
            live = self._live[id] = _Live(self, id, header, 0)
            live.kept = await self._run(file.insert, id, header)
        except StoreError as error:
            self._live.pop(id, None)
            self._failed(error)
            return await self._memory.begin(id, header)
        return live

    async def take_over(self, id: str) -> _Live | None:
        found = None if id in self._live else await self.find(id)
        if found is None or found.ended or id in self._live or self._memory.tail(id):
            return None
        live = self._live[id] = _Live(self, id, found.header, found.last)
        live.kept = await self._run(self._file.take_over, id, found.header.owner, found.last)
        return live

    async def release(self, id: str) -> None:
        await self._memory.release(id)
        if live := self._live.get(id):
            await live.settled()
            await self._run(self._file.release, id)
            self._live.pop(id, None)
            live.tail.close()

    async def find(self, id: str) -> Known | None:
        if live := self._live.get(id):
            return Known(live.header, live.tail.last, live.tail.ended)
        known = await self._memory.find(id)
        return known if known or self._gone(id) else await self._run(self._file.find, id)

    async def follow(self, id: str, after: int = 0) -> AsyncGenerator[Batch, None]:
        while True:
            live = self._live.get(id)
            tail = self._memory.tail(id) if live is None else live.tail
            if self._gone(id):
                return
            if tail is not None and after >= tail.base:
                async for batch in tail.follow(after):
                    yield batch
                return
            batches = await self._run(self._file.read, id, after)
            for batch in batches:
                yield batch
                after = batch.first + len(batch.events) - 1
            if not batches or ends(batches[-1].events):
                return

    async def unfinished(self) -> list[str]:
        found = await self._run(self._file.unfinished)
        return [id for id in found if id not in self._live and not self._memory.tail(id)]

    async def delete(self, id: str) -> None:
        live = self._live.pop(id, None)
        if live is not None:
            live.tail.close()
            live.pending.clear()
        await self._memory.delete(id)
        await self._run(self._file.delete, id)

    async def expire(self) -> None:
        await self._memory.expire()
        await self._run(self._file.expire)
        await self._run(self._file.shrink)
        for id in [each for each in self._moved if self._gone(each)]:
            await self._run(self._file.delete, id)
            self._moved.discard(id)

    async def watched(self, id: str) -> bool:
        return False

    async def wish_stop(self, id: str) -> None:
        pass

    async def stop_wished(self) -> Sequence[str]:
        await asyncio.get_running_loop().create_future()
        return ()

    async def close(self) -> None:
        while self._flushing is not None:
            await self.flushed()
        for live in self._live.values():
            live.tail.close()
        await self._memory.close()
        await self._run(self._file.close)
        self._thread.shutdown()

    # The way of events to the disk, on the loop

    def dirty(self, live: _Live) -> None:
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

    def _commit(self, loop: asyncio.AbstractEventLoop, lives: list[_Live], rows: list[Row]) -> None:
        """On the thread of the file."""
        error: Exception | None = None
        try:
            self._file.commit(rows)
        except Exception as thrown:
            error = thrown
        loop.call_soon_threadsafe(self._committed, lives, rows, error)

    def _committed(self, lives: list[_Live], rows: list[Row], error: Exception | None) -> None:
        if error is not None:
            self._failed(error)
        for live, row in zip(lives, rows, strict=True):
            if error is not None:
                self._remember(live, row)
            else:
                live.tail.publish(row.events)
            if live.ended and live.tail.ended:
                self._live.pop(live.id, None)
        flushing, self._flushing = self._flushing, None
        if flushing is not None:
            flushing.set_result(None)
        dirty, self._dirty = self._dirty, []
        for live in dirty:
            if live.pending:
                self.dirty(live)

    def _remember(self, live: _Live, row: Row) -> None:
        """What the disk did not take, and all that comes, is kept in memory."""
        if self._live.pop(live.id, None) is None:
            return  # it was deleted meanwhile
        self._moved.add(live.id)
        live.in_memory = self._memory.adopt(live.id, live.header, live.tail)
        live.in_memory.append([*row.events, *live.pending])
        live.pending = []

    def _gone(self, id: str) -> bool:
        """Whether it is forgotten, though its beginning is still in the file."""
        return id in self._moved and self._memory.tail(id) is None

    def _failed(self, error: Exception) -> None:
        if not self._failing:
            log.warning("The journal cannot be written, answers go on in memory: %s", error)
        self._failing = True

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, work, *arguments)
        except sqlite3.Error as error:
            raise StoreError(f"The journal cannot be used: {error}") from error


def _not_opened(path: str | os.PathLike[str], error: Exception) -> StoreError:
    if "locked" in str(error):
        return StoreError(
            f"The journal {os.fspath(path)} is in use by another server",
            hint="Give each server a journal of its own, or share one in Redis",
        )
    return StoreError(
        f"The journal {os.fspath(path)} cannot be used: {error}",
        hint="Choose another file, or move this one away",
    )
