"""Ollama's wire, bytes to events: /api/generate, /api/chat, and the progress of pull, push, create.

Rules:
* What a record says is taken from every record: text, thinking and tool calls may stand in any of
  them, also in the last one.
* `done: true` is the end. Nothing else is, and what follows it is not looked at.
* What is not said stays None: reasons, counts and durations are never made up.
* Rillet's own fields (`seq`, `resumed`, `status`, `queue_position`, …) are read where they stand.
The other direction is `ollama_encoder`, the answers that are no streams are in `answers`.
Source: Ollama's API reference, and recorded answers of versions 0.24 and 0.33.
"""

from typing import Any, TypeVar

import msgspec

from rillet.wire import lenient
from rillet.wire.failures import error_from_record
from rillet.wire.lines import DEFAULT_LIMIT
from rillet.wire.ndjson import RecordDecoder
from rillet.wire.ollama_records import (
    ChatRecord,
    GenerateRecord,
    LogprobRecord,
    MessageRecord,
    ProgressRecord,
    StreamRecord,
    ToolCallRecord,
)
from rillet.words.events import (
    Event,
    Finish,
    Progress,
    Text,
    Thinking,
    Timings,
    TokenLogprob,
    ToolCall,
    Usage,
)

R = TypeVar("R", bound=StreamRecord)


class AnswerDecoder(RecordDecoder[R]):
    """What /api/generate and /api/chat share.

    `last` is the last record that was read. `seq` is the last number of Rillet's own that was seen:
    where a reader resumes.
    """

    def __init__(self, kind: type[R], limit: int) -> None:
        super().__init__(kind, limit)
        self.last: R | None = None
        self.seq: int | None = None
        self._resumed = False
        self._calls = 0
        self._text_half = lenient.HalfJoiner()
        self._thinking_half = lenient.HalfJoiner()

    @property
    def model(self) -> str | None:
        """The model's name, as the last record has it."""
        return self.last.model if self.last else None

    @property
    def created_at(self) -> str | None:
        """The time of the last record (RFC 3339), as the server wrote it."""
        return self.last.created_at if self.last else None

    def _content(
        self,
        record: R,
        thinking: str | None,
        text: str | None,
        calls: list[ToolCallRecord] | None,
        events: list[Event],
    ) -> None:
        """Everything that a record may say, for records that say more than one piece of text."""
        logprobs = _logprobs(record.logprobs)
        if thinking:
            events.append(Thinking(thinking, None if text else logprobs))
        if text or (logprobs and not thinking):  # the first bytes of a character are no text yet
            events.append(Text(text or "", logprobs))
        for call in calls or ():
            events.append(_tool_call(call, self._calls))
            self._calls += 1
        if record.status or record.queue_position is not None or record.completed is not None:
            events.append(_progress(record))
        self._own(record)
        if record.error:
            self._fail(error_from_record(record.error), events)
        elif record.done or (record.done is None and record.done_reason):
            self._flush(events)
            self.finished = True
            events.append(self._finish(record))

    def _own(self, record: R) -> None:
        """Rillet's own fields that count on every record."""
        if record.seq is not None:
            self.seq = record.seq
        if record.resumed:
            self._resumed = True

    def _finish(self, record: R) -> Finish:
        usage = Usage(record.prompt_eval_count, record.eval_count)
        timings = Timings(
            record.total_duration,
            record.load_duration,
            record.prompt_eval_duration,
            record.eval_duration,
        )
        return Finish(
            record.done_reason or None,
            usage if usage != _NO_USAGE else None,
            timings if timings != _NO_TIMINGS else None,
            resumed=self._resumed,
        )

    def _flush(self, events: list[Event]) -> None:
        if half := self._thinking_half.finish():
            events.append(Thinking(half))
        if half := self._text_half.finish():
            events.append(Text(half))
        self._careful = False

    def _mend_texts(self, holder: dict[str, Any], text: str) -> str | None:
        """Join halves in the fields `thinking` and `text` of a JSON object."""
        for key, half in (("thinking", self._thinking_half), (text, self._text_half)):
            value = holder.get(key)
            if isinstance(value, str):
                holder[key] = half.feed(value)
            elif value is not None:
                return f"not of the protocol ({key} is no text)"
        self._careful = bool(self._thinking_half.held or self._text_half.held)
        return None


class GenerateDecoder(AnswerDecoder[GenerateRecord]):
    """Decodes an answer of /api/generate, streamed or whole. `limit` is of one line, in bytes."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        super().__init__(GenerateRecord, limit)

    def _read(self, records: list[GenerateRecord], events: list[Event]) -> None:
        for record in records:
            if self.seq is not None and record.seq is not None and record.seq <= self.seq:
                continue  # it came before
            text = record.response
            if (
                record.done is not False
                or not text
                or record.thinking
                or record.logprobs
                or record.tool_calls
                or record.error
            ):
                self._content(record, record.thinking, text, record.tool_calls, events)
                if self.finished:
                    break
            else:
                events.append(Text(text))
                if record.seq is not None:
                    self._own(record)
        self.last = record

    def _finish(self, record: GenerateRecord) -> Finish:
        finish = super()._finish(record)
        if record.context is None:
            return finish
        return msgspec.structs.replace(finish, context=tuple(record.context))

    def _mend(self, record: dict[str, Any]) -> str | None:
        return self._mend_texts(record, "response")


class ChatDecoder(AnswerDecoder[ChatRecord]):
    """Decodes an answer of /api/chat, streamed or whole. `limit` is of one line, in bytes."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        super().__init__(ChatRecord, limit)

    def _read(self, records: list[ChatRecord], events: list[Event]) -> None:
        for record in records:
            if self.seq is not None and record.seq is not None and record.seq <= self.seq:
                continue  # it came before
            message = record.message or _NO_MESSAGE
            text = message.content
            if (
                record.done is not False
                or not text
                or message.thinking
                or message.tool_calls
                or record.logprobs
                or record.error
            ):
                self._content(record, message.thinking, text, message.tool_calls, events)
                if self.finished:
                    break
            else:
                events.append(Text(text))
                if record.seq is not None:
                    self._own(record)
        self.last = record

    def _mend(self, record: dict[str, Any]) -> str | None:
        message = record.get("message")
        if message is None:
            return None
        if not isinstance(message, dict):
            return "not of the protocol (message is no object)"
        return self._mend_texts(message, "content")


class ProgressDecoder(RecordDecoder[ProgressRecord]):
    """Decodes a pull, push or create: `Progress` and at last `Finish("success")`."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        super().__init__(ProgressRecord, limit)

    def _read(self, records: list[ProgressRecord], events: list[Event]) -> None:
        for record in records:
            if record.error:
                self._fail(error_from_record(record.error), events)
            elif record.status == "success":
                self.finished = True
                events.append(Finish("success"))
            elif record.status:
                events.append(_progress(record))
            if self.finished:
                break


_NO_MESSAGE = MessageRecord()
_NO_USAGE = Usage()
_NO_TIMINGS = Timings()


def _progress(record: StreamRecord | ProgressRecord) -> Progress:
    position = record.queue_position if isinstance(record, StreamRecord) else None
    status = record.status or ("working" if position is None else "queued")
    return Progress(status, record.completed, record.total, record.digest, position)


def _logprobs(records: list[LogprobRecord] | None) -> tuple[TokenLogprob, ...] | None:
    if not records:
        return None
    return tuple(
        record.value(tuple(top.value() for top in record.top_logprobs or ())) for record in records
    )


def _tool_call(record: ToolCallRecord, number: int) -> ToolCall:
    function = record.function
    index = function.index if function.index is not None else record.index
    arguments, raw = function.arguments, None
    if isinstance(arguments, str):
        raw = arguments
        try:
            arguments = lenient.wholly(lenient.parse(raw.encode("utf-8", "replace")))
        except ValueError:
            arguments = None
    if isinstance(arguments, dict):
        raw = None
    elif arguments is not None and raw is None:
        raw = msgspec.json.encode(arguments).decode()
    return ToolCall(
        function.name,
        arguments if isinstance(arguments, dict) else {},
        record.id or None,
        number if index is None else index,
        raw,
    )
