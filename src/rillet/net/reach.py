"""Reaching a peer: which addresses to try for how long, and what to say when none answers. Pure."""

import errno
import os
import socket
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Any

from rillet.net.address import DEFAULT_PORT
from rillet.net.course import Route
from rillet.net.faults import Fault, TimedOut
from rillet.words.errors import Stalled, Unreachable

Address = tuple[int, Any]  # family, socket address

PATIENCE = 1.0  # seconds for an address while there are others to try


class Limits:
    """The two clocks of connecting: `connect` seconds from now, and the deadline of all."""

    def __init__(self, connect: float | None, deadline: float | None) -> None:
        self._connect = connect
        self._connect_end = None if connect is None else monotonic() + connect
        self._deadline = deadline

    @property
    def end(self) -> float | None:
        """The nearer of the two, as a moment of the monotonic clock."""
        ends = [end for end in (self._connect_end, self._deadline) if end is not None]
        return min(ends, default=None)

    def left(self) -> float | None:
        """Seconds left, None for ever. Raises `Stalled` or `TimedOut` when there are none."""
        end = self.end
        if end is None:
            return None
        seconds = end - monotonic()
        if seconds <= 0:
            raise self.struck()
        return seconds

    def struck(self) -> Fault | Stalled:
        """The error for the clock that struck."""
        mine, all_ = self._connect_end, self._deadline
        if mine is not None and self._connect is not None and (all_ is None or mine <= all_):
            return Stalled("connect", self._connect)
        return TimedOut()


def known_addresses(host: str, port: int) -> list[Address] | None:
    """The addresses of a literal or of this machine; None where a resolver must be asked."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        # IPv4 first: Ollama and llama.cpp listen there, and a refusal costs nothing here.
        return [
            (socket.AF_INET, ("127.0.0.1", port)),
            (socket.AF_INET6, ("::1", port, 0, 0)),
        ]
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return [(family, (host, port) if family == socket.AF_INET else (host, port, 0, 0))]
    return None


def from_resolver(found: Iterable[Any]) -> list[Address]:
    """What getaddrinfo gave, without repeats, the families taking turns (RFC 8305, 4)."""
    addresses = list(dict.fromkeys((entry[0], entry[4]) for entry in found))
    first = [address for address in addresses if address[0] == addresses[0][0]]
    other = [address for address in addresses if address[0] != addresses[0][0]]
    mixed: list[Address] = []
    while first or other:
        mixed += first[:1] + other[:1]
        first, other = first[1:], other[1:]
    return mixed


def attempts(addresses: list[Address]) -> Iterator[tuple[Address, float | None]]:
    """Which address to try, for how many seconds (None: what is left). A silent one gets two tries.

    The caller stops at the first that answers; one that refused will refuse again, at no cost.
    """
    if len(addresses) > 1:
        for address in addresses:
            yield address, PATIENCE
    for address in addresses:
        yield address, None


def unreachable(route: Route, error: BaseException | None) -> Unreachable:
    """Why there is no connection, in words that help."""
    peer_host, peer_port = route.peer
    place = f"the proxy {peer_host}:{peer_port}" if route.proxy else route.place
    if isinstance(error, socket.gaierror):
        return Unreachable(
            f"There is no host {peer_host!r} ({error.strerror or error}){route.reason}",
            hint="Look at its spelling and at the network",
        )
    number = getattr(error, "errno", None)
    if number in (errno.ECONNREFUSED, errno.ENOENT) and route.proxy is None:
        return Unreachable(f"Nothing listens at {place}{route.reason}", hint=_start_hint(route))
    # asyncio writes words of its own where the system's belong
    reason = os.strerror(number) if number else str(error or "") or "no answer"
    hint = "Look at HTTP_PROXY and the like, or list the host in NO_PROXY" if route.proxy else None
    return Unreachable(f"No connection to {place}{route.reason}: {reason}", hint=hint)


def tls_failed(route: Route, error: BaseException) -> Unreachable:
    """Why there is no TLS with a peer that answers."""
    verify = getattr(error, "verify_message", None)
    if verify:
        return Unreachable(
            f"The certificate of {route.place}{route.reason} is not trusted: {verify}",
            hint="Name your own authority's file in SSL_CERT_FILE",
        )
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    if reason in ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST"):
        said = f"{route.place}{route.reason} does not speak TLS"
        return Unreachable(said, hint="Try http:// for https://")
    said = str(reason).replace("_", " ").lower() if reason else "the connection was closed"
    return Unreachable(f"No TLS with {route.place}{route.reason}: {said}")


def _start_hint(route: Route) -> str:
    if route.unix is None and route.port != DEFAULT_PORT:
        return "Is the server running, and on that port?"
    return "Is the server running? Start it with: rillet serve"
