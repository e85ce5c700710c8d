"""The records of OpenAI's chat completions and completions as typed structs.

Rules:
* Every field has a default, for other servers leave out what they like. None is "not said".
* One set of structs reads chunks and whole answers, chat and completions: a choice holds a
  `delta`, a `message` or a `text`.
* They live for one record, hold no cycles and are many: the garbage collector leaves them alone.
* The fields of others: `reasoning_content` (llama.cpp, vLLM, DeepSeek), `reasoning` (Ollama,
  OpenRouter, newer vLLM), `thinking` and `reasoning_text` (gateways), `timings` and
  `prompt_progress` (llama.cpp), `stop_reason` (vLLM), `matched_stop` (SGLang), `x_groq` (Groq).
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


class Delta(Struct, gc=False):
    """What a chunk adds to the message, or the whole message."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking: str | None = None
    reasoning_text: str | None = None
    tool_calls: list[ToolCallDelta] | None = None
    function_call: FunctionDelta | None = None  # what tool_calls were called before
    refusal: str | None = None

    @property
    def thought(self) -> str | None:
        return self.reasoning_content or self.reasoning or self.thinking or self.reasoning_text


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


class ChoiceLogprobs(Struct, gc=False):
    """`content` is the form of chat, the other lists are the older form of completions."""

    content: list[LogprobRecord] | None = None
    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[str, float] | None] | None = None


class Choice(Struct, gc=False):
    index: int = 0
    delta: Delta | None = None
    message: Delta | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: ChoiceLogprobs | None = None
    stop_reason: Any = None
    matched_stop: Any = None


class PromptDetails(Struct, gc=False):
    cached_tokens: int | None = None


class UsageRecord(Struct, gc=False):
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


class GroqRecord(Struct, gc=False):
    usage: UsageRecord | None = None
    error: Any = None


class Chunk(Struct, gc=False):
    choices: list[Choice] | None = None
    usage: UsageRecord | None = None
    timings: TimingsRecord | None = None
    prompt_progress: ProgressRecord | None = None
    error: Any = None
    resumed: Any = None  # Rillet's own
    x_groq: GroqRecord | None = None


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
            _mend_message(message)
    return lenient.convert(value, Chunk) or Chunk()


def _mend_message(message: dict[str, Any]) -> None:
    content = message.get("content")
    if isinstance(content, list) and (thought := _text_of_parts(content, "thinking")):
        message["reasoning_content"] = message.get("reasoning_content") or thought
    for name in ("content", "reasoning_content", "reasoning"):
        if not isinstance(message.get(name), str | None):
            message[name] = _text_of_parts(message[name], "text")
    if isinstance(call := message.get("tool_calls"), dict):
        message["tool_calls"] = [call]


def _objects(values: Any) -> list[dict[str, Any]]:
    return [v for v in values if isinstance(v, dict)] if isinstance(values, list) else []


def _text_of_parts(content: Any, kind: str) -> str:
    """Content that is no string: some servers send a list of parts, of text, thinking or others."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join([_text_of_parts(part, kind) for part in content])
    if not isinstance(content, dict) or not ("text" in content or "type" in content):
        raise ValueError("the content of a message is neither text nor a list of parts")
    if content.get("type", "text") != kind:
        return ""
    inside = content.get(kind)
    return _text_of_parts(inside, "text") if inside is not None else ""
