"""OpenAI's streams to events: chat completions and completions, from whatever server speaks them.

Rules:
* A stream ends well if a `finish_reason` came; `Finish` goes out at `[DONE]` or the end of the
  bytes, so that the usage that some servers send after the reason is in it.
* `[DONE]` without a `finish_reason` is a truncated stream, unless the server is known to give none.
* A `finish_reason` that tells of no end, "abort" or "error", is an error of the server.
* The choice with the index 0 is the answer; others (`n` > 1) are not read.
* Log probabilities of tokens whose text is still held back go with the text that follows.
Source: OpenAI's API reference (chat/streaming); llama.cpp's server documentation for `timings` and
`prompt_progress`.
"""

from typing import Any

import msgspec

from rillet.wire import lenient
from rillet.wire.decoder import truncated
from rillet.wire.lines import DEFAULT_LIMIT
from rillet.wire.openai_records import (
    Choice,
    Chunk,
    Delta,
    GroqRecord,
    ToolCallDelta,
    logprobs_of,
    sloppy_chunk,
)
from rillet.wire.openai_tools import ToolCalls
from rillet.wire.sse_decoder import SseDecoder
from rillet.words.errors import MalformedStream, ServerError
from rillet.words.events import (
    Failure,
    Finish,
    Progress,
    Text,
    Thinking,
    Timings,
    TokenLogprob,
    ToolCall,
    Usage,
)

_NO_ERROR = (None, "", False)
_NOT_YET = (None, "", "null")  # the last two where a server has no null
#: No end of an answer: vLLM's and SGLang's words where it was taken from them, or they failed.
_BROKEN_OFF = ("abort", "error")
_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
_decode = msgspec.json.Decoder(Chunk).decode
_decode_lines = msgspec.json.Decoder(Chunk).decode_lines


def _first(choices: list[Choice]) -> Choice | None:
    """The choice that is the answer, where a record tells of it."""
    return next((choice for choice in choices if choice.index == 0), None)


class ChatChunkDecoder(SseDecoder):
    """The body of POST /v1/chat/completions, a stream or one whole answer.

    `finish_reason_required=False` is for servers that end with `[DONE]` alone: their streams end
    in `Finish(reason=None)`. `limit` bounds a record and a tool's arguments, in bytes.
    """

    def __init__(self, *, finish_reason_required: bool = True, limit: int = DEFAULT_LIMIT) -> None:
        super().__init__(limit=limit)
        self._reason_required = finish_reason_required
        self._calls = ToolCalls()
        self._reason: str | None = None
        self._stop_string: str | None = None
        self._usage: Usage | None = None
        self._timings: Timings | None = None
        self._held: tuple[TokenLogprob, ...] = ()
        self._resumed = False

    def _record(self, data: bytes, name: str | None) -> None:
        if data == b"[DONE]":
            self._end(self._verdict_at_done())
            return
        try:
            chunk = self._slow(lenient.parse(data)) if self._careful else _decode(data)
        except (ValueError, RecursionError):
            if data.strip(b' \t"') == b"[DONE]":
                self._end(self._verdict_at_done())
                return
            chunk = self._slow(lenient.parse(data))
        if not (chunk.choices or chunk.error or chunk.usage or chunk.prompt_progress):
            self._odd(data)
        self._chunk(chunk)

    def _records(self, lines: bytes) -> bool:
        try:
            chunks = _decode_lines(lines)
        except (ValueError, RecursionError):
            return False
        if len(chunks) != lines.count(b"\n") + 1:
            return False  # none, or two in one event
        for at, chunk in enumerate(chunks):
            if not chunk.choices:
                self._take_each(lines.split(b"\n")[at:])
                break
            self._chunk(chunk)
            if self.finished:
                break
        return True

    def _chunk(self, chunk: Chunk) -> None:
        if choices := chunk.choices:
            choice = choices[0]
            delta = choice.delta
            if (  # the usual case, a text and nothing else: each token walks this road
                delta is not None
                and delta.content
                and delta.tool_calls is None
                and choice.logprobs is None
                and choice.index == 0
                and not (choice.finish_reason or delta.reasoning_content or delta.reasoning)
                and not (self._calls.open or self._held or delta.function_call)
                and not (delta.thinking or delta.reasoning_text)
            ):
                self._events.append(Text(delta.content))
            elif first := _first(choices):
                self._choice(first)
        if chunk.usage is not None or chunk.timings is not None:
            self._measures(chunk)
        if chunk.resumed is True:
            self._resumed = True
        if chunk.prompt_progress is not None and not self.finished:
            progress = chunk.prompt_progress
            self._events.append(Progress("prompt", progress.processed, progress.total))
        if chunk.x_groq is not None:
            self._groq(chunk.x_groq)
        if chunk.error not in _NO_ERROR and not self.finished:
            self._fail(self._error(chunk.error))

    def _groq(self, record: GroqRecord) -> None:
        if record.usage is not None:
            self._usage = self._usage or record.usage.value()
        if record.error is not None and not self.finished:
            self._fail(self._error(record.error))

    def _choice(self, choice: Choice) -> None:
        delta = choice.delta or choice.message
        logprobs = logprobs_of(choice.logprobs) if choice.logprobs is not None else None
        if self._held:
            logprobs = self._held + (logprobs or ())
            self._held = ()
        if self._calls.open:
            self._close_calls_before(delta, choice)
        if delta is None:
            text = choice.text
        else:
            if thought := delta.thought:
                self._events.append(Thinking(thought, logprobs))
                logprobs = None
            text = delta.content or delta.refusal
        if text:
            self._events.append(Text(text, logprobs))
        elif logprobs:
            self._held = logprobs
            self.growing = True
        if delta is not None and (delta.tool_calls or delta.function_call):
            self._tool_calls(delta)
        if choice.finish_reason not in _NOT_YET:
            self._reason = choice.finish_reason
            stop = choice.stop_reason or choice.matched_stop
            self._stop_string = stop if isinstance(stop, str) else None
            self._close_calls()

    def _tool_calls(self, delta: Delta) -> None:
        self.growing = True
        pieces = delta.tool_calls or [ToolCallDelta(0, function=delta.function_call)]
        for piece in pieces:
            self._hand_on(self._calls.add(piece))
        if self._calls.size > self._limit:
            self._fail(MalformedStream(f"A call of a tool is longer than {self._limit} characters"))

    def _close_calls_before(self, delta: Delta | None, choice: Choice) -> None:
        if choice.text or (delta and (delta.content or delta.thought)):
            self._hand_on(self._calls.close_whole())

    def _close_calls(self) -> None:
        if not self.finished:
            self._hand_on(self._calls.close(cut=self._reason == "length"))

    def _hand_on(self, calls: list[ToolCall]) -> None:
        if calls:
            self._release_halves()
            self._events += calls

    def _measures(self, chunk: Chunk) -> None:
        if chunk.timings is not None:
            self._timings = chunk.timings.value()
            self._usage = self._usage or chunk.timings.usage()
        if chunk.usage is not None:
            self._usage = chunk.usage.value()

    def _odd(self, data: bytes) -> None:
        """A record with nothing in it that we know: an error in a form of its own, or nothing."""
        value = lenient.parse(data)
        if not isinstance(value, dict):
            raise ValueError("no object")
        if _is_error(value):
            self._fail(self._error(value))

    def _slow(self, value: Any) -> Chunk:
        """A record that only the lenient parser reads, or whose text continues a held half."""
        if not isinstance(value, dict):
            raise ValueError("no object")
        choices = value.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            first = choices[0]
            for holder in (first.get("delta"), first.get("message")):
                self._mend(holder, _THOUGHTS, self._thinking_half)
                self._mend(holder, ("content",), self._text_half)
            self._mend(first, ("text",), self._text_half)
        return sloppy_chunk(lenient.wholly(value))

    def _event_over(self) -> None:
        self._close_calls()  # a call is one event: nothing more of it comes

    def _whole(self, value: dict[str, Any]) -> None:
        chunk = sloppy_chunk(value)
        choice = _first(chunk.choices) if chunk.choices else None
        if choice is None:
            if _is_error(value):
                self._fail(self._error(value))
            return
        self._choice(choice)
        self._measures(chunk)
        if not self.finished:
            self._end(self._verdict_at_done())

    def _verdict_at_done(self) -> Finish | Failure:
        if self._reason is None and self._reason_required:
            return truncated()
        self._close_calls()
        return self._finish()

    def _verdict(self, cause: str) -> Finish | Failure:
        return self._finish() if self._reason is not None else truncated(cause)

    def _finish(self) -> Finish | Failure:
        if self._reason in _BROKEN_OFF:
            reason = f'its finish reason is "{self._reason}"'
            return Failure(ServerError(f"The server broke the answer off: {reason}"))
        return Finish(
            self._reason,
            self._usage,
            self._timings,
            stop_string=self._stop_string,
            resumed=self._resumed,
        )


def _is_error(value: dict[str, Any]) -> bool:
    """Whether an object without an `error` is one: older vLLM's, FastAPI's."""
    return value.get("object") == "error" or ("detail" in value and "choices" not in value)


class CompletionChunkDecoder(ChatChunkDecoder):
    """The body of POST /v1/completions: the same records, with `text` in place of a message."""
