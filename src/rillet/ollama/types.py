"""The values of the drop-in: fields by name and by item, as in the `ollama` package.

    response["message"]["content"] == response.message.content
    "thinking" in response.message, response.get("done_reason"), response.model_dump()

A field that is None counts as absent for `in` and for `[…]`.
Source of the names: the documentation of the `ollama` package and of Ollama's API.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Self

import msgspec
from msgspec import Struct

from rillet.client.asking import image_base64


class Part(Struct, kw_only=True):
    """What all have in common. Objects may be given as mappings where a field holds one."""

    _inner: ClassVar[Mapping[str, Any]] = {}

    def __post_init__(self) -> None:
        for name, kind in self._inner.items():
            value = getattr(self, name)
            if value is not None and not isinstance(value, Part) and _has_mappings(value):
                setattr(self, name, msgspec.convert(value, kind, from_attributes=True))

    def __getitem__(self, key: str) -> Any:
        if key in self:
            return getattr(self, key)
        raise KeyError(key)

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, key, value)

    def __contains__(self, key: str) -> bool:
        return key in self.__struct_fields__ and getattr(self, key) is not None

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return ((name, getattr(self, name)) for name in self.__struct_fields__)

    def get(self, key: str, default: Any = None) -> Any:
        return getattr(self, key) if key in self else default

    def model_dump(self, *, exclude_none: bool = False, mode: str = "python") -> dict[str, Any]:
        """Plain dicts and lists. `mode="json"` makes texts of dates and of bytes."""
        kept = () if mode == "json" else (bytes, datetime)
        dumped: dict[str, Any] = msgspec.to_builtins(self, builtin_types=kept, enc_hook=_plain)
        return _without_none(dumped) if exclude_none else dumped

    def model_dump_json(self, *, indent: int | None = None, exclude_none: bool = False) -> str:
        data = msgspec.json.encode(self.model_dump(exclude_none=exclude_none, mode="json"))
        return (data if indent is None else msgspec.json.format(data, indent=indent)).decode()

    @classmethod
    def model_validate(cls, value: Any) -> Self:
        return msgspec.convert(value, cls, from_attributes=True)

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        return msgspec.json.decode(text, type=cls)


def _has_mappings(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


class Options(Part, kw_only=True):
    """What a model may be told about its work. None leaves the server's own."""

    numa: bool | None = None
    num_ctx: int | None = None
    num_batch: int | None = None
    num_gpu: int | None = None
    main_gpu: int | None = None
    low_vram: bool | None = None
    f16_kv: bool | None = None
    logits_all: bool | None = None
    vocab_only: bool | None = None
    use_mmap: bool | None = None
    use_mlock: bool | None = None
    embedding_only: bool | None = None
    num_thread: int | None = None
    num_keep: int | None = None
    seed: int | None = None
    num_predict: int | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    tfs_z: float | None = None
    typical_p: float | None = None
    repeat_last_n: int | None = None
    temperature: float | None = None
    repeat_penalty: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    mirostat: int | None = None
    mirostat_tau: float | None = None
    mirostat_eta: float | None = None
    penalize_newline: bool | None = None
    stop: list[str] | None = None


class Image:
    """A picture: a path, bytes, or base64 text. It is read when it is sent."""

    def __init__(self, value: str | bytes | Path) -> None:
        self.value = value


def _plain(value: Any) -> Any:
    return image_base64(value) if isinstance(value, Image) else str(value)


class Message(Part, kw_only=True):
    """One turn of a chat. `images` hold paths, bytes, base64 texts or `Image`s."""

    class ToolCall(Part, kw_only=True):
        """What a model wants called, and with what."""

        class Function(Part, kw_only=True):
            name: str
            arguments: dict[str, Any] = {}

        _inner: ClassVar[Mapping[str, Any]] = {"function": Function}

        function: Function

    _inner: ClassVar[Mapping[str, Any]] = {"tool_calls": list[ToolCall]}

    role: str
    content: str | None = None
    thinking: str | None = None
    images: list[Any] | None = None
    tool_name: str | None = None
    tool_calls: list[ToolCall] | None = None


class Tool(Part, kw_only=True):
    """A tool as a schema. Plain functions serve as well."""

    class Function(Part, kw_only=True):
        class Parameters(Part, kw_only=True):
            class Property(Part, kw_only=True):
                """A parameter. `type` is a JSON schema type or several."""

                type: str | list[str] | None = None
                items: Any = None
                description: str | None = None
                enum: list[Any] | None = None

            _inner: ClassVar[Mapping[str, Any]] = {"properties": dict[str, Property]}

            type: str | None = "object"
            required: list[str] | None = None
            properties: dict[str, Property] | None = None

        _inner: ClassVar[Mapping[str, Any]] = {"parameters": Parameters}

        name: str | None = None
        description: str | None = None
        parameters: Parameters | None = None

    _inner: ClassVar[Mapping[str, Any]] = {"function": Function}

    type: str | None = "function"
    function: Function | None = None


class TokenLogprob(Part, kw_only=True):
    token: str
    logprob: float | None = None


class Logprob(TokenLogprob, kw_only=True):
    """A token with its natural-log probability, and those that might have been."""

    top_logprobs: list[TokenLogprob] | None = None


class Answer(Part, kw_only=True):
    """What the answers of models have in common. Durations are nanoseconds."""

    model: str | None = None
    created_at: str | None = None
    done: bool | None = None
    done_reason: str | None = None
    total_duration: int | None = None
    load_duration: int | None = None
    prompt_eval_count: int | None = None
    prompt_eval_duration: int | None = None
    eval_count: int | None = None
    eval_duration: int | None = None


class GenerateResponse(Answer, kw_only=True):
    """An answer of `generate`, or a piece of one."""

    response: str = ""
    thinking: str | None = None
    context: list[int] | None = None
    logprobs: list[Logprob] | None = None


class ChatResponse(Answer, kw_only=True):
    """An answer of `chat`, or a piece of one."""

    _inner: ClassVar[Mapping[str, Any]] = {"message": Message}

    message: Message
    logprobs: list[Logprob] | None = None


class EmbedResponse(Answer, kw_only=True):
    embeddings: list[list[float]] = []


class EmbeddingsResponse(Part, kw_only=True):
    embedding: list[float] = []


class StatusResponse(Part, kw_only=True):
    status: str | None = None


class ProgressResponse(StatusResponse, kw_only=True):
    """A step of a pull, push or create. Sizes are bytes."""

    completed: int | None = None
    total: int | None = None
    digest: str | None = None


class ModelDetails(Part, kw_only=True):
    parent_model: str | None = None
    format: str | None = None
    family: str | None = None
    families: list[str] | None = None
    parameter_size: str | None = None
    quantization_level: str | None = None


class ListResponse(Part, kw_only=True):
    class Model(Part, kw_only=True):
        model: str | None = None
        modified_at: datetime | None = None
        digest: str | None = None
        size: int | None = None
        details: ModelDetails | None = None

    _inner: ClassVar[Mapping[str, Any]] = {"models": list[Model]}

    models: list[Model] = []


class ProcessResponse(Part, kw_only=True):
    class Model(Part, kw_only=True):
        model: str | None = None
        name: str | None = None
        digest: str | None = None
        expires_at: datetime | None = None
        size: int | None = None
        size_vram: int | None = None
        details: ModelDetails | None = None
        context_length: int | None = None

    _inner: ClassVar[Mapping[str, Any]] = {"models": list[Model]}

    models: list[Model] = []


class ShowResponse(Part, kw_only=True):
    """All that is known of a model. `modelinfo` holds the keys of its GGUF file."""

    modified_at: datetime | None = None
    template: str | None = None
    modelfile: str | None = None
    license: str | None = None
    details: ModelDetails | None = None
    modelinfo: dict[str, Any] | None = None
    parameters: str | None = None
    capabilities: list[str] | None = None
