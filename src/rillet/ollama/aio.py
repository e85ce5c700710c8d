"""The `AsyncClient` of that package over ours, for asyncio. The twin of `sync`."""

import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from rillet.client.aio_door import AsyncRemoteDoor
from rillet.client.aio_stream import AsyncStream
from rillet.ollama import calls, types
from rillet.ollama.errors import translated
from rillet.ollama.records import RecordWire
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
            raise translated(error) from error
        return None

    def stop(self) -> None:
        """End it now, from any task, thread or signal handler; the loop ends quietly."""
        self._stream.stop()

    async def aclose(self) -> None:
        self._stream.close()


class AsyncClient:
    """As `Client`, awaited: `async for piece in await client.chat(…, stream=True)`."""

    def __init__(
        self,
        host: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        verify: bool | str | os.PathLike[str] = True,
        auth: tuple[str, str] | None = None,
        follow_redirects: bool = True,
    ) -> None:
        settings = calls.settings(host, headers, timeout, verify, auth)
        self._door = AsyncRemoteDoor(settings, RecordWire())

    # fmt: off
    async def generate(
        self, model: str = "", prompt: str | None = None, suffix: str | None = None, *,
        stream: bool = False, **options: Any,
    ) -> Any:
        """A `GenerateResponse`, or an iterable of them."""
        call = calls.generate(model, prompt, {"suffix": suffix, **options})
        return await self._answer(call, stream)

    async def chat(
        self, model: str = "", messages: Iterable[Any] | None = None, *,
        tools: Iterable[Any] | None = None, stream: bool = False, **options: Any,
    ) -> Any:
        """A `ChatResponse`, or an iterable of them. `tools` may be plain functions."""
        call = calls.chat(model, messages, {"tools": tools, **options})
        return await self._answer(call, stream)

    async def embed(
        self, model: str = "", input: str | Sequence[str] = "", truncate: bool | None = None,
        options: Any = None, keep_alive: Any = None, dimensions: int | None = None,
    ) -> types.EmbedResponse:
        fields = {"truncate": truncate, "options": options, "keep_alive": keep_alive}
        response: types.EmbedResponse = await self._ask(
            calls.embed(model, input, {**fields, "dimensions": dimensions})
        )
        return response

    async def embeddings(
        self, model: str = "", prompt: str | None = None, options: Any = None,
        keep_alive: Any = None,
    ) -> types.EmbeddingsResponse:
        """The older way to a vector; `embed` takes several texts."""
        response: types.EmbeddingsResponse = await self._ask(
            calls.embeddings(model, prompt, options, keep_alive)
        )
        return response

    async def pull(self, model: str, *, insecure: bool = False, stream: bool = False) -> Any:
        """A `ProgressResponse`, or an iterable of them."""
        return await self._answer(calls.transfer("pull", model, insecure), stream)

    async def push(self, model: str, *, insecure: bool = False, stream: bool = False) -> Any:
        """A `ProgressResponse`, or an iterable of them."""
        return await self._answer(calls.transfer("push", model, insecure), stream)

    async def create(
        self, model: str, quantize: str | None = None, from_: str | None = None,
        files: Mapping[str, str] | None = None, adapters: Mapping[str, str] | None = None,
        template: str | None = None, license: str | list[str] | None = None,
        system: str | None = None, parameters: Any = None,
        messages: Sequence[Any] | None = None, *, stream: bool = False,
    ) -> Any:
        """A `ProgressResponse`, or an iterable of them. `files` are names and digests."""
        fields = {
            "quantize": quantize, "from_": from_, "files": files, "adapters": adapters,
            "template": template, "license": license, "system": system,
            "parameters": parameters, "messages": messages,
        }
        return await self._answer(calls.create(model, fields), stream)

    async def create_blob(self, path: str | os.PathLike[str]) -> str:
        """Send a file; its digest, for `create`."""
        digest: str = await self._ask(calls.create_blob(path))
        return digest

    async def list(self) -> types.ListResponse:
        """The models that the server has."""
        response: types.ListResponse = await self._ask(calls.list_models())
        return response

    async def ps(self) -> types.ProcessResponse:
        """The models that are loaded."""
        response: types.ProcessResponse = await self._ask(calls.ps())
        return response

    async def show(self, model: str) -> types.ShowResponse:
        response: types.ShowResponse = await self._ask(calls.show(model))
        return response

    async def delete(self, model: str) -> types.StatusResponse:
        response: types.StatusResponse = await self._ask(calls.delete(model))
        return response

    async def copy(self, source: str, destination: str) -> types.StatusResponse:
        response: types.StatusResponse = await self._ask(calls.copy(source, destination))
        return response

    # fmt: on

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

    async def _answer(self, call: calls.Streamed, stream: bool) -> Any:
        pieces = AsyncPieces(AsyncStream(self._door.stream(call.operation, call.request)), call)
        return pieces if stream else await pieces.whole()

    async def _ask(self, call: calls.Asked) -> Any:
        try:
            answer = await self._door.ask(call.operation, call.request)
        except RilletError as error:
            raise translated(error) from error
        return call.response(answer)
