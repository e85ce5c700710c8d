"""One connection: uvicorn's, with limits on what comes before a request is known, and HTTP/1.1
whatever else is offered.

A client that ends its half of the connection still gets its answers, and then the connection ends.
"""

import asyncio
import re
from collections import deque
from http import HTTPMethod
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from rillet.server.cycle import Cycle, UntilClose
from rillet.server.exchange import expects_continue
from rillet.server.streams import ABORT
from rillet.server.target import escaped, parse_target

HEAD_LIMIT = 1 << 20  # bytes of request line and headers, as Go's server has it
HEAD_TIMEOUT = 60.0  # seconds for a request head to come
MOST_WAITING = 16  # requests sent ahead of their answers before no more are read
_BARE = re.compile(rb"[^\r\n]+ HTTP/1\.[01]\n")  # a line that ends as people's lines do
NO_METHOD = b"PATCH"  # that no route has: in place of those that the parser has no name for
_KNOWN = b"|".join(method.encode() for method in HTTPMethod if method != "CONNECT")
_STRANGE = re.compile(
    rb"(?!(?:%b) )[!#$%%&'*+.^_`|~0-9A-Za-z-]{1,32} (?=/\S* HTTP/1\.[01]\r)" % _KNOWN
)


class Parser(httptools.HttpRequestParser):
    """Goes on with HTTP/1.1 where a client offers another protocol, as Java's does each time.

    httptools stops behind the head of such a request, as if its body were in that protocol. So the
    head is read once more, without the offer.
    """

    _bare = False  # the head that comes has lines without "\r"

    def __init__(self, connection: "Connection") -> None:
        super().__init__(connection)
        self._connection = connection
        self.set_dangerous_leniencies(
            lenient_data_after_close=True,  # as uvicorn has it
            lenient_chunked_length=True,  # chunks count, where a length is told besides, as with Go
            lenient_spaces_after_chunk_size=True,  # as some pad it
        )

    def feed_data(self, data: Any) -> None:
        if self._connection.between:
            data = _line_for_parser(data)
            self._bare = _BARE.match(data) is not None
        while self._bare and data:  # a head that a person typed
            line, end, data = data.partition(b"\n")
            self.feed(line.removesuffix(b"\r") + b"\r\n" if end else line)
            self._bare = self._connection.head_open
        if data:
            self._connection.parser.feed(data)  # perhaps another one by now

    def feed(self, data: bytes) -> None:
        """What is in the form of the protocol."""
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            if self.get_method() == b"CONNECT":  # to another server
                return self._connection.send_400_response("")
            rest = self._connection.head() + data[offer.args[0] :]
            self._connection.parser = Parser(self._connection)  # this one may take it for the end
            self._connection.parser.feed_data(rest)


def _line_for_parser(data: bytes) -> bytes:
    """A request whose first line the parser takes: with a known method, and no letters but ASCII's,
    which curl sends as they are typed."""
    if (strange := _STRANGE.match(data)) is not None:
        data = b"%b %b" % (NO_METHOD, data[strange.end() :])
    line, end, rest = data.partition(b"\n")
    return data if line.isascii() else escaped(line) + end + rest


class Flow(FlowControl):
    """Reads on only where there is room: who waits for an answer asks for more to see a hang-up."""

    crowded = False

    def resume_reading(self) -> None:
        if not self.crowded:
            super().resume_reading()


class Connection(HttpToolsProtocol):
    """One connection, with limits on what comes before a request is known."""

    parser: Parser
    flow: Flow
    between = True  # no request has begun and not ended
    _head_bytes = 0
    head_open = False  # a request has begun, and its head has not ended
    _strange_coding = False  # of the body, which no Go server takes
    _half_closed = False
    _refusal = b""  # the last that is said
    _timer: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.parser = Parser(self)
        self._cycles: deque[Cycle] = deque()  # that have no answer yet, or a part of it

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = Flow(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.head_open and self._timer is None:
            self._expect_head()  # most heads come in one piece, and need no timer

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        for cycle in self._cycles:
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends no more. Whether it reads, only writing to it tells."""
        if self.head_open and not self._cycles:
            self.send_400_response("")
        self._half_closed = True
        for cycle in self._cycles:
            cycle.half_close()
        return bool(self._cycles)

    def on_response_complete(self) -> None:
        self._cycles.popleft()
        self._look_around()
        super().on_response_complete()
        if not self._cycles and (self._half_closed or self._refusal):
            self._end()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.between = False
        self._head_bytes = 0
        self.head_open = True
        self._strange_coding = False
        self.scope["extensions"] = {ABORT: {"abort": self.transport.abort}}

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        if not self.head_open:
            return  # it stands behind a body in chunks, and says nothing of the request
        if len(name) == 17 and name.lower() == b"transfer-encoding":
            self._coded(value)
        super().on_header(name, value)

    def _coded(self, coding: bytes) -> None:
        """Chunks alone are taken, and told once."""
        if self._is_chunked() or coding.strip(b" \t").lower() != b"chunked":
            self._strange_coding = True
            raise ValueError("the body is coded in an unknown way")  # the parser stops

    def on_headers_complete(self) -> None:
        self.head_open = False
        self._head_came()
        if self.parser.should_upgrade():
            return
        target = parse_target(self.url)
        if target.host is not None:  # then it counts, not Host (RFC 9112, 3.2.2)
            self.headers[:] = [one for one in self.headers if one[0] != b"host"]
            self.headers.append((b"host", target.host))
        self.url = b"/"  # for what uvicorn makes of it
        super().on_headers_complete()
        self.scope["path"], self.scope["raw_path"] = target.path, target.raw_path
        self.scope["query_string"] = target.query
        cycle: Any = self.cycle
        cycle.__class__ = Cycle
        cycle.waiting_for_100_continue = self._waits()
        if self.scope["http_version"] == "1.0":
            cycle.__class__ = UntilClose
            cycle.keep_alive = self.parser.should_keep_alive()
        self._cycles.append(cycle)
        self._look_around()

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if len(self._cycles) > 1:
            self._look_around()

    def _look_around(self) -> None:
        """Whether what was sent ahead is so much that the rest has to wait on the way."""
        waiting = len(self._cycles) - 1
        held = len(self._cycles[-1].body) if waiting > 0 else 0
        self.flow.crowded = waiting > MOST_WAITING or held > HIGH_WATER_LIMIT
        if self.flow.crowded:
            self.flow.pause_reading()

    def _waits(self) -> bool:
        """Whether the client sends its body only when it is told to."""
        sent = dict(self.headers)
        has_body = sent.get(b"content-length", b"").strip(b" 0") or self._is_chunked()
        expect = sent.get(b"expect", b"").decode("latin-1")
        return bool(has_body) and self.scope["http_version"] == "1.1" and expects_continue(expect)

    def _is_chunked(self) -> bool:
        return any(name == b"transfer-encoding" for name, _ in self.headers)

    def on_message_complete(self) -> None:
        self.between = True
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def head(self) -> bytes:
        """Of the request that is being read, without the offer of another protocol."""
        lines = [b"%b %b HTTP/1.1" % (self.parser.get_method(), self.url)]
        for name, value in self.headers:
            if name == b"connection":
                value = b"close" if b"close" in value.lower() else b"keep-alive"
            if name != b"upgrade":
                lines.append(name + b": " + value)
        return b"\r\n".join([*lines, b"", b""])

    def send_400_response(self, msg: str) -> None:
        status = said = "400 Bad Request"
        if self._head_bytes > HEAD_LIMIT:
            status = said = "431 Request Header Fields Too Large"
        elif self._strange_coding:
            status, said = "501 Not Implemented", "Unsupported transfer encoding"
        lines = (
            f"HTTP/1.1 {status}",
            "content-type: text/plain; charset=utf-8",
            f"content-length: {len(said)}",
            "connection: close",
        )
        head = "\r\n".join(lines)
        self._refusal = f"{head}\r\n\r\n{said}".encode()  # as Go's server says it
        if not (self._cycles and (self.between or self.head_open)):
            self._end()  # else it is said behind the answers to what came before

    def _end(self) -> None:
        self.transport.write(self._refusal)
        self.transport.close()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_LIMIT:
            raise ValueError("the head of the request is too large")  # the parser stops

    def _expect_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_TIMEOUT, self._no_head_came)

    def _no_head_came(self) -> None:
        if self._cycles:  # who waits for an answer may take the time
            self._expect_head()
        else:
            self.transport.close()

    def _head_came(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
