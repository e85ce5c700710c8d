"""OpenAI's API as a client speaks it. Source: its API reference."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from rillet.client.wires import JSON, Question, encoded
from rillet.net.flow import Call
from rillet.net.http1 import Request
from rillet.net.resuming import HEADER as RESUMABLE
from rillet.words.errors import InvalidRequest
from rillet.words.models import Embeddings, ModelInfo
from rillet.words.requests import ChatRequest, EmbedRequest, GenerateRequest


class _Meta(msgspec.Struct):
    size: int = 0  # bytes; of a llama-server


class _Model(msgspec.Struct):
    id: str
    created: float = 0
    meta: _Meta | None = None


class _Models(msgspec.Struct):
    data: list[_Model] | None


class _Vector(msgspec.Struct):
    embedding: list[float]
    index: int = 0


class _Vectors(msgspec.Struct):
    data: list[_Vector]
    usage: dict[str, Any] | None = None


class OpenAIWire:
    """chat/completions, completions, embeddings and models of any OpenAI-compatible server.

    `root` stands before their paths: "" where the host names a version of the API already.
    """

    def __init__(self, *, root: str = "/v1", finish_reason_required: bool = True) -> None:
        self._root = root
        self._strict = finish_reason_required

    def stream(self, operation: str, request: Any, *, begun: bool = False) -> Call:
        """`begun`: the last message of the chat is the beginning of the answer. A llama-server
        takes it for that anyhow; vLLM and SGLang have to be told, or they begin anew."""
        from rillet.wire import openai

        if _loads(request):
            raise _not_spoken("loading or unloading of models")
        if isinstance(request, ChatRequest):
            path, fields, decoder = (
                "/chat/completions",
                openai.chat_body(request),
                openai.ChatChunkDecoder,
            )
        elif isinstance(request, GenerateRequest):
            path, fields = "/completions", openai.completion_body(request)
            decoder = openai.CompletionChunkDecoder
        else:
            raise _not_spoken(operation)
        fields |= {"stream": True, "stream_options": {"include_usage": True}}
        if begun and isinstance(request, ChatRequest):
            fields |= {"continue_final_message": True, "add_generation_prompt": False}
        headers = (*JSON, ("accept", "text/event-stream"), RESUMABLE)
        sent = Request("POST", self._root + path, headers, encoded(fields))
        strict = self._strict
        return Call(sent, lambda: decoder(finish_reason_required=strict), request.model)

    def ask(self, operation: str, request: Any) -> Question:
        if operation == "tags":
            return Question(Request("GET", f"{self._root}/models"), _read_models)
        if not isinstance(request, EmbedRequest):
            raise _not_spoken(operation)
        texts = [request.input] if isinstance(request.input, str) else request.input
        fields: dict[str, Any] = {"model": request.model, "input": texts}
        if request.dimensions:
            fields["dimensions"] = request.dimensions
        sent = Request("POST", f"{self._root}/embeddings", JSON, encoded(fields))
        return Question(sent, lambda body: _read_embeddings(body, request.model), request.model)


def _loads(request: Any) -> bool:
    """Whether a request has no prompt: in Ollama's API that loads or unloads the model."""
    if isinstance(request, ChatRequest):
        return not request.messages
    if not isinstance(request, GenerateRequest) or request.raw:
        return False
    return not (request.prompt or request.images or request.suffix)


def _not_spoken(operation: str) -> InvalidRequest:
    return InvalidRequest(
        f"This server speaks OpenAI's API, which has no {operation}",
        hint="Ollama and Rillet servers have it",
    )


def _read_models(body: bytes) -> list[ModelInfo]:
    from rillet.wire.answers import read_answer

    models = read_answer(body, _Models).data or ()
    return [
        ModelInfo(
            name=entry.id,
            model=entry.id,
            modified_at=_moment(entry.created),
            size=entry.meta.size if entry.meta else 0,
        )
        for entry in models
    ]


def _moment(seconds: float) -> str:
    """Unix time as RFC 3339; "" where there is none."""
    if not 0 < seconds < 1 << 33:
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _read_embeddings(body: bytes, model: str) -> Embeddings:
    from rillet.wire.answers import read_answer

    answer = read_answer(body, _Vectors, strict=True)
    vectors = [entry.embedding for entry in sorted(answer.data, key=lambda entry: entry.index)]
    tokens = (answer.usage or {}).get("prompt_tokens")
    return Embeddings(model=model, embeddings=vectors, prompt_eval_count=tokens or 0)
