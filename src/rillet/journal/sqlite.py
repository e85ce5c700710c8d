"""The journal in one SQLite file: records outlive the server, also one that was killed.

Laws:
* One process has the file; another one that opens it is told so.
* All SQL runs on one thread of its own, in `sqlite_file`.
* A disk that fails ends no answer: what it does not take is in memory (see `sqlite_commits`).
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from rillet.journal.interface import Batch, Full, Header, Known, Limits, Log, Unshared
from rillet.journal.memory import MemoryJournal
from rillet.journal.sqlite_commits import Commits, Live
from rillet.journal.sqlite_file import JournalFile
from rillet.journal.tail import ends
from rillet.words.errors import StoreError

T = TypeVar("T")
INTERVAL = 0.02  # seconds between two commits
ON_DISK = Limits(stream=64 << 20, owner=512 << 20, total=1 << 30)


class SqliteJournal(Unshared):
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
        self._memory = MemoryJournal(limits, clock)  # for what the disk does not take
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rillet-journal")
        try:
            opening = self._thread.submit(JournalFile, Path(path), limits, clock)
            self._file = opening.result()
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:  # the last: of its own words
            self._thread.shutdown()
            raise _not_opened(path, error) from error
        self._commits = Commits(self._file, self._thread, self._memory, interval)
        self._live = self._commits.live

    async def begin(self, id: str, header: Header) -> Log:
        file = self._file
        try:
            await self._run(file.make_room, header.owner)
            if file.owned[header.owner] > self.limits.owner or file.size > self.limits.total:
                raise Full("the journal is full of answers that still run")
            live = self._commits.begin(id, header, 0)
            live.kept = await self._run(file.insert, id, header)
        except StoreError as error:
            self._live.pop(id, None)
            self._commits.failed(error)
            return await self._memory.begin(id, header)
        return live

    async def take_over(self, id: str) -> Live | None:
        found = None if id in self._live else await self.find(id)
        if found is None or found.ended or id in self._live or self._memory.tail(id):
            return None
        live = self._commits.begin(id, found.header, found.last)
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
        for id in [each for each in self._commits.moved if self._gone(each)]:
            await self._run(self._file.delete, id)
            self._commits.moved.discard(id)

    async def close(self) -> None:
        await self._commits.finished()
        for live in self._live.values():
            live.tail.close()
        await self._memory.close()
        await self._run(self._file.close)
        self._thread.shutdown()

    def _gone(self, id: str) -> bool:
        """Whether it is forgotten, though its beginning is still in the file."""
        return id in self._commits.moved and self._memory.tail(id) is None

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, work, *arguments)
        except (sqlite3.Error, UnicodeDecodeError) as error:
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
