"""What a server behind ours is asked, in its own dialect, and what its answers mean.

The rooms of floor 1 do the translating; here is which path, which body and which decoder.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from rillet.net.flow import Call
from rillet.net.http1 import Request
from rillet.wire import ollama, openai
from rillet.words.errors import MalformedStream, ServerError
from rillet.words.models import Embeddings, LoadedModel, ModelCard, ModelDetails, ModelInfo
from rillet.words.requests import ChatRequest, EmbedRequest, GenerateRequest, Message

JSON = (("content-type", "application/json"),)
Asked = GenerateRequest | ChatRequest
T = TypeVar("T")


class Question(Struct, frozen=True):
    """One whole answer: what to send, and what its body means."""

    request: Request
    read: Callable[[bytes], Any]


class Dialect(Protocol):
    """`name` is what people call it. Requests carry the name that the other server knows."""

    name: str

    def tags(self) -> Question: ...
    def loaded(self) -> Question | None: ...
    def stream(self, request: Asked) -> Call: ...
    def embed(self, request: EmbedRequest) -> Question: ...
    def show(self, model: str) -> Question | ModelCard: ...


class Ollama:
    """Ollama's own API, which Rillet speaks too. Requests encode as they stand."""

    name = "Ollama"

    def tags(self) -> Question:
        return Question(Request("GET", "/api/tags"), lambda body: _read(body, _Tags).models)

    def loaded(self) -> Question:
        return Question(Request("GET", "/api/ps"), lambda body: _read(body, _Loaded).models)

    def stream(self, request: Asked) -> Call:
        chat = isinstance(request, ChatRequest)
        headers = (*JSON, ("accept", "application/x-ndjson"))
        body = msgspec.json.encode(replace(request, stream=True))
        sent = Request("POST", "/api/chat" if chat else "/api/generate", headers, body)
        return Call(sent, ollama.ChatDecoder if chat else ollama.GenerateDecoder, request.model)

    def embed(self, request: EmbedRequest) -> Question:
        sent = Request("POST", "/api/embed", JSON, msgspec.json.encode(request))
        return Question(sent, lambda body: _read(body, Embeddings))

    def show(self, model: str) -> Question:
        sent = Request("POST", "/api/show", JSON, msgspec.json.encode({"model": model}))
        return Question(sent, lambda body: _read(body, ModelCard))


class OpenAI:
    """llama-server, vLLM, SGLang, Ray Serve: whatever has /v1/chat/completions."""

    name = "OpenAI"

    def tags(self) -> Question:
        return Question(Request("GET", "/v1/models"), _models)

    def loaded(self) -> None:
        """There is no such question."""

    def stream(self, request: Asked) -> Call:
        if isinstance(request, GenerateRequest) and (request.raw or request.suffix):
            path, fields = "/v1/completions", openai.completion_body(request)
            decoder: Callable[[], Any] = openai.CompletionChunkDecoder
        else:
            chat = request if isinstance(request, ChatRequest) else _as_chat(request)
            path, fields = "/v1/chat/completions", openai.chat_body(chat)
            decoder = openai.ChatChunkDecoder
        fields |= {"stream": True, "stream_options": {"include_usage": True}}
        headers = (*JSON, ("accept", "text/event-stream"))
        return Call(Request("POST", path, headers, msgspec.json.encode(fields)), decoder)

    def embed(self, request: EmbedRequest) -> Question:
        texts = [request.input] if isinstance(request.input, str) else request.input
        fields: dict[str, Any] = {"model": request.model, "input": texts}
        if request.dimensions:
            fields["dimensions"] = request.dimensions
        sent = Request("POST", "/v1/embeddings", JSON, msgspec.json.encode(fields))
        return Question(sent, lambda body: _embeddings(body, request.model))

    def show(self, model: str) -> ModelCard:
        return ModelCard(details=ModelDetails(format="remote"), capabilities=["completion"])


def _as_chat(request: GenerateRequest) -> ChatRequest:
    """A prompt goes through the model's template in Ollama's API; there that is a chat."""
    if request.context or request.template:
        raise ServerError(
            "the server behind this model speaks OpenAI's API, which has no context or template",
            status=400,
        )
    system = [Message("system", request.system)] if request.system else []
    return ChatRequest(
        model=request.model,
        messages=[*system, Message("user", request.prompt, images=request.images)],
        format=request.format,
        options=request.options,
        think=request.think,
        logprobs=request.logprobs,
        top_logprobs=request.top_logprobs,
    )


class _Tags(Struct):
    models: list[ModelInfo] = []


class _Loaded(Struct):
    models: list[LoadedModel] = []


class _Model(Struct):
    id: str


class _Models(Struct):
    data: list[_Model] | None = None


class _Vector(Struct):
    embedding: list[float]
    index: int = 0


class _Usage(Struct):
    prompt_tokens: int = 0


class _Vectors(Struct):
    data: list[_Vector]
    usage: _Usage | None = None


def _models(body: bytes) -> list[ModelInfo]:
    return [ModelInfo(name=one.id, model=one.id) for one in _read(body, _Models).data or ()]


def _embeddings(body: bytes, model: str) -> Embeddings:
    answer = _read(body, _Vectors)
    ordered = sorted(answer.data, key=lambda one: one.index)
    tokens = answer.usage.prompt_tokens if answer.usage else 0
    return Embeddings(
        model=model, embeddings=[one.embedding for one in ordered], prompt_eval_count=tokens
    )


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        shown = body[:80].decode(errors="replace")
        raise MalformedStream(f"The answer is not what its API says ({error}): {shown!r}") from None
