"""One accepted connection, and the bytes of HTTP on it: requests in, answers out."""

import select
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from httptools import HttpParserError, HttpRequestParser

if TYPE_CHECKING:
    from rillet.testing.server import ScriptedServer


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


@dataclass
class ReceivedRequest:
    """What a client sent. Names of headers are in lower case."""

    method: str = ""
    path: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name.lower()), None)


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
