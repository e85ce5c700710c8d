"""One connection of the asyncio shell: what the loop calls, and the one place that waits.

A wire is either at rest (in a pool, where any byte or end is a reason to drop it) or it feeds a
`Reception`. At most one task waits on it at a time.
"""

import asyncio
from time import monotonic
from typing import cast

from rillet.net.faults import Closed, Cut, TimedOut
from rillet.net.reception import Reception

HIGH_WATER = 262144  # bytes received since the reader last waited; then the socket is stopped
RECEIVE = 65536  # bytes taken from the loop at a time: what a processor's cache holds
_LOOK = 0.001  # seconds after which the loop has looked at its sockets


class Wire(asyncio.BufferedProtocol):
    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._reception: Reception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._backlog = 0
        self._buffer: memoryview | None = None  # what the loop receives into
        self._stopped = False  # reading is paused
        self._full = False  # the loop asks us not to write
        self._aborted = False
        self._lost: BaseException | None = None
        self._gone = False

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self._aborted:
            self.transport.abort()

    def get_buffer(self, sizehint: int) -> memoryview:
        buffer = self._buffer
        if buffer is None:
            buffer = self._buffer = memoryview(bytearray(RECEIVE))
        return buffer

    def buffer_updated(self, nbytes: int) -> None:
        reception, buffer = self._reception, self._buffer
        if reception is None or buffer is None:
            self.abort()  # it speaks unasked
            return
        reception.feed(buffer[:nbytes])
        self._backlog += nbytes
        if self._backlog > HIGH_WATER and not self._stopped and self.transport is not None:
            self._stopped = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._gone = True
        if self._reception is not None:
            self._reception.feed_eof()
        self._wake()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._gone = True
        self._lost = exc
        if self._reception is not None and exc is None and not self._aborted:
            self._reception.feed_eof()
        self._wake()
        self._stop_timer()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._wake()

    # What an exchange calls.

    @property
    def is_alive(self) -> bool:
        return not (self._gone or self._aborted)

    def begin(self, reception: Reception) -> None:
        """Feed this machine from now on."""
        self._reception = reception
        self._backlog = 0

    def rest(self) -> bool:
        """Go to a pool. False if the connection is not fit for it."""
        self._reception = None
        self._buffer = None  # a wire at rest holds no memory
        self._stop_timer()
        self._backlog = 0
        self._resume()
        return self.is_alive

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self._gone:
            self.transport.write(data)

    async def room(self, deadline: float | None) -> None:
        """Wait until the loop has sent enough to take more."""
        while self._full and not self._gone and not self._answered():
            await self._wait(deadline)
        if self._aborted:
            raise Closed

    def more(self, deadline: float | None) -> "asyncio.Future[None]":
        """A future for the moment when something was fed. No coroutine: this runs once per token.

        Raises, or holds, `TimedOut`, `Closed`, or `Cut` for a broken wire.
        """
        if self._aborted:
            raise Closed
        if self._gone:
            raise Cut(_reason(self._lost))
        self._backlog = 0
        if self._stopped:
            self._resume()
        return self._wait(deadline)

    def abort(self) -> None:
        """Close at once; the waiting task, if any, wakes. Any number of times."""
        self._aborted = True
        self._stop_timer()
        if self.transport is not None:
            self.transport.abort()
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(Closed())

    # Waiting.

    def _wait(self, deadline: float | None) -> "asyncio.Future[None]":
        self._deadline = deadline
        if deadline is not None and (self._timer is None or deadline < self._timer_at):
            self._set_timer(deadline)
        waiter = self._waiter = self._loop.create_future()
        return waiter

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _set_timer(self, deadline: float) -> None:
        left = deadline - monotonic()
        if left <= 0:
            raise TimedOut
        self._stop_timer()
        self._timer_at = deadline
        self._timer = self._loop.call_later(left, self._strike)

    def _strike(self, looked: bool = False) -> None:
        """The timer was set for an earlier deadline than now counts, or its time has come.

        A process that was stopped until then wakes without having looked at its sockets: what
        came meanwhile is read before the clock counts.
        """
        self._timer = None
        waiter, deadline = self._waiter, self._deadline
        if waiter is None or waiter.done() or deadline is None:
            return
        if monotonic() < deadline:
            self._timer_at = deadline
            self._timer = self._loop.call_later(deadline - monotonic(), self._strike)
        elif not looked:
            self._timer_at = deadline
            self._timer = self._loop.call_later(_LOOK, self._strike, True)
        else:
            waiter.set_exception(TimedOut())

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _resume(self) -> None:
        if self._stopped and self.transport is not None and not self._gone:
            self._stopped = False
            self.transport.resume_reading()

    def _answered(self) -> bool:
        return self._reception is not None and self._reception.started


def _reason(error: BaseException | None) -> str:
    if error is None:
        return "the connection was closed"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
