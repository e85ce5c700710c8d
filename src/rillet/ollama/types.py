"""The values of the drop-in, with the fields that the `ollama` package's have.

Source of the names: the documentation of the `ollama` package and of Ollama's API.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from rillet.client.images import image_base64
from rillet.ollama.part import Part


class Options(Part):
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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Image(value={self.value!r})"

    def model_dump(self, **options: Any) -> str:
        return image_base64(self)


class ByteSize(int):
    """A number of bytes."""

    def human_readable(self, decimal: bool = False, separator: str = "") -> str:
        """In the unit that suits: "11.8MiB", with `decimal` "12.3MB"."""
        step, units = (1000, "B KB MB GB TB PB") if decimal else (1024, "B KiB MiB GiB TiB PiB")
        size, last = float(self), "EB" if decimal else "EiB"
        for unit in units.split():
            if abs(size) < step:
                return (
                    f"{size:0.0f}{separator}B" if unit == "B" else f"{size:0.1f}{separator}{unit}"
                )
            size /= step
        return f"{size:0.1f}{separator}{last}"


class Message(Part):
    """One turn of a chat. `images` hold paths, bytes, base64 texts or `Image`s."""

    class ToolCall(Part):
        """What a model wants called, and with what."""

        class Function(Part):
            name: str
            arguments: dict[str, Any]

        function: Function

    role: str
    content: str | None = None
    thinking: str | None = None
    images: list[Any] | None = None
    tool_name: str | None = None
    tool_calls: list[ToolCall] | None = None


class Tool(Part):
    """A tool as a schema. Plain functions serve as well."""

    class Function(Part):
        class Parameters(Part):
            class Property(Part):
                """A parameter. `type` is a JSON schema type or several."""

                type: str | list[str] | None = None
                items: Any = None
                description: str | None = None
                enum: list[Any] | None = None

            _aliases: ClassVar = {"$defs": "defs"}

            type: Literal["object"] | None = "object"
            defs: Any = None
            items: Any = None
            required: list[str] | None = None
            properties: dict[str, Property] | None = None

        name: str | None = None
        description: str | None = None
        parameters: Parameters | None = None

    type: str | None = "function"
    function: Function | None = None


class TokenLogprob(Part):
    token: str
    logprob: float


class Logprob(TokenLogprob):
    """A token with its natural-log probability, and those that might have been."""

    top_logprobs: list[TokenLogprob] | None = None


class Answer(Part):
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


class GenerateResponse(Answer):
    """An answer of `generate`, or a piece of one."""

    response: str | None = None
    thinking: str | None = None
    context: list[int] | None = None
    logprobs: list[Logprob] | None = None
    image: str | None = None  # base64, of a model that paints; its steps are counted by the others
    completed: int | None = None
    total: int | None = None


class ChatResponse(Answer):
    """An answer of `chat`, or a piece of one."""

    message: Message
    logprobs: list[Logprob] | None = None


class EmbedResponse(Answer):
    embeddings: list[list[float]]


class EmbeddingsResponse(Part):
    embedding: list[float]


class StatusResponse(Part):
    status: str | None = None


class ProgressResponse(StatusResponse):
    """A step of a pull, push or create. Sizes are bytes."""

    completed: int | None = None
    total: int | None = None
    digest: str | None = None


class ModelDetails(Part):
    parent_model: str | None = None
    format: str | None = None
    family: str | None = None
    families: list[str] | None = None
    parameter_size: str | None = None
    quantization_level: str | None = None


class ListResponse(Part):
    class Model(Part):
        model: str | None = None
        modified_at: datetime | None = None
        digest: str | None = None
        size: ByteSize | None = None
        details: ModelDetails | None = None

    models: list[Model]


class ProcessResponse(Part):
    class Model(Part):
        model: str | None = None
        name: str | None = None
        digest: str | None = None
        expires_at: datetime | None = None
        size: ByteSize | None = None
        size_vram: ByteSize | None = None
        details: ModelDetails | None = None
        context_length: int | None = None

    models: list[Model]


class ShowResponse(Part):
    """All that is known of a model. `modelinfo` holds the keys of its GGUF file."""

    _aliases: ClassVar = {"model_info": "modelinfo"}

    modified_at: datetime | None = None
    template: str | None = None
    modelfile: str | None = None
    license: str | None = None
    details: ModelDetails | None = None
    modelinfo: dict[str, Any] | None = None
    parameters: str | None = None
    capabilities: list[str] | None = None


class WebSearchResult(Part):
    content: str | None = None
    title: str | None = None
    url: str | None = None


class WebSearchResponse(Part):
    results: list[WebSearchResult]


class WebFetchResponse(Part):
    title: str | None = None
    content: str | None = None
    links: list[str] | None = None
