"""The journal in a real Redis server of its own; skipped where there is none."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator

import pytest

from rillet.journal.redis import RedisJournal
from rillet.words.errors import StoreError

from .conformance import END, HEADER, Clock, DurableConformance, read, texts
from .redis_process import redis_server
from .test_memory import LIMITS

pytest.importorskip("redis", reason="the package redis is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("redis-server"), reason="there is no redis-server"),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, redis_server(folder) as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def journal(url: str) -> AsyncIterator[RedisJournal]:
    journal = RedisJournal(url, LIMITS, lease=1.0)
    await journal._redis.flushall()
    yield journal
    await journal.close()


class TestRedisJournal(DurableConformance):
    test_retention_counts_from_the_end = None  # type: ignore[assignment]  # Redis has its own clock
    test_what_is_past_its_retention_is_deleted = None  # type: ignore[assignment]
    test_the_oldest_ended_records_make_room = None  # type: ignore[assignment]  # and its own bounds
    test_an_owner_has_a_limit_of_its_own = None  # type: ignore[assignment]
    test_running_records_can_fill_it = None  # type: ignore[assignment]

    async def test_another_writer_goes_on(self, journal: RedisJournal) -> None:  # type: ignore[override]
        log = await journal.begin("a", HEADER)
        log.append(texts(3))
        assert await journal.take_over("a") is None
        await journal.release("a")
        again = await journal.take_over("a")
        assert again is not None and again.last == 3
        again.append([*texts(2, 3), END])
        assert await read(journal, "a", 1) == [*texts(5), END][1:]


async def test_ended_records_expire(journal: RedisJournal) -> None:
    log = await journal.begin("a", HEADER)
    log.append([END])
    await log.settled()
    for part in "he":
        assert 0 < await journal._redis.ttl(f"rillet:{{a}}:{part}") <= LIMITS.retention


async def test_two_servers(journal: RedisJournal, url: str) -> None:
    other = RedisJournal(url, LIMITS, lease=1.0)
    log = await journal.begin("a", HEADER)
    log.append(texts(2))
    await log.settled()
    assert await other.take_over("a") is None  # it has a living writer
    reading = asyncio.create_task(read(other, "a"))
    await other.wish_stop("a")
    assert await asyncio.wait_for(journal.stop_wished(), 30) == ["a"]
    log.append(texts(1, 2))
    await log.settled()
    assert journal._renewing is not None
    journal._renewing.cancel()  # as if it had been killed: its lease runs out
    assert await asyncio.wait_for(reading, 30) == texts(3)
    taken = await other.take_over("a")
    assert taken is not None and taken.last == 3
    taken.append([END])
    assert await read(other, "a") == [*texts(3), END]
    journal._live.clear()
    await other.close()


async def test_a_server_that_is_away_is_told() -> None:
    journal = RedisJournal("redis://127.0.0.1:1")
    with pytest.raises(StoreError, match="cannot be reached"):
        await journal.begin("a", HEADER)
    await journal.close()


def test_a_name_of_a_server_that_is_none() -> None:
    with pytest.raises(StoreError, match="cannot be used") as caught:
        RedisJournal("redis://[bad")
    assert "redis://host" in caught.value.hint
