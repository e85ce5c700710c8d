"""Clients that end their half of the connection and still read, as `nc -N` does."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator

import pytest

from rillet.service.interface import Generation
from rillet.words.errors import ModelNotFound
from rillet.words.events import Progress
from rillet.words.models import CreateRequest
from rillet.words.requests import JsonObject

from .conftest import Running
from .scripted import ScriptedGeneration

CANCELED = {"error": "request canceled"}


def request(method: str, path: str, body: object = None, version: str = "1.1") -> bytes:
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"{method} {path} HTTP/{version}\r\nHost: localhost\r\nContent-Length: {len(data)}"
    return head.encode() + b"\r\n\r\n" + data


async def said(server: Running, sent: bytes) -> bytes:
    """All that comes back, to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(sent)
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("sent", "status", "part"),
    [
        (request("GET", "/", version="1.0"), 200, b"Ollama is running"),
        (request("GET", "/api/tags"), 200, b"tiny:latest"),
        (request("GET", "/v1/models"), 200, b"tiny:latest"),
        (request("POST", "/api/show", {"model": "tiny"}), 200, b"completion"),
        (request("POST", "/api/show", {"model": "x"}), 404, b"model 'x:latest' not found"),
        (request("POST", "/api/copy", {"source": "tiny", "destination": "b"}), 200, b""),
        (request("GET", "/api/version") + request("GET", "/"), 200, b"Ollama is running"),
        (request("POST", "/api/show", b"{}")[:-1], 400, b'{"error":"unexpected EOF"}'),
        (request("POST", f"/api/blobs/sha256:{'0' * 64}", b"ab")[:-1], 500, b"unexpected EOF"),
        (b"GET /api/tags HTTP/1.1\r\nHost: loc", 400, b"400 Bad Request"),
    ],
)
async def test_what_takes_no_time_is_answered(
    server: Running, sent: bytes, status: int, part: bytes
) -> None:
    answer = await said(server, sent)
    assert answer.startswith(b"HTTP/1.1 %d" % status) and part in answer


async def test_a_blob_is_kept_and_a_connection_without_a_request_ends(server: Running) -> None:
    digest = "sha256:" + hashlib.sha256(b"hello").hexdigest()
    answer = await said(server, request("POST", f"/api/blobs/{digest}", b"hello"))
    assert answer.startswith(b"HTTP/1.1 201") and list(server.operations.blobs.values()) == [
        b"hello"
    ]
    assert await said(server, b"") == b""


@pytest.mark.parametrize("stream", [True, False])
async def test_what_is_created_is_finished(
    server: Running, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    """It has been asked for and takes no engine; the client is found to be gone by writing."""

    async def create(request: CreateRequest) -> AsyncIterator[Progress]:
        for _ in range(20):  # rounds of the loop, in which the end is seen
            await asyncio.sleep(0)
        yield Progress("writing manifest")
        yield Progress("success")

    monkeypatch.setattr(server.operations, "create", create)  # the scripted one ends at once
    body = {"model": "new", "from": "tiny", "stream": stream}
    assert b'{"status":"success"}' in await said(server, request("POST", "/api/create", body))


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("held", [0, 1])
async def test_a_generation_is_canceled(server: Running, stream: bool, held: int) -> None:
    """A client that hung up looks the same until something is written to it."""
    generation = ScriptedGeneration().hold(held)
    server.operations.next = generation
    answer = await server.open(
        "POST", "/api/generate", {"model": "tiny", "prompt": "x", "stream": stream}
    )
    if begun := stream and held == 1:
        await (await answer.head()).chunk()
    else:
        await (generation.reads.get() if held else server.operations.calls.get())
    answer.end()
    if not begun:
        await asyncio.wait_for(answer.head(), 30)
    await asyncio.wait_for(answer.rest(), 30)
    assert answer.status == (200 if begun else 499)
    assert (answer.lines()[-1] if begun else answer.json()) == CANCELED
    await asyncio.wait_for(generation.closed.wait(), 30)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/generate", {"prompt": "x"}),
        ("/api/chat", {"messages": [{"role": "user", "content": "x"}]}),
        ("/v1/completions", {"prompt": "x"}),
        ("/v1/messages", {"messages": [{"role": "user", "content": "x"}], "max_tokens": 1}),
        ("/v1/responses", {"input": "x"}),
    ],
)
async def test_what_cannot_be_generated_is_told(
    server: Running, monkeypatch: pytest.MonkeyPatch, path: str, body: JsonObject, stream: bool
) -> None:
    """Also where it takes a while to know: a model is looked up on the disk."""

    async def unknown(request: object) -> Generation:
        for _ in range(20):  # rounds of the loop, in which the end is seen
            await asyncio.sleep(0)
        raise ModelNotFound("model 'nope' not found", status=404)

    # The scripted ones know every model.
    monkeypatch.setattr(server.operations, "generate", unknown)
    monkeypatch.setattr(server.operations, "chat", unknown)
    answer = await said(server, request("POST", path, {"model": "nope", **body, "stream": stream}))
    assert answer.startswith(b"HTTP/1.1 404") and b"model 'nope' not found" in answer


async def test_a_hang_up_behind_two_requests_ends_the_first(server: Running) -> None:
    generation = ScriptedGeneration().hold()
    server.operations.next = generation
    body = {"model": "tiny", "prompt": "x"}
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request("POST", "/api/generate", body) + request("GET", "/"))
    await server.operations.calls.get()
    writer.transport.abort()
    await asyncio.wait_for(generation.closed.wait(), 30)


async def test_no_connection_stays(server: Running) -> None:
    await server.close()
    server.operations.next = ScriptedGeneration().hold()
    whole = {"model": "tiny", "prompt": "x", "stream": False}
    sent = [b"", b"GET / HT", request("GET", "/"), request("POST", "/api/generate", whole)]
    pairs = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(60)]
    for number, (_, writer) in enumerate(pairs):
        writer.write(sent[number % len(sent)])
        writer.write_eof() if number % 3 else writer.close()
    async with asyncio.timeout(10):
        while server.server.server_state.connections:  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.01)
    for _, writer in pairs:
        writer.close()
