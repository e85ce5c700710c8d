"""Opening a connection and waiting for it, for the sync shell.

Each socket is handed to `hold` before anything is waited for, so that another thread can shut it
down; waiting for a resolver, which nothing can interrupt, is left to a thread of its own.
"""

import socket
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from rillet.net.course import Route
from rillet.net.deadline import is_of_the_program
from rillet.net.reach import (
    Address,
    Limits,
    attempts,
    from_resolver,
    known_addresses,
    tls_failed,
    unreachable,
)

if TYPE_CHECKING:
    import ssl

Hold = Callable[[socket.socket], None]


def dial(route: Route, limits: Limits, hold: Hold, resolve: Callable[..., Any]) -> socket.socket:
    """A connected TCP or unix socket. Raises `Unreachable`, or what `limits` says."""
    if route.unix is not None:
        addresses: list[Address] = [(socket.AF_UNIX, route.unix)]
    else:
        host, port = route.peer
        addresses = known_addresses(host, port) or resolve(host, port, limits)
    error: OSError | None = None
    refused: set[Address] = set()
    for address, patience in attempts(addresses):
        if address in refused:
            continue
        left = limits.left()
        wait = patience if left is None else min(left, patience or left)
        until = None if wait is None else monotonic() + wait
        try:
            return _connect(address, wait, hold)
        except TimeoutError as silence:
            if is_of_the_program(silence, until):
                raise
            if wait == left:  # a timer may strike a moment before the clock says so
                raise limits.struck() from None
            error = silence
        except OSError as refusal:
            error = refusal
            refused.add(address)
    limits.left()
    raise unreachable(route, error) from error


def _connect(address: Address, wait: float | None, hold: Hold) -> socket.socket:
    family, where = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        hold(sock)
        sock.settimeout(wait)
        tune(sock)
        sock.connect(where)
    except BaseException:
        sock.close()
        raise
    return sock


def tune(sock: socket.socket) -> None:
    """No waiting for more to send; notice within two minutes a peer that is gone for good."""
    if sock.family == socket.AF_UNIX:
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if option := getattr(socket, name, None):
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


def secure(
    sock: socket.socket, route: Route, context: "ssl.SSLContext", limits: Limits, hold: Hold
) -> socket.socket:
    """TLS over a connected socket, which it takes over."""
    import ssl

    try:
        secured = context.wrap_socket(
            sock, server_hostname=route.host, do_handshake_on_connect=False
        )
    except ValueError as error:  # a host name that TLS cannot carry
        raise tls_failed(route, error) from error
    hold(secured)
    try:
        secured.settimeout(limits.left())
        secured.do_handshake()
    except TimeoutError as error:
        if is_of_the_program(error, limits.end):
            raise
        raise limits.struck() from None
    except (ssl.SSLError, OSError, ValueError) as error:
        raise tls_failed(route, error) from error
    return secured


def resolve(host: str, port: int, limits: Limits, queue: Any) -> Any:
    """What getaddrinfo says, or None as soon as someone puts None into the queue."""
    import threading
    from queue import Empty

    def ask() -> None:
        try:
            queue.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            queue.put(error)

    threading.Thread(target=ask, name="rillet-resolve", daemon=True).start()
    try:
        found = queue.get(timeout=limits.left())
    except Empty:
        raise limits.struck() from None
    return from_resolver(found) if isinstance(found, list) else found
