"""Requests are let in a few at a time, each group two rounds of the loop before the next.

A loop that finds a hundred requests at once would take them all up before the first of them has
asked its engine, and no stream would get a token in the meantime. In two rounds a request gets as
far as it can without waiting: its handler begins an answer, whose task asks the engine. Between
groups the streams have their turn. Who comes alone does not wait.
"""

import asyncio
from collections import deque

#: Some two milliseconds of work. One by one the last of many would wait for too many tokens.
AT_ONCE = 4


class Turnstile:
    """One for each server, on one loop."""

    def __init__(self) -> None:
        self.waiting: deque[asyncio.Future[None]] = deque()
        self._room = AT_ONCE

    async def enter(self) -> None:
        """Wait for one's turn, first come, first served."""
        loop = asyncio.get_running_loop()
        if self._room:
            self._take(loop)
            return
        turn: asyncio.Future[None] = loop.create_future()
        self.waiting.append(turn)
        await turn

    def _take(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._room == AT_ONCE:
            loop.call_soon(loop.call_soon, self._next)
        self._room -= 1

    def _next(self) -> None:
        self._room = AT_ONCE
        while self.waiting and self._room:
            turn = self.waiting.popleft()
            if not turn.done():  # who gave up needs no room
                self._take(turn.get_loop())
                turn.set_result(None)
