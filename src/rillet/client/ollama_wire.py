"""Ollama's own API as a client speaks it. Source: its documentation (docs/api.md)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from rillet.client import blobs
from rillet.client.wires import JSON, Question, encoded
from rillet.net.flow import Call
from rillet.net.http1 import HeaderList, Request
from rillet.net.resuming import HEADER as RESUMABLE
from rillet.words.errors import InvalidRequest
from rillet.words.models import Embeddings, LoadedModel, ModelCard, ModelInfo, UpstreamHealth

if TYPE_CHECKING:
    from rillet.wire.decoder import Decoder


class _Tags(msgspec.Struct):
    models: list[ModelInfo] | None


class _Loaded(msgspec.Struct):
    models: list[LoadedModel] | None


class _Upstreams(msgspec.Struct):
    upstreams: list[UpstreamHealth] | None


class _Version(msgspec.Struct):
    version: str


class _Vectors(msgspec.Struct):
    embeddings: list[list[float]]
    model: str = ""
    total_duration: int = 0
    load_duration: int = 0
    prompt_eval_count: int = 0


class _Embedding(msgspec.Struct):
    embedding: list[float]


_QUESTIONS: dict[str, tuple[str, str, Any]] = {
    "embed": ("POST", "/api/embed", _Vectors),
    "embedding": ("POST", "/api/embeddings", _Embedding),
    "tags": ("GET", "/api/tags", _Tags),
    "ps": ("GET", "/api/ps", _Loaded),
    "upstreams": ("GET", "/api/upstreams", _Upstreams),
    "show": ("POST", "/api/show", ModelCard),
    "version": ("GET", "/api/version", _Version),
    "copy": ("POST", "/api/copy", None),
    "delete": ("DELETE", "/api/delete", None),
}


class OllamaWire:
    """Ollama's own API. Requests encode as they stand. A subclass may read answers otherwise."""

    def stream(self, operation: str, request: Any) -> Call:
        body = encoded(msgspec.structs.replace(request, stream=True))
        headers: HeaderList = (*JSON, ("accept", "application/x-ndjson"))
        if operation in ("generate", "chat"):
            headers = (*headers, RESUMABLE)  # harmless to servers that keep no records
        sent = Request("POST", f"/api/{operation}", headers, body)
        return Call(sent, self.decoder(operation), request.model)

    def decoder(self, operation: str) -> "Callable[[], Decoder]":
        from rillet.wire import ollama  # after the first request of a command line is on its way

        if operation == "generate":
            return ollama.GenerateDecoder
        return ollama.ChatDecoder if operation == "chat" else ollama.ProgressDecoder

    def ask(self, operation: str, request: Any) -> Question:
        if operation == "has_blob":
            sent = Request("HEAD", f"/api/blobs/{blobs.parse_digest(request)}")
            return Question(sent, lambda body: True, if_absent=False)
        if operation == "send_blob":
            return _blob_sent(*request)
        method, path, kind = _QUESTIONS[operation]
        if method in ("POST", "DELETE"):
            sent = Request(method, path, JSON, encoded(request))
        else:
            sent = Request(method, path)
        model = (
            request.get("model") if isinstance(request, dict) else getattr(request, "model", None)
        )
        absent: Any = [] if operation == "upstreams" else Question.REFUSED
        return Question(sent, lambda body: kind and _read(body, kind), model, absent)


def _blob_sent(digest: str, body: blobs.FileBody) -> Question:
    headers = (("content-type", "application/octet-stream"),)
    sent = Request("POST", f"/api/blobs/{digest}", headers, body, body.length)
    return Question(sent, lambda answer: None, slowly=body.length / blobs.SLOWEST)


def decoder_of(wire: OllamaWire, dialect: str) -> "Callable[[], Decoder]":
    """What reads an answer again that was begun in this dialect (`Rillet-Dialect`)."""
    if dialect in ("generate", "chat"):
        return wire.decoder(dialect)
    if dialect in ("openai.chat", "openai.completion"):
        from rillet.wire import openai

        chat = dialect == "openai.chat"
        return openai.ChatChunkDecoder if chat else openai.CompletionChunkDecoder
    if dialect == "anthropic":
        from rillet.wire.anthropic_decoder import MessagesDecoder

        return MessagesDecoder
    raise InvalidRequest(f"The stream is of the dialect {dialect}, which is not read here")


def _read(body: bytes, kind: type[msgspec.Struct]) -> Any:
    from rillet.wire.answers import read_answer

    value: Any = read_answer(body, kind, strict=kind in (_Vectors, _Embedding))
    if kind is _Upstreams:
        return value.upstreams or []
    if kind is _Version:
        return value.version
    if kind is _Embedding:
        return value.embedding
    if kind is _Vectors:
        return Embeddings(**msgspec.structs.asdict(value))
    return [_named(each) for each in value.models or ()] if kind in (_Tags, _Loaded) else value


def _named(model: ModelInfo | LoadedModel) -> Any:
    """Some servers give only one of `name` and `model`, which are the same."""
    name = model.name or model.model
    return msgspec.structs.replace(model, name=name, model=model.model or name)
