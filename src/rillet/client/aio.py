"""The client, for asyncio.

    async with rillet.AsyncClient().stream_chat(model="llama3", messages=[…]) as stream:
        async for piece in stream.text(): ...

The operations and their words are those of `Client`; both are thin over the same flows.
"""

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import Any, Self, Unpack

from rillet.client.aio_door import AsyncDoor, AsyncRemoteDoor
from rillet.client.aio_stream import AsyncStream
from rillet.client.asking import (
    ChatOptions,
    GenerateOptions,
    chat_request,
    embed_request,
    generate_request,
)
from rillet.client.messages import MessageLike, convert
from rillet.client.on_disconnect import on_disconnect_headers
from rillet.client.settings import Api, ContinueBy, Settings
from rillet.net.tls import TlsOptions
from rillet.words.errors import InvalidRequest
from rillet.words.models import (
    CreateRequest,
    Embeddings,
    LoadedModel,
    ModelCard,
    ModelInfo,
    ShowRequest,
    TransferRequest,
    UpstreamHealth,
)
from rillet.words.replies import Reply
from rillet.words.timeouts import Timeouts


class AsyncClient:
    """Calls of one server.

    `host` is read as Ollama reads OLLAMA_HOST; None takes RILLET_HOST, OLLAMA_HOST (with
    `api="openai"` before it OPENAI_BASE_URL), or
    127.0.0.1:11434. `api` is "ollama", "openai", or None to ask the server once. `api_key` is sent
    as a bearer token (else RILLET_API_KEY, and with `api` given OLLAMA_API_KEY or OPENAI_API_KEY).
    `retries` counts further tries where a server cannot have begun: no connection, 429, 503.
    `finish_reason_required=False` is for servers that are known to end without a finish reason.
    `reconnect`: seconds that an answer whose connection was cut is tried to be had again, where the
    server keeps a record of it; then the error has what came. 0 is not at all.
    `continue_by="prefill"`: an answer that breaks off on a server without records is asked for the
    rest, with what came as its beginning. The rest is another sample; `Reply.seams` tells where.
    Every error is a `RilletError`.
    """

    def __init__(
        self,
        host: str | None = None,
        *,
        api: Api | None = None,
        api_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts | None = None,
        retries: int = 2,
        tls: TlsOptions | None = None,
        finish_reason_required: bool = True,
        reconnect: float = 60.0,
        continue_by: ContinueBy | None = None,
    ) -> None:
        settings = Settings.of(
            host,
            api=api,
            api_key=api_key,
            headers=headers,
            timeouts=timeouts,
            retries=retries,
            tls=tls,
            finish_reason_required=finish_reason_required,
            continue_by=continue_by,
            reconnect=reconnect,
        )
        self._door: AsyncDoor = AsyncRemoteDoor(settings)

    @classmethod
    def through(cls, door: AsyncDoor) -> Self:
        """The same operations by another way than HTTP to a host."""
        client = cls.__new__(cls)
        client._door = door
        return client

    def stream_generate(
        self, model: str, prompt: str = "", **options: Unpack[GenerateOptions]
    ) -> AsyncStream:
        """Complete one prompt, as it comes."""
        request = generate_request(model, prompt, options)
        return AsyncStream(self._door.stream("generate", request, on_disconnect_headers(options)))

    def stream_chat(
        self, model: str, messages: Iterable[MessageLike], **options: Unpack[ChatOptions]
    ) -> AsyncStream:
        """The next message of a chat, as it comes."""
        request = chat_request(model, messages, options)
        return AsyncStream(self._door.stream("chat", request, on_disconnect_headers(options)))

    def resume(self, stream_id: str, *, after: int = 0) -> AsyncStream:
        """Go on with an answer that this key began, here or in another process.

        `stream_id` is `AsyncStream.id`; events up to number `after` (its `last`) are left
        out. Any number of readers may follow one answer. A Rillet server alone has this.
        """
        resume: Any = getattr(self._door, "resume", None)
        if resume is None:
            raise InvalidRequest("Answers of this process itself have no records")
        return AsyncStream(resume(stream_id, after))

    async def generate(
        self, model: str, prompt: str = "", **options: Unpack[GenerateOptions]
    ) -> Reply:
        """Complete one prompt, whole. An empty one loads the model, with keep_alive=0 unloads."""
        return await self.stream_generate(model, prompt, **options).reply()

    async def chat(
        self, model: str, messages: Iterable[MessageLike], **options: Unpack[ChatOptions]
    ) -> Reply:
        """The next message of a chat, whole."""
        return await self.stream_chat(model, messages, **options).reply()

    async def embed(self, model: str, input: str | Sequence[str], **options: Any) -> Embeddings:
        """Vectors of one text or several. Options: truncate, dimensions, keep_alive, options."""
        answer: Embeddings = await self._door.ask("embed", embed_request(model, input, options))
        return answer

    async def tags(self) -> list[ModelInfo]:
        """The models that the server has."""
        models: list[ModelInfo] = await self._door.ask("tags", None)
        return models

    async def ps(self) -> list[LoadedModel]:
        """The models that are loaded."""
        models: list[LoadedModel] = await self._door.ask("ps", None)
        return models

    async def upstreams(self) -> list[UpstreamHealth]:
        """How the servers behind it are; none where it is no Rillet server."""
        found: list[UpstreamHealth] = await self._door.ask("upstreams", None)
        return found

    async def show(
        self,
        model: str,
        *,
        verbose: bool = False,
        system: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> ModelCard:
        """All that is known of a model, or would be with this system message and options."""
        request = ShowRequest(model=model, verbose=verbose or None, system=system, options=options)
        card: ModelCard = await self._door.ask("show", request)
        return card

    async def version(self) -> str:
        """The version that the server gives itself."""
        version: str = await self._door.ask("version", None)
        return version

    async def copy(self, source: str, destination: str) -> None:
        """Give a model a second name. Raises `ModelNotFound`."""
        await self._door.ask("copy", {"source": source, "destination": destination})

    async def delete(self, model: str) -> None:
        """Remove a model from the server. Raises `ModelNotFound`."""
        await self._door.ask("delete", {"model": model})

    def stream_pull(self, model: str, *, insecure: bool = False) -> AsyncStream:
        """Fetch a model from its registry; yields `Progress`."""
        request = TransferRequest(model=model, insecure=insecure or None)
        return AsyncStream(self._door.stream("pull", request))

    def stream_push(self, model: str, *, insecure: bool = False) -> AsyncStream:
        """Send a model to its registry; yields `Progress`."""
        request = TransferRequest(model=model, insecure=insecure or None)
        return AsyncStream(self._door.stream("push", request))

    def stream_create(self, request: CreateRequest | Mapping[str, Any]) -> AsyncStream:
        """Make a model from another one or from uploaded files; yields `Progress`."""
        if not isinstance(request, CreateRequest):
            request = convert(dict(request), CreateRequest)
        return AsyncStream(self._door.stream("create", request))

    async def pull(self, model: str, *, insecure: bool = False) -> None:
        """Fetch a model from its registry."""
        await self.stream_pull(model, insecure=insecure).reply()

    async def push(self, model: str, *, insecure: bool = False) -> None:
        """Send a model to its registry."""
        await self.stream_push(model, insecure=insecure).reply()

    async def create(self, request: CreateRequest | Mapping[str, Any]) -> None:
        """Make a model from another one or from uploaded files."""
        await self.stream_create(request).reply()

    async def has_blob(self, digest: str) -> bool:
        """Whether the server has the file with this "sha256:…"."""
        found: bool = await self._door.ask("has_blob", digest)
        return found

    async def put_blob(self, path: str | PathLike[str]) -> str:
        """Send a file; returns its digest, by which `create` names it."""
        digest: str = await self._door.ask("put_blob", path)
        return digest

    async def close(self) -> None:
        """Close the connections that are kept, or end the engines of `rillet.async_local()`."""
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
