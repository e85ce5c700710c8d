"""Unix sockets: asked before the loop knows of them, and wanted by more than there is room for."""

import asyncio
import socket
import sys
from pathlib import Path

import pytest
import uvloop

from rillet.net.address import parse_host
from rillet.net.aio import AsyncTransport
from rillet.net.faults import Closed, Cut
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


async def test_who_finds_the_queue_full_waits_for_room(short_path: Path) -> None:
    listener, before = crowded(f"{short_path}/s")
    with listener:
        asked = AsyncTransport(parse_host(f"unix://{short_path}/s")).exchange(Request("GET", "/"))
        head = asyncio.create_task(asked.head(connect=30))
        assert not (await asyncio.wait((head,), timeout=0.05))[0]
        await asyncio.to_thread(answer_the_last, listener, before)
        assert (await head).status == 200
        assert await asked.read() == b"ok"
        asked.close()


async def test_but_not_for_longer_than_it_may_take_to_connect(short_path: Path) -> None:
    listener, _ = crowded(f"{short_path}/s")
    with listener:
        asked = AsyncTransport(parse_host(f"unix://{short_path}/s")).exchange(Request("GET", "/"))
        with pytest.raises(RilletError):
            await asked.head(connect=0.05)


def received(listener: socket.socket, answer: bytes = b"") -> bytes:
    """All that one caller sends, to its hang-up or to the end of a body; then the answer."""
    peer, _ = listener.accept()
    with peer:
        data = b""
        while piece := peer.recv(1 << 20):
            data += piece
            head, mark, body = data.partition(b"\r\n\r\n")
            length = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")]
            if mark and answer and len(body) == int(length[0].split()[1]):
                peer.sendall(answer)
                break
        return data


@pytest.mark.parametrize("factory", [None, uvloop.new_event_loop])
@pytest.mark.parametrize("size", [10, 3_000_000])  # the second is more than a socket takes at once
def test_a_question_arrives_whole(short_path: Path, factory: object, size: int) -> None:
    async def ask(listener: socket.socket) -> bytes:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        heard = asyncio.get_running_loop().run_in_executor(None, received, listener, answer)
        transport = AsyncTransport(parse_host(f"unix://{short_path}/s"))
        asked = transport.exchange(Request("POST", "/", body=body))
        assert (await asked.head(connect=5)).status == 200
        assert await asked.read() == b"ok"
        return await heard

    body = bytes(range(256)) * (size // 256) + b"end"
    with socket.socket(socket.AF_UNIX) as listener, asyncio.Runner(loop_factory=factory) as runner:  # type: ignore[arg-type]
        listener.bind(f"{short_path}/s")
        listener.listen()
        assert runner.run(ask(listener)).partition(b"\r\n\r\n")[2] == body


@pytest.mark.parametrize("rounds", range(5))
@pytest.mark.parametrize("how", ["cancel", "close"])
async def test_who_leaves_leaves_nothing_open(short_path: Path, how: str, rounds: int) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{short_path}/s")
        listener.listen()
        asked = AsyncTransport(parse_host(f"unix://{short_path}/s")).exchange(Request("GET", "/"))
        head = asyncio.create_task(asked.head(connect=5))
        await asyncio.sleep(0)
        for _ in range(rounds):
            await asyncio.sleep(0)
        if how == "cancel":
            head.cancel()
        else:
            asked.close()
        with pytest.raises((asyncio.CancelledError, Closed)):
            await head
        assert (await asyncio.to_thread(received, listener)).startswith(b"GET / HTTP/1.1")


async def test_a_peer_that_hangs_up_on_the_question_is_told(short_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{short_path}/s")
        listener.listen()
        asked = AsyncTransport(parse_host(f"unix://{short_path}/s")).exchange(
            Request("POST", "/", body=b"x" * 3_000_000)
        )
        head = asyncio.create_task(asked.head(connect=5))
        peer, _ = await asyncio.to_thread(listener.accept)
        peer.close()
        with pytest.raises(Cut):
            await head
