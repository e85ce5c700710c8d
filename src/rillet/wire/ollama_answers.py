"""Ollama's answers that are one JSON object and no stream: lists, cards, vectors, versions.

Each function takes the body of an answer with a good status. It raises the error that the body
tells, if it tells one, or `MalformedStream`. A field that is missing or of a wrong type is empty:
other servers leave out what they like.
Source: Ollama's API reference, and recorded answers of versions 0.24 and 0.33.
"""

from typing import TypeVar

import msgspec
from msgspec import Struct

from rillet.wire import lenient
from rillet.wire.failures import error_from_record, is_web_page, web_page
from rillet.words.errors import MalformedStream
from rillet.words.models import Embeddings, LoadedModel, ModelCard, ModelInfo

S = TypeVar("S", bound=Struct)


class _Models(Struct):
    models: list[ModelInfo] | None


class _LoadedModels(Struct):
    models: list[LoadedModel] | None


class _Embedding(Struct):
    embedding: list[float] | None


class _Version(Struct):
    version: str


def decode_tags(body: bytes) -> list[ModelInfo]:
    """The models of a store, as /api/tags lists them."""
    return [_named(model) for model in _answer(body, _Models).models or ()]


def decode_ps(body: bytes) -> list[LoadedModel]:
    """The models in memory, as /api/ps lists them."""
    return [_named(model) for model in _answer(body, _LoadedModels).models or ()]


def decode_show(body: bytes) -> ModelCard:
    """What /api/show knows of a model."""
    return _answer(body, ModelCard)


def decode_embed(body: bytes) -> Embeddings:
    """The vectors of /api/embed, in the order of the inputs."""
    return _answer(body, Embeddings)


def decode_embedding(body: bytes) -> list[float]:
    """The one vector of the older /api/embeddings; [] for an empty prompt."""
    return _answer(body, _Embedding).embedding or []


def decode_version(body: bytes) -> str:
    """The server's version, which need not look like one; "" if it does not say."""
    return _answer(body, _Version).version


def _named(model: S) -> S:
    """Some servers give only one of `name` and `model`, which are the same."""
    name = getattr(model, "name", "") or getattr(model, "model", "")
    return msgspec.structs.replace(model, name=name, model=getattr(model, "model", "") or name)


def _answer(body: bytes, kind: type[S]) -> S:
    if not body[:100].lstrip().startswith(b'{"error"'):  # or all its fields would be empty
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass
    if is_web_page(body):
        raise web_page(body)
    try:
        value = lenient.wholly(lenient.parse(body))
    except ValueError:
        raise MalformedStream("The answer is not JSON") from None
    if isinstance(value, dict) and value.get("error"):
        raise error_from_record(value["error"])
    answer = lenient.convert(value, kind)
    if answer is None:
        raise MalformedStream("The answer is not a JSON object")
    return answer
