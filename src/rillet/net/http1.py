"""HTTP/1.1 as bytes: a request in, an answer out. Pure: no socket, no clock.

The grammar is llhttp's (through `httptools`); what stands here is what a client must know beyond
it: which ends are proper, what may be reused, and how much a stranger may send (RFC 9112).

Laws of `ResponseParser`:
* It never raises at what a peer sends: `fault` says what was wrong, after all that was right.
* Interim answers (100, 102, 103 and whatever comes) are skipped.
* Pieces of the body come out in the order of arrival, as soon as their bytes are there.
* `complete` is a fact told by the framing. The peer's FIN counts only for a body that has none.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from msgspec import Struct

from rillet.words.errors import InvalidRequest

MAX_HEAD = 65536  # bytes of one head, of the trailers, and of anything between two pieces of body
MAX_HEADERS = 256  # lines in one head

HeaderList = tuple[tuple[str, str], ...]


class Headers(Mapping[str, str]):
    """Header fields by name in any case; repeated ones are joined by ", " (RFC 9110, 5.3)."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: dict[str, str] = {}
        for name, value in fields:
            key = name.lower()
            before = self._fields.get(key)
            self._fields[key] = value if before is None else f"{before}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"

    def tokens(self, name: str) -> list[str]:
        """The comma-separated words of a field, in lower case."""
        return [word for part in self.get(name, "").split(",") if (word := part.strip().lower())]


class Head(Struct, frozen=True):
    """The status line and the headers of an answer."""

    status: int
    reason: str
    headers: Headers
    version: str = "1.1"


class Request(Struct, frozen=True):
    """One question. `path` stands below the target's prefix and begins with "/".

    `body` is bytes, or an iterable of bytes together with its `length`. An iterable is sent on a
    fresh connection; to follow a redirect it must be iterable twice.
    """

    method: str
    path: str
    headers: HeaderList = ()
    body: bytes | Iterable[bytes] = b""
    length: int | None = None


def encode_head(method: str, path: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """What comes before the body of a request.

    Raises `InvalidRequest` for what would change its meaning.
    """
    if not method.isalpha() or not method.isascii():
        raise InvalidRequest(f"{method!r} is not an HTTP method")
    if not path.isascii() or not path.isprintable() or " " in path or not path:
        raise InvalidRequest(f"{path!r} is not a path that HTTP can carry")
    lines = [f"{method} {path} HTTP/1.1", *(_line(name, value) for name, value in headers)]
    # Values beyond ASCII go out as UTF-8: the servers of this field are written in Go and C++.
    return "\r\n".join([*lines, "\r\n"]).encode()


@lru_cache(maxsize=256)  # nearly all of them are the same for each request
def _line(name: str, value: str) -> str:
    plain = name.replace("-", "").replace("_", "").replace(".", "")
    if not (plain.isalnum() and name.isascii()):
        raise InvalidRequest(f"{name!r} is not the name of a header")
    if "\r" in value or "\n" in value or "\0" in value:
        raise InvalidRequest(f"The header {name} has a line break in its value")
    return f"{name}: {value}"


class ResponseParser:
    """The answer to one request, fed as its bytes arrive."""

    def __init__(self, method: str = "GET") -> None:
        self.head: Head | None = None
        self.complete = False
        self.fault: str | None = None
        self.started = False  # a byte of an answer has come
        self._method = method
        self._until_close = False
        self._bodyless = False
        self._surplus = False
        self._overhead = 0
        self._reason = b""
        self._fields: list[tuple[str, str]] = []
        self._pieces: list[bytes] = []
        # llhttp calls this for each chunk; a plain list.append keeps Python out of that path.
        self.on_body = self._pieces.append
        self._parser: HttpResponseParser | None = HttpResponseParser(self)
        # Harmless deviations that hand-written servers have: LF alone, spaces after a chunk size,
        # a length beside chunks (which win, and nothing may follow: RFC 9112, 6.3).
        self._parser.set_dangerous_leniencies(
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
            lenient_data_after_close=True,
        )

    def feed(self, data: bytes | memoryview) -> None:
        """Take the next bytes of the connection, in pieces of any size."""
        if self._parser is None:
            self._surplus = self._surplus or bool(data)
            return
        self.started = self.started or bool(data)
        pieces = len(self._pieces)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self._fail("the server switched to another protocol")
        except HttpParserError as error:
            if error.__context__ is not None and type(error.__context__) is not _Enough:
                raise error.__context__ from None  # Ctrl-C, or what else a signal handler raised
            is_tls = self.head is None and bytes(data[:2]) == _TLS_ALERT
            self._fail("it is TLS: try https:// for http://" if is_tls else _describe(error))
        if self.complete or self.fault:
            self._parser = None  # also ends the reference cycle between the two
            if self._bodyless and self._pieces:
                self._pieces.clear()
                self._surplus = True
        elif len(self._pieces) > pieces:
            self._overhead = 0
        else:
            self._overhead += len(data)
            if self._overhead > MAX_HEAD:
                self._fail("its headers are too long")
                self._parser = None

    def feed_eof(self) -> None:
        """The peer sent its FIN."""
        if self.complete or self.fault:
            return
        if self._until_close:
            self.complete = True
        elif not self.started:
            self._fail("the server closed the connection without an answer")
        elif self.head is None:
            self._fail("the server closed the connection inside the headers of its answer")
        else:
            self._fail("the connection was closed before the end of the answer")
        self._parser = None

    def take(self) -> bytes:
        """The body that has come since the last call, joined; b"" if none has."""
        pieces = self._pieces
        if not pieces:
            return b""
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        return data

    @property
    def buffered(self) -> bool:
        return bool(self._pieces)

    @property
    def keep_alive(self) -> bool:
        """Whether another request may go over the same connection."""
        if not self.complete or self.head is None or self._until_close or self._surplus:
            return False
        connection = self.head.headers.tokens("connection")
        if self.head.version == "1.0":
            return "keep-alive" in connection
        return "close" not in connection

    # What llhttp calls.

    def on_message_begin(self) -> None:
        if self.complete:
            self._surplus = True  # an answer that nobody asked for
            raise _Enough
        self._fields.clear()
        self._reason = b""

    def on_status(self, reason: bytes) -> None:
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head is not None:
            return  # a trailer: nobody here asks for one
        self._fields.append((name.decode("latin-1"), value.decode("utf-8", "replace").strip()))
        if len(self._fields) > MAX_HEADERS:
            self._fail("it has too many headers")
            raise _Enough

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        status = self._parser.get_status_code()
        if status < 200:
            return
        headers = Headers(self._fields)
        reason = self._reason.decode("latin-1")
        self.head = Head(status, reason, headers, self._parser.get_http_version())
        if self._has_no_body(status):
            self.complete = self._bodyless = True
        else:
            chunked = headers.tokens("transfer-encoding")[-1:] == ["chunked"]
            self._until_close = not chunked and "content-length" not in headers
            self._surplus = self._surplus or (chunked and "content-length" in headers)

    def on_message_complete(self) -> None:
        if self.head is not None:
            self.complete = True

    def _has_no_body(self, status: int) -> bool:
        if self._method == "CONNECT" and 200 <= status < 300:
            return True
        return self._method == "HEAD" or status in (204, 304)

    def _fail(self, fault: str) -> None:
        if not self.complete and self.fault is None:
            self.fault = fault


_TLS_ALERT = b"\x15\x03"  # what a server that waits for a TLS handshake says to a request


class _Enough(Exception):
    """Stops llhttp; never leaves the parser."""


def _describe(error: HttpParserError) -> str:
    reason = str(error).strip()
    return f"it is not valid HTTP ({reason})" if reason else "it is not valid HTTP"
