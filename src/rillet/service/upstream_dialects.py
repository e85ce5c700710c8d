"""What a server behind ours is asked, in its own dialect, and what its answers mean.

The rooms of floor 1 do the translating; here is which path, which body and which decoder.
This is Ollama's dialect; that of OpenAI's servers is in `upstream_openai`.
"""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from rillet.net.flow import Call
from rillet.net.http1 import Request
from rillet.wire import ollama
from rillet.wire.answers import read_answer
from rillet.words.errors import StreamTruncated
from rillet.words.events import Event, Failure, Finish
from rillet.words.models import (
    EmbeddingRequest,
    Embeddings,
    LoadedModel,
    ModelCard,
    ModelInfo,
    ShowRequest,
)
from rillet.words.requests import ChatRequest, EmbedRequest, GenerateRequest

JSON = (("content-type", "application/json"),)
Asked = GenerateRequest | ChatRequest


class Question(Struct, frozen=True):
    """One whole answer: what to send, and what its body means.

    `otherwise` is the answer where the server has none, if that is no error.
    """

    request: Request
    read: Callable[[bytes], Any]
    otherwise: Any = None


class Dialect(Protocol):
    """`name` is what people call it. Requests carry the name that the other server knows.

    `spelled` says that it reads a model's name in every spelling, `lists_all` that it has no model
    that it does not list.
    """

    name: str
    spelled: bool
    lists_all: bool

    def tags(self) -> Question: ...
    def loaded(self) -> Question | None: ...
    def stream(self, request: Asked, told: ModelInfo) -> Call:
        """`told` is what it said of the model in its list."""

    def embed(self, request: EmbedRequest) -> Question | Embeddings: ...
    def embedding(self, request: EmbeddingRequest) -> Question | list[float]: ...
    def render(self, request: Asked) -> Question: ...
    def show(self, request: ShowRequest, told: ModelInfo) -> Question | ModelCard: ...


class Ollama:
    """Ollama's own API, which Rillet speaks too. Requests encode as they stand."""

    name = "Ollama"
    spelled = True
    lists_all = True

    def tags(self) -> Question:
        return Question(Request("GET", "/api/tags"), lambda body: read_answer(body, _Tags).models)

    def version(self) -> Question:
        """Whether it tells one."""
        return Question(
            Request("GET", "/api/version"), lambda body: bool(read_answer(body, _Version).version)
        )

    def loaded(self) -> Question:
        return Question(
            Request("GET", "/api/ps"), lambda body: read_answer(body, _Loaded).models or []
        )

    def stream(self, request: Asked, told: ModelInfo) -> Call:
        chat = isinstance(request, ChatRequest)
        headers = (*JSON, ("accept", "application/x-ndjson"))
        body = msgspec.json.encode(replace(request, stream=True))
        sent = Request("POST", "/api/chat" if chat else "/api/generate", headers, body)
        return Call(sent, _Chat if chat else _Generate, request.model)

    def embed(self, request: EmbedRequest) -> Question:
        sent = post("/api/embed", request)
        return Question(sent, lambda body: read_answer(body, Embeddings, strict=True))

    def embedding(self, request: EmbeddingRequest) -> Question:
        sent = post("/api/embeddings", request)
        return Question(sent, lambda body: read_answer(body, _Vector, strict=True).embedding)

    def render(self, request: Asked) -> Question:
        path = "/api/chat" if isinstance(request, ChatRequest) else "/api/generate"
        sent = post(path, {**msgspec.to_builtins(request), "_debug_render_only": True})
        return Question(sent, lambda body: read_answer(body, _Rendered).info.rendered_template)

    def show(self, request: ShowRequest, told: ModelInfo) -> Question:
        return Question(post("/api/show", request), lambda body: read_answer(body, ModelCard))


def post(path: str, body: object) -> Request:
    return Request("POST", path, JSON, msgspec.json.encode(body))


class _Tags(Struct):
    models: list[ModelInfo] | None


class _Loaded(Struct):
    models: list[LoadedModel] | None


class _Version(Struct):
    version: str = ""


class _Vector(Struct):
    embedding: list[float]


class _Info(Struct):
    rendered_template: str = ""


class _Rendered(Struct):
    info: _Info = msgspec.field(name="_debug_info")


class _Generate(ollama.GenerateDecoder):
    """An end without a last record is an end by a limit: so Ollama stops an answer that repeats
    itself. With a `cause` it is a lost connection."""

    def eof(self, cause: str = "") -> list[Event]:
        return _limited(super().eof(cause), cause, self.last)


class _Chat(ollama.ChatDecoder):
    def eof(self, cause: str = "") -> list[Event]:
        return _limited(super().eof(cause), cause, self.last)


def _limited(events: list[Event], cause: str, last: object) -> list[Event]:
    silent = events and type(end := events[-1]) is Failure and type(end.error) is StreamTruncated
    return [*events[:-1], Finish("length")] if silent and not cause and last else events
