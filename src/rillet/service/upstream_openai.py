"""The dialect of llama-server, vLLM, SGLang, Ray Serve: whatever has /v1/chat/completions.

Lists of models say little there. What Ollama's clients cannot do without (a time, a digest, what a
model can do) is filled in: a time that is not told is that of the first look, the digest is one of
the name, and a server that does not tell its models' abilities is taken to have tools and to see,
for there is a clear error of its own where it does not.
Source: OpenAI's API reference; llama-server's and vLLM's documentation for what their lists have.
"""

import hashlib
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from rillet.model.capabilities import jinja_has_thinking, jinja_has_tools
from rillet.model.gguf.formats import human_count
from rillet.net.flow import Call
from rillet.net.http1 import Request
from rillet.service.cards import timestamp
from rillet.service.embedding import unit_vector
from rillet.service.options import layered
from rillet.service.upstream_dialects import JSON, Asked, Question, post
from rillet.wire import llamacpp, openai
from rillet.wire.answers import read_answer
from rillet.words.errors import ServerError
from rillet.words.models import (
    EmbeddingRequest,
    Embeddings,
    ListedDetails,
    ModelCard,
    ModelDetails,
    ModelInfo,
    ShowRequest,
)
from rillet.words.requests import (
    ChatRequest,
    EmbedRequest,
    GenerateRequest,
    JsonObject,
    Message,
)


class OpenAI:
    """`root` stands before the paths: "" where the address names a version of the API itself."""

    name = "OpenAI"
    spelled = False
    lists_all = False  # LiteLLM and others have models by patterns: "openai/*"

    def __init__(self, root: str = "/v1") -> None:
        self._root = root
        self._since = time.time()
        self._tells_progress = False  # of long prompts, if asked to: llama-server
        self._truncates = False  # a text that is too long, if asked to: vLLM
        self._continues = False  # what an assistant began, if asked to: vLLM, SGLang

    def tags(self) -> Question:
        return Question(Request("GET", f"{self._root}/models"), self._read)

    def _read(self, body: bytes) -> list[ModelInfo]:
        listed = read_answer(body, _Models).data or ()
        found = [self._info(one) for one in listed]
        self._tells_progress = any(info.details.format == "gguf" for info in found)
        owners = {one.owned_by for one in listed}
        self._continues = bool(owners & {"vllm", "sglang"})
        self._truncates = "vllm" in owners
        self.lists_all = self._continues or self._tells_progress
        return found

    def loaded(self) -> None:
        """There is no such question."""

    def stream(self, request: Asked, told: ModelInfo) -> Call:
        request = replace(request, options=_limited(_read_options(request.options), told))
        if isinstance(request, GenerateRequest) and (request.raw or request.suffix):
            path, fields = "/completions", openai.completion_body(request)
            decoder: Callable[[], Any] = openai.CompletionChunkDecoder
            if "max_tokens" not in fields and (room := _room(request.prompt, told)):
                fields["max_tokens"] = room
        else:
            path, fields = "/chat/completions", openai.chat_body(_as_chat(request))
            decoder = openai.ChatChunkDecoder
        fields |= {"stream": True, "stream_options": {"include_usage": True}}
        if self._tells_progress:
            fields["return_progress"] = True
        if self._continues and _is_begun(request):
            fields |= {"continue_final_message": True, "add_generation_prompt": False}
        headers = (*JSON, ("accept", "text/event-stream"))
        sent = Request("POST", self._root + path, headers, msgspec.json.encode(fields))
        return Call(sent, decoder, request.model)

    def embed(self, request: EmbedRequest) -> Question | Embeddings:
        _read_options(request.options)
        texts = [request.input] if isinstance(request.input, str) else request.input
        if not texts or request.input == "":  # Ollama answers that with nothing; others refuse it
            return Embeddings(model=request.model)
        fields: JsonObject = {"model": request.model, "input": texts}
        if self._truncates and request.truncate is not False:
            fields["truncate_prompt_tokens"] = -1  # to what fits, as Ollama does
        sent = post(f"{self._root}/embeddings", fields)
        return Question(sent, lambda body: _embeddings(body, request))

    def embedding(self, request: EmbeddingRequest) -> Question | list[float]:
        asked = self.embed(EmbedRequest(model=request.model, input=request.prompt))
        if isinstance(asked, Embeddings):
            return []
        return Question(asked.request, lambda body: asked.read(body).embeddings[0])

    def render(self, request: Asked) -> Question:
        sent = post("/apply-template", openai.chat_body(_as_chat(request)))
        return Question(sent, lambda body: read_answer(body, _Prompt).prompt)

    def show(self, request: ShowRequest, told: ModelInfo) -> Question | ModelCard:
        """A llama-server tells of a model that is loaded; it must not load it for this."""
        silent = _card(told, _Props())
        if told.details.format != "gguf":
            return silent
        sent = Request("GET", f"/props?model={quote(request.model, safe='')}&autoload=false")
        return Question(sent, lambda body: _card(told, read_answer(body, _Props)), silent)

    def _info(self, model: "_Model") -> ModelInfo:
        meta = model.meta or _Meta()
        inputs = model.architecture and model.architecture.input_modalities
        sees = "image" in inputs if inputs else not (model.meta or model.status)
        length = meta.n_ctx or model.max_model_len or model.context_length
        return ModelInfo(
            name=model.id,
            model=model.id,
            modified_at=timestamp(model.created if 0 < model.created < 1 << 33 else self._since),
            size=meta.size,
            digest=hashlib.sha256(model.id.encode()).hexdigest(),
            details=ListedDetails(
                format="gguf" if model.meta or model.status else "remote",
                parameter_size=human_count(meta.n_params) if meta.n_params else "",
                quantization_level=meta.ftype,
                context_length=length or None,
                embedding_length=meta.n_embd or None,
            ),
            capabilities=["completion", *(["vision"] if sees else []), "tools"],
        )


def _read_options(given: JsonObject | None) -> JsonObject:
    """The options that were given, as Ollama reads them: with its errors for a wrong type."""
    read = layered(given)
    names = [name for name, value in (given or {}).items() if value is not None]
    return {name: getattr(read, name) for name in names if hasattr(read, name)}


def _limited(options: JsonObject, told: ModelInfo) -> JsonObject:
    """Without a limit that is none: as many tokens as the model has places, or more, is as many as
    come. With Ollama that is no fault; vLLM and SGLang refuse it."""
    places, limit = told.details.context_length, options.get("num_predict")
    if places and limit is not None and limit >= places and told.details.format != "gguf":
        return {name: value for name, value in options.items() if name != "num_predict"}
    return options


def _room(prompt: str, told: ModelInfo) -> int:
    """How many tokens fit behind a prompt, counting a token for each of its bytes; 0 for unknown.

    It is sent as the limit of a completion that has none: by default OpenAI's API ends one after 16
    tokens. SGLang refuses a limit that does not fit.
    """
    places = told.details.context_length
    if not places or told.details.format == "gguf":  # a llama-server has no such limit
        return 0
    return max(places - len(prompt.encode("utf-8", "replace")) - 1, places // 4)


def _is_begun(request: Asked) -> bool:
    """Whether the last word is the beginning of the answer, with which Ollama goes on."""
    last = request.messages[-1] if isinstance(request, ChatRequest) and request.messages else None
    return last is not None and last.role == "assistant" and not last.tool_calls


def _as_chat(request: Asked) -> ChatRequest:
    """A prompt goes through the model's template in Ollama's API; there that is a chat."""
    if isinstance(request, ChatRequest):
        return request
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


class _Meta(Struct):
    n_ctx: int = 0
    n_embd: int = 0
    n_params: int = 0
    size: int = 0
    ftype: str = ""


class _Architecture(Struct):
    input_modalities: list[str] | None = None


class _Model(Struct):
    id: str
    created: float = 0
    meta: _Meta | None = None
    status: dict[str, Any] | None = None
    architecture: _Architecture | None = None
    owned_by: str = ""
    max_model_len: int | None = None  # vLLM, SGLang
    context_length: int | None = None  # OpenRouter


class _Models(Struct):
    data: list[_Model] | None


class _Modalities(Struct):
    vision: bool = False
    audio: bool = False


class _Props(Struct):
    chat_template: str = ""
    modalities: _Modalities | None = None


class _Prompt(Struct):
    prompt: str


def _card(told: ModelInfo, props: _Props) -> ModelCard:
    details = told.details
    able = told.capabilities
    if template := props.chat_template:
        sees = props.modalities or _Modalities()
        found = {
            "completion": True,
            "vision": sees.vision,
            "audio": sees.audio,
            "tools": jinja_has_tools(template),
            "thinking": jinja_has_thinking(template),
        }
        able = [name for name, has in found.items() if has]
    known = {
        "general.architecture": "remote",
        "remote.context_length": details.context_length,
        "remote.embedding_length": details.embedding_length,
    }
    return ModelCard(
        details=ModelDetails(
            format=details.format,
            parameter_size=details.parameter_size,
            quantization_level=details.quantization_level,
        ),
        model_info={name: value for name, value in known.items() if value},
        template=template,
        capabilities=able,
        modified_at=told.modified_at,
    )


def _embeddings(body: bytes, request: EmbedRequest) -> Embeddings:
    """Cut and of length one, as Ollama's are; not every server knows of dimensions."""
    answer = read_answer(body, llamacpp.Embeddings, strict=True)
    vectors = [unit_vector(vector, request.dimensions) for vector in answer.vectors]
    tokens = answer.usage.prompt_tokens if answer.usage else 0
    return Embeddings(model=request.model, embeddings=vectors, prompt_eval_count=tokens)
