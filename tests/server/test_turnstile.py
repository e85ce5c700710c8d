"""Requests are let in a few at a time; the rounds of the loop are counted, nothing is timed."""

import asyncio

import pytest

from rillet.server.turnstile import AT_ONCE, Turnstile


async def test_who_comes_alone_does_not_wait() -> None:
    entering = Turnstile().enter()
    with pytest.raises(StopIteration):
        entering.send(None)


async def test_what_a_group_began_runs_before_the_next_is_let_in() -> None:
    turnstile, seen = Turnstile(), []

    async def ask(name: int) -> None:
        seen.append(("asked", name))

    async def request(name: int) -> None:
        await turnstile.enter()
        seen.append(("in", name))
        await asyncio.create_task(ask(name))

    await asyncio.gather(*map(request, range(3 * AT_ONCE)))
    for first in range(0, 3 * AT_ONCE, AT_ONCE):
        group = range(first, first + AT_ONCE)
        expected = [("in", name) for name in group] + [("asked", name) for name in group]
        assert seen[2 * first : 2 * (first + AT_ONCE)] == expected


async def test_the_rest_of_the_loop_has_its_turn_between_two_groups() -> None:
    turnstile, seen = Turnstile(), []

    async def request(name: int) -> None:
        await turnstile.enter()
        seen.append(name)

    async def stream() -> None:
        while AT_ONCE not in seen:
            seen.append(-1)
            await asyncio.sleep(0)

    streaming = asyncio.create_task(stream())
    await asyncio.gather(*map(request, range(2 * AT_ONCE)), streaming)
    assert -1 in seen[seen.index(AT_ONCE - 1) : seen.index(AT_ONCE)]


@pytest.mark.parametrize("when", ["waiting", "called"])
async def test_who_gives_up_keeps_nobody_out(when: str) -> None:
    turnstile, seen = Turnstile(), []

    async def request(name: int) -> None:
        await turnstile.enter()
        seen.append(name)

    tasks = [asyncio.create_task(request(name)) for name in range(3 * AT_ONCE)]
    await asyncio.sleep(0)
    called = turnstile.waiting[0]
    while when == "called" and not called.done():  # noqa: ASYNC110 - rounds are counted
        await asyncio.sleep(0)
    tasks[AT_ONCE].cancel()
    await asyncio.wait(tasks)
    assert seen == [name for name in range(3 * AT_ONCE) if name != AT_ONCE]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    entering = turnstile.enter()
    with pytest.raises(StopIteration):
        entering.send(None)
