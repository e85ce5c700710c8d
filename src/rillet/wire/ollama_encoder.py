"""Events to Ollama's records: the server's side of /api/generate, /api/chat, pull, push and create.

Rules:
* One line per event: compact JSON and one newline, flushed by whoever sends it.
* A record in mid-stream has no metrics, no reason, no context; the last one has them. What is not
  known or zero is left out, as Go's `omitempty` does it; `model`, `created_at`, the text and `done`
  are always there.
* Clients read what they know of every record, so what is Rillet's own (`status`, `seq`, …) rides on
  records that are whole and, for the rest, empty.
Source: Ollama's API reference, and recorded answers of version 0.33.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from rillet.wire.lenient import whole, wholly
from rillet.words.events import (
    Event,
    Failure,
    Finish,
    Progress,
    Reconnected,
    Text,
    Thinking,
    Timings,
    TokenLogprob,
    ToolCall,
    Usage,
)
from rillet.words.replies import Reply

Clock = Callable[[], int]  # Unix time in nanoseconds


class Timestamp:
    """RFC 3339 in UTC with up to nine digits of a second, trailing zeros trimmed."""

    __slots__ = ("_second", "_text")

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def text(self, ns: int) -> str:
        second, fraction = divmod(ns, 1_000_000_000)
        if second != self._second:  # a stream asks many times within one
            self._second = second
            self._text = _whole_seconds(second)
        if not fraction:
            return f"{self._text}Z"
        return f"{self._text}.{fraction:09d}".rstrip("0") + "Z"


@lru_cache(maxsize=8)  # for all streams that run in that second
def _whole_seconds(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class AnswerEncoder:
    """What both dialects share: the frame of a record around its text."""

    def __init__(self, model: str, clock: Clock) -> None:
        self._head = b'{"model":' + _json(model) + b',"created_at":"'
        self._clock = clock
        self._stamp = Timestamp()

    def encode(self, event: Event, seq: int | None = None) -> bytes:
        """The line for one event; `seq` is its number, on streams that can be resumed."""
        own = b"" if seq is None else b',"seq":%d' % seq
        match event:
            case Text():
                return self._record(self._body(event.text), _logprobs(event.logprobs) + own)
            case Thinking():
                body = self._body("", event.text)
                return self._record(body, _logprobs(event.logprobs) + own)
            case ToolCall():
                text, calls = _told("", [event])
                return self._record(self._body(text, calls=calls), own)
            case Progress():
                return self._record(self._body(""), _progress(event) + own)
            case Finish():
                return self._record(self._body(""), self._finish(event) + own, b"true")
            case Failure():
                return b'{"error":' + _json(event.error.message) + own + b"}\n"
            case Reconnected():
                return b""

    def encode_reply(self, reply: Reply) -> bytes:
        """The one object that answers a request with `stream: false`, without a newline."""
        text, calls = _told(reply.text, reply.tool_calls)
        body = self._body(text, reply.thinking, calls)
        logprobs = _logprobs(reply.logprobs)
        if reply.finish is None:
            return self._record(body, logprobs)[:-1]
        return self._record(body, self._finish(reply.finish) + logprobs, b"true")[:-1]

    def _record(self, body: bytes, rest: bytes, done: bytes = b"false") -> bytes:
        stamp = self._stamp.text(self._clock()).encode()
        return b'%b%b",%b,"done":%b%b}\n' % (self._head, stamp, body, done, rest)

    def _body(self, text: str, thinking: str = "", calls: Iterable[ToolCall] = ()) -> bytes:
        """The member of a record that holds what the model said."""
        raise NotImplementedError

    def _finish(self, finish: Finish) -> bytes:
        return _reason(finish) + _metrics(finish)


class GenerateEncoder(AnswerEncoder):
    """Encodes an answer of /api/generate."""

    def _body(self, text: str, thinking: str = "", calls: Iterable[ToolCall] = ()) -> bytes:
        body = b'"response":' + _json(text)
        return body + _beside(thinking, calls) if thinking or calls else body

    def _finish(self, finish: Finish) -> bytes:
        context = b',"context":' + _json(finish.context) if finish.context else b""
        return _reason(finish) + context + _metrics(finish)


class ChatEncoder(AnswerEncoder):
    """Encodes an answer of /api/chat."""

    def _body(self, text: str, thinking: str = "", calls: Iterable[ToolCall] = ()) -> bytes:
        beside = _beside(thinking, calls) if thinking or calls else b""
        return b'"message":{"role":"assistant","content":%b%b}' % (_json(text), beside)


class ProgressEncoder:
    """Encodes a pull, push or create: its steps, and `success` or an error."""

    def encode(self, event: Event, seq: int | None = None) -> bytes:
        own = b"" if seq is None else b',"seq":%d' % seq
        match event:
            case Progress(status, completed, total, digest):
                numbers = (("total", total), ("completed", completed))
                named = b',"digest":' + _json(digest) if digest else b""
                return b'{"status":' + _json(status) + named + _nonzero(numbers) + own + b"}\n"
            case Finish():
                return b'{"status":"success"' + own + b"}\n"
            case Failure():
                return b'{"error":' + _json(event.error.message) + own + b"}\n"
            case _:
                return b""


_encode = msgspec.json.Encoder().encode


def _json(value: Any) -> bytes:
    try:
        return _encode(value)
    except UnicodeEncodeError:  # half a character: no peer could read it
        return _encode(whole(value) if isinstance(value, str) else wholly(value))


def _beside(thinking: str, calls: Iterable[ToolCall]) -> bytes:
    thought = b',"thinking":' + _json(thinking) if thinking else b""
    listed = [_tool_call(call) for call in calls]
    return thought + (b',"tool_calls":' + _json(listed) if listed else b"")


def _told(text: str, calls: Sequence[ToolCall]) -> tuple[str, Sequence[ToolCall]]:
    """A call that broke off is no call, or somebody would carry it out: it is shown as text."""
    if all(call.raw_arguments is None for call in calls):
        return text, calls
    for call in calls:
        if call.raw_arguments is not None:
            text += f'{{"name": {_json(call.name).decode()}, "arguments": {call.raw_arguments}'
    return text, [call for call in calls if call.raw_arguments is None]


def _tool_call(call: ToolCall) -> dict[str, Any]:
    function = {"index": call.index, "name": call.name, "arguments": call.arguments}
    return {"id": call.id, "function": function} if call.id else {"function": function}


def _reason(finish: Finish) -> bytes:
    return b',"done_reason":' + _json(finish.reason) if finish.reason else b""


def _metrics(finish: Finish) -> bytes:
    usage, timings = finish.usage or Usage(), finish.timings or Timings()
    numbers = (
        ("total_duration", timings.total),
        ("load_duration", timings.load),
        ("prompt_eval_count", usage.prompt_tokens),
        ("prompt_eval_duration", timings.prompt),
        ("eval_count", usage.completion_tokens),
        ("eval_duration", timings.completion),
    )
    return _nonzero(numbers) + (b',"resumed":true' if finish.resumed else b"")


def _nonzero(numbers: Iterable[tuple[str, int | None]]) -> bytes:
    return b"".join(b',"%b":%d' % (name.encode(), number) for name, number in numbers if number)


def _progress(event: Progress) -> bytes:
    own = {
        "status": event.status,
        "completed": event.completed,
        "total": event.total,
        "digest": event.digest,
        "queue_position": event.queue_position,
    }
    return b"," + _json({key: value for key, value in own.items() if value is not None})[1:-1]


def _logprobs(logprobs: tuple[TokenLogprob, ...] | None) -> bytes:
    if not logprobs:
        return b""
    return b',"logprobs":' + _json([_logprob(one) for one in logprobs])


def _logprob(one: TokenLogprob) -> dict[str, Any]:
    """A token always has its text, be it empty: clients count on it. No bytes are not shown."""
    shown: dict[str, Any] = {"token": one.token, "logprob": one.logprob}
    if one.bytes:
        shown["bytes"] = one.bytes
    if one.top:
        shown["top_logprobs"] = [_logprob(top) for top in one.top]
    return shown
