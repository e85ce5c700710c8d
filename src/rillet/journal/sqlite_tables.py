"""The tables of the SQLite journal: opened, read and emptied. Belongs to one thread.

    record   id, owner, header, size and time of the end      one row a record
    events   id, number of the last event, packed events      what has ended, or was settled
    log      what came in one commit, of all records together (see `sqlite_file`)

Laws:
* WAL with synchronous=NORMAL: what was committed survives the death of the process. When the
  machine itself loses power the last moments may be missing.
* A file that was large shrinks again (one that an older version made does not).
* The file is for its owner's eyes alone: it holds prompts and answers.
* A damaged record is one record lost, and never a server that does not start.
Source: SQLite's documentation of WAL and of the pragmas (sqlite.org/wal.html, pragma.html).
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from rillet.journal.interface import Batch, Known, Limits
from rillet.journal.packing import unpack, unpack_header
from rillet.journal.tail import MOST
from rillet.words.errors import StoreError
from rillet.words.events import Event, Failure

VERSION = 3
SPARE = 1024  # pages that the file keeps for what comes; the rest goes back to the disk
MOST_PAGES = 4096  # that go back at once
_READABLE = (0, 2, VERSION)  # 0 is a new file; 2 had another form of the log
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
CREATE TABLE IF NOT EXISTS log (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
"""
_SIZES = """
SELECT owner, size + CASE WHEN ended IS NULL THEN
    (SELECT coalesce(sum(length(body)), 0) FROM events WHERE events.id = record.id)
    ELSE 0 END
FROM record
"""


class Tables:
    """Raises `sqlite3.Error` or `OSError`. `size` and `owned` count bytes, in all and by owner."""

    def __init__(self, path: Path, limits: Limits, clock: Callable[[], float]) -> None:
        self.size = 0
        self.owned: Counter[str] = Counter()
        self.limits = limits
        self.clock = clock
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self.db = sqlite3.connect(path, isolation_level=None)
        try:
            self.db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of a new file, as the first thing
            self.db.execute("PRAGMA locking_mode = EXCLUSIVE")
            (self.version,) = self.db.execute("PRAGMA user_version").fetchone()
            if self.version not in _READABLE:
                raise sqlite3.DatabaseError(f"it is of version {self.version}")
            self.db.executescript(_SCHEMA)
            for owner, size in self.db.execute(_SIZES):
                self.count(owner, size)
        except BaseException:
            self.db.close()
            raise

    def find(self, id: str, expired: bool = False) -> Known | None:
        oldest = -1.0 if expired else self.clock() - self.limits.retention
        found = self.db.execute(
            "SELECT header,"
            " coalesce((SELECT max(last) FROM events WHERE events.id = record.id), 0), ended"
            " FROM record WHERE id = ? AND (ended IS NULL OR ended > ?)",
            (id, oldest),
        ).fetchone()
        if found is None:
            return None
        header, last, ended = found
        try:
            return Known(unpack_header(header), last, ended is not None)
        except msgspec.DecodeError:
            self.erase([id])
            return None

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
        try:
            events: Sequence[Event] = unpack(body)
        except msgspec.DecodeError:
            return [Batch(last, (Failure(StoreError("This place of the record is damaged")),))]
        before = last - len(events)
        return [
            Batch(before + at + 1, events[at : at + MOST])
            for at in range(max(0, after - before), len(events), MOST)
        ]

    def unfinished(self) -> list[str]:
        return [id for (id,) in self.db.execute("SELECT id FROM record WHERE ended IS NULL")]

    # Forgetting

    def expire(self) -> None:
        oldest = self.clock() - self.limits.retention
        old = self.db.execute("SELECT id FROM record WHERE ended <= ?", (oldest,)).fetchall()
        self.erase([id for (id,) in old])

    def shrink(self) -> None:
        """Give some of what is free back to the disk; little, for a commit may wait behind it."""
        (free,) = self.db.execute("PRAGMA freelist_count").fetchone()
        if free > SPARE:
            pages = min(free - SPARE, MOST_PAGES)
            self.db.executescript(f"PRAGMA incremental_vacuum({pages})")  # in many steps

    def make_room(self, owner: str) -> None:
        self.expire()
        self._drop(lambda: self.owned[owner] > self.limits.owner, owner)
        self._drop(lambda: self.size > self.limits.total, None)

    def _drop(self, too_much: Callable[[], bool], owner: str | None) -> None:
        while too_much():
            found = self.db.execute(
                "SELECT id FROM record WHERE ended IS NOT NULL AND (?1 IS NULL OR owner = ?1)"
                " ORDER BY ended LIMIT 16",
                (owner,),
            ).fetchall()
            if not found:
                return
            self.erase([id for (id,) in found])

    def erase(self, ids: Sequence[str]) -> None:
        for id in ids:
            found = self.db.execute(f"{_SIZES} WHERE id = ?", (id,)).fetchone()
            if found is None:
                continue
            with self.transaction():
                self.db.execute("DELETE FROM events WHERE id = ?", (id,))
                self.db.execute("DELETE FROM record WHERE id = ?", (id,))
            owner, size = found
            self.count(owner, -size)

    def count(self, owner: str, size: int) -> None:
        self.size += size
        self.owned[owner] += size
        if not self.owned[owner]:
            del self.owned[owner]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise
