"""Events to OpenAI's streams: chat completions and completions.

Rules:
* One `created` and one id for the whole stream. The first delta has the role.
* The finish reason stands alone in a chunk with an empty delta; "tool_calls" takes the place of
  "stop" where a tool was called. Then the usage, if it was asked for, then `[DONE]`.
* A failure is a record `{"error": ...}`: a stream never just ends.
* What has no word here (progress, a reconnection) goes out as a comment line.
Source: OpenAI's API reference (chat/streaming, completions), and recorded answers of Ollama 0.33.
"""

from typing import Any

from rillet.wire.openai_replies import (
    FINGERPRINT,
    error_body,
    finish_reason,
    logprob_entries,
    text_logprobs,
    tool_call_entry,
    usage_entry,
)
from rillet.wire.sse_encoding import DONE, comment, json_bytes, record
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

_Json = dict[str, Any]


class ChatChunkEncoder:
    """The answer to POST /v1/chat/completions with `stream: true`.

    `created` is in seconds since 1970. `include_usage` is the request's stream_options.
    """

    def __init__(self, id: str, model: str, created: int, include_usage: bool = False) -> None:
        self._frame: _Json = {
            "id": id,
            "object": "chat.completion.chunk",
            "created": created,
            "model": model,
            "system_fingerprint": FINGERPRINT,
        }
        # a token is four joins and the encoding of its text: the frame is encoded once
        self._head = b"data: " + json_bytes(self._frame)[:-1] + b',"choices":[{"index":0,"delta":{'
        self._include_usage = include_usage
        self._role = b'"role":"assistant",'
        self._called = False

    def encode(self, event: Event) -> bytes:
        if isinstance(event, Text):
            return self._delta(b'"content":' + json_bytes(event.text), event)
        if isinstance(event, Thinking):
            return self._delta(b'"content":"","reasoning":' + json_bytes(event.text), event)
        if isinstance(event, ToolCall):
            self._called = True
            calls = json_bytes([tool_call_entry(event)])
            return self._delta(b'"content":"","tool_calls":' + calls, None)
        if isinstance(event, Progress | Reconnected):
            return comment(event)
        if isinstance(event, Failure):
            return record(error_body(event.error))
        return self._finish(event)

    def _delta(self, delta: bytes, event: Text | Thinking | None) -> bytes:
        role, self._role = self._role, b""
        logprobs = b""
        if event is not None and event.logprobs:
            entries = {"content": logprob_entries(event.logprobs)}
            logprobs = b',"logprobs":' + json_bytes(entries)
        return self._head + role + delta + b'},"finish_reason":null' + logprobs + b"}]}\n\n"

    def _finish(self, event: Finish) -> bytes:
        empty = self._delta(b'"content":""', None) if self._role else b""
        reason = finish_reason(event, self._called)
        choice = {"index": 0, "delta": {}, "finish_reason": reason}
        out = empty + record({**self._frame, "choices": [choice], **_seam(event)})
        if self._include_usage and (usage := usage_entry(event)):
            out += record({**self._frame, "choices": [], "usage": usage})
        return out + DONE


class CompletionChunkEncoder:
    """The answer to POST /v1/completions with `stream: true`.

    The dialect has no word for a tool's call: such events are left out. Reasoning goes out in a
    field `reasoning` beside an empty text.
    """

    def __init__(self, id: str, model: str, created: int, include_usage: bool = False) -> None:
        self._frame: _Json = {
            "id": id,
            "object": "text_completion",
            "created": created,
            "model": model,
            "system_fingerprint": FINGERPRINT,
        }
        self._offset = 0  # of what comes next in the text, in characters
        self._include_usage = include_usage
        if include_usage:  # Ollama repeats it in every chunk; the last one has the real numbers
            self._frame["usage"] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}

    def encode(self, event: Event) -> bytes:
        if isinstance(event, Text):
            return self._chunk(event.text, event)
        if isinstance(event, Thinking):
            return self._chunk("", event, reasoning=event.text)
        if isinstance(event, ToolCall):
            return b""
        if isinstance(event, Progress | Reconnected):
            return comment(event)
        if isinstance(event, Failure):
            return record(error_body(event.error))
        return self._finish(event)

    def _chunk(self, text: str, event: Text | Thinking, **extra: str) -> bytes:
        choice: _Json = {"text": text, "index": 0, "finish_reason": None, **extra}
        if event.logprobs:
            choice["logprobs"] = text_logprobs(event.logprobs, self._offset)
        self._offset += len(text)
        return record({**self._frame, "choices": [choice]})

    def _finish(self, event: Finish) -> bytes:
        choice = {"text": "", "index": 0, "finish_reason": finish_reason(event, called=False)}
        out = record({**self._frame, "choices": [choice], **_seam(event)})
        if self._include_usage and (usage := usage_entry(event)):
            out += record({**self._frame, "choices": [], "usage": usage})
        return out + DONE


def _seam(event: Finish) -> _Json:
    """Rillet's own word: the answer went on in another engine or server process."""
    return {"resumed": True} if event.resumed else {}
