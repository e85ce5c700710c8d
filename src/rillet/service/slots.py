"""Turns at an engine: so many at once, the others wait in the order in which they came.

The engine itself would queue as well, but it does not notice there when a caller gives up.
"""

import asyncio
from collections import deque


class Slots:
    """A fair semaphore that can tell each waiter its place."""

    def __init__(self, count: int) -> None:
        self.free = count
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def try_take(self) -> bool:
        """Take a slot if nobody has to be passed over for it."""
        if self.free and not self._waiting:
            self.free -= 1
            return True
        return False

    def join(self) -> "asyncio.Future[None]":
        """Queue up. The future is done when the slot is taken; `leave` gives the place or slot back."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._wake()
        return turn

    def place(self, turn: "asyncio.Future[None]") -> int:
        """1 is next; 0 has its slot."""
        return 0 if turn.done() else self._waiting.index(turn) + 1

    def leave(self, turn: "asyncio.Future[None] | None") -> None:
        """Give back a slot (None: one from `try_take`), or a place in the queue."""
        if turn is not None and not turn.done():
            self._waiting.remove(turn)
            turn.cancel()
            return
        self.free += 1
        self._wake()

    def _wake(self) -> None:
        while self.free and self._waiting:
            turn = self._waiting.popleft()
            self.free -= 1
            turn.set_result(None)
