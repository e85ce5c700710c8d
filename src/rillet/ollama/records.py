"""Answers record by record: what the events of a stream leave out, and that package's users have.

A `Mark` goes before the events of each record that says something; it holds the record, with the
texts as the decoder made them whole.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from rillet.client.wires import OllamaWire
from rillet.ollama.types import ChatResponse, GenerateResponse, Logprob, Message
from rillet.wire.decoder import Decoder
from rillet.wire.ollama import ChatDecoder, GenerateDecoder
from rillet.wire.ollama_records import ChatRecord, GenerateRecord, StreamRecord
from rillet.words import events as words
from rillet.words.events import Event, Finish, Text, Thinking

R = TypeVar("R", GenerateRecord, ChatRecord)
_SAID = (Text, Thinking, words.ToolCall, Finish)
_COMMON = (
    "model",
    "created_at",
    "done",
    "done_reason",
    "total_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_eval_duration",
    "eval_count",
    "eval_duration",
)


class Mark(msgspec.Struct, frozen=True):
    """A record, and what it said."""

    record: StreamRecord
    events: tuple[Event, ...]


class RecordWire(OllamaWire):
    """Ollama's wire with marks."""

    def decoder(self, operation: str) -> Callable[[], Decoder]:
        if operation == "generate":
            return MarkingGenerateDecoder
        return MarkingChatDecoder if operation == "chat" else super().decoder(operation)


class MarkingGenerateDecoder(GenerateDecoder):
    def _read(self, records: list[GenerateRecord], events: list[Event]) -> None:
        _mark(super()._read, records, events, lambda: self.finished)


class MarkingChatDecoder(ChatDecoder):
    def _read(self, records: list[ChatRecord], events: list[Event]) -> None:
        _mark(super()._read, records, events, lambda: self.finished)


def _mark(
    read: Callable[[list[R], list[Event]], None],
    records: list[R],
    events: list[Event],
    finished: Callable[[], bool],
) -> None:
    for record in records:
        said: list[Event] = []
        read([record], said)
        if said and (type(said[0]) in _SAID or any(type(event) in _SAID for event in said)):
            events.append(Mark(record, tuple(said)))  # type: ignore[arg-type]
        events += said
        if finished():
            return


def chat_response(marks: Sequence[Mark]) -> ChatResponse:
    """One response of one record, or of all."""
    last = marks[-1].record if marks else _NOTHING
    told = _told(marks)
    message = last.message if isinstance(last, ChatRecord) else None
    role = message.role or "assistant" if message is not None else "assistant"
    if len(told) == 1 and type(told[0]) is Text and told[0].logprobs is None:  # most of them
        return ChatResponse(
            message=Message(role=role, content=told[0].text),
            model=last.model,
            created_at=last.created_at,
            done=last.done,
        )
    calls = [_called(event) for event in told if isinstance(event, words.ToolCall)]
    return ChatResponse(
        message=Message(
            role=role,
            content=_joined(told, Text) or "",
            thinking=_joined(told, Thinking),
            tool_calls=calls or None,
        ),
        logprobs=_logprobs(told),
        **_common(last),
    )


def generate_response(marks: Sequence[Mark]) -> GenerateResponse:
    """One response of one record, or of all."""
    last = marks[-1].record if marks else _NOTHING
    told = _told(marks)
    if len(told) == 1 and type(told[0]) is Text and told[0].logprobs is None:  # most of them
        return GenerateResponse(
            response=told[0].text,
            model=last.model,
            created_at=last.created_at,
            done=last.done,
        )
    return GenerateResponse(
        response=_joined(told, Text) or "",
        thinking=_joined(told, Thinking),
        context=last.context if isinstance(last, GenerateRecord) else None,
        logprobs=_logprobs(told),
        **_common(last),
    )


_NOTHING = StreamRecord()


def _told(marks: Sequence[Mark]) -> Sequence[Event]:
    return marks[0].events if len(marks) == 1 else [e for mark in marks for e in mark.events]


def _called(call: words.ToolCall) -> Message.ToolCall:
    function = Message.ToolCall.Function(name=call.name, arguments=call.arguments)
    return Message.ToolCall(function=function)


def _common(record: StreamRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _COMMON}


def _joined(told: Sequence[Event], kind: type[Text] | type[Thinking]) -> str | None:
    pieces = [event.text for event in told if isinstance(event, kind)]
    return "".join(pieces) if pieces else None


def _logprobs(told: Sequence[Event]) -> list[Logprob] | None:
    entries = [
        entry
        for event in told
        if isinstance(event, Text | Thinking) and event.logprobs
        for entry in event.logprobs
    ]
    return [_logprob(entry) for entry in entries] or None


def _logprob(entry: words.TokenLogprob) -> Logprob:
    tops = [_logprob(top) for top in entry.top]
    return Logprob(token=entry.token, logprob=entry.logprob, top_logprobs=list(tops) or None)
