"""Events to Anthropic's Messages API: streams, whole messages, errors.

Rules:
* Blocks follow one another; a block of another kind closes the one before. A tool's call is a
  block of its own.
* A thought has a signature, as clients demand: their types do not take a block without one. Nothing
  is signed here and none is checked.
* `stop_reason` says what happened: a stop sequence that was hit is told, with its text.
* A failure is an `error` event: a stream never just ends. What has no word here (progress, a
  reconnection) goes out as a comment line.
Source: Anthropic's API reference (messages, streaming), and recorded answers of Ollama 0.33.
"""

from collections.abc import Sequence
from typing import Any

from rillet.wire.openai_replies import arguments_text, status_of
from rillet.wire.sse_encoding import comment, json_bytes, record
from rillet.words.errors import RilletError
from rillet.words.events import (
    Event,
    Failure,
    Finish,
    Progress,
    Reconnected,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from rillet.words.replies import Reply

_Json = dict[str, Any]

#: Not empty, for clients that take "" for none do not send such thoughts back.
_SIGNATURE = "unsigned"

_STOP_REASONS = {"length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    529: "overloaded_error",
}


class MessagesEncoder:
    """The answer to POST /v1/messages with `stream: true`.

    `input_tokens` is what is known of the prompt's length at the start; the end has the count.
    """

    def __init__(self, id: str, model: str, input_tokens: int = 0) -> None:
        self._message: _Json | None = {
            **_envelope(id, model),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": input_tokens, "output_tokens": 0},
        }
        self._index = -1
        self._open: type[Text] | type[Thinking] | None = None
        self._head = b""  # of a delta in the open block: a token is two joins
        self._calls: list[ToolCall] = []

    def encode(self, event: Event) -> bytes:
        if isinstance(event, Text | Thinking):
            return self._delta(event) if event.text else b""
        if isinstance(event, Progress | Reconnected):
            return comment(event)
        out = self._start() + self._close()
        if isinstance(event, ToolCall):
            return out + self._tool_use(event)
        if isinstance(event, Failure):
            return out + record(error_body(event.error), "error")
        return out + self._finish(event)

    def _start(self) -> bytes:
        message, self._message = self._message, None
        return _event("message_start", message=message) if message else b""

    def _delta(self, event: Text | Thinking) -> bytes:
        out = b"" if type(event) is self._open else self._begin(type(event))
        return out + self._head + json_bytes(event.text) + b"}}\n\n"

    def _begin(self, kind: type[Text] | type[Thinking]) -> bytes:
        out = self._start() + self._close()
        name = "text" if kind is Text else "thinking"
        block = {"type": name, name: ""} | ({} if kind is Text else {"signature": ""})
        self._open = kind
        self._index += 1
        delta = {"index": self._index, "delta": {"type": f"{name}_delta", name: ""}}
        self._head = _event("content_block_delta", **delta).removesuffix(b'""}}\n\n')
        return out + _event("content_block_start", index=self._index, content_block=block)

    def _close(self) -> bytes:
        closing, self._open = self._open, None
        if closing is None:
            return b""
        stop = _event("content_block_stop", index=self._index)
        if closing is Text:
            return stop
        delta = {"type": "signature_delta", "signature": _SIGNATURE}
        return _event("content_block_delta", index=self._index, delta=delta) + stop

    def _tool_use(self, call: ToolCall) -> bytes:
        self._calls.append(call)
        self._index += 1
        at = self._index
        block = {"type": "tool_use", "id": _call_id(call), "name": call.name, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": arguments_text(call)}
        return (
            _event("content_block_start", index=at, content_block=block)
            + _event("content_block_delta", index=at, delta=delta)
            + _event("content_block_stop", index=at)
        )

    def _finish(self, finish: Finish) -> bytes:
        delta = _stopped(finish, self._calls)
        usage = _usage_entry(finish.usage)
        seam = {"resumed": True} if finish.resumed else {}  # Rillet's own word
        return _event("message_delta", delta=delta, usage=usage, **seam) + _event("message_stop")


def message(reply: Reply, id: str, model: str) -> _Json:
    """The whole answer to POST /v1/messages."""
    content: list[_Json] = []
    if reply.thinking:
        thought = {"type": "thinking", "thinking": reply.thinking, "signature": _SIGNATURE}
        content.append(thought)
    if reply.text:
        content.append({"type": "text", "text": reply.text})
    for call in reply.tool_calls:
        block = {"type": "tool_use", "id": _call_id(call), "name": call.name}
        content.append({**block, "input": call.arguments})
    return {
        **_envelope(id, model),
        "content": content,
        **_stopped(reply.finish, reply.tool_calls),
        "usage": _usage_entry(reply.usage),
    }


def model_info(entry: _Json, created_at: str) -> _Json:
    """A model as GET /v1/models/ID tells it: Anthropic's words beside OpenAI's in `entry`."""
    name = {"type": "model", "display_name": entry["id"], "created_at": created_at}
    return {**entry, **name}


def model_page(models: Sequence[_Json]) -> _Json:
    """GET /v1/models: all of them on one page."""
    ends = {"first_id": models[0]["id"], "last_id": models[-1]["id"]} if models else {}
    return {"data": list(models), "has_more": False, "first_id": None, "last_id": None, **ends}


def error_body(error: RilletError, request_id: str | None = None) -> _Json:
    """The error object. `request_id` is "req_" and 24 hexadecimal digits; none within a stream."""
    return error_object(status_of(error), error.message, request_id)


def error_object(status: int, message: str, request_id: str | None = None) -> _Json:
    kind = _ERRORS.get(status, "api_error")
    body: _Json = {"type": "error", "error": {"type": kind, "message": message}}
    return {**body, "request_id": request_id} if request_id else body


def _event(name: str, **values: Any) -> bytes:
    return record({"type": name, **values}, name)


def _envelope(id: str, model: str) -> _Json:
    return {"id": id, "type": "message", "role": "assistant", "model": model}


def _call_id(call: ToolCall) -> str:
    return call.id or f"toolu_{call.index}"


def _stopped(finish: Finish | None, calls: Sequence[ToolCall]) -> _Json:
    if finish is None:
        return {"stop_reason": None, "stop_sequence": None}
    # calls that are whole can be made, also where the limit came behind them
    whole = all(call.raw_arguments is None for call in calls)
    if calls and (finish.reason in ("stop", "tool_calls") or (whole and finish.reason == "length")):
        return {"stop_reason": "tool_use", "stop_sequence": None}
    if finish.reason == "stop" and finish.stop_string is not None:
        return {"stop_reason": "stop_sequence", "stop_sequence": finish.stop_string}
    reason = _STOP_REASONS.get(finish.reason or "", "end_turn")
    return {"stop_reason": reason, "stop_sequence": None}


def _usage_entry(usage: Usage | None) -> _Json:
    """Anthropic counts what came from a cache apart from the input."""
    usage = usage or Usage()
    prompt, cached = usage.prompt_tokens or 0, usage.cached_tokens
    entry = {"input_tokens": prompt - (cached or 0), "output_tokens": usage.completion_tokens or 0}
    if cached is not None:
        entry["cache_read_input_tokens"] = cached
    return entry
