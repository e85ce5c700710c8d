"""A server that plays a script: every byte, every pause and every way to hang up is yours.

    with ScriptedServer([answer(b"hello")]) as server:
        ...                      # connect to server.url
        assert server.requests[0].path == "/"

Each request is answered by the next script; the last one answers all that follow. A script is a
list of `steps`: bytes are sent as they stand, in one segment; the other steps are classes.
After its last step the connection stays open for the next request, as HTTP/1.1 has it.

Real sockets and threads, for tests only: it trusts its client and has no limits.
"""

import os
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from rillet.testing.connection import Connection, ReceivedRequest, answer
from rillet.testing.steps import Script, Send

if TYPE_CHECKING:
    import ssl


def _aside(request: ReceivedRequest, script: Script) -> Script | None:
    """The answer to a client that finds out which API is spoken, where the script is a stream."""
    first = script[0] if script else b""
    shown = first.data if isinstance(first, Send) else first
    if request.path != "/api/version" or not isinstance(shown, bytes):
        return None
    fields = shown.partition(b"\r\n\r\n")[0]
    if b"application/x-ndjson" in fields:
        return [answer(b'{"version":"0.0.0"}')]
    return [answer(status="404 Not Found")] if b"text/event-stream" in fields else None


class ScriptedServer:
    """Listens at once; close it, or use it in a `with`.

    `connections` counts those accepted. `disconnected` is set when a client has hung up, or was
    hung up on; `requests` holds all requests in order. Where a script is a stream, a client that
    asks for /api/version, to find out which API is spoken, is answered aside: it uses up nothing.
    """

    def __init__(
        self,
        *scripts: Script,
        host: str = "127.0.0.1",
        port: int = 0,
        unix: str | None = None,
        tls: "ssl.SSLContext | None" = None,
    ) -> None:
        self.scripts: tuple[Script, ...] = scripts or ([answer()],)
        self.requests: list[ReceivedRequest] = []
        self.connections = 0
        self.disconnected = threading.Event()
        self.closing = threading.Event()
        self._tls = tls
        self._lock = threading.Lock()
        self._open: set[Connection] = set()
        self._threads: list[threading.Thread] = []
        self._listener, self.url = self._listen(host, port, unix)
        self._start(self._accept)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        """Hang up on everyone and wait for the threads."""
        self.closing.set()
        with self._lock:
            for sock in [self._listener, *(one.sock for one in self._open)]:
                try:
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
                except OSError:
                    pass
        for thread in list(self._threads):
            thread.join(5)
        self._listener.close()

    def __enter__(self) -> "ScriptedServer":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _listen(self, host: str, port: int, unix: str | None) -> tuple[socket.socket, str]:
        if unix is not None:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(os.fspath(unix))
            listener.listen(64)
            return listener, f"unix://{unix}"
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=64)
        shown = f"[{host}]" if ":" in host else host
        scheme = "https" if self._tls else "http"
        return listener, f"{scheme}://{shown}:{listener.getsockname()[1]}"

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(self, sock)
        with self._lock:
            self._open.add(connection)
        try:
            if self._tls is not None:
                connection.sock = self._tls.wrap_socket(sock, server_side=True)
            while not self.closing.is_set() and self._answer_one(connection):
                pass
        except OSError:
            pass  # a client that hangs up in a handshake
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.sock.close()
            self.disconnected.set()

    def _answer_one(self, connection: Connection) -> bool:
        request = connection.next_request()
        if request is None:
            return False
        with self._lock:
            script = self.scripts[min(len(self.requests), len(self.scripts) - 1)]
            if aside := _aside(request, script):
                script = aside
            else:
                self.requests.append(request)
        connection.request = request
        for step in script:
            play = Send(step) if isinstance(step, bytes) else step
            if play.play(connection):
                return False
        return True
