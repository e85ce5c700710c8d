"""Idle connections of an event loop, by route. The shape is that of `pool`.

They belong to the loop they were made on and are closed when it ends: an asynchronous generator
waits in each loop for `shutdown_asyncgens`, which `asyncio.run` and all like it call.
"""

import asyncio
from collections.abc import AsyncGenerator
from time import monotonic

from rillet.net.course import Route
from rillet.net.wire_aio import Wire

IDLE = 60.0  # seconds that an unused connection is kept


class AsyncPool:
    """Idle connections of one loop, by route."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._idle: dict[Route, list[tuple[float, Wire]]] = {}
        self._watch: AsyncGenerator[None, None] | None = None

    async def open(self) -> None:
        self._watch = self._until_loop_ends()
        await self._watch.__anext__()

    def take(self, route: Route) -> Wire | None:
        idle = self._idle.get(route)
        while idle:
            since, wire = idle.pop()
            if monotonic() - since < IDLE and wire.is_alive:
                return wire
            wire.abort()
        return None

    def put(self, route: Route, wire: Wire) -> None:
        idle = self._idle.setdefault(route, [])
        idle[:] = [entry for entry in idle if entry[1].is_alive]
        if len(idle) < self._size and wire.rest():
            idle.append((monotonic(), wire))
        else:
            wire.abort()

    def close(self) -> None:
        for idle in self._idle.values():
            for _, wire in idle:
                wire.abort()
            idle.clear()

    async def _until_loop_ends(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            self.close()
            await asyncio.sleep(0)  # the loop closes an aborted transport in its next round
