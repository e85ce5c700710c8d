"""Turns at an engine: so many at once, the others wait, and callers take turns with each other.

The engine itself would queue as well, but it does not notice there when a caller gives up. One
caller's requests go in the order in which they came; between callers they go in turn, so that who
sends a hundred at once does not make everybody else wait for a hundred.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar

from rillet.words.errors import Busy
from rillet.words.events import Progress

#: Who asks: an address, a key. Whoever takes requests from several sets it, for each of them.
CALLER: ContextVar[str] = ContextVar("rillet_caller", default="")

Turn = asyncio.Future[None]
Tell = Callable[[Callable[[], Progress]], None]
BUSY = "server busy, please try again.  maximum pending requests exceeded"  # Ollama's words


class Slots:
    """A fair semaphore that can tell each waiter its place. At most `limit` may wait."""

    def __init__(self, count: int, limit: int | None = None) -> None:
        self.free = count
        self._limit = limit
        # The order of the keys is the order of the callers' next turns.
        self._queues: dict[str, deque[Turn]] = {}
        self._callers: dict[Turn, str] = {}

    @property
    def waiting(self) -> int:
        return len(self._callers)

    def try_take(self) -> bool:
        """Take a slot if nobody has to be passed over for it."""
        if self.free and not self._callers:
            self.free -= 1
            return True
        return False

    def join(self) -> Turn:
        """Queue up. The future is done with the slot; `leave` gives the place or slot back.

        Raises `Busy` where too many wait already.
        """
        if self._limit is not None and self.waiting >= self._limit:
            raise Busy(BUSY, status=503, retry_after=1.0)
        turn: Turn = asyncio.get_running_loop().create_future()
        caller = CALLER.get()
        self._queues.setdefault(caller, deque()).append(turn)
        self._callers[turn] = caller
        self._wake()
        return turn

    def place(self, turn: Turn) -> int:
        """1 is next; 0 has its slot."""
        if turn.done():
            return 0
        mine = self._callers[turn]
        rounds = self._queues[mine].index(turn)
        place, earlier = rounds + 1, 1
        for caller, queue in self._queues.items():
            if caller == mine:
                earlier = 0
            else:
                place += min(len(queue), rounds + earlier)
        return place

    def leave(self, turn: Turn | None) -> None:
        """Give back a slot (None: one from `try_take`), or a place in the queue."""
        if turn is not None and not turn.done():
            queue = self._queues[caller := self._callers.pop(turn)]
            queue.remove(turn)
            if not queue:
                del self._queues[caller]
            turn.cancel()
            return
        self.free += 1
        self._wake()

    @asynccontextmanager
    async def turn(self, tell: Tell) -> AsyncIterator[None]:
        """A slot for as long as the block lasts; `tell` gets a way to ask for the place in line."""
        turn = None if self.try_take() else self.join()
        try:
            if turn is not None and not turn.done():
                tell(lambda: Progress("queued", queue_position=self.place(turn)))
                await asyncio.wait((turn,))
            yield
        finally:
            self.leave(turn)

    def _wake(self) -> None:
        while self.free and self._queues:
            caller = next(iter(self._queues))
            queue = self._queues.pop(caller)
            turn = queue.popleft()
            if queue:
                self._queues[caller] = queue  # at the end: the others come first now
            del self._callers[turn]
            self.free -= 1
            turn.set_result(None)
