import asyncio
import errno
import os

import pytest

from rillet.service.generation import Emit, Generation
from rillet.words.errors import Busy, EngineDied, ServerError
from rillet.words.events import Failure, Finish, Text

from .asking import events, failure


async def test_every_reader_gets_everything() -> None:
    go = asyncio.Event()

    async def produce(emit: Emit) -> None:
        emit((Text("a"), Text("b")))
        await go.wait()
        emit((Finish("stop"),))

    generation = Generation(produce)
    early = asyncio.create_task(events(generation))
    await asyncio.sleep(0)
    go.set()
    late = await events(generation)
    assert late == await early == [Text("a"), Text("b"), Finish("stop")]
    assert await events(generation) == late


async def test_an_error_before_the_first_event_is_raised() -> None:
    async def produce(emit: Emit) -> None:
        raise ServerError("no", status=418)

    with pytest.raises(ServerError, match="no"):
        await events(Generation(produce))


async def test_a_process_without_file_descriptors_says_so() -> None:
    async def produce(emit: Emit) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with pytest.raises(Busy, match="no file descriptor left") as raised:
        await events(Generation(produce))
    assert raised.value.status == 503


async def test_an_error_after_it_is_an_event() -> None:
    async def produce(emit: Emit) -> None:
        emit((Text("a"),))
        raise EngineDied("gone")

    found = await events(Generation(produce))
    assert found[0] == Text("a") and isinstance(found[1], Failure)


async def test_a_silent_end_is_an_error() -> None:
    async def produce(emit: Emit) -> None:
        emit((Text("a"),))

    assert "without saying so" in (await failure(Generation(produce))).message


async def test_a_fault_of_our_own_is_an_error_and_nothing_follows_an_end() -> None:
    async def produce(emit: Emit) -> None:
        raise ZeroDivisionError

    assert "ZeroDivisionError" in (await failure(Generation(produce))).message

    async def ends(emit: Emit) -> None:
        emit((Finish("stop"),))
        raise ZeroDivisionError

    assert await events(Generation(ends)) == [Finish("stop")]


async def test_closing_stops_the_writer_wherever_it_is() -> None:
    stopped = asyncio.Event()

    async def produce(emit: Emit) -> None:
        emit((Text("a"),))
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    generation = Generation(produce)
    await asyncio.sleep(0)
    await generation.aclose()
    assert stopped.is_set()
    await generation.aclose()
    assert await events(generation) == [Text("a"), Finish("cancel")]


async def test_closing_before_it_began_ends_it_too() -> None:
    async def produce(emit: Emit) -> None:
        raise AssertionError("this must not begin")

    generation = Generation(produce)
    reader = asyncio.create_task(events(generation))
    await generation.aclose()
    assert await asyncio.wait_for(reader, 30) == [Finish("cancel")]


async def test_a_reader_that_leaves_does_not_disturb_the_others() -> None:
    go = asyncio.Event()

    async def produce(emit: Emit) -> None:
        emit((Text("a"),))
        await go.wait()
        emit((Finish("stop"),))

    generation = Generation(produce)
    has_begun = asyncio.Event()

    async def leave() -> None:
        async for _ in generation:
            has_begun.set()

    leaving, staying = asyncio.create_task(leave()), asyncio.create_task(events(generation))
    await has_begun.wait()
    leaving.cancel()
    go.set()
    assert (await staying)[-1] == Finish("stop")
