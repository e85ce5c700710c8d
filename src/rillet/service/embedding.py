"""Embeddings: texts to vectors, cut to what the model can take, normalised if the route says so."""

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, TypeVar

from rillet.model.gguf import GgufHeader
from rillet.service import listener, truncation
from rillet.service.keep_alive import requested
from rillet.service.model import Model
from rillet.service.options import layered
from rillet.service.resident import Resident
from rillet.words.errors import EngineDied, ServerError
from rillet.words.models import EmbeddingRequest, Embeddings
from rillet.words.requests import EmbedRequest, JsonObject, KeepAlive

if TYPE_CHECKING:
    from rillet.service.service import Service

Found = TypeVar("Found")
#: Texts that are sent to the engine together.
_AT_ONCE = 16
_RANK = 4  # the pooling of a model that says how well two texts go together
TOO_LONG = "the input length exceeds the context length"


async def embed(service: "Service", request: EmbedRequest) -> Embeddings:
    """Vectors of length one, in the order of the inputs."""
    begun = time.perf_counter_ns()
    texts = [request.input] if isinstance(request.input, str) else request.input
    if texts == [""] and isinstance(request.input, str):
        texts = []
    model = await service.model(request.model)

    async def attempt() -> tuple[int, list[list[float]], int]:
        async with _use(service, model, request.options, request.keep_alive) as resident:
            loaded = time.perf_counter_ns()
            return loaded, *await _vectors(resident, texts, request.truncate is not False)

    loaded, vectors, count = await _twice(attempt)
    if not texts:
        return Embeddings(model=request.model)
    return Embeddings(
        model=request.model,
        embeddings=[unit_vector(vector, request.dimensions) for vector in vectors],
        total_duration=time.perf_counter_ns() - begun,
        load_duration=loaded - begun,
        prompt_eval_count=count,
    )


async def embed_one(service: "Service", request: EmbeddingRequest) -> list[float]:
    """One vector, [] for an empty prompt. Its length is one, but for some models (see `_raw`)."""
    texts = [request.prompt] if request.prompt else []
    model = await service.model(request.model)

    async def attempt() -> list[list[float]]:
        async with _use(service, model, request.options, request.keep_alive) as resident:
            return (await _vectors(resident, texts, truncate=True))[0]

    vectors = await _twice(attempt)
    if not vectors:
        return []
    return _finite(vectors[0]) if _raw(model) else unit_vector(vectors[0])


async def _twice(attempt: Callable[[], Awaitable[Found]]) -> Found:
    """Again where the engine died, once: it may be these texts that it dies of."""
    try:
        return await attempt()
    except EngineDied:
        return await attempt()


def _use(
    service: "Service", model: Model, options: JsonObject | None, keep_alive: KeepAlive | None
) -> AbstractAsyncContextManager[Resident]:
    if model.header.number(model.header.own("pooling_type")) == _RANK:
        # One number is what it makes of a text; behind it the engine sends what lay in its memory.
        name = model.name.display()
        raise ServerError(f'"{name}" ranks texts, it makes no embeddings of them', status=400)
    load = service.load_options(model, layered(model.params, options), None, embedding=True)
    return service.residents.use(model, load, requested(keep_alive))


async def _vectors(
    resident: Resident, texts: list[str], truncate: bool
) -> tuple[list[list[float]], int]:
    """A vector for each text, and the number of tokens read.

    Each handful takes a turn of its own: one request with ten thousand texts must not hold up the
    others. Raises `ServerError` (400) for a text that is too long and must not be cut.
    """
    vectors: list[list[float]] = []
    count = 0
    for start in range(0, len(texts), _AT_ONCE):
        some = texts[start : start + _AT_ONCE]
        async with resident.slots.turn(lambda now: None):
            rows = [await _within_context(resident, text, truncate) for text in some]
            vectors += await listener.embeddings(resident, rows)
        count += sum(map(len, rows))
    return vectors, count


async def _within_context(resident: Resident, text: str, truncate: bool) -> list[int]:
    # An embedding is made in one batch, which the engine cuts to the context that was asked for;
    # and it wants a place left in its own context.
    limit = min(resident.num_ctx, resident.options.batch, resident.process.num_ctx - 1)
    text = truncation.shortened(text, head=limit, tail=0)
    row = await listener.tokenize(resident, text)
    if len(row) <= limit - 2:
        return row
    words = await listener.tokenize(resident, text, special=False)
    room = resident.num_ctx - _marks(resident.model.header, words)
    if len(words) > room:
        if not truncate:
            raise ServerError(TOO_LONG, status=400)
        text = await listener.detokenize(resident, words[:room])
        row = await listener.tokenize(resident, text)
    return row[:limit]


def _marks(header: GgufHeader, words: Sequence[int]) -> int:
    """Tokens that Ollama reserves for BOS and EOS, also where a model does not say if it has them.

    `words` are the tokens of a text without them.
    """
    kept = 0
    for name, at in (("bos", 0), ("eos", -1)):
        added = header.metadata.get(header.own(f"add_{name}_token"), True)
        token = header.metadata.get(f"tokenizer.ggml.{name}_token_id", 0)
        kept += bool(words) and words[at] != token and added is True
    return kept


def _raw(model: Model) -> bool:
    """Whether Ollama's /api/embeddings gives this model's vectors unnormalized."""
    header = model.header
    if not model.can("embedding"):
        return False
    normalized = header.metadata.get(header.own("normalize_embeddings"))
    if header.architecture in ("nomic-bert", "nomic-bert-moe"):
        return normalized is not True
    if header.architecture != "bert":
        return False
    return normalized is False or header.text("tokenizer.ggml.model") not in ("", "bert")


def unit_vector(vector: list[float], dimensions: int | None = None) -> list[float]:
    """The same direction with length one, cut to its first `dimensions`.

    Raises `ServerError` (400) where it holds what is no number.
    """
    if dimensions and 0 < dimensions < len(vector):
        vector = vector[:dimensions]
    norm = math.sqrt(math.fsum(value * value for value in _finite(vector)))
    return [value / norm for value in vector] if norm else vector


def _finite(vector: list[float]) -> list[float]:
    if not all(map(math.isfinite, vector)):
        raise ServerError("embedding contains NaN or Inf values", status=400)
    return vector
