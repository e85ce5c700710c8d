"""What a connection may do before a request is known."""

import asyncio
import gc

import pytest

from rillet.server import connection

from .conftest import Running, running
from .scripted import ScriptedGeneration


async def test_a_connection_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_TIMEOUT", 0.1)  # in place of a minute
    async with running() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert await asyncio.wait_for(reader.read(), 30) == b""
        writer.write(b"GET / HTTP/1.1\r\nHost:")
        writer.close()
        trickling, other = await asyncio.open_connection("127.0.0.1", server.port)
        other.write(b"GET / HTTP/1.1\r\nHost: loc")
        assert await asyncio.wait_for(trickling.read(), 30) == b""
        other.close()


async def test_half_a_head_behind_a_request_does_not_cut_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "HEAD_TIMEOUT", 0.05)  # seconds, in place of a minute
    async with running() as server:
        generation = ScriptedGeneration().hold(1)
        server.operations.next = generation
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        body = b'{"model": "tiny", "prompt": "x"}'
        head = b"POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(body) + body + b"GET / HT")
        await reader.readuntil(b"Hel")
        await asyncio.sleep(0.2)  # several times as long as a head may take
        generation.let(3)
        assert b'"done":true' in await asyncio.wait_for(reader.read(), 30)
        writer.close()


async def test_a_bad_request_is_told_behind_the_answers_before_it(server: Running) -> None:
    get = b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(get % b"/api/tags" + get % b"/" + b"hello\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    first, second = answer.find(b"tiny:latest"), answer.find(b"Ollama is running")
    assert 0 < first < second < answer.find(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("line", [b"Host: evil.example", b"Origin: http://evil.example"])
async def test_what_comes_behind_the_chunks_says_nothing_of_the_request(
    server: Running, line: bytes
) -> None:
    head = b"POST /api/show HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b'10 \r\n{"model":"tiny"}\r\n0\r\n%b\r\n\r\n' % line  # some pad the sizes
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head + body)
    assert await asyncio.wait_for(reader.readline(), 30) == b"HTTP/1.1 200 OK\r\n"
    writer.close()


async def test_what_is_sent_ahead_of_its_answers_waits_on_the_way() -> None:
    """Each answer let some hundreds more in, all of which lay in the memory of the server."""
    part = 256 << 10  # bytes that the server reads at once, at the most
    line = b"GET /api/version HTTP/1.1\r\nHost: localhost\r\nX: %b\r\n\r\n" % (b"x" * 1000)
    async with running() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(line * 4000)
        for _ in range(100):
            await asyncio.wait_for(reader.readuntil(b"}"), 5)
        (served,) = (each for each in gc.get_objects() if isinstance(each, connection.Connection))
        assert len(served.pipeline) <= connection.MOST_WAITING + part // len(line)
        for _ in range(1000):
            await asyncio.wait_for(reader.readuntil(b"}"), 5)
        writer.transport.abort()
