"""Events to OpenAI's Responses API: streams and whole answers.

Rules:
* Every event has the next sequence number. Items follow one another, each with an output index of
  its own; an item is closed before the next one opens.
* Reasoning is told as its summary, as Ollama does. Its item opens with the part that the text goes
  to: OpenAI's client for JavaScript looks for it, and Ollama's streams have no event that adds one.
  LangChain puts the parts of one index together, so it has its own.
* A failure is `response.failed`; an answer cut by the limit of tokens is `response.incomplete`.
  What has no word here (progress, a reconnection) goes out as a comment line.
Source: OpenAI's API reference (responses, responses-streaming); recorded answers of Ollama 0.33.
"""

from collections.abc import Callable
from typing import Any

from rillet.wire.openai_custom_tools import custom_item, custom_names
from rillet.wire.openai_replies import arguments_text, status_of
from rillet.wire.sse_encoding import comment, record
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
)
from rillet.words.replies import Reply

_Json = dict[str, Any]

# of the items that are calls: the events about their text, and its key
_CALLS = {
    "function_call": ("function_call_arguments", "arguments"),
    "custom_tool_call": ("custom_tool_call_input", "input"),
}


class ResponsesEncoder:
    """The answer to POST /v1/responses with `stream: true`.

    `id` is "resp_" and something of its own; the ids of items are made of it. `settings` are
    `response_settings(body)`, `created` is in seconds since 1970, `now` tells them at the end.
    `done` is the response, once it has ended well.
    """

    def __init__(
        self, id: str, created: int, settings: _Json, now: Callable[[], int] | None = None
    ) -> None:
        self._response = envelope(id, created, settings)
        self._now = now or (lambda: created)
        self._mark = id.removeprefix("resp_")
        self._custom = custom_names(settings["tools"])
        self._number = 0
        self._output: list[_Json] = []
        self._open: type[Text] | type[Thinking] | None = None
        self._pieces: list[str] = []
        self.done: _Json | None = None

    def encode(self, event: Event) -> bytes:
        out = b"" if self._number else self._begin()
        match event:
            case Text() | Thinking():
                return out + self._piece(event)
            case Progress() | Reconnected():
                return out + comment(event)
            case ToolCall():
                return out + self._close() + self._call(event)
            case Failure():
                return out + self._failed(event.error)
            case Finish():
                return out + self._finish(event)

    def _event(self, name: str, **values: Any) -> bytes:
        numbered = {"type": name, "sequence_number": self._number, **values}
        self._number += 1
        return record(numbered, name)

    def _begin(self) -> bytes:
        waiting = {**self._response, "status": "in_progress"}
        return self._event("response.created", response=waiting) + self._event(
            "response.in_progress", response=waiting
        )

    def _piece(self, event: Text | Thinking) -> bytes:
        if not event.text:
            return b""
        kind = type(event)
        out = b"" if kind is self._open else self._close() + self._open_item(kind)
        self._pieces.append(event.text)
        if kind is Text:
            return out + self._about(
                "output_text.delta", index="content_index", delta=event.text, logprobs=[]
            )
        return out + self._about(
            "reasoning_summary_text.delta", index="summary_index", delta=event.text
        )

    def _about(self, name: str, *, index: str, **values: Any) -> bytes:
        """An event about the open item's only part."""
        place = {"item_id": self._item_id(), "output_index": len(self._output), index: 0}
        return self._event(f"response.{name}", **place, **values)

    def _item_id(self) -> str:
        prefix = "msg" if self._open is Text else "rs"
        return f"{prefix}_{self._mark}_{len(self._output)}"

    def _open_item(self, kind: type[Text] | type[Thinking]) -> bytes:
        self._open = kind
        if kind is Thinking:
            item = reasoning_item(self._item_id(), "")
            del item["encrypted_content"]  # it is known at the end
            item["summary"][0]["index"] = 0
            return self._added(item)
        item = {**message_item(self._item_id(), ""), "status": "in_progress", "content": []}
        return self._added(item) + self._about(
            "content_part.added", index="content_index", part=_part("")
        )

    def _added(self, item: _Json) -> bytes:
        at = len(self._output)
        return self._event("response.output_item.added", output_index=at, item=item)

    def _done(self, item: _Json) -> bytes:
        at = len(self._output)
        self._output.append(item)
        return self._event("response.output_item.done", output_index=at, item=item)

    def _close(self) -> bytes:
        if self._open is None:
            return b""
        text, self._pieces = "".join(self._pieces), []
        if self._open is Thinking:
            out = self._about("reasoning_summary_text.done", index="summary_index", text=text)
            item = reasoning_item(self._item_id(), text)
        else:
            out = self._about("output_text.done", index="content_index", text=text, logprobs=[])
            out += self._about("content_part.done", index="content_index", part=_part(text))
            item = message_item(self._item_id(), text)
        self._open = None
        return out + self._done(item)

    def _call(self, call: ToolCall) -> bytes:
        item = call_item(f"{self._mark}_{len(self._output)}", call, self._custom)
        name, key = _CALLS[item["type"]]
        place = {"item_id": item["id"], "output_index": len(self._output)}
        return (
            self._added({**item, "status": "in_progress", key: ""})
            + self._event(f"response.{name}.delta", **place, delta=item[key])
            + self._event(f"response.{name}.done", **place, **{key: item[key]})
            + self._done(item)
        )

    def _finish(self, finish: Finish) -> bytes:
        out = self._close()
        if not self._output:  # an answer has at least one item, be it an empty text
            out += self._open_item(Text) + self._close()
        done = completed(self._response, self._output, finish, self._now())
        told = "incomplete" if done["status"] == "cancelled" else done["status"]
        if told == done["status"]:
            self.done = done
        return out + self._event(f"response.{told}", response=done)

    def _failed(self, error: RilletError) -> bytes:
        out = self._close()
        told = failed({**self._response, "output": self._output}, error)
        return out + self._event("response.failed", response=told)


def response(reply: Reply, id: str, created: int, completed_at: int, settings: _Json) -> _Json:
    """The whole answer to POST /v1/responses. Times are in seconds since 1970."""
    mark = id.removeprefix("resp_")
    output: list[_Json] = []
    if reply.thinking:
        output.append(reasoning_item(f"rs_{mark}_0", reply.thinking))
    if reply.text.strip() or not reply.tool_calls:  # blanks before a call say nothing
        output.append(message_item(f"msg_{mark}_{len(output)}", reply.text))
    custom = custom_names(settings["tools"])
    for call in reply.tool_calls:
        output.append(call_item(f"{mark}_{len(output)}", call, custom))
    finish = reply.finish or Finish(None)
    return completed(envelope(id, created, settings), output, finish, completed_at)


def failed(base: _Json, error: RilletError) -> _Json:
    """A response that ended with an error."""
    told = {"code": _error_code(error), "message": error.message}
    return {**base, "status": "failed", "error": told}


def envelope(id: str, created: int, settings: _Json) -> _Json:
    return {
        "id": id,
        "object": "response",
        "created_at": created,
        "completed_at": None,
        "status": "in_progress",
        "incomplete_details": None,
        "output": [],
        "error": None,
        "usage": None,
        **settings,
    }


def completed(base: _Json, output: list[_Json], finish: Finish, at: int) -> _Json:
    cut = {"length": "max_output_tokens", "content_filter": "content_filter"}
    reason = cut.get(finish.reason or "")
    status = "cancelled" if finish.reason == "cancel" else "incomplete" if reason else "completed"
    return {
        **base,
        "status": status,
        "completed_at": at if status == "completed" else None,
        "incomplete_details": {"reason": reason} if reason else None,
        "output": output,
        "usage": _usage(finish),
        **({"resumed": True} if finish.resumed else {}),  # Rillet's own word
    }


def message_item(id: str, text: str) -> _Json:
    item: _Json = {"id": id, "type": "message", "status": "completed", "role": "assistant"}
    return {**item, "content": [_part(text)]}


def reasoning_item(id: str, text: str) -> _Json:
    summary = [{"type": "summary_text", "text": text}]
    return {"id": id, "type": "reasoning", "summary": summary, "encrypted_content": text}


def call_item(mark: str, call: ToolCall, custom: frozenset[str]) -> _Json:
    """A call, as one of free text where its tool is among the `custom` ones."""
    id = call.id or f"call_{call.index}"
    if call.name in custom:
        return custom_item(f"ctc_{mark}", call, id)
    return {
        "id": f"fc_{mark}",
        "type": "function_call",
        "status": "completed",
        "call_id": id,
        "name": call.name,
        "arguments": arguments_text(call),
    }


def _part(text: str) -> _Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _usage(finish: Finish) -> _Json | None:
    usage = finish.usage
    if usage is None:
        return None
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    return {
        "input_tokens": prompt,
        "output_tokens": completion,
        "total_tokens": prompt + completion,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens or 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }


def _error_code(error: RilletError) -> str:
    codes = {400: "invalid_prompt", 429: "rate_limit_exceeded", 503: "server_is_overloaded"}
    return codes.get(status_of(error), "server_error")
