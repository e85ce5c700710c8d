"""The listener: a socket, uvicorn, and a stop that lets nobody wait for ever.

A stop (SIGINT, SIGTERM, SIGHUP, SIGQUIT) goes in this order: no new connections, every answer in
progress ends with a record that says why, idle connections close, the service closes its engines.
A second SIGINT does not wait.
"""

import errno
import logging
import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

from rillet.net.address import Target, parse_host
from rillet.server.app import build_app
from rillet.server.connection import Connection
from rillet.server.streams import Streams
from rillet.service.interface import Operations
from rillet.words.errors import InvalidHost, RilletError, Unreachable
from rillet.words.settings import Settings

BACKLOG = 2048
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
        await server.serve(sockets=[sock, *on_ipv6(sock)])
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


def on_ipv6(sock: socket.socket) -> list[socket.socket]:
    """The other half of a socket on all addresses, for "localhost" is often ::1 first.

    None where the machine has no IPv6, or its port is taken there.
    """
    host, port = sock.getsockname()[:2]
    if host != "0.0.0.0":
        return []
    try:
        other = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    except OSError:
        return []
    try:
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("::", port))
    except OSError:
        other.close()
        return []
    return [other]


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
