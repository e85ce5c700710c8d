"""Conversations on disk, in SQLite, written while they stream: what was on the screen is not lost.

Each piece of an answer is committed before it is shown. A process that is killed leaves an open
answer, which reads like one that was interrupted. A loss of power takes the last second of an
answer at most: what is whole, and a piece each second, is on the disk before the talk goes on.
The file is readable by its owner alone.
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from rillet.store.home import home
from rillet.words.errors import InvalidRequest, StoreError
from rillet.words.requests import Message

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id INTEGER PRIMARY KEY, model TEXT NOT NULL, began REAL NOT NULL, system TEXT,
    title TEXT NOT NULL DEFAULT '', interrupted INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS messages (
    conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    place INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (conversation, place));
CREATE TABLE IF NOT EXISTS pieces (
    id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL REFERENCES conversations
    ON DELETE CASCADE, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS pieces_of ON pieces (conversation);
"""
_VERSION = 1  # of the schema; 0 is a file of before it was counted
_TITLE = 60  # characters
_DURABLE = 1.0  # seconds between two pieces that wait for the disk


class Kept(Struct, frozen=True):
    """One conversation as the list has it."""

    id: int
    model: str
    began: float  # seconds since the epoch
    title: str
    count: int  # messages


class Whole(Struct, frozen=True):
    """One conversation with what was said."""

    id: int
    model: str
    began: float
    system: str | None
    messages: list[Message]
    interrupted: bool


class History:
    """The conversations of one person. Raises `StoreError` where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._synced = 0.0  # when the last piece waited for the disk
        with self._told():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._base = sqlite3.connect(path, timeout=5, isolation_level=None)
            (version,) = self._base.execute("PRAGMA user_version").fetchone()
            if version > _VERSION:
                raise StoreError(
                    f"The history in {path} is of a newer Rillet", hint="Update this one"
                )
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA foreign_keys=ON")
            self._base.executescript(_SCHEMA + f"PRAGMA user_version={_VERSION}")

    def begin(self, model: str, system: str | None) -> int:
        with self._told():
            row = self._base.execute(
                "INSERT INTO conversations (model, began, system) VALUES (?, ?, ?)",
                (model, time.time(), system),
            )
        assert row.lastrowid is not None
        return row.lastrowid

    def write(self, number: int, messages: Sequence[Message], *, interrupted: bool) -> None:
        """What was said so far, in place of what was written before."""
        title = next((each.content for each in messages if each.role == "user"), "")
        rows = [(number, at, _encoded(message)) for at, message in enumerate(messages)]
        base = self._base
        with self._told():
            self._wait_for_disk(True)
            base.execute("BEGIN IMMEDIATE")
            base.execute("DELETE FROM messages WHERE conversation = ?", (number,))
            base.execute("DELETE FROM pieces WHERE conversation = ?", (number,))
            base.executemany("INSERT INTO messages VALUES (?, ?, ?)", rows)
            base.execute(
                "UPDATE conversations SET title = ?, interrupted = ? WHERE id = ?",
                (" ".join(title.split())[:_TITLE], interrupted, number),
            )
            base.execute("COMMIT")

    def piece(self, number: int, text: str) -> None:
        """One more piece of the answer that is coming."""
        now = time.monotonic()
        if wait := now - self._synced >= _DURABLE:
            self._synced = now
        with self._told():
            self._wait_for_disk(wait)
            self._base.execute(
                "INSERT INTO pieces (conversation, text) VALUES (?, ?)", (number, text)
            )

    def all(self, search: str = "") -> list[Kept]:
        """The newest first; those in which each word of `search` was said, in any case."""
        found = self._rows(
            "SELECT id, model, began, title,"
            " (SELECT count(*) FROM messages WHERE conversation = id) AS count"
            " FROM conversations WHERE title != '' ORDER BY id DESC"
        )
        words = search.casefold().split()
        kept = (Kept(*row) for row in found)
        return [one for one in kept if not words or self._has(one.id, words)]

    def _has(self, number: int, words: list[str]) -> bool:
        messages = self.read(number).messages
        text = "\n".join(f"{each.content}\n{each.thinking or ''}" for each in messages).casefold()
        return all(word in text for word in words)

    def read(self, number: int | None = None) -> Whole:
        """One conversation; the last one if no number is given. Raises `InvalidRequest`."""
        found = self._rows(
            "SELECT id, model, began, system, interrupted FROM conversations"
            " WHERE title != '' AND (? IS NULL OR id = ?) ORDER BY id DESC LIMIT 1",
            (number, number),
        )
        if not found:
            named = "no conversation" if number is None else f"no conversation {number}"
            raise InvalidRequest(f"There is {named}", hint="rillet history lists what there is")
        row = found[0]
        messages = self._said(row[0])
        pieces = "".join(
            text
            for (text,) in self._rows(
                "SELECT text FROM pieces WHERE conversation = ? ORDER BY id", (row[0],)
            )
        )
        if pieces and messages and messages[-1].role == "assistant":
            messages[-1].content += pieces
        elif pieces:
            messages.append(Message(role="assistant", content=pieces))
        return Whole(row[0], row[1], row[2], row[3], messages, bool(row[4]) or bool(pieces))

    def delete(self, number: int) -> bool:
        with self._told():
            done = self._base.execute("DELETE FROM conversations WHERE id = ?", (number,))
        return done.rowcount > 0

    def close(self) -> None:
        self._base.close()

    def _wait_for_disk(self, wait: bool) -> None:
        """Whether the next commit does; it takes those before it along (one log holds them all)."""
        self._base.execute(f"PRAGMA synchronous={'FULL' if wait else 'NORMAL'}")

    def _said(self, number: int) -> list[Message]:
        rows = self._rows(
            "SELECT body FROM messages WHERE conversation = ? ORDER BY place", (number,)
        )
        with self._told():
            return [msgspec.json.decode(body, type=Message) for (body,) in rows]

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._told():
            return self._base.execute(sql, values).fetchall()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong with the file, in words."""
        try:
            yield
        except (OSError, sqlite3.Error, msgspec.DecodeError) as error:
            hint = "--no-history goes without"
            if _is_broken(error):
                hint = "It is damaged: move it elsewhere, and a new one is begun"
            raise StoreError(
                f"The history in {self._path} cannot be used: {error}", hint=hint
            ) from error


def _is_broken(error: Exception) -> bool:
    """Damaged or foreign, rather than locked, full or not ours to write."""
    busy = isinstance(error, sqlite3.OperationalError) and "no such" not in str(error)
    return not busy and not isinstance(error, OSError)


def _encoded(message: Message) -> str:
    return msgspec.json.encode(message).decode()


def path() -> Path:
    """In the user's data folder (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_DATA_HOME", "")
    data = Path(named) if os.path.isabs(named) else home() / ".local" / "share"
    return data / "rillet" / "history.db"
