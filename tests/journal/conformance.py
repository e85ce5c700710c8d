"""What every journal must do: subclass `Conformance` and give it a `journal` and a `clock`."""

import asyncio

import pytest

from rillet.journal import Full, Header, Journal
from rillet.words.errors import EngineDied
from rillet.words.events import Event, Failure, Finish, Progress, Text, Thinking, ToolCall

END = Finish("stop")
HEADER = Header("chat", b'{"model":"m"}', "owner", b"face", 30.0, 5.0)


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def texts(count: int, start: int = 0) -> list[Event]:
    return [Text(f"t{number}", tokens=(number,)) for number in range(start, start + count)]


async def read(journal: Journal, id: str, after: int = 0) -> list[Event]:
    """All events behind `after`; their numbers are checked on the way."""
    found: list[Event] = []
    async for batch in journal.follow(id, after):
        assert batch.events and batch.first == after + len(found) + 1
        found += batch.events
    return found


class Conformance:
    """The journal's limits in these tests: 30,000 bytes a record, 60,000 an owner, 90,000 in all,
    100 seconds."""

    async def test_what_was_appended_is_read(self, journal: Journal) -> None:
        log = await journal.begin("a", HEADER)
        events: list[Event] = [
            Progress("loading", 1, 2),
            Thinking("hm", tokens=(1,)),
            Text("é\U0001f600", tokens=(2, 3)),
            ToolCall("f", {"x": [1, {"y": None}]}, "id1"),
            END,
        ]
        log.append(events[:2])
        log.append(events[2:])
        assert log.last == 5
        assert await read(journal, "a") == events

    @pytest.mark.parametrize("after", [0, 1, 3, 4, 7])
    async def test_a_cursor_gives_the_rest(self, journal: Journal, after: int) -> None:
        log = await journal.begin("a", HEADER)
        events = [*texts(6), END]
        log.append(events[:3])
        await log.settled()
        log.append(events[3:])
        assert await read(journal, "a", after) == events[after:]

    async def test_followers_see_what_comes(self, journal: Journal) -> None:
        log = await journal.begin("a", HEADER)
        log.append(texts(1))
        await log.settled()
        first = [asyncio.create_task(read(journal, "a", after)) for after in (0, 0, 1)]
        for number in range(1, 50):
            log.append(texts(1, number))
            if number % 10 == 0:
                await log.settled()
        late = asyncio.create_task(read(journal, "a", 20))
        log.append([END])
        whole = [*texts(50), END]
        assert await asyncio.gather(*first) == [whole, whole, whole[1:]]
        assert await late == whole[20:]

    async def test_a_follower_waits_for_more(self, journal: Journal) -> None:
        log = await journal.begin("a", HEADER)
        following = journal.follow("a")
        more = asyncio.ensure_future(anext(following))
        await asyncio.wait((more,), timeout=0.05)
        assert not more.done()
        log.append(texts(1))
        assert (await asyncio.wait_for(more, 30)).events == texts(1)
        await following.aclose()

    async def test_what_is_known(self, journal: Journal) -> None:
        assert await journal.find("a") is None
        log = await journal.begin("a", HEADER)
        known = await journal.find("a")
        assert known and known.header == HEADER and (known.last, known.ended) == (0, False)
        log.append(texts(2))
        await log.settled()
        known = await journal.find("a")
        assert known and (known.last, known.ended) == (2, False)
        log.append([END])
        await log.settled()
        known = await journal.find("a")
        assert known and known.header == HEADER and (known.last, known.ended) == (3, True)

    async def test_nothing_comes_behind_the_end(self, journal: Journal) -> None:
        log = await journal.begin("a", HEADER)
        log.append([*texts(1), Failure(EngineDied("gone", hint="again"))])
        log.append(texts(5))
        log.append([END])
        await log.settled()
        found = await read(journal, "a")
        assert len(found) == 2 and isinstance(found[1], Failure)
        error = found[1].error
        assert isinstance(error, EngineDied) and (error.message, error.hint) == ("gone", "again")

    async def test_unknown_records_are_empty(self, journal: Journal) -> None:
        assert await read(journal, "nothing") == []
        assert await journal.take_over("nothing") is None
        await journal.delete("nothing")

    async def test_many_records_do_not_mix(self, journal: Journal) -> None:
        logs = [await journal.begin(str(number), HEADER) for number in range(8)]
        for step in range(5):
            for number, log in enumerate(logs):
                log.append([Text(f"{number}.{step}")])
        for log in logs:
            log.append([END])
        for number in range(8):
            expected = [Text(f"{number}.{step}") for step in range(5)]
            assert await read(journal, str(number)) == [*expected, END]

    async def test_delete_forgets(self, journal: Journal) -> None:
        log = await journal.begin("a", HEADER)
        log.append([*texts(3), END])
        await log.settled()
        await journal.delete("a")
        assert await journal.find("a") is None and await read(journal, "a") == []

    async def test_delete_ends_what_follows(self, journal: Journal) -> None:
        await journal.begin("a", HEADER)
        reading = asyncio.create_task(read(journal, "a"))
        await asyncio.sleep(0)
        await journal.delete("a")
        assert await asyncio.wait_for(reading, 30) == []

    async def test_retention_counts_from_the_end(self, journal: Journal, clock: Clock) -> None:
        early = await journal.begin("early", HEADER)
        late = await journal.begin("late", HEADER)
        early.append([END])
        await early.settled()
        clock.now += 90
        late.append([END])
        await late.settled()
        clock.now += 20
        assert await journal.find("early") is None and await read(journal, "early") == []
        assert await journal.find("late") is not None
        clock.now += 100
        assert await journal.find("late") is None

    async def test_what_is_past_its_retention_is_deleted(
        self, journal: Journal, clock: Clock
    ) -> None:
        log = await journal.begin("a", HEADER)
        await journal.begin("runs", HEADER)
        log.append([END])
        await log.settled()
        clock.now += 101
        await journal.expire()
        clock.now -= 101
        assert await journal.find("a") is None and await journal.find("runs") is not None

    async def test_what_runs_does_not_expire(self, journal: Journal, clock: Clock) -> None:
        log = await journal.begin("a", HEADER)
        clock.now += 10_000
        await journal.begin("b", HEADER)
        log.append([END])
        assert await read(journal, "a") == [END]

    async def test_a_record_has_its_limit_and_can_still_end(self, journal: Journal) -> None:
        log = await journal.begin("a", HEADER)
        with pytest.raises(Full):
            for _ in range(90):
                log.append([Text("x" * 1000)])
                await log.settled()
        log.append([END])
        assert (await read(journal, "a"))[-1] == END

    async def test_the_oldest_ended_records_make_room(self, journal: Journal) -> None:
        for number in range(20):
            await ended(journal, str(number), "o", 12_000)
        assert await journal.find("0") is None
        assert await journal.find("19") is not None

    async def test_an_owner_has_a_limit_of_its_own(self, journal: Journal) -> None:
        await ended(journal, "other", "other", 9000)
        for number in range(8):
            await ended(journal, str(number), "greedy", 12_000)
        assert await journal.find("other") is not None
        assert await journal.find("0") is None

    async def test_running_records_can_fill_it(self, journal: Journal) -> None:
        async def fill() -> None:
            for number in range(50):
                log = await journal.begin(str(number), HEADER)
                log.append([Text("x" * 6000)])
                await log.settled()

        with pytest.raises(Full):
            await fill()
        assert (await journal.find("0")) is not None


async def ended(journal: Journal, id: str, owner: str, size: int) -> None:
    log = await journal.begin(id, Header("chat", b"{}", owner))
    log.append([Text("x" * size), END])
    await log.settled()


class DurableConformance(Conformance):
    """A journal whose records another one can go on with. `another` opens it once more."""

    async def test_another_writer_goes_on(self, journal: Journal) -> None:
        log = await journal.begin("a", HEADER)
        log.append(texts(3))
        assert await journal.take_over("a") is None  # it has its writer
        await journal.release("a")
        assert await journal.unfinished() == ["a"]
        again = await journal.take_over("a")
        assert again is not None and again.last == 3
        assert await journal.unfinished() == []
        reading = asyncio.create_task(read(journal, "a", 1))
        again.append([*texts(2, 3), END])
        whole = [*texts(5), END]
        assert await reading == whole[1:]
        assert await read(journal, "a") == whole
        await again.settled()
        assert await journal.take_over("a") is None  # it has ended

    async def test_a_follower_sees_that_the_writer_went(self, journal: Journal) -> None:
        log = await journal.begin("a", HEADER)
        log.append(texts(3))
        reading = asyncio.create_task(read(journal, "a"))
        await journal.release("a")
        assert await asyncio.wait_for(reading, 30) == texts(3)
