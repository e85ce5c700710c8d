"""The write path of the SQLite journal: a log of commits, settled record by record.

Laws:
* A commit appends one row to the log. A row a record and commit would touch as many pages as there
  are records, and cost six times as much a token.
* What the log holds is settled into `events` at the end of its record, when the log has grown to
  `MOST_LOG` bytes or `OLDEST_LOG` seconds, when nobody writes, and when the file is opened; then
  the log is emptied. Rows of it whose number is settled already count for nothing.
* Sizes are those of what is settled: what a record has in the log alone is not in them.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from rillet.journal.interface import Header, Limits
from rillet.journal.packing import pack, pack_header, pack_rows, unpack_old_rows, unpack_rows
from rillet.journal.sqlite_tables import VERSION, Tables
from rillet.journal.tail import ends
from rillet.words.events import Event

MOST_LOG = 1 << 20  # bytes
OLDEST_LOG = 30.0  # seconds


class Row(NamedTuple):
    """Some events on their way to the disk; `last` is the number of the last one."""

    id: str
    last: int
    events: Sequence[Event]


class Kept:
    """What is known of a record that is being written. `size`: bytes of what is settled."""

    def __init__(self, owner: str, size: int = 0, last: int = 0) -> None:
        self.owner = owner
        self.size = size
        self.last = last
        self.in_log: list[Event] = []


class JournalFile(Tables):
    """Raises `sqlite3.Error` or `OSError`."""

    def __init__(self, path: Path, limits: Limits, clock: Callable[[], float]) -> None:
        super().__init__(path, limits, clock)
        self._written: dict[str, Kept] = {}
        self._log_size = 0
        self._log_begun = 0.0
        self._most_log = min(MOST_LOG, limits.stream // 8)
        try:
            self._recover()
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        with suppress(sqlite3.Error):  # who opens it next does it then
            self._empty_log()
        self.db.close()

    def insert(self, id: str, header: Header) -> Kept:
        body = pack_header(header)
        self.db.execute(
            "INSERT INTO record (id, owner, header, size) VALUES (?, ?, ?, ?)",
            (id, header.owner, body, len(body)),
        )
        self.count(header.owner, len(body))
        self._written[id] = kept = Kept(header.owner)
        return kept

    def take_over(self, id: str, owner: str, last: int) -> Kept:
        """From now on this record is written."""
        (size,) = self.db.execute(
            "SELECT coalesce(sum(length(body)), 0) FROM events WHERE id = ?", (id,)
        ).fetchone()
        self._written[id] = kept = Kept(owner, size, last)
        return kept

    def release(self, id: str) -> None:
        """This record is written no longer."""
        if kept := self._written.get(id):
            self._settle({id: kept})
            del self._written[id]

    def delete(self, id: str) -> None:
        if self._written.pop(id, None) is not None:
            self._empty_log()  # rows of it, too
        self.erase([id])

    def commit(self, rows: Sequence[Row]) -> None:
        """Keep all of these. What fails is written no longer."""
        rows = [each for each in rows if each.id in self._written]
        logged = [each for each in rows if not ends(each.events)]
        try:
            if logged:
                self._append(logged)
            for each in rows:
                kept = self._written[each.id]
                kept.in_log += each.events
                kept.last = each.last
            if len(logged) < len(rows):
                self._end([each.id for each in rows if ends(each.events)])
        except BaseException:
            for each in rows:
                self._written.pop(each.id, None)
            raise
        old = time.monotonic() - self._log_begun > OLDEST_LOG
        if self._log_size and (old or self._log_size > self._most_log or not self._written):
            with suppress(sqlite3.Error):  # the next commit will tell, if it fails for good
                self._empty_log()

    def _append(self, rows: Sequence[Row]) -> None:
        body = pack_rows(rows)
        self.db.execute("INSERT INTO log (body) VALUES (?)", (body,))
        if not self._log_size:
            self._log_begun = time.monotonic()
        self._log_size += len(body)

    def _end(self, ids: Sequence[str]) -> None:
        now = self.clock()
        with self._settling({id: self._written[id] for id in ids}) as sizes:
            for id in ids:
                kept = self._written[id]
                self.db.execute(
                    "UPDATE record SET last = ?, size = size + ?, ended = ? WHERE id = ?",
                    (kept.last, kept.size + sizes[id], now, id),
                )
        for id in ids:
            del self._written[id]

    def _settle(self, written: dict[str, Kept]) -> None:
        with self._settling(written):
            pass

    @contextmanager
    def _settling(self, written: dict[str, Kept]) -> Iterator[dict[str, int]]:
        """A transaction in which what is in the log alone becomes rows of `events`; their sizes."""
        sizes = dict.fromkeys(written, 0)
        with self.transaction():
            for id, kept in written.items():
                if kept.in_log:
                    body = pack(kept.in_log)
                    sizes[id] = len(body)
                    self.db.execute(
                        "INSERT INTO events (id, last, body) VALUES (?, ?, ?)",
                        (id, kept.last, body),
                    )
            yield sizes
        for id, kept in written.items():
            kept.in_log.clear()
            kept.size += sizes[id]
            self.count(kept.owner, sizes[id])

    def _empty_log(self) -> None:
        with self._settling(self._written):
            self.db.execute("DELETE FROM log")
            if self.version != VERSION:
                self.db.execute(f"PRAGMA user_version = {VERSION}")
        self.version = VERSION
        self._log_size = 0

    def _recover(self) -> None:
        """Settle what a killed process left in the log."""
        found: dict[str, Kept] = {}
        read = unpack_rows if self.version in (0, VERSION) else unpack_old_rows
        for (body,) in self.db.execute("SELECT body FROM log ORDER BY number").fetchall():
            with suppress(msgspec.DecodeError):
                for id, last, events in read(body):
                    if id not in found and (known := self.find(id, expired=True)):
                        found[id] = Kept(known.header.owner, 0, known.last)
                    if id in found and last > found[id].last:
                        found[id].in_log += events
                        found[id].last = last
        self._written = found
        self._empty_log()
        self._written = {}
