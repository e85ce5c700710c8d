"""The parser whole, byte by byte and cut anywhere; requests that cannot be bent."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.net.http1 import MAX_HEAD, Headers, ResponseParser, encode_head
from rillet.words.errors import InvalidRequest

BODY = b'{"a":1}\n' * 3
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWERS = [
    CHUNKED + b"8;x=y\r\n" + BODY[:8] + b"\r\n10\r\n" + BODY[8:] + b"\r\n0\r\nT: 1\r\n\r\n",
    b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: a\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n" + BODY,
    b"HTTP/1.0 200 OK\r\nX: y\r\n\r\n" + BODY,
]


def parse(pieces: list[bytes], method: str = "POST") -> tuple[ResponseParser, bytes]:
    parser, body = ResponseParser(method), b""
    for piece in pieces:
        parser.feed(piece)
        body += parser.take()
    parser.feed_eof()
    return parser, body


@given(st.sampled_from(ANSWERS), st.lists(st.integers(0, 300)))
def test_the_same_however_it_is_cut(raw: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    pieces = [raw[a:b] for a, b in itertools.pairwise(edges) if a < b]
    parser, body = parse(pieces)
    assert (body, parser.complete, parser.fault) == (BODY, True, None)
    assert parser.head is not None and parser.head.status == 200
    assert "link" not in parser.head.headers and "t" not in parser.head.headers


@given(st.sampled_from(ANSWERS[:2]), st.data())
def test_any_framed_answer_cut_short_is_no_end(raw: bytes, data: st.DataObject) -> None:
    short = raw[: data.draw(st.integers(0, len(raw) - 1))]
    parser, body = parse([short])
    assert not parser.complete and parser.fault and not parser.keep_alive
    assert BODY.startswith(body)


@given(st.lists(st.binary(max_size=60)) | st.lists(st.sampled_from([CHUNKED, b"1\r\n", b"\r\n"])))
def test_nothing_raises(pieces: list[bytes]) -> None:
    parser, _ = parse(pieces)
    assert parser.complete != (parser.fault is not None)


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        ("HTTP/1.1 200 OK\r\nContent-Length: 0", True),
        ("HTTP/1.1 204 None", True),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close", False),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: foo\r\nConnection: close", False),
        ("HTTP/1.0 200 OK\r\nContent-Length: 0", False),
        ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive", True),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip", False),
        ("HTTP/1.1 200 OK", False),
    ],
)
def test_what_may_be_kept(head: str, kept: bool) -> None:
    parser, _ = parse([f"{head}\r\n\r\n".encode()])
    assert parser.complete
    assert parser.keep_alive is kept


def test_bytes_after_the_end_spoil_the_connection_not_the_answer() -> None:
    for more in (b"x", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!"):
        for pieces in ([ANSWERS[0] + more], [ANSWERS[0], more]):
            parser, body = parse(pieces)
            assert (body, parser.complete, parser.keep_alive) == (BODY, True, False)


def test_chunks_win_over_a_length_and_nothing_may_follow() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    parser, body = parse([head + b"5\r\nhello\r\n0\r\n\r\n"])
    assert (body, parser.complete, parser.keep_alive) == (b"hello", True, False)


def test_a_body_after_head_is_dropped() -> None:
    parser, body = parse([b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"], "HEAD")
    assert (body, parser.complete, parser.keep_alive) == (b"", True, False)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 101 Switch\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300 + b"\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
    ],
)
def test_answers_that_cannot_be_trusted(raw: bytes) -> None:
    parser, body = parse([raw + b"hello"])
    assert parser.fault and parser.head is None and body == b""


@pytest.mark.parametrize(
    "start",
    [b"HTTP/1.1 200 OK\r\nX: ", CHUNKED + b"0\r\nX: ", CHUNKED + b"5;", b"HTTP/1.1 200 "],
)
def test_what_never_ends_is_bounded(start: bytes) -> None:
    parser = ResponseParser()
    parser.feed(start)
    for _ in range(MAX_HEAD // 1000 + 2):
        parser.feed(b"x" * 1000)
    assert parser.fault


def test_endless_interim_answers_are_bounded() -> None:
    parser = ResponseParser()
    for _ in range(MAX_HEAD // 20):
        parser.feed(b"HTTP/1.1 102 Wait\r\n\r\n")
    assert parser.fault


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_long_stream_of_small_pieces_is_no_overhead(step: int) -> None:
    parser = ResponseParser()
    raw = CHUNKED + b"1\r\nx\r\n" * 30000
    for at in range(0, len(raw), step):
        parser.feed(raw[at : at + step])
    assert len(parser.take()) == 30000 and parser.fault is None


def test_headers() -> None:
    headers = Headers([("Content-Type", "a"), ("x-list", "A, b"), ("X-List", "c")])
    assert headers["CONTENT-TYPE"] == "a" and "content-type" in headers
    assert headers["x-list"] == "A, b, c" and headers.tokens("X-LIST") == ["a", "b", "c"]
    assert headers.get("none") is None and len(headers) == 2


def test_the_head_of_a_request() -> None:
    assert (
        encode_head("POST", "/x?y=1", [("Host", "h"), ("X-U", "ü")])
        == b"POST /x?y=1 HTTP/1.1\r\nHost: h\r\nX-U: \xc3\xbc\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("method", "path", "name", "value"),
    [
        ("GET", "/", "X", "a\r\nY: b"),
        ("GET", "/", "X", "a\nY: b"),
        ("GET", "/", "X", "a\0"),
        ("GET", "/", "X\r\nY", "a"),
        ("GET", "/", "X Y", "a"),
        ("GET", "/", "", "a"),
        ("GET", "/ HTTP/1.1\r\nX: y", "X", "a"),
        ("GET", "/a b", "X", "a"),
        ("GET", "/ü", "X", "a"),
        ("GET", "", "X", "a"),
        ("GET /", "/", "X", "a"),
    ],
)
def test_nothing_is_smuggled_into_a_request(method: str, path: str, name: str, value: str) -> None:
    with pytest.raises(InvalidRequest):
        encode_head(method, path, [(name, value)])


@pytest.mark.parametrize("moment", ["on_message_begin", "on_header", "on_message_complete"])
def test_ctrl_c_within_the_parser_is_no_fault_of_the_server(
    moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object) -> None:  # a real signal cannot be timed to strike here
        raise KeyboardInterrupt

    monkeypatch.setattr(ResponseParser, moment, interrupted)
    with pytest.raises(KeyboardInterrupt):
        ResponseParser().feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")
