"""What a type checker must make of the public names. Checked by mypy, never run.

mypy --strict tests/typing/api.py
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, assert_never, assert_type

import rillet
import rillet.ollama as ollama
from rillet.testing import ScriptedServer, told


def weather(city: str) -> str:
    """How it is there."""
    return city


def client() -> None:
    timeouts = rillet.Timeouts(connect=1, first_token=None, between_tokens=2.5, total=None)
    with rillet.Client(
        "localhost", api="openai", api_key="k", headers={"a": "b"}, timeouts=timeouts, retries=0
    ) as client:
        assert_type(client, rillet.Client)
        reply = client.chat("m", [{"role": "user", "content": "x", "images": [b"", Path("a.png")]}])
        assert_type(reply, rillet.Reply)
        assert_type(reply.text, str)
        assert_type(reply.done_reason, str | None)
        assert_type(reply.usage, rillet.Usage | None)
        assert_type(reply.tool_calls, tuple[rillet.ToolCall, ...])
        assert_type(client.version(), str)
        assert_type(client.embed("m", ["a"]).embeddings, list[list[float]])
        assert_type(client.has_blob("sha256:0"), bool)
        assert_type(client.put_blob(Path("x")), str)
        assert_type([model.name for model in client.tags()], list[str])
    client.chat("m", [rillet.Message(role="user", content="x")], tools=[weather], think="high")
    client.chat("m", [], temperature=1)  # type: ignore[call-arg]
    rillet.Client(api="gopher")  # type: ignore[arg-type]


def stream() -> None:
    with rillet.Client().stream_generate("m", "x", format="json", options={"seed": 1}) as stream:
        assert_type(stream, rillet.Stream)
        assert_type(stream.text(), Iterator[str])
        assert_type(stream.partial_json(), Iterator[Any])
        assert_type(stream.reply(), rillet.Reply)
        assert_type(stream.stopped, bool)
        for event in stream:
            kind(event)
    stream.stop()


def kind(event: rillet.Event) -> str:
    """Every kind of event is known, and no other."""
    match event:
        case rillet.Text() | rillet.Thinking():
            return assert_type(event.text, str)
        case rillet.ToolCall(name=name, arguments=arguments):
            assert_type(arguments, dict[str, Any])
            return name
        case rillet.Progress():
            return event.status
        case rillet.Reconnected():
            return event.cause
        case rillet.Finish():
            return event.reason or ""
        case rillet.Failure():
            return event.error.message
        case _:
            assert_never(event)


async def asynchronous() -> None:
    async with rillet.AsyncClient() as client:
        assert_type(await client.chat("m", []), rillet.Reply)
        async with client.stream_chat("m", []) as stream:
            assert_type(stream, rillet.AsyncStream)
            assert_type(stream.text(), AsyncIterator[str])
            async for event in stream:
                kind(event)
        stream.stop()
        await client.pull("m")


def errors(error: rillet.RilletError) -> None:
    assert_type(error.partial, rillet.Reply | None)
    assert_type(error.message, str)
    if isinstance(error, rillet.Stalled):
        assert_type(error.phase, str)
        assert_type(error.after, float)
    if isinstance(error, rillet.Busy):
        assert_type(error.retry_after, float | None)
        assert_type(error.status, int | None)


def drop_in() -> None:
    assert_type(ollama.list(), ollama.ListResponse)
    assert_type(ollama.Client().show("m"), ollama.ShowResponse)
    assert_type(ollama.embed("m", "x").embeddings, list[list[float]])
    message = ollama.Message(role="user", content="x")
    assert_type(message.content, str | None)
    assert_type(ollama.ResponseError("x").status_code, int)


def testing() -> None:
    with ScriptedServer(told("a").script(), told("b", wire="openai").reset(after=1)) as server:
        assert_type(server.url, str)
        assert_type(server.requests[0].header("x"), str | None)
