"""The file of the SQLite journal: its tables, and all SQL. Belongs to one thread.

    record   id, owner, header, size and time of the end      one row a record
    events   id, number of the last event, packed events      what has ended, or was settled
    log      what came in one commit, of all records together

Laws:
* A commit appends one row to the log. A row a record and commit would touch as many pages as there
  are records, and cost six times as much a token.
* What the log holds is settled into `events` at the end of its record, when the log has grown to
  `MOST_LOG` bytes or `OLDEST_LOG` seconds, when nobody writes, and when the file is opened; then
  the log is emptied. Rows of it whose number is settled already count for nothing.
* WAL with synchronous=NORMAL: what was committed survives the death of the process. When the
  machine itself loses power the last moments may be missing.
* The file is for its owner's eyes alone: it holds prompts and answers.
Source: SQLite's documentation of WAL and of the pragmas (sqlite.org/wal.html, pragma.html).
"""

import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from rillet.journal.interface import Batch, Header, Known, Limits
from rillet.journal.packing import elements, row, unpack
from rillet.journal.tail import MOST, ends
from rillet.words.events import Event

MOST_LOG = 1 << 20  # bytes
OLDEST_LOG = 30.0  # seconds
_VERSION = 2
_ROW_HEAD = 5  # bytes of a row of events that are not events
_SCHEMA = f"""
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
CREATE TABLE IF NOT EXISTS log (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
PRAGMA user_version = {_VERSION};
"""
_EVENTS_SIZE = f"(SELECT coalesce(sum(length(body) - {_ROW_HEAD}), 0) FROM events WHERE id = ?1)"
_SIZES = f"""
SELECT owner, size + CASE WHEN ended IS NULL THEN
    (SELECT coalesce(sum(length(body) - {_ROW_HEAD}), 0) FROM events WHERE events.id = record.id)
    ELSE 0 END
FROM record
"""
_Piece = tuple[str, int, int, bytes]  # record, number of the last event, how many, their elements
_pieces = msgspec.msgpack.Decoder(list[_Piece]).decode


class Row(NamedTuple):
    """Some events on their way to the disk; `last` is the number of the last one."""

    id: str
    last: int
    events: Sequence[Event]


class _Running:
    """A record that is being written; what of it is in the log alone."""

    def __init__(self, owner: str, size: int, last: int) -> None:
        self.owner = owner
        self.size = size  # bytes of all its events
        self.last = last
        self.count = 0
        self.joined = bytearray()

    def add(self, last: int, count: int, joined: bytes) -> None:
        self.size += len(joined)
        self.last = last
        self.count += count
        self.joined += joined

    def settled(self) -> None:
        self.count = 0
        self.joined.clear()


class JournalFile:
    """Raises `sqlite3.Error` or `OSError`."""

    def __init__(self, path: Path, limits: Limits, clock: Callable[[], float]) -> None:
        self.size = 0
        self.owned: Counter[str] = Counter()
        self._limits = limits
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._log_size = 0
        self._log_begun = 0.0
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self.db = sqlite3.connect(path, isolation_level=None)
        try:
            self.db.execute("PRAGMA locking_mode = EXCLUSIVE")
            (version,) = self.db.execute("PRAGMA user_version").fetchone()
            if version not in range(_VERSION + 1):
                raise sqlite3.DatabaseError(f"it is of version {version}")
            self.db.executescript(_SCHEMA)
            self._recover()
            for owner, size in self.db.execute(_SIZES):
                self._count(owner, size)
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        with suppress(sqlite3.Error):  # who opens it next does it then
            self._empty_log()
        self.db.close()

    # Writing

    def insert(self, id: str, header: Header) -> None:
        body = msgspec.msgpack.encode(header)
        self.db.execute(
            "INSERT INTO record (id, owner, header, size) VALUES (?, ?, ?, ?)",
            (id, header.owner, body, len(body)),
        )
        self._count(header.owner, len(body))
        self._running[id] = _Running(header.owner, 0, 0)

    def take_over(self, id: str, owner: str, last: int) -> int:
        """From now on this record is written; the bytes of its events."""
        (size,) = self.db.execute(f"SELECT {_EVENTS_SIZE}", (id,)).fetchone()
        self._running[id] = _Running(owner, size, last)
        return int(size)

    def release(self, id: str) -> None:
        """This record is written no longer."""
        if running := self._running.get(id):
            with self._transaction():
                self._settle(id, running)
            del self._running[id]

    def commit(self, rows: Sequence[Row]) -> list[int]:
        """Keep all of these; the bytes of each."""
        pieces = [
            (each.id, each.last, len(each.events), elements(each.events))
            for each in rows
            if each.id in self._running
        ]
        ended = {each.id for each in rows if ends(each.events)}
        try:
            with self._transaction():
                self._append([piece for piece in pieces if piece[0] not in ended])
                for id, last, count, joined in pieces:
                    self._running[id].add(last, count, joined)
                    if id in ended:
                        self._end(id)
        except BaseException:
            for each in rows:
                self._running.pop(each.id, None)
            raise
        for id, _, _, joined in pieces:
            self._count(self._running[id].owner, len(joined))
        for id in ended:
            self._running.pop(id, None)
        old = time.monotonic() - self._log_begun > OLDEST_LOG
        if self._log_size and (old or self._log_size > MOST_LOG or not self._running):
            with suppress(sqlite3.Error):  # the next commit will tell, if it fails for good
                self._empty_log()
        sizes = {piece[0]: len(piece[3]) for piece in pieces}
        return [sizes.get(each.id, 0) for each in rows]

    def _append(self, pieces: Sequence[_Piece]) -> None:
        if not pieces:
            return
        body = msgspec.msgpack.encode(pieces)
        self.db.execute("INSERT INTO log (body) VALUES (?)", (body,))
        if not self._log_size:
            self._log_begun = time.monotonic()
        self._log_size += len(body)

    def _end(self, id: str) -> None:
        running = self._running[id]
        self._settle(id, running)
        self.db.execute(
            "UPDATE record SET last = ?, size = size + ?, ended = ? WHERE id = ?",
            (running.last, running.size, self._clock(), id),
        )

    def _settle(self, id: str, running: _Running) -> None:
        if running.count:
            self.db.execute(
                "INSERT INTO events (id, last, body) VALUES (?, ?, ?)",
                (id, running.last, row(running.count, bytes(running.joined))),
            )

    def _empty_log(self) -> None:
        with self._transaction():
            for id, running in self._running.items():
                self._settle(id, running)
            self.db.execute("DELETE FROM log")
        for running in self._running.values():
            running.settled()
        self._log_size = 0

    def _recover(self) -> None:
        """Settle what a killed process left in the log."""
        found: dict[str, _Running] = {}
        for (body,) in self.db.execute("SELECT body FROM log ORDER BY number"):
            for id, last, count, joined in _pieces(body):
                if id not in found:
                    known = self.find(id, expired=True)
                    if known is None:
                        continue
                    found[id] = _Running(known.header.owner, 0, known.last)
                if last > found[id].last:
                    found[id].add(last, count, joined)
        self._running = found
        self._empty_log()
        self._running = {}

    # Reading

    def find(self, id: str, expired: bool = False) -> Known | None:
        oldest = -1.0 if expired else self._clock() - self._limits.retention
        found = self.db.execute(
            "SELECT header,"
            " coalesce((SELECT max(last) FROM events WHERE events.id = record.id), 0), ended"
            " FROM record WHERE id = ? AND (ended IS NULL OR ended > ?)",
            (id, oldest),
        ).fetchone()
        if found is None:
            return None
        header, last, ended = found
        return Known(msgspec.msgpack.decode(header, type=Header), last, ended is not None)

    def read(self, id: str, after: int) -> list[Batch]:
        """Some events behind number `after`; none where there are none."""
        if self.find(id) is None:
            return []
        found = self.db.execute(
            "SELECT last, body FROM events WHERE id = ? AND last > ? ORDER BY last LIMIT 1",
            (id, after),
        ).fetchone()
        if found is None:
            return []
        last, body = found
        events = unpack(body)
        before = last - len(events)
        return [
            Batch(before + at + 1, events[at : at + MOST])
            for at in range(max(0, after - before), len(events), MOST)
        ]

    def unfinished(self) -> list[str]:
        return [id for (id,) in self.db.execute("SELECT id FROM record WHERE ended IS NULL")]

    # Forgetting

    def expire(self) -> None:
        oldest = self._clock() - self._limits.retention
        old = self.db.execute("SELECT id FROM record WHERE ended <= ?", (oldest,)).fetchall()
        self.delete([id for (id,) in old])

    def make_room(self, owner: str) -> None:
        self.expire()
        self._drop(lambda: self.owned[owner] > self._limits.owner, owner)
        self._drop(lambda: self.size > self._limits.total, None)

    def _drop(self, too_much: Callable[[], bool], owner: str | None) -> None:
        while too_much():
            found = self.db.execute(
                "SELECT id FROM record WHERE ended IS NOT NULL AND (?1 IS NULL OR owner = ?1)"
                " ORDER BY ended LIMIT 16",
                (owner,),
            ).fetchall()
            if not found:
                return
            self.delete([id for (id,) in found])

    def delete(self, ids: Sequence[str]) -> None:
        for id in ids:
            found = self.db.execute(f"{_SIZES} WHERE id = ?", (id,)).fetchone()
            running = self._running.pop(id, None)
            if found is None:
                continue
            with self._transaction():
                self.db.execute("DELETE FROM events WHERE id = ?", (id,))
                self.db.execute("DELETE FROM record WHERE id = ?", (id,))
            owner, size = found
            self._count(owner, -size - (len(running.joined) if running else 0))
            if running:
                self._empty_log()

    def _count(self, owner: str, size: int) -> None:
        self.size += size
        self.owned[owner] += size
        if not self.owned[owner]:
            del self.owned[owner]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise
