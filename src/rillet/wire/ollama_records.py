"""The records of Ollama's streams as typed structs: what one line may hold.

Rules:
* Every field has a default, for other servers leave out what they like. None is "not said".
* Fields after the blank line are Rillet's own; servers and clients that do not know them skip them.
Source: Ollama's API reference, and recorded answers of versions 0.24 and 0.33.
"""

from typing import Any

from msgspec import Struct, field

from rillet.words.events import TokenLogprob

JsonObject = dict[str, Any]


class TopLogprobRecord(Struct, omit_defaults=True, gc=False):
    """One token's natural-log probability. `bytes` are those of its UTF-8."""

    token: str = ""
    logprob: float | None = None
    bytes: list[int] | None = None

    def value(self, top: tuple[TokenLogprob, ...] = ()) -> TokenLogprob:
        # JSON has no infinity: servers write null for the logarithm of nothing
        logprob = float("-inf") if self.logprob is None else self.logprob
        return TokenLogprob(
            self.token, logprob, None if self.bytes is None else tuple(self.bytes), top
        )


class LogprobRecord(TopLogprobRecord, omit_defaults=True, gc=False):
    """The token that was taken, with those that might have been."""

    top_logprobs: list[TopLogprobRecord] | None = None


class FunctionRecord(Struct, omit_defaults=True):
    name: str = ""
    arguments: Any = None  # an object; some servers send OpenAI's JSON text
    index: int | None = None


class ToolCallRecord(Struct, omit_defaults=True):
    id: str | None = None
    function: FunctionRecord = field(default_factory=FunctionRecord)
    index: int | None = None


class StreamRecord(Struct, kw_only=True, gc=False):
    """What the records of /api/generate and /api/chat have in common."""

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
    logprobs: list[LogprobRecord] | None = None
    error: Any = None

    seq: int | None = None
    resumed: bool | None = None
    status: str | None = None
    completed: int | None = None
    total: int | None = None
    digest: str | None = None
    queue_position: int | None = None


class GenerateRecord(StreamRecord, kw_only=True, gc=False):
    """One line of /api/generate."""

    response: str | None = None
    thinking: str | None = None
    tool_calls: list[ToolCallRecord] | None = None
    context: list[int] | None = None
    image: str | None = None  # base64, of a model that paints


class MessageRecord(Struct, gc=False):
    """The message of one line of /api/chat: a delta while it streams."""

    role: str | None = None
    content: str | None = None
    thinking: str | None = None
    tool_calls: list[ToolCallRecord] | None = None
    images: list[str] | None = None


class ChatRecord(StreamRecord, kw_only=True, gc=False):
    """One line of /api/chat."""

    message: MessageRecord | None = None


class ProgressRecord(Struct, kw_only=True):
    """One line of /api/pull, /api/push or /api/create. Sizes are bytes."""

    status: str | None = None
    digest: str | None = None
    total: int | None = None
    completed: int | None = None
    error: Any = None
    seq: int | None = None
