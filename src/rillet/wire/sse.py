"""Bytes to server-sent events, by the event stream rules of the WHATWG HTML standard (9.2.6).

Rules:
* A line ends at CR, LF or CRLF (also one split between two pieces) and nowhere else.
* An event without a `data` line is none: `id:`, `retry:` or a comment alone give nothing.
* `data` stays bytes; whoever parses it decides what to do about invalid UTF-8.
* Three deviations. What is an error in mid-stream, though it has no `data`, is an event `error`.
  An event that no blank line closed is kept and offered by `rest()`, for a proxy may have eaten
  the last newlines; it may be cut in the middle, only its parser can tell. And where a `data` line
  ends a JSON object and the next one begins another, they are two events: a server that forgets
  the blank lines is read as a loop over lines reads it.
* What is held is bounded by `limit`, like in `lines`.
"""

import re

from msgspec import Struct

from rillet.wire.lines import DEFAULT_LIMIT

_BOM = b"\xef\xbb\xbf"
_NO_DATA = (b":", b"event: ping", b"event: keep")  # comments, and heartbeats with a name
_LOOK = 1024  # bytes at the start of an event in which its `data` begins
# Where one record ends and another begins with no blank line between: no JSON value goes on so.
_GLUED = re.compile(rb"(?<=})\n(?=data: ?(?:{|\[DONE\]))")
_GLUED_SIZE = 16  # bytes around such a place
_FIELDS = frozenset((b"data", b"event", b"id", b"retry", b""))  # b"" is a comment


def _is_error(field: bytes, line: bytes) -> bool:
    """Whether a line that is none of the standard's tells of an error in mid-stream.

    Older llama.cpp wrote "error: {…}", others write the bare JSON of an error response.
    """
    return field == b"error" or (
        line[:1] == b"{" and line[:12].replace(b" ", b"")[:8] == b'{"error"'
    )


def json_lines(block: bytes) -> bytes:
    """The data of a block in which each event is a line `data: {…}` and nothing else, line by line.

    One pass over the bytes, in place of an object for each event. b"", or what is no JSON or has
    not one record a line, for any other block.
    """
    if block[:7] != b"data: {":
        return b""
    return block[6:-2].replace(b"}\n\ndata: {", b"}\n{")


class ServerEvent(Struct, frozen=True, gc=False):
    """One event. `id` is the last id seen on the stream, as the standard has it."""

    data: bytes
    event: str | None = None
    id: str | None = None


def begins_field(line: bytes) -> bool:
    """Whether this is nothing, or the first letters of a field."""
    return any(field.startswith(line) for field in _FIELDS)


class SseSplitter:
    """Cuts a stream of bytes into events.

    `too_long` becomes true when one event passes `limit` bytes; the rest of the stream is dropped.
    `foreign` holds the bytes that are no fields of any event, as long as no event has come: a web
    page or a whole JSON answer in place of a stream ends up there (after `rest()` all of it).
    """

    __slots__ = (
        "_after_cr",
        "_careful",
        "_glued",
        "_id",
        "_limit",
        "_started",
        "_tail",
        "foreign",
        "too_long",
        "understood",
    )

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._tail = bytearray()
        self._careful = True  # the next piece is not taken as it stands, for one of these:
        self._started = False  # the byte order mark is behind us
        self._glued = False  # the server ends events with a single newline
        self._after_cr = False  # the last piece ended with CR: a LF that comes first belongs to it
        self.understood = False  # an event was seen: what is odd from now on is no web page
        self.too_long = False
        self._id: str | None = None
        self.foreign = bytearray()

    def feed(self, data: bytes) -> list[ServerEvent]:
        """The events that are now complete."""
        block = self.block(data)
        return self.events(block) if block else []

    def block(self, data: bytes) -> bytes:
        """The same uncut, for `events` or `json_lines`: whole events with LF alone; b"" if none."""
        if self._careful or b"\r" in data:
            data = self._prepared(data)
        tail = self._tail
        if data[-2:] == b"\n\n" and not tail:
            return data  # the usual case: whole events, nothing held, nothing copied
        if not data:
            return b""
        cut = data.rfind(b"\n\n") + 2
        if cut == 1:  # not found
            straddles = tail and tail[-1] == 10 and data[0] == 10
            cut = 1 if straddles else 0
        if not cut:
            return self._hold(data)
        if tail:
            tail += memoryview(data)[:cut]
            block = bytes(tail)
            self._tail = bytearray()
        else:
            block = data[:cut]
        return block + self._hold(data[cut:]) if cut < len(data) else block

    def _hold(self, data: bytes) -> bytes:
        """Keep what does not end an event, unless it shows that only single newlines do here."""
        tail = self._tail
        before = max(0, len(tail) - _GLUED_SIZE)
        tail += data
        may_be = not self._glued and tail.find(b"\n", before) >= 0  # looks quicker than a pattern
        if may_be and _GLUED.search(tail, before):
            self._glued = self._careful = True
            data = bytes(tail).replace(b"\n", b"\n\n")
            self._tail = bytearray()
            return self.block(data)
        self._check_tail()
        return b""

    @property
    def in_data(self) -> bool:
        """Whether a part of an event's data waits for the rest. A comment is no data."""
        tail = self._tail
        if not tail or tail.startswith(_NO_DATA):
            return False
        return tail[:5] == b"data:" or b"\ndata:" in tail[:_LOOK]

    def rest(self) -> list[ServerEvent]:
        """At the end of the stream: the event that no blank line closed, whole or cut, if any."""
        block = bytes(self._tail)
        self._tail = bytearray()
        return self.events(block) if block else []

    def events(self, block: bytes) -> list[ServerEvent]:
        """The events of a block of whole ones."""
        events: list[ServerEvent] = []
        last_id = self._id
        for part in block.split(b"\n\n"):
            if part[:6] == b"data: " and b"\n" not in part and len(part) <= self._limit:
                events.append(ServerEvent(part[6:], None, last_id))
            elif part := part.strip(b"\n"):
                if len(part) > self._limit:
                    self._stop()
                    break
                self.understood = self.understood or bool(events)
                for lines in _GLUED.split(part):
                    if event := self._event(lines):
                        events.append(event)
                last_id = self._id
        if events:
            self.understood = True
            if self.foreign:
                self.foreign = bytearray()
        return events

    def _event(self, part: bytes) -> ServerEvent | None:
        """One event from its lines, which hold no CR; None if it has no data."""
        name: str | None = None
        lines: list[bytes] = []
        known = False
        for line in part.split(b"\n"):
            field, _, value = line.partition(b":")
            known = known or (field in _FIELDS and line != b"")
            value = value[1:] if value[:1] == b" " else value
            if field == b"data":
                lines.append(value)
            elif field == b"event":
                name = value.decode("utf-8", "replace") or None
            elif self.understood and not lines and _is_error(field, line):
                name = "error"
                lines.append(line if field[:1] == b"{" else value)
            elif field == b"id" and b"\0" not in value:
                self._id = value.decode("utf-8", "replace") or None
        if not known and not self.understood:
            self.foreign += part + b"\n\n"
            del self.foreign[self._limit :]
        return ServerEvent(b"\n".join(lines), name, self._id) if lines else None

    def _prepared(self, data: bytes) -> bytes:
        if self.too_long:
            return b""
        if not self._started:
            data = self._strip_bom(data)
        data = self._only_lf(data)
        self._careful = self._after_cr or self._glued or not self._started
        return data.replace(b"\n", b"\n\n") if self._glued else data

    def _strip_bom(self, data: bytes) -> bytes:
        """Hold the first bytes until it is clear whether they are a byte order mark."""
        self._tail += data
        if len(self._tail) < 3 and _BOM.startswith(self._tail):
            return b""
        self._started = True
        data = bytes(self._tail).removeprefix(_BOM)
        self._tail = bytearray()
        return data

    def _only_lf(self, data: bytes) -> bytes:
        """Make CR and CRLF a LF. A CR at the very end is a line end at once, not later."""
        if self._after_cr and data:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if data:
            self._after_cr = data[-1] == 13
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _check_tail(self) -> None:
        if len(self._tail) > self._limit + 1:  # the newline of its last line does not count
            self._stop()

    def _stop(self) -> None:
        self.too_long = self._careful = True
        self._tail = bytearray()
