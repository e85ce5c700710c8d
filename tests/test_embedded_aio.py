"""The product in this process, for asyncio: `rillet.async_local()`."""

import asyncio
import copy
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import rillet
from rillet.words.errors import InvalidRequest, ModelNotFound, ServerError
from rillet.words.events import Finish
from rillet.words.settings import Settings

HI = [{"role": "user", "content": "Hi"}]
STORY = "Tell me a long story"
ENDLESS = {"num_predict": 100_000}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[rillet.AsyncClient]:
    async with rillet.async_local(Settings(models=str(tmp_path))) as client:
        yield client


async def test_an_answer_comes_token_by_token(client: rillet.AsyncClient) -> None:
    stream = client.stream_chat("rillet-tiny", HI, options={"seed": 1})
    pieces = [piece async for piece in stream.text()]
    assert len(pieces) > 2
    reply = await client.chat("rillet-tiny", HI, options={"seed": 1})
    assert (reply.text, reply.done_reason) == ("".join(pieces), "stop")


async def test_operations_and_errors(client: rillet.AsyncClient) -> None:
    assert [model.name for model in await client.tags()] == ["rillet-tiny:latest"]
    assert len((await client.embed("rillet-tiny", ["a", "b"])).embeddings) == 2
    for asked in (client.chat("nope", HI), client.show("nope")):
        with pytest.raises(ModelNotFound):
            await asked
    with pytest.raises(InvalidRequest):
        client.resume("0" * 32)


async def test_many_tasks_at_once(client: rillet.AsyncClient) -> None:
    replies = await asyncio.gather(*(client.chat("rillet-tiny", HI) for _ in range(8)))
    assert all(reply.complete for reply in replies)


async def test_stop_and_cancellation_end_the_answer(client: rillet.AsyncClient) -> None:
    stream = client.stream_generate("rillet-tiny", STORY, options=ENDLESS)
    async for _ in stream:
        stream.stop()
    assert stream.stopped

    reached = asyncio.Event()

    async def read() -> None:
        async for _ in client.stream_generate("rillet-tiny", STORY, options=ENDLESS):
            reached.set()

    task = asyncio.create_task(read())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(60):
        assert (await client.chat("rillet-tiny", HI)).complete


async def test_stop_before_anything_was_asked(client: rillet.AsyncClient) -> None:
    stream = client.stream_generate("rillet-tiny", STORY)
    stream.stop()
    assert [event async for event in stream] == []
    assert await client.ps() == []


async def test_close_ends_what_runs_and_says_so(client: rillet.AsyncClient) -> None:
    stream = client.stream_generate("rillet-tiny", STORY, options=ENDLESS)
    events = aiter(stream)
    await anext(events)
    closing = asyncio.create_task(client.close())
    with pytest.raises(ServerError, match="shutting down"):
        async for _ in events:
            pass
    await closing
    with pytest.raises(InvalidRequest, match="closed"):
        await client.chat("rillet-tiny", HI)


def test_one_client_on_several_loops(tmp_path: Path) -> None:
    client = rillet.async_local(Settings(models=str(tmp_path)))
    twin = copy.copy(client)

    async def last(one: rillet.AsyncClient) -> object:
        events = [event async for event in one.stream_chat("rillet-tiny", HI)]
        return type(events[-1])

    assert [asyncio.run(last(client)), asyncio.run(last(client))] == [Finish, Finish]
    assert asyncio.run(last(twin)) is Finish
    for one in (client, twin):
        asyncio.run(one.close())
