"""Opening a connection, for the asyncio shell. The twin of `dial`."""

import asyncio
import socket
from typing import TYPE_CHECKING, cast

from rillet.net.course import Route
from rillet.net.dial import tune
from rillet.net.reach import (
    Address,
    Limits,
    attempts,
    from_resolver,
    known_addresses,
    tls_failed,
    unreachable,
)
from rillet.net.wire_aio import Wire

if TYPE_CHECKING:
    import ssl


_QUEUE_FULL = 0.002  # seconds between two attempts at a unix socket that many want at once


async def dial(route: Route, limits: Limits, wire: Wire) -> None:
    """Put a connected socket under the wire. Raises `Unreachable`, or what `limits` says."""
    await introduce(await _connected(route, limits), route, wire)


def dial_here(route: Route) -> socket.socket | None:
    """A socket that is connected already, as it is on this machine; None where `dial` must wait,
    or say why there is none."""
    if route.unix is None:
        return None
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.connect(route.unix)
    except OSError:
        sock.close()
        return None
    return sock


def send_here(sock: socket.socket, data: bytes) -> int:
    """Send what the socket takes at once: how many bytes. A broken one is found when it is read."""
    try:
        return sock.send(data)
    except OSError:
        return 0


async def introduce(sock: socket.socket, route: Route, wire: Wire) -> None:
    """Have the loop read a connected socket into the wire."""
    loop = asyncio.get_running_loop()
    try:
        if route.unix is not None:
            await loop.create_unix_connection(lambda: wire, sock=sock)
        else:
            await loop.create_connection(lambda: wire, sock=sock)
    except BaseException:
        sock.close()
        raise


async def secure(wire: Wire, route: Route, context: "ssl.SSLContext", limits: Limits) -> None:
    """TLS over the wire's connection."""
    import ssl

    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limits.left()):
            assert wire.transport is not None
            transport = await loop.start_tls(
                wire.transport, wire, context, server_hostname=route.host
            )
    except TimeoutError:
        raise limits.struck() from None
    except (ssl.SSLError, OSError, ValueError) as error:
        raise tls_failed(route, error) from error
    wire.connection_made(cast(asyncio.Transport, transport))


async def _connected(route: Route, limits: Limits) -> socket.socket:
    if route.unix is not None:
        addresses: list[Address] = [(socket.AF_UNIX, route.unix)]
    else:
        host, port = route.peer
        addresses = known_addresses(host, port) or await _resolve(route, limits)
    error: OSError | None = None
    refused: set[Address] = set()
    for address, patience in attempts(addresses):
        if address in refused:
            continue
        left = limits.left()
        wait = patience if left is None else min(left, patience or left)
        try:
            return await _connect(address, wait)
        except TimeoutError as silence:
            if wait == left:  # a timer may strike a moment before the clock says so
                raise limits.struck() from None
            error = silence
        except OSError as refusal:
            error = refusal
            refused.add(address)
    limits.left()
    raise unreachable(route, error) from error


async def _connect(address: Address, wait: float | None) -> socket.socket:
    family, where = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if isinstance(where, str):
            await _connect_here(sock, where, wait)
            return sock
        tune(sock)
        async with asyncio.timeout(wait):
            await asyncio.get_running_loop().sock_connect(sock, where)
    except BaseException:
        sock.close()
        raise
    return sock


async def _connect_here(sock: socket.socket, path: str, wait: float | None) -> None:
    """To a unix socket: at once, unless its queue is full, and no event tells when it no longer
    is (the loops take the refusal for a connection that is on its way)."""
    try:
        sock.connect(path)
        return
    except BlockingIOError:
        pass
    async with asyncio.timeout(wait):
        while True:
            await asyncio.sleep(_QUEUE_FULL)
            try:
                sock.connect(path)
                return
            except BlockingIOError:
                continue


async def _resolve(route: Route, limits: Limits) -> list[Address]:
    loop = asyncio.get_running_loop()
    host, port = route.peer
    try:
        async with asyncio.timeout(limits.left()):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise limits.struck() from None
    except OSError as error:
        raise unreachable(route, error) from error
    return from_resolver(found)
