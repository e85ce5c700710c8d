"""What the decoders of server-sent events have in common: from bytes to records, and the end.

Rules:
* A dialect says what one record means (`_record`), what a stream is worth that ends (`_verdict`),
  and what a whole JSON answer in place of a stream means (`_whole`).
* A record that a cut connection left half is no fault of the protocol: it counts as cut off.
* Where `seq` is a number, the stream is Rillet's own and can be resumed: the last record of each
  event has its number as `id`. What has none waits for it, what is not above `seq` came before.
* Half a surrogate pair waits for its other half; what stays alone becomes U+FFFD. So no event
  holds a lone surrogate, and printing one never fails.
* Total: nothing is raised at what a peer sends.
"""

from typing import Any

from rillet.wire import lenient
from rillet.wire.decoder import truncated
from rillet.wire.failures import error_from_record, is_web_page, web_page
from rillet.wire.lines import DEFAULT_LIMIT
from rillet.wire.sse import ServerEvent, SseSplitter, begins_field, json_lines
from rillet.words.errors import MalformedStream, RilletError
from rillet.words.events import Event, Failure, Finish, Text, Thinking

_SHOWN = 80  # bytes of a bad record that are told
_MOST_PENDING = 64  # records of one event
_HEARTBEATS = ("ping", "keepalive", "keep-alive")


class SseDecoder:
    """The frame of a decoder. Dialects append to `self._events` and end with `_end` or `_fail`.

    `seq` is the number of the last event of the server that was read whole; None where they have
    none. `numbers` are those of the events that the last `feed` gave. `has_names`: whether the
    dialect gives its events names; where it does not, a named one of no JSON is somebody else's.
    """

    has_names = False

    def __init__(self, *, limit: int = DEFAULT_LIMIT) -> None:
        self.finished = False
        self.growing = False
        self.seq: int | None = None
        self.numbers: list[int] = []
        self._pending: list[ServerEvent] = []  # records whose number has not come yet
        self._last_id: str | None = None
        self._limit = limit
        self._splitter = SseSplitter(limit)
        self._events: list[Event] = []
        self._understood = False  # a record came: what follows is no single document
        self._text_half = lenient.HalfJoiner()
        self._thinking_half = lenient.HalfJoiner()
        self._careful = False  # the next record depends on the last one: half a character is held

    def feed(self, data: bytes) -> list[Event]:
        if self.finished:
            return []
        splitter = self._splitter
        block = splitter.block(data)
        self.growing = splitter.in_data and not data.isspace()
        if not block:
            pass
        elif self.seq is not None:
            self._take_numbered(splitter.events(block), self.seq)
        elif self._careful or len(block) > self._limit or not self._records(json_lines(block)):
            for event in splitter.events(block):
                self._take(event)
                if self.finished:
                    break
        else:
            self._understood = splitter.understood = True
        if self.finished:
            return self._taken()
        if self._splitter.too_long:
            self._fail(MalformedStream(f"A record of the stream is above {self._limit} bytes"))
        return self._taken()

    def eof(self, cause: str = "") -> list[Event]:
        if self.finished:
            return []
        for event in self._splitter.rest():
            if not self.finished and _came_whole(event):
                self._take(event)
        if not self.finished and not self._understood:
            self._take_document(bytes(self._splitter.foreign), cause)
        if not self.finished:
            self._end(self._verdict(cause))
        return self._taken()

    def rejoin(self) -> None:
        """The connection was lost, and another goes on behind `seq`: half an event is forgotten."""
        self.finished = self.growing = False
        self._splitter = SseSplitter(self._limit)
        self._pending.clear()
        self._last_id = None

    # What a dialect says

    def _record(self, data: bytes, name: str | None) -> None:
        """Take one record; raise ValueError or RecursionError for what is none."""
        raise NotImplementedError

    def _records(self, lines: bytes) -> bool:
        """Take JSON records at once, a line each; b"" is none. False: nothing was taken.

        For the usual case, in which nothing is odd. Nothing is raised.
        """
        return False

    def _verdict(self, cause: str) -> Finish | Failure:
        """The connection ended and no record had said so."""
        return truncated(cause)

    def _event_over(self) -> None:
        """All records of one numbered event have come."""

    def _whole(self, value: dict[str, Any]) -> None:
        """A JSON object came in place of a stream. Doing nothing means: not understood."""

    # What a dialect uses

    def _mend(self, holder: Any, keys: tuple[str, ...], half: lenient.HalfJoiner) -> None:
        """On the slow road: join the halves of texts that go on from record to record."""
        if not isinstance(holder, dict):
            return
        for key in keys:
            if isinstance(text := holder.get(key), str) and text:
                holder[key] = half.feed(text)
        self._careful = bool(self._text_half.held or self._thinking_half.held)
        self.growing = self.growing or self._careful

    def _release_halves(self) -> None:
        if self._careful:
            self._careful = False
            if lost := self._thinking_half.finish():
                self._events.append(Thinking(lost))
            if lost := self._text_half.finish():
                self._events.append(Text(lost))

    def _end(self, event: Finish | Failure) -> None:
        self._release_halves()
        self._events.append(event)
        self.finished = True

    def _fail(self, error: RilletError) -> None:
        self._end(Failure(error))

    def _take_each(self, records: list[bytes]) -> None:
        """Take records one by one, as the events that they came as."""
        for data in records:
            self._take(ServerEvent(data))
            if self.finished:
                break

    # Inside

    def _take_numbered(self, came: list[ServerEvent], seq: int) -> None:
        """Take records event by event."""
        self.numbers = []
        for event in came:
            self._pending.append(event)
            if event.id is None or event.id == self._last_id:
                continue
            self._last_id = event.id
            number = _number(event.id)
            if number > seq:
                self._take_event(number)
                self.seq = seq = number
            self._pending.clear()
            if self.finished:
                return
        self.growing = self.growing or bool(self._pending)
        if len(self._pending) > _MOST_PENDING:
            self._fail(MalformedStream("The records of the stream have lost their numbers"))

    def _take_event(self, number: int) -> None:
        before = len(self._events)
        for event in self._pending:
            self._take(event)
            if self.finished:
                break
        else:
            self._event_over()
        self.numbers += [number] * (len(self._events) - before)

    def _take(self, event: ServerEvent) -> None:
        data, name = event.data, event.event
        if not data or (name is not None and name in _HEARTBEATS):
            return
        self._understood = True
        try:
            if name == "error":
                self._fail(self._error(_error_value(data)))
            else:
                self._record(data, name)
        except (ValueError, RecursionError):
            if self.has_names or name in (None, "message") or data[:1] in (b"{", b"["):
                self._fail(_not_json(data))

    def _error(self, value: Any) -> RilletError:
        return error_from_record(value)

    def _take_document(self, body: bytes, cause: str) -> None:
        """Bytes that are no events: a whole JSON answer, an error, a web page, or nothing."""
        body = body.strip()
        if is_web_page(body):
            self._fail(web_page(body))
            return
        try:
            value = lenient.wholly(lenient.parse(body))
        except ValueError:
            was_cut = cause or lenient.is_begun(body) or begins_field(body)
            if not was_cut:
                self._fail(_not_json(body))
            return
        first = value[0] if isinstance(value, list) and len(value) == 1 else value  # Google's
        if isinstance(first, dict) and first.get("error") is not None:
            self._fail(self._error(first["error"]))
        elif isinstance(value, dict):
            self._whole(value)
        if not self.finished:
            self._fail(_not_json(body, "The answer is no event stream"))

    def _taken(self) -> list[Event]:
        events, self._events = self._events, []
        return events


def _number(id: str) -> int:
    """The number of an event; 0 for what is none."""
    return int(id) if id.isascii() and id.isdecimal() and len(id) <= 15 else 0


def _came_whole(event: ServerEvent) -> bool:
    """Whether the last record of a stream, which no blank line closed, is all there."""
    if event.data == b"[DONE]" or event.event == "error":
        return True
    try:
        return isinstance(lenient.parse(event.data), dict)
    except ValueError:
        return False


def _error_value(data: bytes) -> Any:
    """What an `event: error` tells: usually JSON, sometimes plain text."""
    try:
        value = lenient.parse(data)
    except ValueError:
        return data.decode("utf-8", "replace")
    return value["error"] if isinstance(value, dict) and value.get("error") else value


def _not_json(
    data: bytes, what: str = "The stream holds a record that cannot be read"
) -> MalformedStream:
    shown = lenient.whole(data[:_SHOWN].decode("utf-8", "replace"))
    return MalformedStream(f"{what}: {shown!r}{'…' if len(data) > _SHOWN else ''}")
