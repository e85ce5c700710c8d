"""Requests are let in one after another, each two rounds of the loop before the next.

A loop that finds sixteen requests at once would take them all up before the first of them has
asked its engine, and no stream would get a token in the meantime. In two rounds a request gets as
far as it can without waiting: its handler begins an answer, whose task asks the engine. Between
requests the streams have their turn. Who comes alone does not wait.
"""

import asyncio
from collections import deque


class Turnstile:
    """One for each server, on one loop."""

    def __init__(self) -> None:
        self._taken = False
        self.waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Wait for one's turn, first come, first served."""
        loop = asyncio.get_running_loop()
        if self._taken:
            turn: asyncio.Future[None] = loop.create_future()
            self.waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._next()  # it was ours, and we leave
                raise
        self._taken = True
        loop.call_soon(loop.call_soon, self._next)

    def _next(self) -> None:
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._taken = False
