"""Answers record by record: what the events of a stream leave out, and that package's users have.

A `Mark` goes before the events of each record that says something; it holds the record, with the
texts as the decoder made them whole.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from rillet.client.ollama_wire import OllamaWire
from rillet.client.wires import JSON, Question
from rillet.net.http1 import Request
from rillet.ollama import types
from rillet.ollama.part import Part
from rillet.ollama.system_one import SystemOneResponse
from rillet.ollama.types import Logprob, Message
from rillet.wire.answers import not_of_the_api, read_object
from rillet.wire.decoder import Decoder
from rillet.wire.ollama import ChatDecoder, GenerateDecoder
from rillet.wire.ollama_records import ChatRecord, GenerateRecord, StreamRecord
from rillet.words import events as words
from rillet.words.events import Event, Failure, Finish, Text, Thinking

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


_OF_GENERATE = ("context", "image", "completed", "total")
_MOST_HELD = 64  # records that say nothing


class Mark(msgspec.Struct, frozen=True):
    """A record, and what it said."""

    record: StreamRecord
    events: tuple[Event, ...]


class RecordWire(OllamaWire):
    """Ollama's wire with marks, and with answers as that package has them."""

    def decoder(self, operation: str) -> Callable[[], Decoder]:
        if operation == "generate":
            return MarkingGenerateDecoder
        return MarkingChatDecoder if operation == "chat" else super().decoder(operation)

    def ask(self, operation: str, request: Any) -> Question:
        kind = _ANSWERS.get(operation)
        if operation in _MORE:
            body = msgspec.json.encode(request)
            question = Question(Request("POST", _MORE[operation], JSON, body), bytes)
        else:
            question = super().ask(operation, request)
        if kind is None:
            return question
        return msgspec.structs.replace(question, read=lambda body: _read(body, kind))


_ANSWERS: dict[str, type[Part]] = {
    "embed": types.EmbedResponse,
    "embedding": types.EmbeddingsResponse,
    "tags": types.ListResponse,
    "ps": types.ProcessResponse,
    "show": types.ShowResponse,
    "systemone": SystemOneResponse,
    "web_search": types.WebSearchResponse,
    "web_fetch": types.WebFetchResponse,
}
_MORE = {
    "systemone": "/v1/systemone",
    "web_search": "/api/web_search",
    "web_fetch": "/api/web_fetch",
}


def _read(body: bytes, kind: type[Part]) -> Part:
    try:
        return kind.model_validate(read_object(body))
    except ValueError as error:
        raise not_of_the_api(body, error) from error


class MarkingGenerateDecoder(GenerateDecoder):
    def __init__(self) -> None:
        super().__init__()
        self._held: list[Mark] = []

    def _read(self, records: list[GenerateRecord], events: list[Event]) -> None:
        _mark(super()._read, records, self._held, events, lambda: self.finished)


class MarkingChatDecoder(ChatDecoder):
    def __init__(self) -> None:
        super().__init__()
        self._held: list[Mark] = []

    def _read(self, records: list[ChatRecord], events: list[Event]) -> None:
        _mark(super()._read, records, self._held, events, lambda: self.finished)


def _mark(
    read: Callable[[list[R], list[Event]], None],
    records: list[R],
    held: list[Mark],
    events: list[Any],
    finished: Callable[[], bool],
) -> None:
    """Read each record with a mark before its events.

    One that says nothing is `held` for the next that does: alone it would be taken for content.
    """
    for record in records:
        said: list[Event] = []
        read([record], said)
        if record.status or record.queue_position is not None:
            said_more = any(type(event) in _SAID for event in said)
        else:
            said_more = bool(said)
            if not said and len(held) < _MOST_HELD:
                held.append(Mark(record, ()))
        if said_more and type(said[0]) is not Failure:
            events += [*held, Mark(record, tuple(said))]
            held.clear()
        events += said
        if finished():
            return


def chat_response(marks: Sequence[Mark]) -> types.ChatResponse:
    """One response of one record, or of all."""
    last = marks[-1].record if marks else _NOTHING
    told = _told(marks)
    message = last.message if isinstance(last, ChatRecord) else None
    role = message.role or "assistant" if message is not None else "assistant"
    if len(told) == 1 and type(told[0]) is Text and told[0].logprobs is None:  # most of them
        return types.ChatResponse.model_construct(
            message=Message.model_construct(role=role, content=told[0].text),
            model=last.model,
            created_at=last.created_at,
            done=last.done,
        )
    text = _joined(told, Text)
    calls = [_called(event) for event in told if isinstance(event, words.ToolCall)]
    said = _said(
        content=message.content if text is None and message is not None else text,
        thinking=_joined(told, Thinking),
        tool_calls=calls or None,
    )
    return types.ChatResponse.model_construct(
        message=Message.model_construct(role=role, **said),
        **_said(logprobs=_logprobs(told), **_common(last)),
    )


def generate_response(marks: Sequence[Mark]) -> types.GenerateResponse:
    """One response of one record, or of all."""
    last = marks[-1].record if marks else _NOTHING
    told = _told(marks)
    if len(told) == 1 and type(told[0]) is Text and told[0].logprobs is None:  # most of them
        return types.GenerateResponse.model_construct(
            response=told[0].text,
            model=last.model,
            created_at=last.created_at,
            done=last.done,
        )
    text = _joined(told, Text)
    own = isinstance(last, GenerateRecord)
    said = _said(
        response=last.response if text is None and isinstance(last, GenerateRecord) else text,
        thinking=_joined(told, Thinking),
        logprobs=_logprobs(told),
        **{name: getattr(last, name) for name in _OF_GENERATE if own},
    )
    return types.GenerateResponse.model_construct(**said, **_said(**_common(last)))


def _said(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


_NOTHING = StreamRecord()


def _told(marks: Sequence[Mark]) -> Sequence[Event]:
    return marks[0].events if len(marks) == 1 else [e for mark in marks for e in mark.events]


def _called(call: words.ToolCall) -> Message.ToolCall:
    function = Message.ToolCall.Function.model_construct(name=call.name, arguments=call.arguments)
    return Message.ToolCall.model_construct(function=function)


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
    tops = [
        types.TokenLogprob.model_construct(token=top.token, logprob=top.logprob)
        for top in entry.top
    ]
    said = _said(token=entry.token, logprob=entry.logprob, top_logprobs=tops or None)
    return Logprob.model_construct(**said)
