import asyncio

import pytest

from rillet.service import waiting as room
from rillet.service.waiting import Waiting
from rillet.words.events import Event, Progress


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "EVERY", 0.01)


class Record:
    """What was emitted; `more()` waits for the next."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Event] = asyncio.Queue()

    def __call__(self, events: object) -> None:
        for event in events:  # type: ignore[attr-defined]
            self.queue.put_nowait(event)

    async def more(self) -> Event:
        return await asyncio.wait_for(self.queue.get(), 30)


async def test_the_patient_are_not_told() -> None:
    told = Record()
    with Waiting(told, patience=60) as waiting:
        waiting.progress(Progress("loading", 1, 2))
        await asyncio.sleep(0.03)
    assert told.queue.empty()


async def test_the_state_is_told_again_and_again_as_it_is_then() -> None:
    told, place = Record(), 3
    with Waiting(told, patience=0) as waiting:
        waiting.tell(lambda: Progress("queued", queue_position=place))
        assert await told.more() == Progress("queued", queue_position=3)
        place = 2
        assert await told.more() == Progress("queued", queue_position=2)
        waiting.progress(Progress("prompt", 5, 9))
        assert await told.more() == Progress("prompt", 5, 9)
        assert await told.more() == Progress("prompt", 5, 9)


async def test_nothing_is_told_when_it_is_over() -> None:
    told = Record()
    with Waiting(told, patience=0) as waiting:
        waiting.progress(Progress("loading"))
        await told.more()
        waiting.over()
        await asyncio.sleep(0.03)
        assert told.queue.empty()
        waiting.over()


async def test_nothing_is_told_where_nothing_is_known() -> None:
    told = Record()
    with Waiting(told, patience=0):
        await asyncio.sleep(0.03)
    assert told.queue.empty()
