"""What can be asked of a model: requests as values, named as Ollama's API names them.

They encode to Ollama's wire as they stand (`msgspec.json.encode`, defaults left out); the other
dialects translate them. Sizes and ranges are checked by the server that takes them.
Source of the fields: Ollama's API reference (docs/api.md of the Ollama project).
"""

from typing import Any, Literal

from msgspec import Struct

JsonObject = dict[str, Any]
KeepAlive = int | float | str  # seconds, or a Go duration such as "5m"; negative is for ever


class ToolCallFunction(Struct, omit_defaults=True):
    name: str = ""
    arguments: JsonObject = {}
    index: int = 0


class MessageToolCall(Struct, omit_defaults=True):
    function: ToolCallFunction
    id: str | None = None


class Message(Struct, omit_defaults=True):
    """One turn of a chat. `images` are base64 texts; `tool_name` names whose result it is."""

    role: str
    content: str = ""
    thinking: str | None = None
    images: list[str] | None = None
    tool_calls: list[MessageToolCall] | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None


class GenerateRequest(Struct, omit_defaults=True, kw_only=True):
    """A completion of one prompt (Ollama's POST /api/generate)."""

    model: str
    prompt: str = ""
    suffix: str | None = None
    system: str | None = None
    template: str | None = None
    context: list[int] | None = None
    stream: bool | None = None
    raw: bool | None = None
    format: str | JsonObject | None = None
    keep_alive: KeepAlive | None = None
    images: list[str] | None = None
    options: JsonObject | None = None
    think: bool | str | None = None
    truncate: bool | None = None
    shift: bool | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    width: int | None = None  # pixels, and steps: for models that paint
    height: int | None = None
    steps: int | None = None


class ChatRequest(Struct, omit_defaults=True, kw_only=True):
    """The next message of a chat (Ollama's POST /api/chat).

    `tool_choice` "required" means that a tool has to be called. Ollama has no word for it.
    """

    model: str
    messages: list[Message]
    tools: list[JsonObject] | None = None
    tool_choice: Literal["required"] | None = None
    stream: bool | None = None
    format: str | JsonObject | None = None
    keep_alive: KeepAlive | None = None
    options: JsonObject | None = None
    think: bool | str | None = None
    truncate: bool | None = None
    shift: bool | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None


class EmbedRequest(Struct, omit_defaults=True, kw_only=True):
    """Embeddings of texts, L2-normalised (Ollama's POST /api/embed)."""

    model: str
    input: str | list[str]
    truncate: bool | None = None
    dimensions: int | None = None
    keep_alive: KeepAlive | None = None
    options: JsonObject | None = None
