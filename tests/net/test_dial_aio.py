"""A unix socket that more people want at once than its listener has room for."""

import asyncio
import socket
import sys
from pathlib import Path

import pytest

from rillet.net.address import parse_host
from rillet.net.aio import AsyncTransport
from rillet.net.http1 import Request
from rillet.words.errors import RilletError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="queues of listeners differ")


def crowded(path: str) -> tuple[socket.socket, int]:
    """A listener whose queue is full, and how many are in it."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(0)
    count = 0
    while True:
        sock = socket.socket(socket.AF_UNIX)
        sock.setblocking(False)
        try:
            sock.connect(path)
        except BlockingIOError:
            sock.close()
            return listener, count
        count += 1
        sock.close()  # stays in the queue


def answer_the_last(listener: socket.socket, before: int) -> None:
    for _ in range(before):
        listener.accept()[0].close()
    peer, _ = listener.accept()
    peer.recv(65536)
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    peer.close()


async def test_who_finds_the_queue_full_waits_for_room(tmp_path: Path) -> None:
    listener, before = crowded(f"{tmp_path}/s")
    with listener:
        asked = AsyncTransport(parse_host(f"unix://{tmp_path}/s")).exchange(Request("GET", "/"))
        head = asyncio.create_task(asked.head(connect=30))
        assert not (await asyncio.wait((head,), timeout=0.05))[0]
        await asyncio.to_thread(answer_the_last, listener, before)
        assert (await head).status == 200
        assert await asked.read() == b"ok"
        asked.close()


async def test_but_not_for_longer_than_it_may_take_to_connect(tmp_path: Path) -> None:
    listener, _ = crowded(f"{tmp_path}/s")
    with listener:
        asked = AsyncTransport(parse_host(f"unix://{tmp_path}/s")).exchange(Request("GET", "/"))
        with pytest.raises(RilletError):
            await asked.head(connect=0.05)
