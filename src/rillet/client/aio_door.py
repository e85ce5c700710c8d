"""The way from a client to a server, for asyncio. The twin of `door.RemoteDoor`."""

import asyncio
from typing import Any, Protocol

from rillet.client.aio_stream import AsyncSource
from rillet.client.door import ANSWER_LIMIT, DETECT, Settings, api_of
from rillet.client.wires import Wire
from rillet.net.aio import AsyncTransport
from rillet.net.flow import Call
from rillet.net.http1 import Request
from rillet.net.run_aio import AsyncStreamSource, ask
from rillet.words.errors import RilletError
from rillet.words.events import Event


class AsyncDoor(Protocol):
    """Where a client's operations go: a server far away, or the product in this process."""

    def stream(self, operation: str, request: Any) -> AsyncSource: ...
    async def ask(self, operation: str, request: Any) -> Any: ...
    async def close(self) -> None: ...


class AsyncRemoteDoor:
    """To a server, by asyncio."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._transport = AsyncTransport(
            settings.target, headers=settings.headers, tls=settings.tls
        )
        self._wire: Wire | None = settings.wire(settings.api) if settings.api else None
        self._finding = asyncio.Lock()

    def stream(self, operation: str, request: Any) -> AsyncSource:
        return _Opening(self, operation, request)

    def source(self, call: Call) -> AsyncStreamSource:
        return AsyncStreamSource(self._transport, call, self._settings.policy)

    async def ask(self, operation: str, request: Any) -> Any:
        question = (await self.spoken()).ask(operation, request)
        return question.read(await self._whole(question.request, question.model))

    async def _whole(self, request: Request, model: str | None = None) -> bytes:
        policy = self._settings.policy
        return await ask(self._transport, request, policy, model=model, limit=ANSWER_LIMIT)

    async def spoken(self) -> Wire:
        if self._wire is None:
            async with self._finding:
                self._wire = self._wire or self._settings.wire(api_of(await self._version()))
        return self._wire

    async def _version(self) -> bytes | RilletError:
        try:
            return await self._whole(DETECT)
        except RilletError as error:
            return error

    async def close(self) -> None:
        self._transport.close()


class _Opening:
    """A source that asks for the wire when its first batch is wanted, since that may have to wait."""

    def __init__(self, door: AsyncRemoteDoor, operation: str, request: Any) -> None:
        self._door = door
        self._asked = (operation, request)
        self._source: AsyncStreamSource | None = None
        self._closed = False

    async def next_batch(self) -> list[Event]:
        if self._source is None:
            wire = await self._door.spoken()
            self._source = self._door.source(wire.stream(*self._asked))
        if self._closed:
            self._source.close()
        return await self._source.next_batch()

    def close(self) -> None:
        self._closed = True
        if self._source is not None:
            self._source.close()
