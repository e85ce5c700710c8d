"""The listener: a socket, uvicorn, and a stop that lets nobody wait for ever.

A stop (SIGINT, SIGTERM, SIGHUP, SIGQUIT) goes in this order: no new connections, every answer in
progress ends with a record that says why, idle connections close, the service closes its engines.
A second SIGINT does not wait.
"""

import asyncio
import errno
import logging
import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from rillet.net.address import Target, parse_host
from rillet.server.app import build_app
from rillet.server.streams import ABORT, Streams
from rillet.service.interface import Operations
from rillet.words.errors import InvalidHost, RilletError, Unreachable
from rillet.words.settings import Settings

BACKLOG = 2048
HEAD_LIMIT = 64 << 10  # bytes of request line and headers
HEAD_TIMEOUT = 60.0  # seconds for a request head to come
IDLE_TIMEOUT = 120  # seconds an idle connection stays open: pools of clients keep theirs for less
GRACE = 5  # seconds for answers to send their last record


def announce(place: str) -> None:
    """Say where the server can be reached, for people and for scripts that wait for it."""
    print(f"Listening on {place}", file=sys.stderr, flush=True)


async def listen_and_serve(
    operations: Operations,
    settings: Settings,
    ready: Callable[[str], None] = announce,
) -> None:
    """Serve until a signal comes, then close `operations`. `ready` gets "127.0.0.1:11434".

    Raises `InvalidHost`, or `Unreachable` where the address cannot be had.
    """
    try:
        sock = bind(parse_host(settings.host, listening=True))
        server = Server(operations, settings, Streams(), place_of(sock), ready)
        if (records := getattr(operations, "records", None)) is not None:
            await records.start()
        await server.serve(sockets=[sock])
    finally:
        await operations.close()


def bind(target: Target) -> socket.socket:
    """A bound socket for an address. Raises `Unreachable` with what to do about it."""
    if target.scheme == "https":
        raise InvalidHost(
            f"The server does not speak TLS itself, so it cannot listen on {target.url}",
            hint="Listen on http:// and put a proxy such as Caddy or nginx in front of it",
        )
    if target.unix is not None:
        raise InvalidHost("The server listens on an IP address", hint="Such as 127.0.0.1:11434")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            target.host, target.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Unreachable(f"Cannot listen on {target.authority}: {error.strerror}") from None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise _not_bound(target, error) from None
    return sock


def place_of(sock: socket.socket) -> str:
    """host:port as it really is, also where port 0 was asked for."""
    host, port = sock.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn, with our manners at the start and at the end."""

    def __init__(
        self,
        operations: Operations,
        settings: Settings,
        streams: Streams,
        place: str,
        ready: Callable[[str], None],
    ) -> None:
        super().__init__(
            uvicorn.Config(
                build_app(operations, settings, streams),
                http=Connection,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level=logging.DEBUG if settings.debug else logging.WARNING,
                access_log=settings.debug > 0,
                proxy_headers=False,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=IDLE_TIMEOUT,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self._streams, self._place, self._ready = streams, place, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready(self._place)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in self.servers:
            listener.close()
        self._streams.stop()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """As uvicorn does it, but a signal that was obeyed is not raised again afterwards.

        That would kill the process before the service could close its engines.
        """
        try:
            before = {
                one: signal.signal(one, self.handle_exit)
                for one in _SIGNALS
                # Under nohup it is ignored, and is to be. A shell ignores SIGINT for what it starts
                # in the background, but whoever sends one to us means it.
                if one != signal.SIGHUP or signal.getsignal(one) is not signal.SIG_IGN
            }
        except ValueError:  # not in the main thread: somebody else listens to signals
            before = {}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


class Parser(httptools.HttpRequestParser):
    """Goes on with HTTP/1.1 where a client offers another protocol, as Java's does each time.

    httptools stops behind the head of such a request, as if its body were in that protocol. So the
    head is read once more, without the offer.
    """

    def __init__(self, connection: "Connection") -> None:
        super().__init__(connection)
        self._connection = connection
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it

    def feed_data(self, data: Any) -> None:
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            if self.get_method() == b"CONNECT":
                raise
            rest = self._connection.head() + bytes(data)[offer.args[0] :]
            self._connection.parser = Parser(self._connection)  # this one may take it for the end
            self._connection.parser.feed_data(rest)


class Connection(HttpToolsProtocol):
    """One connection, with limits on what comes before a request is known."""

    _head_bytes = 0
    _head_open = False
    _timer: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.parser = Parser(self)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_open and self._timer is None:
            self._expect_head()  # most heads come in one piece, and need no timer

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        self._head_open = True
        self.scope["extensions"] = {ABORT: {"abort": self.transport.abort}}

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_open = False
        self._head_came()
        if self.parser.should_upgrade():
            return
        super().on_headers_complete()
        if self.scope["http_version"] == "1.0":
            self.cycle.__class__ = UntilClose

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def head(self) -> bytes:
        """Of the request that is being read, without the offer of another protocol."""
        lines = [b"%b %b HTTP/1.1" % (self.parser.get_method(), self.url)]
        for name, value in self.headers:
            if name == b"connection":
                value = b"close" if b"close" in value.lower() else b"keep-alive"
            if name != b"upgrade":
                lines.append(name + b": " + value)
        return b"\r\n".join([*lines, b"", b""])

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_LIMIT:
            raise ValueError("the head of the request is too large")  # the parser answers 400

    def _expect_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_TIMEOUT, self.transport.close)

    def _head_came(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class UntilClose(RequestResponseCycle):
    """An answer to HTTP/1.0, which knows no chunks: a stream ends with its connection."""

    _is_stream = False

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._is_stream = all(name != b"content-length" for name, _ in message["headers"])
            if self._is_stream:
                self.chunked_encoding = False
        elif self._is_stream:
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)


#: A terminal that is closed ends the server as properly as the others do.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def _not_bound(target: Target, error: OSError) -> RilletError:
    if error.errno == errno.EADDRINUSE:
        return Unreachable(
            f"The address {target.authority} is in use",
            hint="Another server runs there: stop it, or choose another address with RILLET_HOST",
        )
    hints: dict[int | None, Any] = {
        errno.EACCES: "Ports below 1024 are for the administrator: choose a higher one",
        errno.EADDRNOTAVAIL: "This machine does not have that address",
    }
    return Unreachable(
        f"Cannot listen on {target.authority}: {error.strerror}", hint=hints.get(error.errno)
    )
