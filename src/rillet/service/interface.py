"""What a face may ask of a service: the operations of the product, in the words of floor 0.

Errors that are known before the first event are raised as `RilletError` (a `ServerError` carries
the HTTP status that Ollama answers with); later ones come as a `Failure` event. Closing a
generation early stops the engine within a token.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from rillet.words.events import Event, Progress
from rillet.words.models import (
    CreateRequest,
    EmbeddingRequest,
    Embeddings,
    LoadedModel,
    ModelCard,
    ModelInfo,
    ShowRequest,
    TransferRequest,
    UpstreamHealth,
)
from rillet.words.requests import ChatRequest, EmbedRequest, GenerateRequest


class Generation(Protocol):
    """One running answer. Iterating yields batches of events; the last one is Finish or Failure.

    `single` says that it is one record even on a stream request (load and unload).
    """

    single: bool

    def __aiter__(self) -> AsyncIterator[Sequence[Event]]: ...

    async def aclose(self) -> None:
        """Stop it, if it runs; the engine is told before this returns."""


class Operations(Protocol):
    """The local product. One instance serves many callers on one event loop."""

    async def generate(self, request: GenerateRequest) -> Generation: ...
    async def chat(self, request: ChatRequest) -> Generation: ...
    async def embed(self, request: EmbedRequest) -> Embeddings: ...
    async def embedding(self, request: EmbeddingRequest) -> list[float]: ...
    async def render(self, request: GenerateRequest | ChatRequest) -> str:
        """The prompt that the model would see (`_debug_render_only`)."""

    async def count_tokens(self, request: ChatRequest) -> int: ...
    async def tags(self) -> list[ModelInfo]: ...
    async def show(self, request: ShowRequest) -> ModelCard: ...
    async def ps(self) -> list[LoadedModel]: ...
    async def copy(self, source: str, destination: str) -> None: ...
    async def delete(self, model: str) -> None: ...
    def create(self, request: CreateRequest) -> AsyncIterator[Progress]: ...
    def pull(self, request: TransferRequest) -> AsyncIterator[Progress]: ...
    def push(self, request: TransferRequest) -> AsyncIterator[Progress]: ...
    async def has_blob(self, digest: str) -> bool: ...
    async def put_blob(self, digest: str, chunks: AsyncIterator[bytes]) -> bool:
        """Store an upload; False if it was there already. A mismatch is a ServerError of 400."""

    async def health(self) -> list[UpstreamHealth]:
        """Of the servers behind this one, in their order."""

    async def report(self) -> dict[str, Any]:
        """What the engines use: build, devices, models (for `rillet doctor`)."""

    async def close(self) -> None: ...
