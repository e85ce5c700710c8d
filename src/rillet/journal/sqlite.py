"""The journal in one SQLite file: records outlive the server, also one that was killed.

Laws:
* One process has the file; another one that opens it is told so.
* All SQL runs on one thread of its own. What comes within `interval` seconds is one commit, for
  all records together, and only then do readers see it.
* WAL with synchronous=NORMAL: what was committed survives the death of the process. When the
  machine itself loses power the last moments may be missing.
* The file is for its owner's eyes alone: it holds prompts and answers.
Source: SQLite's documentation of WAL and of the pragmas (sqlite.org/wal.html, pragma.html).
"""

import asyncio
import functools
import os
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from rillet.journal.interface import Batch, Full, Header, Known, Limits
from rillet.journal.packing import pack, unpack
from rillet.journal.tail import Tail, ends
from rillet.words.errors import StoreError
from rillet.words.events import Event, Failure

T = TypeVar("T")
INTERVAL = 0.005  # seconds between two commits
ON_DISK = Limits(stream=64 << 20, owner=512 << 20, total=1 << 30)
_ROWS = 64  # rows of events that are read at a time

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS record (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, header BLOB NOT NULL,
    last INTEGER NOT NULL DEFAULT 0, size INTEGER NOT NULL DEFAULT 0, ended REAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_end ON record (ended);
CREATE TABLE IF NOT EXISTS events (
    id TEXT NOT NULL, last INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (id, last)
) WITHOUT ROWID;
PRAGMA user_version = 1;
"""
_VERSION = 1
_SIZES = """
SELECT owner, size + CASE WHEN ended IS NULL THEN
    (SELECT coalesce(sum(length(body)), 0) FROM events WHERE events.id = record.id) ELSE 0 END
FROM record
"""


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


class _Row(NamedTuple):
    """Some events on their way to the disk."""

    live: _Live
    last: int
    events: list[Event]


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
        self._size = 0
        self._owned: Counter[str] = Counter()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rillet-journal")
        try:
            self._db = self._thread.submit(self._opened, Path(path)).result()
        except (sqlite3.Error, OSError) as error:
            self._thread.shutdown()
            raise _not_opened(path, error) from error

    async def begin(self, id: str, header: Header) -> _Live:
        await self._run(self._make_room, header.owner)
        if self._owned[header.owner] > self.limits.owner or self._size > self.limits.total:
            raise Full("the journal is full of answers that still run")
        live = self._live[id] = _Live(self, id, header, 0)
        await self._run(self._insert, id, header)
        return live

    async def take_over(self, id: str) -> _Live | None:
        found = None if id in self._live else await self.find(id)
        if found is None or found.ended or id in self._live:
            return None
        live = self._live[id] = _Live(self, id, found.header, found.last)
        live.size = await self._run(self._sum, id)
        return live

    async def release(self, id: str) -> None:
        if live := self._live.get(id):
            await live.settled()
            self._live.pop(id, None)
            live.tail.close()

    async def find(self, id: str) -> Known | None:
        if live := self._live.get(id):
            return Known(live.header, live.tail.last, live.tail.ended)
        return await self._run(self._select, id)

    async def follow(self, id: str, after: int = 0) -> AsyncGenerator[Batch, None]:
        while True:
            live = self._live.get(id)
            if live is not None and after >= live.tail.base:
                async for batch in live.tail.follow(after):
                    yield batch
                return
            batches = await self._run(self._read, id, after)
            for batch in batches:
                yield batch
                after = batch.first + len(batch.events) - 1
            if not batches or ends(batches[-1].events):
                return

    async def unfinished(self) -> list[str]:
        found = await self._run(self._unfinished)
        return [id for id in found if id not in self._live]

    async def delete(self, id: str) -> None:
        live = self._live.pop(id, None)
        if live is not None:
            live.tail.close()
            live.pending.clear()
        await self._run(self._delete, [id])

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
        await self._run(self._db.close)
        self._thread.shutdown()

    # The way of events to the disk, on the loop

    def dirty(self, live: _Live) -> None:
        """This record has something to commit."""
        self._dirty[live.id] = live
        if self._flushing is None:
            loop = asyncio.get_running_loop()
            self._flushing = loop.create_future()
            loop.call_later(self._interval, self._flush)

    async def flushed(self) -> None:
        """Wait for the commit that is on its way."""
        if self._flushing is not None:
            await asyncio.wait((self._flushing,))

    def _flush(self) -> None:
        rows = [_Row(live, live.last, live.pending) for live in self._dirty.values()]
        for row in rows:
            row.live.pending = []
        self._dirty.clear()
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._thread, self._commit, rows)
        work.add_done_callback(functools.partial(self._committed, rows))

    def _committed(self, rows: list[_Row], work: "asyncio.Future[list[int]]") -> None:
        error = work.exception()
        if error is not None:  # a full disk: the answers end, with the reason
            failed = Failure(StoreError(f"The journal cannot be written: {error}"))
            for row in rows:
                row.live.tail.publish((failed,))
                self._live.pop(row.live.id, None)
        else:
            for row, size in zip(rows, work.result(), strict=True):
                row.live.size += size
                row.live.tail.publish(row.events)
                if row.live.tail.ended:
                    self._live.pop(row.live.id, None)
        flushing, self._flushing = self._flushing, None
        if flushing is not None:
            flushing.set_result(None)
        for live in list(self._dirty.values()):
            self.dirty(live)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    # All below runs on the thread

    def _opened(self, path: Path) -> sqlite3.Connection:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        db = sqlite3.connect(path, isolation_level=None)
        try:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise sqlite3.DatabaseError(f"it is of version {version}")
            db.executescript(_SCHEMA)
            for owner, size in db.execute(_SIZES):
                self._count(owner, size)
        except BaseException:
            db.close()
            raise
        return db

    def _count(self, owner: str, size: int) -> None:
        self._size += size
        self._owned[owner] += size

    def _insert(self, id: str, header: Header) -> None:
        body = msgspec.msgpack.encode(header)
        self._db.execute(
            "INSERT INTO record (id, owner, header, size) VALUES (?, ?, ?, ?)",
            (id, header.owner, body, len(body)),
        )
        self._count(header.owner, len(body))

    def _commit(self, rows: list[_Row]) -> list[int]:
        """The bytes of each row."""
        bodies = [pack(row.events) for row in rows]
        self._db.execute("BEGIN")
        try:
            self._db.executemany(
                "INSERT INTO events (id, last, body) VALUES (?, ?, ?)",
                [(row.live.id, row.last, body) for row, body in zip(rows, bodies, strict=True)],
            )
            self._db.executemany(  # only at the end: a row more a token would cost as much again
                "UPDATE record SET last = ?, size = size + ?, ended = ? WHERE id = ?",
                [
                    (row.last, row.live.size + len(body), self._clock(), row.live.id)
                    for row, body in zip(rows, bodies, strict=True)
                    if ends(row.events)
                ],
            )
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        for row, body in zip(rows, bodies, strict=True):
            self._count(row.live.header.owner, len(body))
        return [len(body) for body in bodies]

    def _select(self, id: str) -> Known | None:
        oldest = self._clock() - self.limits.retention
        row = self._db.execute(
            "SELECT header,"
            " coalesce((SELECT max(last) FROM events WHERE events.id = record.id), 0), ended"
            " FROM record WHERE id = ? AND (ended IS NULL OR ended > ?)",
            (id, oldest),
        ).fetchone()
        if row is None:
            return None
        header, last, ended = row
        return Known(msgspec.msgpack.decode(header, type=Header), last, ended is not None)

    def _sum(self, id: str) -> int:
        """The bytes of the events of a record."""
        row = self._db.execute(
            "SELECT coalesce(sum(length(body)), 0) FROM events WHERE id = ?", (id,)
        ).fetchone()
        return int(row[0])

    def _read(self, id: str, after: int) -> list[Batch]:
        if self._select(id) is None:
            return []
        rows = self._db.execute(
            "SELECT last, body FROM events WHERE id = ? AND last > ? ORDER BY last LIMIT ?",
            (id, after, _ROWS),
        ).fetchall()
        batches = []
        for last, body in rows:
            events = unpack(body)
            first = last - len(events) + 1
            skipped = max(0, after + 1 - first)
            batches.append(Batch(first + skipped, events[skipped:]))
        return batches

    def _unfinished(self) -> list[str]:
        return [id for (id,) in self._db.execute("SELECT id FROM record WHERE ended IS NULL")]

    def _make_room(self, owner: str) -> None:
        oldest = self._clock() - self.limits.retention
        old = self._db.execute("SELECT id FROM record WHERE ended <= ?", (oldest,)).fetchall()
        self._delete([id for (id,) in old])
        self._drop(lambda: self._owned[owner] > self.limits.owner, owner)
        self._drop(lambda: self._size > self.limits.total, None)

    def _drop(self, too_much: Callable[[], bool], owner: str | None) -> None:
        while too_much():
            found = self._db.execute(
                "SELECT id FROM record WHERE ended IS NOT NULL AND (?1 IS NULL OR owner = ?1)"
                " ORDER BY ended LIMIT 16",
                (owner,),
            ).fetchall()
            if not found:
                return
            self._delete([id for (id,) in found])

    def _delete(self, ids: Sequence[str]) -> None:
        for id in ids:
            row = self._db.execute(f"{_SIZES} WHERE id = ?", (id,)).fetchone()
            if row is None:
                continue
            self._db.execute("BEGIN")
            self._db.execute("DELETE FROM events WHERE id = ?", (id,))
            self._db.execute("DELETE FROM record WHERE id = ?", (id,))
            self._db.execute("COMMIT")
            self._count(row[0], -row[1])


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
