"""Requests are let in one after another; the rounds of the loop are counted, nothing is timed."""

import asyncio

import pytest

from rillet.server.turnstile import Turnstile


async def test_who_comes_alone_does_not_wait() -> None:
    entering = Turnstile().enter()
    with pytest.raises(StopIteration):
        entering.send(None)


async def test_what_one_began_runs_before_the_next_is_let_in() -> None:
    turnstile, seen = Turnstile(), []

    async def ask(engine: str) -> None:
        seen.append(f"{engine} asked")

    async def request(name: str) -> None:
        await turnstile.enter()
        seen.append(f"{name} in")
        await asyncio.create_task(ask(name))

    await asyncio.gather(*(request(name) for name in "abc"))
    assert seen == ["a in", "a asked", "b in", "b asked", "c in", "c asked"]


async def test_the_rest_of_the_loop_has_its_turn_between_two_requests() -> None:
    turnstile, seen = Turnstile(), []

    async def request(name: str) -> None:
        await turnstile.enter()
        seen.append(name)

    async def stream() -> None:
        while len(seen) < 20:
            seen.append(".")
            await asyncio.sleep(0)

    streaming = asyncio.create_task(stream())
    await asyncio.gather(*(request(name) for name in "abcd"))
    await streaming
    assert "." in seen[seen.index("a") : seen.index("b")]
    assert "." in seen[seen.index("c") : seen.index("d")]


@pytest.mark.parametrize("when", ["waiting", "called"])
async def test_who_gives_up_keeps_nobody_out(when: str) -> None:
    turnstile, seen = Turnstile(), []

    async def request(name: str) -> None:
        await turnstile.enter()
        seen.append(name)

    tasks = [asyncio.create_task(request(name)) for name in "abc"]
    if when == "waiting":
        await asyncio.sleep(0)
        tasks[1].cancel()
    else:  # its turn has come, and it does not know yet
        called = turnstile.waiting[0] if turnstile.waiting else None
        while called is None or not called.done():
            await asyncio.sleep(0)
            called = called or (turnstile.waiting[0] if turnstile.waiting else None)
        tasks[1].cancel()
    await asyncio.wait(tasks)
    assert seen == ["a", "c"]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await turnstile.enter()
