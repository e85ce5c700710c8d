"""The journal in one SQLite file: records outlive the server, also one that was killed.

Laws:
* One process has the file; another one that opens it is told so.
* All SQL runs on one thread of its own, in `sqlite_file`.
* What comes after a quiet time is committed in the same turn of the loop; then commits follow
  `interval` seconds one after the other, each for all records together. So one answer is not
  delayed, and many do not cost a commit a token. Readers see what is committed.
"""

import asyncio
import functools
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from rillet.journal.interface import Batch, Full, Header, Known, Limits
from rillet.journal.sqlite_file import JournalFile, Row
from rillet.journal.tail import Tail, ends
from rillet.words.errors import StoreError
from rillet.words.events import Event, Failure

T = TypeVar("T")
INTERVAL = 0.02  # seconds between two commits
ON_DISK = Limits(stream=64 << 20, owner=512 << 20, total=1 << 30)


class _Live:
    """The writing end of a record. `last` counts what was appended, the tail what is committed."""

    def __init__(self, journal: "SqliteJournal", id: str, header: Header, base: int) -> None:
        self.id = id
        self.header = header
        self.last = base
        self.size = 0
        self.tail = Tail(base)
        self.pending: list[Event] = []
        self.ended = False
        self._journal = journal

    def append(self, events: Sequence[Event]) -> None:
        if self.ended or self.tail.closed:
            return
        self.ended = ends(events)
        if not self.ended and self.size > self._journal.limits.stream:
            raise Full("the answer is longer than a record may be")
        self.last += len(events)
        self.pending += events
        self._journal.dirty(self)

    async def settled(self) -> None:
        while self.pending or (self.tail.last < self.last and not self.tail.closed):
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
        self._clock = clock
        self._interval = interval
        self._live: dict[str, _Live] = {}
        self._dirty: dict[str, _Live] = {}
        self._flushing: asyncio.Future[None] | None = None
        self._last_commit = 0.0  # on the loop's clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rillet-journal")
        try:
            opening = self._thread.submit(JournalFile, Path(path), limits, clock)
            self._file = opening.result()
        except (sqlite3.Error, OSError) as error:
            self._thread.shutdown()
            raise _not_opened(path, error) from error

    async def begin(self, id: str, header: Header) -> _Live:
        file = self._file
        await self._run(file.make_room, header.owner)
        if file.owned[header.owner] > self.limits.owner or file.size > self.limits.total:
            raise Full("the journal is full of answers that still run")
        live = self._live[id] = _Live(self, id, header, 0)
        await self._run(file.insert, id, header)
        return live

    async def take_over(self, id: str) -> _Live | None:
        found = None if id in self._live else await self.find(id)
        if found is None or found.ended or id in self._live:
            return None
        live = self._live[id] = _Live(self, id, found.header, found.last)
        live.size = await self._run(self._file.take_over, id, found.header.owner, found.last)
        return live

    async def release(self, id: str) -> None:
        if live := self._live.get(id):
            await live.settled()
            await self._run(self._file.release, id)
            self._live.pop(id, None)
            live.tail.close()

    async def find(self, id: str) -> Known | None:
        if live := self._live.get(id):
            return Known(live.header, live.tail.last, live.tail.ended)
        return await self._run(self._file.find, id)

    async def follow(self, id: str, after: int = 0) -> AsyncGenerator[Batch, None]:
        while True:
            live = self._live.get(id)
            if live is not None and after >= live.tail.base:
                async for batch in live.tail.follow(after):
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
        return [id for id in found if id not in self._live]

    async def delete(self, id: str) -> None:
        live = self._live.pop(id, None)
        if live is not None:
            live.tail.close()
            live.pending.clear()
        await self._run(self._file.delete, [id])

    async def expire(self) -> None:
        await self._run(self._file.expire)

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
        await self._run(self._file.close)
        self._thread.shutdown()

    # The way of events to the disk, on the loop

    def dirty(self, live: _Live) -> None:
        """This record has something to commit."""
        self._dirty[live.id] = live
        if self._flushing is None:
            loop = asyncio.get_running_loop()
            self._flushing = loop.create_future()
            loop.call_at(self._last_commit + self._interval, self._flush)

    async def flushed(self) -> None:
        """Wait for the commit that is on its way."""
        if self._flushing is not None:
            await asyncio.wait((self._flushing,))

    def _flush(self) -> None:
        lives = [live for live in self._dirty.values() if live.pending]
        rows = [Row(live.id, live.last, live.pending) for live in lives]
        for live in lives:
            live.pending = []
        self._dirty.clear()
        loop = asyncio.get_running_loop()
        self._last_commit = loop.time()
        work = loop.run_in_executor(self._thread, self._file.commit, rows)
        work.add_done_callback(functools.partial(self._committed, lives, rows))

    def _committed(
        self, lives: list[_Live], rows: list[Row], work: "asyncio.Future[list[int]]"
    ) -> None:
        error = work.exception()
        if error is not None:  # a full disk: the answers end, with the reason
            failed = Failure(StoreError(f"The journal cannot be written: {error}"))
            for live in lives:
                live.tail.publish((failed,))
                self._live.pop(live.id, None)
        else:
            for live, row, size in zip(lives, rows, work.result(), strict=True):
                live.size += size
                live.tail.publish(row.events)
                if live.tail.ended:
                    self._live.pop(live.id, None)
        flushing, self._flushing = self._flushing, None
        if flushing is not None:
            flushing.set_result(None)
        for live in list(self._dirty.values()):
            self.dirty(live)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)


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
