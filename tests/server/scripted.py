"""Operations that do what a test says, when it says so. They keep the laws of the interface."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from rillet.words.errors import ModelNotFound, RilletError, ServerError
from rillet.words.events import Event, Failure, Finish, Progress, Text, Timings, Usage
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

STOP = Finish("stop", Usage(3, 2), Timings(5, 1, 2, 2), context=(1, 2))
HELLO: Sequence[Sequence[Event]] = ((Text("Hel"),), (Text("lo"),), (STOP,))


class ScriptedGeneration:
    """Batches of events, each after its gate is open; knows how it ended."""

    def __init__(self, batches: Sequence[Sequence[Event]] = HELLO, single: bool = False) -> None:
        self.batches = batches
        self.single = single
        self.gates = [asyncio.Event() for _ in batches]
        self.closed = asyncio.Event()
        self.read = 0
        self.reads: asyncio.Queue[int] = asyncio.Queue()
        self.let(len(batches))

    def hold(self, first: int = 0) -> "ScriptedGeneration":
        """Keep the batches from `first` on back."""
        for gate in self.gates[first:]:
            gate.clear()
        return self

    def let(self, count: int) -> None:
        for gate in self.gates[:count]:
            gate.set()

    async def __aiter__(self) -> AsyncIterator[Sequence[Event]]:
        for batch, gate in zip(self.batches, self.gates, strict=True):
            await gate.wait()
            self.read += 1
            self.reads.put_nowait(self.read)
            yield batch

    async def aclose(self) -> None:
        self.closed.set()


class ScriptedOperations:
    """Knows the model `tiny`. `next` is the generation it gives, `asked` what it was asked."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As if nothing had been asked."""
        self.next: Any = None
        self.error: Exception | None = None
        self.asked: list[Any] = []
        self.calls: asyncio.Queue[Any] = asyncio.Queue()
        self.blobs: dict[str, bytes] = {}
        self.closed = False

    def _check(self, model: str, request: Any) -> None:
        self.asked.append(request)
        self.calls.put_nowait(request)
        if self.error is not None:
            raise self.error
        if model.partition(":")[0].lower() != "tiny":
            raise ModelNotFound(f"no {model}", status=404)

    async def generate(self, request: GenerateRequest) -> Any:
        self._check(request.model, request)
        if not request.prompt:
            reason = "unload" if request.keep_alive == 0 else "load"
            return ScriptedGeneration(((Finish(reason),),), single=True)
        return self.next or ScriptedGeneration()

    async def chat(self, request: ChatRequest) -> Any:
        self._check(request.model, request)
        if not request.messages:
            return ScriptedGeneration(((Finish("load"),),), single=True)
        return self.next or ScriptedGeneration()

    async def embed(self, request: EmbedRequest) -> Embeddings:
        self._check(request.model, request)
        if not request.input:
            return Embeddings(model="other")
        count = 1 if isinstance(request.input, str) else len(request.input)
        return Embeddings(model="other", embeddings=[[0.6, 0.8]] * count, prompt_eval_count=count)

    async def embedding(self, request: EmbeddingRequest) -> list[float]:
        self._check(request.model, request)
        return [3.0, 4.0] if request.prompt else []

    async def render(self, request: GenerateRequest | ChatRequest) -> str:
        self._check(request.model, request)
        return "<rendered>"

    async def count_tokens(self, request: ChatRequest) -> int:
        self._check(request.model, request)
        return 7

    async def tags(self) -> list[ModelInfo]:
        return [ModelInfo(name="tiny:latest", model="tiny:latest", digest="0" * 64, size=1)]

    async def show(self, request: ShowRequest) -> ModelCard:
        self._check(request.model, request)
        return ModelCard(capabilities=["completion"])

    async def ps(self) -> list[LoadedModel]:
        return []

    async def health(self) -> list[UpstreamHealth]:
        return []

    async def copy(self, source: str, destination: str) -> None:
        self._check(source, (source, destination))

    async def delete(self, model: str) -> None:
        self._check(model, model)

    async def create(self, request: CreateRequest) -> AsyncIterator[Progress]:
        self.asked.append(request)
        yield Progress("writing manifest")
        yield Progress("success")

    async def pull(self, request: TransferRequest) -> AsyncIterator[Progress]:
        self.asked.append(request)
        yield Progress("pulling manifest")
        if self.error is not None:
            raise self.error
        yield Progress("pulling 1234", 5, 10, "sha256:1234")

    async def push(self, request: TransferRequest) -> AsyncIterator[Progress]:
        raise ServerError("push is not supported", status=501)
        yield Progress("success")

    async def has_blob(self, digest: str) -> bool:
        return digest in self.blobs

    async def put_blob(self, digest: str, chunks: AsyncIterator[bytes]) -> bool:
        if digest in self.blobs:
            return False
        self.blobs[digest] = b"".join([chunk async for chunk in chunks])
        return True

    async def report(self) -> dict[str, Any]:
        return {}

    async def close(self) -> None:
        self.closed = True


def failing(error: RilletError, after: Sequence[Event] = ()) -> ScriptedGeneration:
    """A generation that fails, after some events or at once."""
    return ScriptedGeneration((*((event,) for event in after), (Failure(error),)))
