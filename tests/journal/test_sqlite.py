"""The journal in a file: the suite, and what only a file can do."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from rillet.journal.interface import Header, Known
from rillet.journal.packing import pack
from rillet.journal.sqlite import SqliteJournal
from rillet.words.errors import StoreError
from rillet.words.events import Failure, Text

from .conformance import END, HEADER, Clock, DurableConformance, read, texts
from .test_memory import LIMITS


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def journal(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal", LIMITS, clock)
    yield journal
    await journal.close()


class TestSqliteJournal(DurableConformance):
    pass


async def test_another_process_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    before = SqliteJournal(path)
    log = await before.begin("a", HEADER)
    log.append(texts(3))
    done = await before.begin("done", HEADER)
    done.append([END])
    await before.close()
    after = SqliteJournal(path)
    assert await after.unfinished() == ["a"]
    again = await after.take_over("a")
    assert again is not None
    again.append([END])
    assert await read(after, "a") == [*texts(3), END]
    assert await read(after, "done") == [END]
    await after.close()


async def test_the_file_is_private_and_has_one_owner(
    journal: SqliteJournal, tmp_path: Path
) -> None:
    path = tmp_path / "journal"
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(StoreError, match="another server"):
        SqliteJournal(path)


@pytest.mark.parametrize("content", [b"this is not a database" * 100, b"\0" * 4096])
def test_a_file_that_is_no_journal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="cannot be used"):
        SqliteJournal(path)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be used"):
        SqliteJournal(tmp_path / "none" / "journal")


async def fill_disk(journal: SqliteJournal) -> None:
    """From now on the file cannot grow by a page."""
    await journal._run(journal._file.db.execute, "PRAGMA max_page_count = 1")


async def test_a_full_disk_ends_no_answer(
    journal: SqliteJournal, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    log = await journal.begin("a", HEADER)
    log.append(texts(3))
    await log.settled()
    reading = asyncio.create_task(read(journal, "a"))
    await fill_disk(journal)
    log.append([Text("x" * 20_000)])
    await log.settled()
    log.append(texts(2))
    long = Header("chat", b"x" * 20_000)
    new = await journal.begin("b", long)
    new.append(texts(4))
    assert await journal.find("a") == Known(HEADER, 6)
    assert await journal.find("b") == Known(long, 4)
    assert await journal.take_over("a") is None and await journal.unfinished() == []
    for each in (log, new):
        each.append([END])
        await each.settled()
    whole = [*texts(3), Text("x" * 20_000), *texts(2), END]
    assert await reading == await read(journal, "a") == whole
    assert await read(journal, "a", 5) == whole[5:]
    assert await read(journal, "b") == [*texts(4), END]
    assert caplog.text.count("go on in memory") == 1 and "full" in caplog.text
    await journal.delete("b")
    clock.now += 101
    assert await journal.find("a") is None and await journal.find("b") is None
    await journal._run(journal._file.db.execute, "PRAGMA max_page_count = 1000")
    await journal.expire()
    assert await journal._run(journal._file.unfinished) == []


async def test_a_disk_that_fills_up_behind_a_seam(tmp_path: Path) -> None:
    """The beginning is in the file, the rest in memory."""
    path = tmp_path / "journal"
    before = SqliteJournal(path)
    (await before.begin("a", HEADER)).append(texts(3))
    await before.close()
    after = SqliteJournal(path)
    log = await after.take_over("a")
    assert log is not None
    await fill_disk(after)
    log.append([Text("x" * 20_000)])
    await log.settled()
    log.append([END])
    assert await read(after, "a") == [*texts(3), Text("x" * 20_000), END]
    assert await read(after, "a", 4) == [END]
    await after.close()


NO_UTF8 = {
    "header": "81a96f7065726174696f6ea1ff",
    "events": "919201a1ff",
    "log": "9193a16109919201a1ff",
}


@pytest.mark.parametrize("text", [False, True], ids=["bytes", "text"])
@pytest.mark.parametrize("place", ["header", "events", "log"])
async def test_a_damaged_record_is_one_record_lost(tmp_path: Path, place: str, text: bool) -> None:
    path = tmp_path / "journal"
    before = SqliteJournal(path)
    for id in ("a", "b"):
        log = await before.begin(id, HEADER)
        log.append(texts(3))
        await log.settled()
    await before._run(before._file.release, "a")
    damage = {
        "header": "UPDATE record SET header = ? WHERE id = 'a'",
        "events": "UPDATE events SET body = ? WHERE id = 'a'",
        "log": "INSERT INTO log (body) VALUES (?)",
    }
    damaged = bytes.fromhex(NO_UTF8[place] if text else "dd00000002ff")
    await before._run(before._file.db.execute, damage[place], (damaged,))
    await before._run(before._file.db.close)  # as a kill leaves it
    after = SqliteJournal(path)
    assert await read(after, "b") == texts(3)
    found = await read(after, "a") if place != "events" else []
    assert found == (texts(3) if place == "log" else [])
    if place == "events":
        (batch,) = [batch async for batch in after.follow("a")]
        assert batch.first == 3 and isinstance(batch.events[0], Failure)
    assert (await after.find("a") is None) == (place == "header")
    await after.close()


async def test_a_file_of_the_version_before_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    before = SqliteJournal(path)
    log = await before.begin("a", HEADER)
    log.append(texts(2))
    await log.settled()
    await before.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        piece = ("a", 4, 2, pack(texts(2, 2))[1:])
        file.execute("INSERT INTO log (body) VALUES (?)", (msgspec.msgpack.encode([piece]),))
        file.execute("PRAGMA user_version = 2")
    after = SqliteJournal(path)
    assert await read(after, "a") == texts(4)
    await after.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (3,)


@pytest.mark.parametrize("version", [1, 4])
def test_a_file_of_another_version(tmp_path: Path, version: int) -> None:
    path = tmp_path / "journal"
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(StoreError, match=f"version {version}"):
        SqliteJournal(path)


async def test_a_file_that_was_large_shrinks(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "journal"
    journal = SqliteJournal(path, clock=clock)
    for number in range(8):
        log = await journal.begin(str(number), HEADER)
        log.append([Text("x" * (1 << 20)), END])
        await log.settled()
    await journal._run(
        lambda: journal._file.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    )
    assert path.stat().st_size > 8 << 20
    clock.now += 1000
    await journal.expire()
    await journal.close()
    assert path.stat().st_size < 5 << 20


async def test_a_file_that_breaks_while_it_is_used_is_told(journal: SqliteJournal) -> None:
    await journal._run(journal._file.db.execute, "DROP TABLE record")
    with pytest.raises(StoreError, match="cannot be used"):
        await journal.find("a")


WRITER = """
import asyncio, sys
from rillet.journal.sqlite import SqliteJournal
from tests.journal.conformance import HEADER, texts

async def main():
    journal = SqliteJournal(sys.argv[1])
    log = await journal.begin("a", HEADER)
    async def write():
        for number in range(1000000):
            log.append(texts(1, number))
            await asyncio.sleep(0)
    writing = asyncio.create_task(write())
    async for batch in journal.follow("a"):
        print(batch.first + len(batch.events) - 1, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("seen", [1, 5, 20])
async def test_what_was_seen_outlives_a_kill(tmp_path: Path, seen: int) -> None:
    path = tmp_path / "journal"
    root = Path(__file__).parents[2]
    last = _killed([sys.executable, "-c", WRITER, str(path)], root, seen)
    journal = SqliteJournal(path)
    log = await journal.take_over("a")
    assert log is not None and log.last >= last
    log.append([END])
    found = await read(journal, "a")
    assert found[:-1] == texts(len(found) - 1)
    await journal.close()


def _killed(command: list[str], root: Path, seen: int) -> int:
    """Kill a writer after some batches; the last number that it showed to a reader."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout
        shown = [int(process.stdout.readline()) for _ in range(seen)]
        os.kill(process.pid, signal.SIGKILL)
        shown += map(int, process.stdout.read().split(b"\n")[:-1])
    return shown[-1]
