"""The net for threads: blocking sockets under the pure machines.

`Exchange.close()` may come from any thread or signal handler at any moment: it takes no lock, it
shuts the socket down, and whoever waits on it wakes at once. The descriptor itself is closed by
the thread that uses it, so that its number cannot be given to another file under a running read.
"""

import os
import socket
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any

from rillet.net.address import Target
from rillet.net.course import Course
from rillet.net.deadline import left, meant
from rillet.net.dial import dial, resolve, secure
from rillet.net.faults import Closed, Cut, TimedOut
from rillet.net.http1 import Head, HeaderList, Request
from rillet.net.pool import Pool
from rillet.net.reach import Limits, unreachable
from rillet.net.reception import Reception
from rillet.net.tls import TlsOptions, make_context

if TYPE_CHECKING:
    import ssl

RECEIVE = 65536  # bytes asked of the kernel at a time
DRAIN_TIME = 0.05  # seconds that a connection worth keeping may take to say its end
DRAIN_BYTES = 65536
STALE = 1.0  # seconds in which a kept connection shows that it was dead; later, the server died


class Transport:
    """Connections to one server. Threads may share it. Opens nothing until an exchange needs it.

    `headers` go with every request that does not name them itself. `env` is where proxy and
    certificate settings are read (the process environment if None). At most `pool_size` idle
    connections are kept per route.
    """

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
        self.pool = Pool(pool_size)
        self._tls = tls or TlsOptions()
        self._env = os.environ if env is None else env
        self._context: ssl.SSLContext | None = None

    def exchange(self, request: Request) -> "Exchange":
        """A question that is yet to be sent. Raises `InvalidRequest` for a proxy we cannot use."""
        return Exchange(self, Course(self.target, request, self.headers, self._env))

    def context(self) -> "ssl.SSLContext":
        if self._context is None:
            self._context = make_context(self._tls, self._env)
        return self._context

    def close(self) -> None:
        """Close the idle connections. Running exchanges end as they would; none is kept after."""
        self.pool.close()


class Exchange:
    """One question and its answer: `head()`, then `read()` until b"", then nothing or `close()`."""

    def __init__(self, transport: Transport, course: Course) -> None:
        self._transport = transport
        self._course = course
        self._pid = os.getpid()
        self._reception: Reception | None = None
        self._sock: socket.socket | None = None
        self._resolving: Any = None
        self._busy = False
        self._closed = False

    def head(self, *, connect: float | None = None, deadline: float | None = None) -> Head:
        """Connect, send, and wait for the head of the final answer.

        `connect`: seconds for each connection to stand. `deadline`: moment of `time.monotonic()`
        for all. Raises `Unreachable`, `Stalled("connect")`, `MalformedStream`, `ServerError` (for
        a redirect that leads nowhere), `TimedOut`, `Cut`, `Closed`.
        """
        return self._work(lambda: self._head(connect, deadline))

    def read(self, deadline: float | None = None) -> bytes:
        """Content as soon as any is there; b"" at the proper end.

        Raises `TimedOut`, `Closed`, `Cut` at an improper end, `MalformedStream` for broken coding.
        """
        if self._sock is None:
            if self._closed:
                raise Closed
            return b""
        self._busy = True
        try:
            if self._closed:
                raise Closed
            data = self._next(deadline)
        finally:
            self._busy = False
            if self._closed:
                self._dispose()
        if not data:
            self._put_back()
        return data

    def release(self) -> None:
        """The answer is whole for its reader: keep the connection if its end comes at once."""
        if self._sock is None or self._reception is None or self._closed:
            return
        end = monotonic() + DRAIN_TIME
        drained = 0
        try:
            while drained < DRAIN_BYTES and (data := self.read(end)):
                drained += len(data)
        except Exception:
            pass  # whatever it is, this connection is not kept
        if self._sock is not None:
            self._dispose()

    def close(self) -> None:
        """Hang up. From any thread or signal handler, any number of times."""
        self._closed = True
        if (resolving := self._resolving) is not None:
            resolving.put(None)
        if (sock := self._sock) is not None and self._pid == os.getpid():
            try:  # but not in a fork, where it would end the connection of the parent
                # The plain method: that of an SSLSocket pulls the TLS state from under a reader.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                pass
        if not self._busy:
            self._dispose()

    # Inside `_busy` from here on.

    def _work(self, step: Callable[[], Head]) -> Head:
        self._busy = True
        try:
            if self._closed:
                raise Closed
            return step()
        except BaseException as error:
            self._dispose()
            if self._closed and isinstance(error, Exception):
                raise Closed from None
            raise
        finally:
            self._busy = False
            if self._closed:
                self._dispose()

    def _head(self, connect: float | None, deadline: float | None) -> Head:
        while True:
            head = self._answer(connect, deadline)
            reception, route = self._reception, self._course.route
            if not self._course.redirect(head):
                return head
            assert reception is not None and self._sock is not None
            sock, self._sock = self._sock, None
            if reception.complete and reception.keep_alive:
                self._transport.pool.put(route, sock)
            else:
                sock.close()

    def _answer(self, connect: float | None, deadline: float | None) -> Head:
        """Ask once, or twice where a kept connection turns out to be dead."""
        course = self._course
        if not course.is_streamed and (sock := self._transport.pool.take(course.route)):
            self._hold(sock)
            asked = monotonic()
            try:
                return self._ask(deadline)
            except Cut:
                started = self._reception is not None and self._reception.started
                if started or monotonic() - asked > STALE:
                    raise
                self._dispose()
        self._connect(Limits(connect, deadline))
        return self._ask(deadline)

    def _connect(self, limits: Limits) -> None:
        route = self._course.route
        sock = dial(route, limits, self._hold, self._resolve)
        if route.tunnelled:
            self._tunnel(limits)
        if route.tls:
            secure(sock, route, self._transport.context(), limits, self._hold)

    def _tunnel(self, limits: Limits) -> None:
        self._reception = Reception("CONNECT", self._course.route.place)
        try:
            self._send(self._course.tunnel_request(), limits.end)
            head = self._wait_for_head(limits.end)
        except TimedOut:
            raise limits.struck() from None
        except (Cut, OSError) as cut:
            raise unreachable(self._course.route, cut) from cut
        self._course.check_tunnel(head)

    def _ask(self, deadline: float | None) -> Head:
        self._reception = self._course.reception()
        first, rest = self._course.outgoing()
        try:
            self._send(first, deadline)
            for piece in rest or ():
                self._send(piece, deadline)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have answered before it hung up: too large, not allowed
        return self._wait_for_head(deadline)

    def _wait_for_head(self, deadline: float | None) -> Head:
        reception = self._reception
        assert reception is not None
        while (head := reception.head()) is None:
            self._receive(reception, deadline)
        return head

    def _next(self, deadline: float | None) -> bytes:
        reception = self._reception
        assert reception is not None
        while (data := reception.take()) is None:
            self._receive(reception, deadline)
        return data

    def _receive(self, reception: Reception, deadline: float | None) -> None:
        sock = self._sock
        assert sock is not None
        sock.settimeout(left(deadline))
        try:
            data = sock.recv(RECEIVE)
        except TimeoutError as error:
            raise meant(error, deadline) from None
        except (OSError, ValueError) as error:
            if self._closed:
                raise Closed from None
            raise Cut(getattr(error, "strerror", None) or str(error)) from error
        if self._closed:
            raise Closed
        if data:
            reception.feed(data)
        else:
            reception.feed_eof()

    def _send(self, data: bytes, deadline: float | None) -> None:
        assert self._sock is not None
        self._sock.settimeout(left(deadline))
        try:
            self._sock.sendall(data)
        except TimeoutError as error:
            raise meant(error, deadline) from None
        except (BrokenPipeError, ConnectionResetError):
            raise
        except (OSError, ValueError) as error:
            raise Cut(getattr(error, "strerror", None) or str(error)) from error

    def _resolve(self, host: str, port: int, limits: Limits) -> Any:
        from queue import SimpleQueue  # its put() may be called inside a signal handler

        self._resolving = SimpleQueue()
        try:
            if self._closed:
                raise Closed
            found = resolve(host, port, limits, self._resolving)
        finally:
            self._resolving = None
        if found is None:
            raise Closed
        if isinstance(found, OSError):
            raise unreachable(self._course.route, found)
        return found

    def _hold(self, sock: socket.socket) -> None:
        self._sock = sock
        if self._closed:  # it came too early to see this socket
            sock.close()
            raise Closed

    def _put_back(self) -> None:
        """Keep the connection, unless the answer or a `close()` forbids it."""
        reception, sock = self._reception, self._sock
        # First out of reach of `close()`, then the look whether it came before.
        self._sock = None
        if sock is None:
            return
        if reception is not None and reception.keep_alive and not self._closed:
            self._transport.pool.put(self._course.route, sock)
        else:
            sock.close()

    def _dispose(self) -> None:
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()
