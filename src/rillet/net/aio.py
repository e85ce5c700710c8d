"""The net for asyncio: one protocol per connection under the same pure machines.

The shape is that of `sync`, call by call. What differs: time is kept by one timer per exchange
that is moved only when a deadline comes nearer (a paced token costs no timer); a reader too slow
for its peer stops the socket, not the loop; a task cancelled at any await leaves nothing open.
"""

import asyncio
import os
import socket
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from rillet.net.address import Target
from rillet.net.course import Course, Route
from rillet.net.dial_aio import dial, dial_here, introduce, secure, send_here
from rillet.net.faults import Closed, Cut, TimedOut
from rillet.net.http1 import Head, HeaderList, Request
from rillet.net.pool_aio import AsyncPool
from rillet.net.reach import Limits, unreachable
from rillet.net.reception import Reception
from rillet.net.tls import TlsOptions, make_context
from rillet.net.wire_aio import Wire
from rillet.words.errors import InvalidRequest

if TYPE_CHECKING:
    import ssl

DRAIN_TIME = 0.05  # seconds that a connection worth keeping may take to say its end
DRAIN_BYTES = 65536
STALE = 1.0  # as in `sync`


def running_loop() -> asyncio.AbstractEventLoop:
    """That of asyncio. Raises `InvalidRequest` where another framework runs the task."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise InvalidRequest(
            "AsyncClient runs on asyncio, and no loop of it is running here",
            hint="With trio, ask a rillet.Client in a thread: trio.to_thread.run_sync",
        ) from None


class AsyncTransport:
    """Connections to one server, from any loop. See `sync.Transport`."""

    def __init__(
        self,
        target: Target,
        *,
        headers: Iterable[tuple[str, str]] = (),
        tls: TlsOptions | None = None,
        env: Mapping[str, str] | None = None,
        pool_size: int = 8,
    ) -> None:
        self.target = target
        self.headers: HeaderList = tuple(headers)
        self._tls = tls or TlsOptions()
        self._env = os.environ if env is None else env
        self._context: ssl.SSLContext | None = None
        self._pool_size = pool_size
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncPool] = WeakKeyDictionary()

    def exchange(self, request: Request) -> "AsyncExchange":
        """A question that is yet to be sent. Raises `InvalidRequest` for a proxy we cannot use."""
        return AsyncExchange(self, Course(self.target, request, self.headers, self._env))

    def context(self) -> "ssl.SSLContext":
        if self._context is None:
            self._context = make_context(self._tls, self._env)
        return self._context

    async def pool(self) -> AsyncPool:
        loop = running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            pool = self._pools[loop] = AsyncPool(self._pool_size)
            await pool.open()
        return pool

    def close(self) -> None:
        """Close the idle connections of the running loop, on which it must be called."""
        pool = self._pools.get(asyncio.get_running_loop())
        if pool is not None:
            pool.close()


class AsyncExchange:
    """One question and its answer: `head()`, then `read()` until b"", then nothing or `close()`."""

    def __init__(self, transport: AsyncTransport, course: Course) -> None:
        self._transport = transport
        self._course = course
        self._pool: AsyncPool | None = None
        self._wire: Wire | None = None
        self._reception: Reception | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._closed = False
        self._unsent = False  # an answer came before the whole request was sent

    async def head(self, *, connect: float | None = None, deadline: float | None = None) -> Head:
        """Connect, send, and wait for the head. As `sync.Exchange.head`."""
        try:
            if self._closed:
                raise Closed
            return await self._head(connect, deadline)
        except BaseException as error:
            if self._closed and not _is_order(error):
                raise Closed from None
            self.close()
            raise

    async def read(self, deadline: float | None = None) -> bytes:
        """Content as soon as any is there; b"" at the proper end. As `sync.Exchange.read`."""
        wire, reception = self._wire, self._reception
        if wire is None or reception is None:
            if self._closed:
                raise Closed
            return b""
        try:
            while (data := reception.take()) is None:
                await wire.more(deadline)
        except asyncio.CancelledError:
            self.close()
            raise
        if not data:
            self._put_back()
        return data

    async def release(self) -> None:
        """The answer is whole for its reader: keep the connection if its end comes at once."""
        end = monotonic() + DRAIN_TIME
        drained = 0
        try:
            while self._wire is not None and drained < DRAIN_BYTES:
                drained += len(await self.read(end))
        except Exception:
            pass  # whatever it is, this connection is not kept
        finally:
            self._drop()

    def close(self) -> None:
        """Hang up; whoever waits in `head` or `read` wakes with `Closed`. Never waits itself."""
        self._closed = True
        if self._connecting is not None:
            self._connecting.cancel()
        self._drop()

    # The ways of one answer.

    async def _head(self, connect: float | None, deadline: float | None) -> Head:
        self._pool = await self._transport.pool()
        while True:
            head = await self._answer(connect, deadline)
            route = self._course.route
            if not self._course.redirect(head):
                return head
            self._put_back(route)

    async def _answer(self, connect: float | None, deadline: float | None) -> Head:
        """Ask once, or twice where a kept connection turns out to be dead."""
        course, pool = self._course, self._pool
        assert pool is not None
        if not course.is_streamed and (wire := pool.take(course.route)):
            self._wire = wire
            asked = monotonic()
            try:
                return await self._ask(deadline)
            except Cut:
                started = self._reception is not None and self._reception.started
                if self._closed or started or monotonic() - asked > STALE:
                    raise
                self._drop()
        wire = self._wire = Wire()
        if sock := dial_here(course.route):
            return await self._ask_here(wire, sock, deadline)
        # A task of its own, so that `close()` can end it without cancelling its caller.
        self._connecting = asyncio.create_task(self._connect(wire, Limits(connect, deadline)))
        try:
            await self._connecting
        finally:
            self._connecting = None
        return await self._ask(deadline)

    async def _connect(self, wire: Wire, limits: Limits) -> None:
        route = self._course.route
        await dial(route, limits, wire)
        if route.tunnelled:
            await self._tunnel(wire, limits)
        if route.tls:
            await secure(wire, route, self._transport.context(), limits)

    async def _tunnel(self, wire: Wire, limits: Limits) -> None:
        self._reception = Reception("CONNECT", self._course.route.place)
        wire.begin(self._reception)
        wire.write(self._course.tunnel_request())
        try:
            head = await self._wait_for_head(limits.end)
        except TimedOut:
            raise limits.struck() from None
        except Cut as cut:
            raise unreachable(self._course.route, cut) from cut
        self._course.check_tunnel(head)

    async def _ask(self, deadline: float | None) -> Head:
        wire = self._wire
        if wire is None:
            raise Closed
        first, rest = self._begin(wire)
        wire.write(first)
        return await self._rest(wire, rest, deadline)

    async def _ask_here(self, wire: Wire, sock: socket.socket, deadline: float | None) -> Head:
        """Over a socket that the loop does not know yet: it serves everybody else before it is
        introduced, and an engine on this machine can work in the meantime."""
        first, rest = self._begin(wire)
        sent = send_here(sock, first)
        await introduce(sock, self._course.route, wire)
        if sent < len(first):
            wire.write(first[sent:])
        return await self._rest(wire, rest, deadline)

    def _begin(self, wire: Wire) -> tuple[bytes, Iterable[bytes] | None]:
        """What there is to send, at once and afterwards, on a wire that will hear the answer."""
        self._reception = self._course.reception()
        wire.begin(self._reception)
        return self._course.outgoing()

    async def _rest(self, wire: Wire, rest: Iterable[bytes] | None, deadline: float | None) -> Head:
        for piece in rest or ():
            await wire.room(deadline)
            if self._reception and self._reception.head() is not None:
                self._unsent = True  # refused, or sent elsewhere: the rest is not wanted here
                break
            wire.write(piece)
        return await self._wait_for_head(deadline)

    async def _wait_for_head(self, deadline: float | None) -> Head:
        wire, reception = self._wire, self._reception
        if wire is None or reception is None:
            raise Closed
        while (head := reception.head()) is None:
            await wire.more(deadline)
        return head

    def _put_back(self, route: Route | None = None) -> None:
        """Keep the connection, unless the answer forbids it."""
        wire, reception = self._wire, self._reception
        self._wire = None
        if wire is None or self._pool is None:
            return
        if reception is not None and reception.keep_alive and not self._unsent:
            self._pool.put(route or self._course.route, wire)
        else:
            wire.abort()

    def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.abort()


def _is_order(error: BaseException) -> bool:
    """Whether it tells this task to stop, which goes before `Closed`."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
    return isinstance(error, KeyboardInterrupt | SystemExit)
