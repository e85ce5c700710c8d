"""The product in this process, for asyncio: the twin of `embedded`.

The service keeps its thread, so an answer goes on while the caller's loop is busy, and one client
serves tasks of several loops.
"""

import asyncio
import os
from collections.abc import Sequence
from functools import partial
from typing import Any

from rillet.client.aio import AsyncClient
from rillet.embedded import LocalDoor, LocalSource
from rillet.net.http1 import HeaderList
from rillet.words.events import Event, Failure, Finish
from rillet.words.settings import Settings


def async_local(settings: Settings | None = None) -> AsyncClient:
    """As `local`, awaited: `async with rillet.async_local() as client: …`."""
    return AsyncClient.through(AsyncLocalDoor(settings or Settings.from_env(os.environ)))


class AsyncLocalDoor:
    """To the service in this process, from any loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._door = LocalDoor(settings)

    def __reduce__(self) -> tuple[type, tuple[Settings]]:
        return type(self), (self._settings,)

    def stream(self, operation: str, request: Any, headers: HeaderList = ()) -> "AsyncLocalSource":
        return AsyncLocalSource(self._door, operation, request, headers)

    async def ask(self, operation: str, request: Any) -> Any:
        return await asyncio.to_thread(self._door.ask, operation, request)

    async def close(self) -> None:
        await asyncio.to_thread(self._door.close)


class AsyncLocalSource:
    """The batches of one answer, from the service's loop to the caller's. It begins when the first
    is asked for."""

    def __init__(self, door: LocalDoor, operation: str, request: Any, headers: HeaderList) -> None:
        self._begin = partial(door.stream, operation, request, headers, self._put)
        self._source: LocalSource | None = None
        self._ended = False

    async def next_batch(self) -> Sequence[Event]:
        if self._ended:
            return []
        if self._source is None:
            self._batches: asyncio.Queue[Sequence[Event]] = asyncio.Queue()
            self._loop = asyncio.get_running_loop()
            self._source = self._begin()
        batch = await self._batches.get()
        self._ended = self._ended or not batch or isinstance(batch[-1], Finish | Failure)
        return batch

    def close(self) -> None:
        self._ended = True
        if self._source is not None:
            self._source.close()

    def _put(self, batch: Sequence[Event]) -> None:
        """From the service's thread, or from any that stops the answer."""
        try:
            self._loop.call_soon_threadsafe(self._batches.put_nowait, batch)
        except RuntimeError:
            pass  # that loop is closed: nobody reads
