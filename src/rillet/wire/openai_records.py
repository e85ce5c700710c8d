"""The records of OpenAI's chat completions and completions as typed structs.

Rules:
* Every field has a default, for other servers leave out what they like. None is "not said".
* One set of structs reads chunks and whole answers, chat and completions: a choice holds a
  `delta`, a `message` or a `text`.
* The fields of others: `reasoning_content` (llama.cpp, vLLM, DeepSeek), `reasoning` (Ollama,
  OpenRouter, newer vLLM), `timings` and `prompt_progress` (llama.cpp), `stop_reason` (vLLM).
Source: OpenAI's API reference (chat/streaming), and recorded answers of Ollama and llama.cpp.
"""

import math
from typing import Any

from msgspec import Struct

from rillet.wire import lenient
from rillet.words.events import Timings, TokenLogprob, Usage


class FunctionDelta(Struct, gc=False):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None  # a piece of JSON text; whole from some servers


class ToolCallDelta(Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: FunctionDelta | None = None


class Delta(Struct):
    """What a chunk adds to the message, or the whole message."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[ToolCallDelta] | None = None
    function_call: FunctionDelta | None = None  # what tool_calls were called before
    refusal: str | None = None


class TopLogprob(Struct, gc=False):
    """A token with its natural-log probability. JSON has no infinity: null is that of nothing."""

    id: int | None = None
    token: str = ""
    logprob: float | None = None
    bytes: list[int] | None = None

    def value(self, top: tuple[TokenLogprob, ...] = ()) -> TokenLogprob:
        known = None if self.bytes is None else tuple(self.bytes)
        return TokenLogprob(self.token, chance(self.logprob), known, top)


class LogprobRecord(TopLogprob, gc=False):
    """The token that was taken, with the most likely ones (it may be among them)."""

    top_logprobs: list[TopLogprob] | None = None


class ChoiceLogprobs(Struct):
    """`content` is the form of chat, the other lists are the older form of completions."""

    content: list[LogprobRecord] | None = None
    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[str, float] | None] | None = None


class Choice(Struct):
    index: int = 0
    delta: Delta | None = None
    message: Delta | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: ChoiceLogprobs | None = None
    stop_reason: Any = None


class PromptDetails(Struct, gc=False):
    cached_tokens: int | None = None


class UsageRecord(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None

    def value(self) -> Usage:
        details = self.prompt_tokens_details
        return Usage(
            self.prompt_tokens, self.completion_tokens, details.cached_tokens if details else None
        )


class TimingsRecord(Struct, gc=False):
    """llama.cpp's counts and milliseconds; `prompt_n` are the tokens not found in the cache."""

    cache_n: int | None = None
    prompt_n: int | None = None
    prompt_ms: float | None = None
    predicted_n: int | None = None
    predicted_ms: float | None = None

    def usage(self) -> Usage:
        prompt = None if self.prompt_n is None else self.prompt_n + (self.cache_n or 0)
        return Usage(prompt, self.predicted_n, self.cache_n)

    def value(self) -> Timings:
        return Timings(
            prompt=nanoseconds(self.prompt_ms), completion=nanoseconds(self.predicted_ms)
        )


class ProgressRecord(Struct, gc=False):
    """How far the prompt is: tokens in all, tokens done (those from the cache among them)."""

    total: int | None = None
    cache: int | None = None
    processed: int | None = None


class Chunk(Struct):
    choices: list[Choice] | None = None
    usage: UsageRecord | None = None
    timings: TimingsRecord | None = None
    prompt_progress: ProgressRecord | None = None
    error: Any = None
    resumed: Any = None  # Rillet's own


def nanoseconds(milliseconds: float | None) -> int | None:
    exact = None if milliseconds is None else milliseconds * 1e6
    return round(exact) if exact is not None and math.isfinite(exact) else None


def logprob_values(records: list[LogprobRecord]) -> tuple[TokenLogprob, ...]:
    return tuple(
        [entry.value(tuple([top.value() for top in entry.top_logprobs or ()])) for entry in records]
    )


def logprobs_of(record: ChoiceLogprobs | None) -> tuple[TokenLogprob, ...] | None:
    """Either form of logprobs as values; None if there are none."""
    if record is None:
        return None
    if record.content:
        return logprob_values(record.content)
    if not record.tokens:
        return None
    chances = record.token_logprobs or []
    tops = record.top_logprobs or []
    return tuple(
        TokenLogprob(
            token,
            chance(chances[i] if i < len(chances) else None),
            top=tuple(
                TokenLogprob(other, chance)
                for other, chance in ((tops[i] if i < len(tops) else None) or {}).items()
            ),
        )
        for i, token in enumerate(record.tokens)
    )


def chance(logprob: float | None) -> float:
    return float("-inf") if logprob is None else logprob


def sloppy_chunk(value: dict[str, Any]) -> Chunk:
    """A chunk whose types are not all as they should be: what can be read of it.

    Raises ValueError where text of the answer would be lost.
    """
    for choice in _objects(value.get("choices")):
        for message in _objects([choice.get("delta"), choice.get("message")]):
            for name in ("content", "reasoning_content", "reasoning"):
                if not isinstance(message.get(name), str | None):
                    message[name] = _text_of_parts(message[name])
    return lenient.convert(value, Chunk) or Chunk()


def _objects(values: Any) -> list[dict[str, Any]]:
    return [v for v in values if isinstance(v, dict)] if isinstance(values, list) else []


def _text_of_parts(content: Any) -> str:
    """Content that is no string: some servers send a list of parts with texts in them."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(map(_text_of_parts, content))
    if isinstance(content, dict) and isinstance(content.get("text"), str):
        return str(content["text"])
    raise ValueError("the content of a message is neither text nor a list of parts")
