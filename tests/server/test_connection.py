"""What a connection may do before a request is known."""

import asyncio

import pytest

from rillet.server import connection

from .conftest import running


async def test_a_connection_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_TIMEOUT", 0.1)  # in place of a minute
    async with running() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.write(b"GET / HTTP/1.1\r\nHost:")
        writer.close()
        trickling, other = await asyncio.open_connection("127.0.0.1", server.port)
        other.write(b"GET / HTTP/1.1\r\nHost: loc")
        assert await asyncio.wait_for(trickling.read(), 5) == b""
        other.close()
