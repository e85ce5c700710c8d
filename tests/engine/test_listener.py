import asyncio
from pathlib import Path

import pytest

from rillet.engine import Endpoint
from rillet.engine.listener import get


async def answer_with(data: bytes, short_path: Path) -> tuple[int, bytes]:
    """What `get` makes of a listener that answers `data` and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        assert asked.startswith(b"GET /props HTTP/1.1\r\n") and b"Bearer secret" in asked
        writer.write(data)
        await writer.drain()
        writer.close()

    path = str(short_path / "s.sock")
    async with await asyncio.start_unix_server(serve, path):
        return await get(Endpoint(api_key="secret", socket_path=path), "/props")


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
    ],
)
async def test_an_answer_is_read_whole(data: bytes, short_path: Path) -> None:
    assert await answer_with(data, short_path) == (200, b"{}")


async def test_a_status_is_told(short_path: Path) -> None:
    data = b"HTTP/1.1 503 Loading\r\nContent-Length: 0\r\n\r\n"
    assert await answer_with(data, short_path) == (503, b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * (9 << 20),
    ],
    ids=["nothing", "another protocol", "cut off", "too long"],
)
async def test_a_broken_answer_is_an_os_error(data: bytes, short_path: Path) -> None:
    with pytest.raises(OSError):
        await answer_with(data, short_path)


async def test_nobody_listening_is_an_os_error(short_path: Path) -> None:
    with pytest.raises(OSError):
        await get(Endpoint(api_key="", socket_path=str(short_path / "none")), "/health")
