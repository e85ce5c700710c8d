"""Each operation as a value: what goes to which path, and what reads the answer.

One table a wire. An operation that a wire does not have is an `InvalidRequest` that says so.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import msgspec

from rillet.client import blobs
from rillet.net.flow import Call
from rillet.net.http1 import HeaderList, Request
from rillet.net.resuming import HEADER as RESUMABLE
from rillet.words.errors import InvalidRequest
from rillet.words.models import Embeddings, LoadedModel, ModelCard, ModelInfo
from rillet.words.requests import ChatRequest, EmbedRequest, GenerateRequest

if TYPE_CHECKING:
    from rillet.wire.decoder import Decoder

JSON = (("content-type", "application/json"),)


class Question(msgspec.Struct, frozen=True):
    """A call with one whole answer, which `read` turns into a value.

    `if_absent` is the value that a 404 means, where it is no error. `slowly`: seconds that it may
    take to put the question, beyond the wait for its answer.
    """

    REFUSED: ClassVar[Any] = object()

    request: Request
    read: Callable[[bytes], Any]
    model: str | None = None
    if_absent: Any = REFUSED
    slowly: float = 0.0


class Wire(Protocol):
    """A dialect as a client speaks it."""

    def stream(self, operation: str, request: Any) -> Call: ...
    def ask(self, operation: str, request: Any) -> Question: ...


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
        method, path, kind = _OLLAMA_QUESTIONS[operation]
        if method in ("POST", "DELETE"):
            sent = Request(method, path, JSON, encoded(request))
        else:
            sent = Request(method, path)
        model = (
            request.get("model") if isinstance(request, dict) else getattr(request, "model", None)
        )
        return Question(sent, lambda body: kind and _read(body, kind), model)


def _blob_sent(digest: str, body: blobs.FileBody) -> Question:
    headers = (("content-type", "application/octet-stream"),)
    sent = Request("POST", f"/api/blobs/{digest}", headers, body, body.length)
    return Question(sent, lambda answer: None, slowly=body.length / blobs.SLOWEST)


class _Tags(msgspec.Struct):
    models: list[ModelInfo] | None


class _Loaded(msgspec.Struct):
    models: list[LoadedModel] | None


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


_OLLAMA_QUESTIONS: dict[str, tuple[str, str, Any]] = {
    "embed": ("POST", "/api/embed", _Vectors),
    "embedding": ("POST", "/api/embeddings", _Embedding),
    "tags": ("GET", "/api/tags", _Tags),
    "ps": ("GET", "/api/ps", _Loaded),
    "show": ("POST", "/api/show", ModelCard),
    "version": ("GET", "/api/version", _Version),
    "copy": ("POST", "/api/copy", None),
    "delete": ("DELETE", "/api/delete", None),
}


class OpenAIWire:
    """chat/completions, completions, embeddings and models of any OpenAI-compatible server.

    `root` stands before their paths: "" where the host names a version of the API already.
    """

    def __init__(self, *, root: str = "/v1", finish_reason_required: bool = True) -> None:
        self._root = root
        self._strict = finish_reason_required

    def stream(self, operation: str, request: Any) -> Call:
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


def encoded(request: Any) -> bytes:
    """The JSON of a request. Raises `InvalidRequest` for what JSON cannot hold."""
    try:
        return msgspec.json.encode(request)
    except UnicodeEncodeError as error:
        raise InvalidRequest("A text of the request has half a character in it") from error
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"The request cannot be written as JSON: {error}") from error


def with_headers(call: Call, headers: HeaderList) -> Call:
    """The same call with more headers."""
    if not headers:
        return call
    request = call.request
    request = Request(
        request.method, request.path, (*request.headers, *headers), request.body, request.length
    )
    return msgspec.structs.replace(call, request=request)


def _loads(request: Any) -> bool:
    """Whether a question is none in Ollama's API: it loads the model, or takes it out of memory."""
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


def _read(body: bytes, kind: type[msgspec.Struct]) -> Any:
    from rillet.wire.answers import read_answer

    value: Any = read_answer(body, kind, strict=kind in (_Vectors, _Embedding))
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


class _OpenAIMeta(msgspec.Struct):
    size: int = 0  # bytes; of a llama-server


class _OpenAIModel(msgspec.Struct):
    id: str
    created: float = 0
    meta: _OpenAIMeta | None = None


class _OpenAIModels(msgspec.Struct):
    data: list[_OpenAIModel] | None


class _OpenAIVector(msgspec.Struct):
    embedding: list[float]
    index: int = 0


class _OpenAIVectors(msgspec.Struct):
    data: list[_OpenAIVector]
    usage: dict[str, Any] | None = None


def _read_models(body: bytes) -> list[ModelInfo]:
    from rillet.wire.answers import read_answer

    models = read_answer(body, _OpenAIModels).data or ()
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

    answer = read_answer(body, _OpenAIVectors, strict=True)
    vectors = [entry.embedding for entry in sorted(answer.data, key=lambda entry: entry.index)]
    tokens = (answer.usage or {}).get("prompt_tokens")
    return Embeddings(model=model, embeddings=vectors, prompt_eval_count=tokens or 0)
