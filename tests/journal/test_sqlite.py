"""The journal in a file: the suite, and what only a file can do."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rillet.journal.interface import Header
from rillet.journal.sqlite import SqliteJournal
from rillet.words.errors import StoreError
from rillet.words.events import Failure

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


async def test_a_disk_that_fails_ends_the_answer(journal: SqliteJournal) -> None:
    log = await journal.begin("a", Header("chat", b"{}"))
    log.append(texts(1))
    await log.settled()
    await journal._run(journal._file.db.execute, "DROP TABLE log")
    log.append(texts(1))
    following = journal.follow("a", 1)
    batch = await anext(following)
    assert isinstance(batch.events[-1], Failure)
    assert isinstance(batch.events[-1].error, StoreError)


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
