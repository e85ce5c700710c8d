"""The journal in memory."""

import pytest

from rillet.journal.interface import Header, Limits
from rillet.journal.memory import MemoryJournal
from rillet.words.events import Text

from .conformance import END, Clock, Conformance, read

LIMITS = Limits(stream=30_000, owner=60_000, total=90_000, retention=100)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(clock: Clock) -> MemoryJournal:
    return MemoryJournal(LIMITS, clock)


class TestMemoryJournal(Conformance):
    pass


async def test_sizes_go_back_to_nothing(journal: MemoryJournal, clock: Clock) -> None:
    for number in range(30):
        log = await journal.begin(str(number), Header("chat", b"{}", str(number % 3)))
        log.append([Text("x" * 5000), END])
        assert journal.size <= LIMITS.total
    clock.now += 1000
    assert await journal.find("29") is None
    assert journal.size == 0


async def test_a_reader_in_the_middle_of_what_is_packed_goes_on() -> None:
    journal = MemoryJournal()
    log = await journal.begin("a", Header("chat", b"{}"))
    log.append([Text(str(number)) for number in range(1000)])
    following = journal.follow("a")
    first = await anext(following)
    log.append([END])  # packs it
    rest = [event async for batch in following for event in batch.events]
    assert [*first.events, *rest] == await read(journal, "a")
    assert len(rest) == 1001 - len(first.events)
