"""Bytes to records: the frame of every NDJSON dialect, and its leniency.

Rules:
* Fast road: a block of whole lines is decoded at once, typed. If msgspec refuses it, its lines go
  the slow road one by one (see `lenient`), each to the same records that it would give alone.
* Forgiven: blank lines, CRLF, a byte order mark, the fields of server-sent events around records,
  comments, a last line without newline, one pretty-printed answer in place of lines.
* Not forgiven: a web page, a line that is not JSON, a line that is not an object, a line above the
  limit. Each is one `Failure` that says so, after what came before it.
* Total: nothing is raised at what a peer sends.
"""

from typing import Any, Generic, TypeVar

import msgspec

from rillet.wire import lenient
from rillet.wire.decoder import truncated
from rillet.wire.failures import is_web_page, web_page
from rillet.wire.learned import learned
from rillet.wire.lines import DEFAULT_LIMIT, LineSplitter
from rillet.words.errors import MalformedStream, RilletError
from rillet.words.events import Event, Failure

R = TypeVar("R", bound=msgspec.Struct)

_REFUSED = (msgspec.MsgspecError, ValueError, RecursionError)
_SSE_NOISE = (b":", b"event:", b"id:", b"retry:")
_FIRST_BYTES = (b"data:", b"event:", b"retry:", b"\xef\xbb\xbf")
_BLANK = b" \t\r\n\x0b\x0c\0\x1e"  # the last one begins records in JSON text sequences (RFC 7464)
_SHOWN = 80  # bytes of a bad line that are told


class RecordDecoder(Generic[R]):
    """A decoder of one kind of record. A dialect says in `_read` what records mean."""

    def __init__(self, kind: type[R], limit: int = DEFAULT_LIMIT) -> None:
        self.finished = False
        self.growing = False
        self._kind = kind
        self._limit = limit
        self._lines = LineSplitter(limit)
        self._decode_lines = msgspec.json.Decoder(learned(kind)).decode_lines
        self._understood = False  # a record was read: this is no web page
        self._document = bytearray()  # a pretty-printed answer, kept until the end
        self._careful = False  # no fast road: a document, or half a character, waits for more

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        if self.finished:
            return events
        lines = self._lines
        if lines.held or data[-1:] != b"\n" or len(data) > self._limit:
            came = data
            data = lines.feed(data)  # otherwise they are whole lines, which it would give back
            self.growing = lines.held[:1] == b"{" and not came.isspace()
            if not data and not lines.too_long:
                return events
        else:
            self.growing = False
        if self._careful:
            self._read_slowly(data, events)
        else:
            try:  # the fast road stands here and not in a method: each token walks it
                records = self._decode_lines(data)
            except _REFUSED:
                self._read_slowly(data, events)
            else:
                if records:
                    self._understood = True
                    self._read(records, events)
        if lines.too_long and not self.finished:
            self._fail(_too_long(self._limit), events)
        return events

    def eof(self, cause: str = "") -> list[Event]:
        events: list[Event] = []
        if self.finished:
            return events
        rest = bytes(self._document) + self._lines.rest()
        if self._document:
            self._careful = False  # it is complete now
        if is_web_page(rest) and not self._understood:
            self._fail(web_page(rest), events)
        elif (text := _bare(rest)) and not (
            self._try(text, events) or cause or _is_begun(text)  # a cut is no fault of the line
        ):
            self._fail(_not_json(text), events)
        if not self.finished:
            self._flush(events)
            self.finished = True
            events.append(truncated(cause))
        return events

    def _read(self, records: list[R], events: list[Event]) -> None:
        """Append what these records (at least one) mean; set `finished` at the last one."""
        raise NotImplementedError

    def _mend(self, record: dict[str, Any]) -> str | None:
        """Before a record of the slow road is converted: join halves; say what is wrong with it."""
        return None

    def _flush(self, events: list[Event]) -> None:
        """Append what was held back, for the end is near."""

    def _fail(self, error: RilletError, events: list[Event]) -> None:
        self._flush(events)
        self.finished = True
        events.append(Failure(error))

    def _read_slowly(self, block: bytes, events: list[Event]) -> None:
        self._read_lines(block, events)
        if self._careful and not block.isspace():
            self.growing = True

    def _read_lines(self, block: bytes, events: list[Event]) -> None:
        lines = block.split(b"\n")
        for at, line in enumerate(lines):
            if self.finished:
                return
            if self._document:
                self._hold(b"\n".join(lines[at:]), events)
                return
            self._read_line(line, events)

    def _read_line(self, line: bytes, events: list[Event]) -> None:
        """One line, with all the forgiveness there is."""
        text = _bare(line)
        if not text or self._try(text, events):
            return
        if text in (b"{", b"[") or (not self._understood and _opens_document(text)):
            self._document += text + b"\n"
            self._careful = True
        else:
            self._fail(_not_json(text), events)

    def _try(self, text: bytes, events: list[Event]) -> bool:
        """Read a line, or a document of several records; False if it is no JSON."""
        if not self._careful:
            try:
                records = self._decode_lines(text)
            except _REFUSED:
                pass
            else:
                self._understood = True
                self._read(records, events)
                return True
        try:
            value = lenient.parse(text)
            self._read_values(value if isinstance(value, list) else [value], text, events)
        except ValueError:
            return False
        return True

    def _read_values(self, values: list[Any], text: bytes, events: list[Event]) -> None:
        for value in values:
            if self.finished:
                return
            wrong = self._mend(value) if isinstance(value, dict) else "not a JSON object"
            record = lenient.convert(lenient.wholly(value), self._kind)
            if wrong or record is None:
                self._fail(_not_json(text, wrong or ""), events)
                return
            self._understood = True
            self._read([record], events)

    def _hold(self, block: bytes, events: list[Event]) -> None:
        self._document += block
        if len(self._document) > self._limit:
            self._fail(_too_long(self._limit), events)


def _bare(line: bytes) -> bytes:
    """What a line holds without the clothes of other protocols; b"" if it says nothing."""
    line = line.strip(_BLANK).removeprefix(b"\xef\xbb\xbf")
    if line.startswith(b"data:"):
        line = line[5:].strip()
    return b"" if line == b"[DONE]" or line.startswith(_SSE_NOISE) else line


def _is_begun(line: bytes) -> bool:
    """Whether this may be all that came of a line before its stream was cut."""
    return lenient.is_begun(line) or any(mark.startswith(line) for mark in _FIRST_BYTES)


def _opens_document(line: bytes) -> bool:
    """Whether this may be the first line of a web page or of a pretty-printed answer."""
    if line[:1] in (b"{", b"["):
        return not line.endswith((b"}", b"]"))
    return is_web_page(line)


def _not_json(line: bytes, what: str = "not JSON") -> MalformedStream:
    shown = line[:_SHOWN].decode("utf-8", "replace") + ("…" if len(line) > _SHOWN else "")
    return MalformedStream(f"A line of the stream is {what}: {shown!r}")


def _too_long(limit: int) -> MalformedStream:
    return MalformedStream(f"A line of the stream is longer than {limit} bytes")
