"""The `AsyncClient` of that package over ours, for asyncio. The twin of `sync`."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

from rillet.client.aio_door import AsyncRemoteDoor
from rillet.client.aio_stream import AsyncStream
from rillet.ollama import calls
from rillet.ollama.errors import translated
from rillet.ollama.inner import Inner
from rillet.ollama.methods import async_method
from rillet.ollama.records import RecordWire
from rillet.ollama.settings import of_the_web, settings
from rillet.words.errors import RilletError


class AsyncPieces:
    """The responses of one stream, as they come. Leaving the loop stops the server's work."""

    def __init__(self, stream: AsyncStream, call: calls.Streamed) -> None:
        self._stream = stream
        self._call = call

    async def __aiter__(self) -> AsyncIterator[Any]:
        # As in `AsyncStream`: the loop owns this generator alone, so leaving the loop closes it.
        try:
            while (event := await self._next()) is not None:
                yield self._call.respond((event,))
        finally:
            self._stream.close()

    async def __anext__(self) -> Any:
        event = await self._next()
        if event is None:
            raise StopAsyncIteration
        return self._call.respond((event,))

    async def whole(self) -> Any:
        """One response of all."""
        events = []
        while (event := await self._next()) is not None:
            events.append(event)
        return self._call.respond(events)

    async def _next(self) -> Any:
        try:
            while (event := await anext(self._stream, None)) is not None:
                if isinstance(event, self._call.kept):
                    return event
        except RilletError as error:
            raise translated(error, whole=not self._call.stream) from error
        return None

    def stop(self) -> None:
        """End it now, from any task, thread or signal handler; the loop ends quietly."""
        self._stream.stop()

    async def aclose(self) -> None:
        self._stream.close()


class AsyncClient:
    """As `Client`, awaited: `async for piece in await client.chat(…, stream=True)`."""

    def __init__(self, host: str | None = None, **options: Any) -> None:
        self._settings = settings(host, **options)
        self._door = AsyncRemoteDoor(self._settings, RecordWire())
        self._client = Inner(self._settings, self._door.close)

    generate = async_method(calls.generate)
    chat = async_method(calls.chat)
    systemone = async_method(calls.systemone)
    embed = async_method(calls.embed)
    embeddings = async_method(calls.embeddings)
    pull = async_method(calls.pull)
    push = async_method(calls.push)
    create = async_method(calls.create)
    create_blob = async_method(calls.create_blob)
    list = async_method(calls.list_models)
    delete = async_method(calls.delete)
    copy = async_method(calls.copy)
    show = async_method(calls.show)
    ps = async_method(calls.ps)
    web_search = async_method(calls.web_search)
    web_fetch = async_method(calls.web_fetch)

    async def close(self) -> None:
        await self._door.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _answer(self, call: calls.Streamed | calls.Asked[Any]) -> Any:
        if isinstance(call, calls.Streamed):
            stream = AsyncStream(self._door.stream(call.operation, call.request))
            pieces = AsyncPieces(stream, call)
            return pieces if call.stream else await pieces.whole()
        door = self._door
        if call.web:
            door = AsyncRemoteDoor(of_the_web(self._settings), RecordWire())
        try:
            return call.response(await door.ask(call.operation, call.request))
        except RilletError as error:
            raise translated(error) from error
        finally:
            if call.web:
                await door.close()
