"""Faults that a scripted server cannot play."""

import socket
from collections.abc import Iterator

import pytest


@pytest.fixture
def full_listener() -> Iterator[str]:
    """A host:port that takes no further connection: its queue is full and nobody accepts."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    for _ in range(8):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(listener.getsockname())
        waiting.append(one)
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    for one in [*waiting, listener]:
        one.close()


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port of this machine on which nobody listens but who names it."""
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield int(kept.getsockname()[1])
