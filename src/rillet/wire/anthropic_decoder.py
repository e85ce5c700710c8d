"""Anthropic's streams to events.

Rules:
* The stream ends well if a `stop_reason` came; `Finish` goes out at `message_stop`.
* Reasons are told in our words ("stop", "length", "tool_calls", "content_filter"), others as said.
* A call of a tool is whole when its block stops.
Source: Anthropic's API reference (messages, streaming), and recorded answers of Ollama 0.33.
"""

from typing import Any

import msgspec
from msgspec import Struct

from rillet.wire import lenient
from rillet.wire.decoder import truncated
from rillet.wire.lines import DEFAULT_LIMIT
from rillet.wire.openai_tools import parse_arguments
from rillet.wire.sse_decoder import SseDecoder
from rillet.words.errors import MalformedStream
from rillet.words.events import Failure, Finish, Text, Thinking, ToolCall, Usage

_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class BlockRecord(Struct):
    """A block of content, whole or at its start."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    id: str | None = None
    name: str | None = None
    input: dict[str, Any] | None = None


class DeltaRecord(Struct):
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class UsageRecord(Struct, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class MessageRecord(Struct):
    content: list[BlockRecord] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: UsageRecord | None = None


class EventRecord(Struct):
    type: str = ""
    delta: DeltaRecord | None = None
    content_block: BlockRecord | None = None
    message: MessageRecord | None = None
    usage: UsageRecord | None = None
    error: Any = None
    resumed: Any = None  # Rillet's own


_decode = msgspec.json.Decoder(EventRecord).decode


class MessagesDecoder(SseDecoder):
    """The body of POST /v1/messages, a stream or one whole message.

    `limit` bounds a record and a tool's arguments, in bytes.
    """

    has_names = True

    def __init__(self, *, limit: int = DEFAULT_LIMIT) -> None:
        super().__init__(limit=limit)
        self._reason: str | None = None
        self._stop_string: str | None = None
        self._usage = UsageRecord()
        self._call: BlockRecord | None = None
        self._arguments: list[str] = []
        self._size = 0
        self._count = 0
        self._resumed = False

    def _record(self, data: bytes, name: str | None) -> None:
        try:
            record = self._slow(lenient.parse(data)) if self._careful else _decode(data)
        except (ValueError, RecursionError):
            record = self._slow(lenient.parse(data))
        match record.type or name:
            case "content_block_delta":
                self._delta(record.delta or DeltaRecord())
            case "content_block_start":
                self._close_call()
                self._block(record.content_block or BlockRecord())
            case "content_block_stop":
                self._close_call()
            case "message_start" if record.message is not None:
                self._measure(record.message.usage)
            case "message_delta":
                self._resumed = record.resumed is True
                self._stopped(record.delta, record.usage)
            case "message_stop":
                self._end(self._verdict(""))
            case "error":
                self._fail(self._error(record.error))

    def _delta(self, delta: DeltaRecord) -> None:
        if delta.text:
            self._events.append(Text(delta.text))
        elif delta.thinking:
            self._events.append(Thinking(delta.thinking))
        elif delta.partial_json:
            self.growing = True
            self._arguments.append(delta.partial_json)
            self._size += len(delta.partial_json)
            if self._size > self._limit:
                said = f"A call of a tool is longer than {self._limit} characters"
                self._fail(MalformedStream(said))

    def _block(self, block: BlockRecord) -> None:
        if block.type == "tool_use":
            self._call = block
        elif block.thinking:
            self._events.append(Thinking(block.thinking))
        elif block.text:
            self._events.append(Text(block.text))

    def _close_call(self) -> None:
        call, self._call = self._call, None
        text = "".join(self._arguments)
        self._arguments, self._size = [], 0
        if call is None:
            return
        arguments, raw = parse_arguments(text) if text else (call.input or {}, None)
        self._release_halves()
        self._events.append(ToolCall(call.name or "", arguments, call.id, self._count, raw))
        self._count += 1

    def _stopped(self, delta: DeltaRecord | None, usage: UsageRecord | None) -> None:
        self._measure(usage)
        if delta is not None and delta.stop_reason:
            self._reason = delta.stop_reason
            self._stop_string = delta.stop_sequence

    def _measure(self, usage: UsageRecord | None) -> None:
        """Later counts take the place of earlier ones, each by itself."""
        for name in UsageRecord.__struct_fields__:
            if usage is not None and (value := getattr(usage, name)) is not None:
                setattr(self._usage, name, value)

    def _slow(self, value: Any) -> EventRecord:
        if not isinstance(value, dict):
            raise ValueError("no object")
        delta = value.get("delta")
        self._mend(delta, ("text",), self._text_half)
        self._mend(delta, ("thinking",), self._thinking_half)
        return lenient.convert(lenient.wholly(value), EventRecord) or EventRecord()

    def _whole(self, value: dict[str, Any]) -> None:
        message = lenient.convert(value, MessageRecord)
        if message is None or message.content is None:
            return
        for block in message.content:
            self._block(block)
            self._close_call()
        self._stopped(
            DeltaRecord(None, None, None, message.stop_reason, message.stop_sequence), message.usage
        )
        self._end(self._verdict(""))

    def _verdict(self, cause: str) -> Finish | Failure:
        if self._reason is None:
            return truncated(cause)
        reason = _REASONS.get(self._reason, self._reason)
        return Finish(
            reason, _counted(self._usage), stop_string=self._stop_string, resumed=self._resumed
        )


def _counted(usage: UsageRecord) -> Usage | None:
    """Our prompt tokens include those from the cache, Anthropic's do not."""
    if usage.input_tokens is None and usage.output_tokens is None:
        return None
    prompt = usage.input_tokens
    if prompt is not None:
        prompt += (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
    return Usage(prompt, usage.output_tokens, usage.cache_read_input_tokens)
