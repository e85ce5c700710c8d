"""One load that many wait for. Who began it may leave: it ends early only when nobody waits."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from rillet.engine import LoadOptions
from rillet.service.slots import BUSY, Tell
from rillet.words.errors import Busy
from rillet.words.events import Progress


class SharedLoad:
    """`most` may wait for it."""

    def __init__(self, options: LoadOptions, most: int) -> None:
        self.options = options
        self._most = most
        self._waiting = 0
        self._now: Callable[[], Progress] = lambda: Progress("loading")
        self._over = asyncio.Event()  # loaded, failed or abandoned
        self._left = asyncio.Event()  # nobody waits any more
        self._task: asyncio.Task[None]

    @property
    def open(self) -> bool:
        """Whether somebody else may wait for it, too."""
        return not self._over.is_set() and not self._task.cancelling()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._task = asyncio.create_task(work)
        self._task.add_done_callback(self._ended)

    def tell(self, now: Callable[[], Progress]) -> None:
        """For the work: what is told to all who wait."""
        self._now = now

    async def wait(self, tell: Tell) -> None:
        """Return when it is over, with or without a model. Raises what made it fail, or `Busy`."""
        if self._waiting > self._most:
            raise Busy(BUSY, status=503, retry_after=1.0)
        self._waiting += 1
        tell(lambda: self._now())
        try:
            await self._over.wait()
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._left.set()
                if not self._over.is_set():
                    await self.cancel()
        if self._task.done() and not self._task.cancelled():
            self._task.result()

    async def hand_over(self) -> None:
        """For the work, when the model is there: return when all who waited have taken it.

        Until then no other load may begin, which could throw out a model that nobody uses yet.
        """
        self._over.set()
        await self._left.wait()

    async def cancel(self) -> None:
        """Return when nothing is left of it."""
        self._task.cancel()
        await asyncio.wait((self._task,))

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # those who waited have heard of it, if any were left
        self._over.set()
