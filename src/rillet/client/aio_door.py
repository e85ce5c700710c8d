"""The way from a client to a server, for asyncio. The twin of `door`."""

from typing import Any, Protocol

from rillet.client.aio_stream import AsyncSource
from rillet.client.settings import Settings
from rillet.client.speech import Speech
from rillet.client.wires import Wire
from rillet.net.aio import AsyncTransport
from rillet.net.http1 import HeaderList
from rillet.net.run_aio import AsyncStreamSource, run


class AsyncDoor(Protocol):
    """Where a client's operations go: a server far away, or the product in this process."""

    def stream(self, operation: str, request: Any, headers: HeaderList = ()) -> AsyncSource: ...
    async def ask(self, operation: str, request: Any) -> Any: ...
    async def close(self) -> None: ...


class AsyncRemoteDoor:
    """To a server, by asyncio. `wire` as with `door.RemoteDoor`."""

    def __init__(self, settings: Settings, wire: Wire | None = None) -> None:
        self._made_from = (settings, wire)
        self._speech = Speech(settings, wire)
        self._transport = AsyncTransport(
            settings.target, headers=settings.headers, tls=settings.tls, env=settings.env
        )

    def __reduce__(self) -> tuple[type, tuple[Settings, Wire | None]]:
        """A copy, as for another process: to the same server, with connections of its own."""
        return type(self), self._made_from

    def stream(self, operation: str, request: Any, headers: HeaderList = ()) -> AsyncSource:
        return AsyncStreamSource.over(
            self._transport, self._speech.stream(operation, request, headers)
        )

    def resume(self, name: str, after: int) -> AsyncSource:
        return AsyncStreamSource.over(self._transport, self._speech.resume(name, after))

    async def ask(self, operation: str, request: Any) -> Any:
        return await run(self._transport, self._speech.ask(operation, request))

    async def close(self) -> None:
        self._transport.close()
