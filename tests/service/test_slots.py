import asyncio
from collections.abc import Callable

import pytest

from rillet.service.slots import CALLER, Slots, Turn
from rillet.words.errors import Busy
from rillet.words.events import Progress


def joined(slots: Slots, caller: str) -> Turn:
    token = CALLER.set(caller)
    try:
        return slots.join()
    finally:
        CALLER.reset(token)


async def test_so_many_at_once_and_the_others_in_their_order() -> None:
    slots = Slots(2)
    assert slots.try_take() and slots.try_take() and not slots.try_take()
    turns = [slots.join() for _ in range(3)]
    assert [slots.place(turn) for turn in turns] == [1, 2, 3]
    slots.leave(None)
    assert [slots.place(turn) for turn in turns] == [0, 1, 2]
    slots.leave(turns[0])
    assert turns[1].done() and not turns[2].done()


async def test_nobody_takes_a_slot_past_those_who_wait() -> None:
    slots = Slots(1)
    assert slots.try_take()
    turn = slots.join()
    slots.leave(None)
    assert turn.done() and not slots.try_take()


async def test_who_leaves_the_queue_is_passed_over() -> None:
    slots = Slots(1)
    slots.try_take()
    first, second = slots.join(), slots.join()
    slots.leave(first)
    assert slots.place(second) == 1 and slots.waiting == 1
    slots.leave(None)
    assert second.done()
    slots.leave(second)
    assert slots.free == 1 and slots.waiting == 0


async def test_a_slot_that_was_given_and_not_used_goes_to_the_next() -> None:
    slots = Slots(1)
    slots.try_take()
    first, second = slots.join(), slots.join()
    slots.leave(None)
    slots.leave(first)
    assert second.done()


async def test_callers_take_turns_however_much_one_of_them_asks() -> None:
    slots = Slots(1)
    slots.try_take()
    many = [joined(slots, "a") for _ in range(4)]
    other = [joined(slots, "b") for _ in range(2)]
    third = joined(slots, "c")
    places = {id(turn): slots.place(turn) for turn in [*many, *other, third]}
    assert [places[id(turn)] for turn in many] == [1, 4, 6, 7]
    assert [places[id(turn)] for turn in other] == [2, 5]
    assert places[id(third)] == 3
    order = []
    slots.leave(None)
    for _ in range(7):
        (turn,) = [t for t in [*many, *other, third] if t.done() and id(t) not in order]
        order.append(id(turn))
        slots.leave(turn)
    assert [places[each] for each in order] == [1, 2, 3, 4, 5, 6, 7]
    assert slots.free == 1


async def test_too_many_in_the_queue_are_refused() -> None:
    slots = Slots(1, limit=1)
    slots.try_take()
    waiting = slots.join()
    with pytest.raises(Busy, match="maximum pending requests exceeded") as caught:
        slots.join()
    assert caught.value.status == 503 and caught.value.retry_after
    slots.leave(waiting)
    slots.leave(slots.join())


async def test_a_turn_is_told_its_place_and_a_cancelled_one_gives_it_back() -> None:
    slots = Slots(1)
    told: list[Callable[[], Progress]] = []

    async def one() -> None:
        async with slots.turn(told.append):
            await asyncio.Event().wait()

    first, second, third = (asyncio.create_task(one()) for _ in range(3))
    await asyncio.sleep(0)
    assert [now().queue_position for now in told] == [1, 2]
    second.cancel()
    await asyncio.wait((second,))
    assert told[1]().queue_position == 1
    first.cancel()
    await asyncio.wait((first,))
    third.cancel()
    await asyncio.wait((third,))
    assert slots.free == 1 and slots.waiting == 0


async def test_a_turn_cancelled_in_the_moment_it_comes_is_not_lost() -> None:
    slots = Slots(1)

    async def one() -> None:
        async with slots.turn(lambda now: None):
            await asyncio.Event().wait()

    assert slots.try_take()
    task = asyncio.create_task(one())
    await asyncio.sleep(0)
    slots.leave(None)
    task.cancel()
    await asyncio.wait((task,))
    assert slots.free == 1
