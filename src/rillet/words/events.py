"""What can happen on a stream of a language model: the one vocabulary of Rillet.

Every decoder yields these and every encoder takes them, whatever the wire (Ollama's NDJSON,
OpenAI's or Anthropic's SSE, llama.cpp's own). They are frozen values: a reader may keep them.

Laws:
* A stream is any number of `Text | Thinking | ToolCall | Progress | Reconnected`, then exactly
  one `Finish` or one `Failure`. Never a silent end.
* What the peer did not say is `None`. Nothing is guessed from the text.
"""

from typing import Any

from msgspec import Struct

from rillet.words.errors import RilletError


class TokenLogprob(Struct, frozen=True, gc=False):
    """One token with its natural-log probability; `bytes` are its UTF-8 bytes if known."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top: tuple["TokenLogprob", ...] = ()


class Text(Struct, frozen=True, gc=False):
    """A piece of the answer, usually one token. Pieces joined in order are the answer."""

    text: str
    logprobs: tuple[TokenLogprob, ...] | None = None
    tokens: tuple[int, ...] | None = None  # token ids, where the engine tells them


class Thinking(Struct, frozen=True, gc=False):
    """A piece of the model's reasoning, where the server keeps it apart from the answer."""

    text: str
    logprobs: tuple[TokenLogprob, ...] | None = None
    tokens: tuple[int, ...] | None = None


class ToolCall(Struct, frozen=True, gc=False):
    """One whole call of a tool, assembled from its deltas.

    `arguments` is the parsed JSON object. Where a model wrote something that is no JSON object,
    `arguments` is empty and `raw_arguments` has the text as it came.
    """

    name: str
    arguments: dict[str, Any]
    id: str | None = None
    index: int = 0
    raw_arguments: str | None = None


class Progress(Struct, frozen=True, gc=False):
    """What a waiting reader waits for.

    `status` is a word or phrase: "queued", "loading", "prompt", or the line of a pull or create
    ("pulling manifest", …). `completed`/`total` count bytes for transfers, tokens for "prompt",
    per mille for "loading". `queue_position` is 1 for the next in line.
    """

    status: str
    completed: int | None = None
    total: int | None = None
    digest: str | None = None
    queue_position: int | None = None


class Reconnected(Struct, frozen=True, gc=False):
    """The connection was lost; the stream goes on after `attempts` tries, from record `after`.

    With `new_sample` the server knew nothing of the answer and was asked to go on from what had
    come (`continue_by`): the rest is not what would have come, and `after` counts pieces.
    """

    attempts: int
    after: int
    cause: str = ""
    new_sample: bool = False


class Usage(Struct, frozen=True, gc=False):
    """Token counts as the server told them. `prompt_tokens` includes those found in a cache."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None


class Timings(Struct, frozen=True, gc=False):
    """Durations in integer nanoseconds, as the server told them."""

    total: int | None = None
    load: int | None = None
    prompt: int | None = None
    completion: int | None = None


class Finish(Struct, frozen=True, gc=False):
    """The proper end of a stream.

    `reason`: "stop", "length", "load", "unload", "tool_calls", "content_filter", "cancel", or what
    else the server said; None where it is known to end without saying why. `context` is Ollama's
    token list for the next /api/generate. `stop_string` is the stop sequence that was hit.
    """

    reason: str | None
    usage: Usage | None = None
    timings: Timings | None = None
    context: tuple[int, ...] | None = None
    stop_string: str | None = None
    resumed: bool = False


class Failure(Struct, frozen=True):
    """The improper end of a stream. The edge raises `error`; machines only pass it on.

    The one event that the garbage collector has to see: an error that was raised holds the frames
    it went through, which hold the event.
    """

    error: RilletError


Event = Text | Thinking | ToolCall | Progress | Reconnected | Finish | Failure
Content = Text | Thinking | ToolCall
