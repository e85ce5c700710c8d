"""`--stats` before a server that streams, and before a proxy that collects what it sends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rillet.cli.timing import Stopwatch
from rillet.testing import CHUNKED, LAST_CHUNK, Pause, chunk
from rillet.words.events import Text, Timings
from rillet.words.replies import Reply

from .processes import Shell
from .test_faults import piece, serving

PIECES, EVERY = 60, 0.02
DONE = chunk(
    b'{"model":"m","response":"","done":true,"done_reason":"stop","eval_count":%d,'
    b'"eval_duration":%d}\n' % (PIECES, PIECES * EVERY * 1e9)
)
PACED = [step for _ in range(PIECES) for step in (piece("word "), Pause(EVERY))]
SCRIPT = [CHUNKED, *PACED, DONE + LAST_CHUNK]


@contextmanager
def buffering(port: int, size: int) -> Iterator[str]:
    """A proxy that hands on an answer in heaps of `size` bytes, as buffers of nginx do."""
    listener = socket.create_server(("127.0.0.1", 0))

    def carry(client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            server.sendall(client.recv(65536))
            held = b""
            while data := server.recv(65536):
                held += data
                if len(held) >= size or held.endswith(LAST_CHUNK) or b"Content-Length" in held:
                    client.sendall(held)
                    held = b""
                if data.endswith(LAST_CHUNK) or b"Content-Length" in data:
                    return
            client.sendall(held)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=carry, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize(
    ("size", "note"),
    [(1, None), (2000, "the tokens came in heaps"), (1 << 20, "all tokens came in")],
)
def test_a_buffering_proxy_is_told(shell: Shell, size: int, note: str | None) -> None:
    with serving(SCRIPT) as server, buffering(server.port, size) as proxy:
        done = shell.run("run", "m", "hi", "--stats", "--host", proxy)
    assert done.stdout == b"word " * PIECES + b"\n\n", done.stderr
    rows = dict(line.split(":", 1) for line in done.stderr.decode().splitlines())
    assert {"connect", "first token", "between tokens", "longest gap", "speed"} <= set(rows)
    if note is None:
        assert "note" not in rows
    else:
        assert note in rows["note"] and "proxy_buffering off" in rows["note"]


def test_a_server_that_writes_fast_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    watch = Stopwatch(connect=0.001)
    for number in range(100):
        clock[0] += 0.3 if number == 50 else 0.0001  # a machine that had other things to do
        watch.see(Text("a"))
    reply = Reply(text="a" * 100, finish=None)
    names = [name for name, _ in watch.rows(reply)]
    assert "note" in names  # nobody tells how fast it writes
    assert watch._held(Timings(completion=300_000_000)) == ""
    assert Stopwatch()._held(None) == ""
