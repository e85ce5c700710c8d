"""Watches the client of one answer: who hangs up, or reads nothing, ends the work for it.

The hang-up is seen by a task of its own which cancels the loop that sends (uvicorn's `send` says
nothing about a reader that is gone), so it costs nothing per token.
"""

import asyncio
from contextlib import suppress
from types import TracebackType

from rillet.server.exchange import ClientGone, Exchange

_DECIDING = 0.5  # seconds, in which it is known whether there will be an answer


class SlowReader(Exception):
    """The client has not read anything for too long."""


class Attendance:
    """Watches one client: cancels the task in the `async with` and raises why on leaving it."""

    def __init__(
        self, all_there: set["Attendance"], exchange: Exchange, write_timeout: float, patient: bool
    ) -> None:
        self.opened = asyncio.Event()  # what can be refused at once is not
        self.sending = False
        self.sent = 0
        self._all = all_there
        self._exchange = exchange
        self._write_timeout = write_timeout
        self._patient = patient
        self._cause: Exception | None = None
        self._seen = -1

    def interrupt(self, cause: Exception) -> None:
        """End the work of this task; the first cause is the one that counts."""
        if self._cause is None:
            self._cause = cause
            self._task.cancel()

    async def __aenter__(self) -> "Attendance":
        task = asyncio.current_task()
        assert task is not None  # an ASGI application runs in one
        self._task = task
        self._loop = task.get_loop()
        self._watcher = self._loop.create_task(self._watch())
        self._timer = self._loop.call_later(self._write_timeout, self._tick)
        self._all.add(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._all.discard(self)
        self._timer.cancel()
        self._watcher.cancel()
        if self._cause is None:
            return
        if kind is not asyncio.CancelledError:
            try:  # the cancellation has been asked for, but has not come yet
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                pass
        self._task.uncancel()
        if kind is asyncio.CancelledError:
            raise self._cause from None

    async def _watch(self) -> None:
        if await self._exchange.gone(self._patient):
            with suppress(TimeoutError):
                await asyncio.wait_for(self.opened.wait(), _DECIDING)
        self.interrupt(ClientGone())

    def _tick(self) -> None:
        """Every `write_timeout` seconds: is it still the same `send` that waits?"""
        if self.sending and self.sent == self._seen:
            self.interrupt(SlowReader())
            return
        self._seen = self.sent
        self._timer = self._loop.call_later(self._write_timeout, self._tick)
