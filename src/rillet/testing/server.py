"""A server that plays a script: every byte, every pause and every way to hang up is yours.

    with ScriptedServer([answer(b"hello")]) as server:
        ...                      # connect to server.url
        assert server.requests[0].path == "/"

Each request is answered by the next script; the last one answers all that follow. A script is a
list of steps: bytes are sent as they stand, in one segment; the other steps are the classes below.
After its last step the connection stays open for the next request, as HTTP/1.1 has it.

Real sockets and threads, for tests only: it trusts its client and has no limits.
"""

import os
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from httptools import HttpParserError, HttpRequestParser

if TYPE_CHECKING:
    import ssl

LOOK = 0.005  # seconds between two looks whether the client is gone


@dataclass
class ReceivedRequest:
    """What a client sent. Names of headers are in lower case."""

    method: str = ""
    path: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name.lower()), None)


class Step(Protocol):
    """One step of a script. True ends the connection."""

    def play(self, connection: "Connection") -> bool: ...


@dataclass
class Send:
    """Send bytes, `size` at a time if given, each piece its own segment."""

    data: bytes
    size: int | None = None

    def play(self, connection: "Connection") -> bool:
        size = self.size or len(self.data) or 1
        pieces = [self.data[at : at + size] for at in range(0, len(self.data), size)]
        return not all(connection.send(piece) for piece in pieces)


@dataclass
class Pause:
    """Do nothing for a time."""

    seconds: float

    def play(self, connection: "Connection") -> bool:
        return connection.gone_within(self.seconds)


@dataclass
class WaitFor:
    """Do nothing until the test says so."""

    event: threading.Event

    def play(self, connection: "Connection") -> bool:
        while not self.event.wait(0):
            if connection.gone_within(LOOK):
                return True
        return False


@dataclass
class Signal:
    """Tell the test that the script has come so far."""

    event: threading.Event

    def play(self, connection: "Connection") -> bool:
        self.event.set()
        return False


@dataclass
class Stall:
    """Do nothing until the client hangs up or the server is closed."""

    def play(self, connection: "Connection") -> bool:
        while not connection.gone_within(LOOK):
            pass
        return True


@dataclass
class Drip:
    """Send the same bytes again and again until the client hangs up."""

    data: bytes
    every: float = 0.01

    def play(self, connection: "Connection") -> bool:
        while connection.send(self.data):
            if connection.gone_within(self.every):
                break
        return True


@dataclass
class Hangup:
    """Close properly, with a FIN."""

    def play(self, connection: "Connection") -> bool:
        return True


@dataclass
class Reset:
    """Close with a RST."""

    def play(self, connection: "Connection") -> bool:
        linger = struct.pack("ii", 1, 0)
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return True


@dataclass
class StartTls:
    """Speak TLS from here on, as a proxy does after CONNECT; the next request comes inside."""

    context: "ssl.SSLContext"

    def play(self, connection: "Connection") -> bool:
        connection.sock = self.context.wrap_socket(connection.sock, server_side=True)
        return False


Script = Sequence[bytes | Step]


def answer(
    body: bytes = b"", *, status: str = "200 OK", headers: Iterable[tuple[str, str]] = ()
) -> bytes:
    """A whole answer with its Content-Length."""
    return head(status, [*headers, ("Content-Length", str(len(body)))]) + body


def head(status: str = "200 OK", headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """A status line and headers."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "\r\n"]).encode()


CHUNKED = head(headers=[("Transfer-Encoding", "chunked")])
LAST_CHUNK = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


class Connection:
    """One accepted connection, as the steps of a script see it."""

    def __init__(self, server: "ScriptedServer", sock: socket.socket) -> None:
        self.sock = sock
        self.request = ReceivedRequest()  # that is answered now
        self._server = server

    def send(self, data: bytes) -> bool:
        """Whether it could be sent."""
        try:
            self.sock.sendall(data)
        except OSError:
            return False
        return True

    def gone_within(self, seconds: float) -> bool:
        """Wait that long; True as soon as the client has hung up or the server is closing."""
        if self._server.closing.is_set():
            return True
        readable, _, _ = select.select([self.sock], [], [], seconds)
        if not readable:
            return False
        try:
            return not socket.socket.recv(self.sock, 1, socket.MSG_PEEK)
        except OSError:
            return True

    def next_request(self) -> ReceivedRequest | None:
        reader = _Reader()
        while not reader.complete:
            try:
                data = self.sock.recv(65536)
            except OSError:
                return None
            if not data:
                return None
            try:
                reader.feed(data)
            except HttpParserError:
                self.send(answer(status="400 Bad Request", headers=[("Connection", "close")]))
                return None
        return reader.request


class _Reader:
    def __init__(self) -> None:
        self.request = ReceivedRequest()
        self.complete = False
        self._parser = HttpRequestParser(self)

    def feed(self, data: bytes) -> None:
        if data.startswith(b"CONNECT "):
            self._connect(data)
        else:
            self._parser.feed_data(data)

    def _connect(self, data: bytes) -> None:
        # llhttp takes CONNECT for the end of HTTP on the connection, and stops.
        lines = data.decode().split("\r\n")
        self.request.method, self.request.path, _ = lines[0].split(" ")
        pairs = (line.partition(": ") for line in lines[1:] if line)
        self.request.headers = [(name.lower(), value) for name, _, value in pairs]
        self.complete = True

    def on_url(self, url: bytes) -> None:
        self.request.path += url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.request.headers.append((name.decode().lower(), value.decode()))

    def on_body(self, data: bytes) -> None:
        self.request.body += data

    def on_message_complete(self) -> None:
        self.request.method = self._parser.get_method().decode()
        self.complete = True


class ScriptedServer:
    """Listens at once; close it, or use it in a `with`.

    `connections` counts those accepted. `disconnected` is set when a client has hung up, or was
    hung up on; `requests` holds all requests in order.
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
            self.requests.append(request)
        connection.request = request
        for step in script:
            play = Send(step) if isinstance(step, bytes) else step
            if play.play(connection):
                return False
        return True
