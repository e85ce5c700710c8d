"""Embeddings: texts to vectors, cut to what the model can take, normalised where the route says so."""

import asyncio
import math
import time
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from rillet.service import listener
from rillet.service.library import Model
from rillet.service.options import layered
from rillet.service.residents import Resident
from rillet.words.errors import ServerError
from rillet.words.models import EmbeddingRequest, Embeddings
from rillet.words.requests import EmbedRequest, JsonObject, KeepAlive

if TYPE_CHECKING:
    from rillet.service.service import Service

TOO_LONG = "the input length exceeds the context length"


async def embed(service: "Service", request: EmbedRequest) -> Embeddings:
    """Vectors of length one, in the order of the inputs."""
    begun = time.perf_counter_ns()
    texts = [request.input] if isinstance(request.input, str) else request.input
    if texts == [""] and isinstance(request.input, str):
        texts = []
    model = await service.model(request.model)
    async with _use(service, model, request.options, request.keep_alive) as resident:
        loaded = time.perf_counter_ns()
        if not texts:
            return Embeddings(model=request.model)
        tokens = await _within_context(resident, texts, truncate=request.truncate is not False)
        vectors = await listener.embeddings(resident, tokens)
    return Embeddings(
        model=request.model,
        embeddings=[_unit(_cut(vector, request.dimensions)) for vector in vectors],
        total_duration=time.perf_counter_ns() - begun,
        load_duration=loaded - begun,
        prompt_eval_count=sum(map(len, tokens)),
    )


async def embed_one(service: "Service", request: EmbeddingRequest) -> list[float]:
    """One vector as the model makes it, not normalised; [] for an empty prompt."""
    model = await service.model(request.model)
    async with _use(service, model, request.options, request.keep_alive) as resident:
        if not request.prompt:
            return []
        tokens = await _within_context(resident, [request.prompt], truncate=True)
        return _finite((await listener.embeddings(resident, tokens))[0])


def _use(
    service: "Service", model: Model, options: JsonObject | None, keep_alive: KeepAlive | None
) -> AbstractAsyncContextManager[Resident]:
    load = service.load_options(model, layered(model.params, options), None, embedding=True)
    return service.residents.use(model, load, service.keep_alive(keep_alive))


async def _within_context(
    resident: Resident, texts: list[str], *, truncate: bool
) -> list[list[int]]:
    """Tokens of each text, cut to the context. Raises `ServerError` (400) where it must not be cut."""
    rows = await asyncio.gather(*(listener.tokenize(resident, text) for text in texts))
    # An embedding is made in one batch, so a batch bounds it as well.
    limit = min(resident.num_ctx, resident.options.batch)
    if not truncate and any(len(row) > limit for row in rows):
        raise ServerError(TOO_LONG, status=400)
    return [row[:limit] for row in rows]


def _cut(vector: list[float], dimensions: int | None) -> list[float]:
    return vector[:dimensions] if dimensions and 0 < dimensions < len(vector) else vector


def _unit(vector: list[float]) -> list[float]:
    norm = math.sqrt(math.fsum(value * value for value in _finite(vector)))
    return [value / norm for value in vector] if norm else vector


def _finite(vector: list[float]) -> list[float]:
    if not all(map(math.isfinite, vector)):
        raise ServerError("embedding contains NaN or Inf values", status=400)
    return vector
