"""The situations in which clients of model servers go wrong, and what has to come out of each.

One table, `SITUATIONS`: `test_study` runs every row on both shells and all wires, and
`study_table` writes down what came out. A row's `run` plays it, asserts, and returns the cell.
What takes more than a script to tell stands in `situations_of_time` and `situations_of_ways`.
"""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from rillet.testing import (
    CHUNKED,
    LAST_CHUNK,
    Hangup,
    Pause,
    Reset,
    Script,
    ScriptedServer,
    Send,
    answer,
    chunk,
    head,
)
from rillet.words import errors
from rillet.words.errors import RilletError
from tests.client.reading import Outcome, read
from tests.client.wires import Wire, chunked

TOKENS = ["Hel", "lo", " wörld 🦜"]
TEXT = "".join(TOKENS)

Run = Callable[[str, Wire], str]
Tell = Callable[[Wire], Script]


@dataclass(frozen=True)
class Situation:
    section: str
    name: str
    says: str
    run: Run


SITUATIONS: list[Situation] = []


def situation(section: str, name: str, says: str) -> Callable[[Run], Run]:
    """A row that plays itself."""

    def add(run: Run) -> Run:
        SITUATIONS.append(Situation(section, name, says, run))
        return run

    return add


def right(section: str, name: str, says: str, tell: Tell, text: str = TEXT) -> None:
    """A row from which the text has to come whole."""

    def run(shell: str, wire: Wire) -> str:
        with ScriptedServer(tell(wire)) as server:
            outcome = read(shell, wire, server.url)
        check_right(outcome, text)
        return outcome.verdict

    situation(section, name, says)(run)


def wrong(
    section: str,
    name: str,
    says: str,
    tell: Tell,
    error: type[RilletError],
    *,
    partial: str = TEXT,
    message: str = "",
    status: int | None = None,
) -> None:
    """A row from which an error has to come, after the text before it."""

    def run(shell: str, wire: Wire) -> str:
        with ScriptedServer(tell(wire)) as server:
            outcome = read(shell, wire, server.url)
        assert type(outcome.error) is error, repr(outcome.error)
        assert outcome.text == partial
        assert outcome.error.partial is None or outcome.error.partial.text == partial
        assert message in str(outcome.error)
        assert getattr(outcome.error, "status", None) == status
        return outcome.verdict

    situation(section, name, says)(run)


def check_right(outcome: Outcome, text: str) -> None:
    if outcome.error is not None:
        raise outcome.error
    assert outcome.text == text
    outcome.text.encode()  # no lone surrogates: printing never fails
    assert outcome.finish is not None and outcome.finish.reason == "stop"


def whole(wire: Wire, *literals: bytes) -> Script:
    """These JSON literals as tokens, and the end."""
    return chunked([*wire.literals(literals), *wire.ending()])


def plain(wire: Wire) -> list[bytes]:
    return [*wire.tokens(TOKENS), *wire.ending()]


def body(wire: Wire) -> bytes:
    return b"".join(plain(wire))


# 1a, 1b: text that must come through


def _only_last_text(wire: Wire) -> Script:
    return chunked(wire.ending(json.dumps(TEXT).encode()))


right("1a", "a_u0085_raw", "U+0085 in a string", lambda w: whole(w, '"a\x85b"'.encode()), "a\x85b")
for code in ("2028", "2029"):
    character = chr(int(code, 16))
    right(
        "1a",
        f"a_u{code}_raw",
        f"U+{code} in a string",
        lambda w, c=character: whole(w, f'"a{c}b"'.encode()),
        f"a{character}b",
    )
right("1a", "a_1c_esc", r"\u001c escaped", lambda w: whole(w, rb'"a\u001cb"'), "a\x1cb")
right("1a", "a_1c_raw", "a raw control character", lambda w: whole(w, b'"a\x1cb"'), "a\x1cb")
right(
    "1a",
    "a_emoji_zwj",
    "a family of emoji",
    lambda w: whole(w, json.dumps("👩‍👩‍👧", ensure_ascii=False).encode()),
    "👩‍👩‍👧",
)
right("1a", "a_surr_pair_esc", "an escaped pair", lambda w: whole(w, rb'"\ud83d\ude00"'), "😀")
right(
    "1a",
    "a_surr_split_tokens",
    "a pair split over two tokens",
    lambda w: whole(w, rb'"a\ud83d"', rb'"\ude00b"'),
    "a😀b",
)
right(
    "1a",
    "a_surr_lone",
    "half a pair whose other half never comes",
    lambda w: whole(w, rb'"a\ud83d"', rb'"b"'),
    "a\ufffdb",
)
right(
    "1a",
    "a_badutf8",
    "invalid UTF-8 in a string",
    lambda w: whole(w, b'"a\xf0\x9fb"', b'"c"'),
    "a\ufffdbc",
)


def _split_character(wire: Wire) -> Script:
    data = b"".join([*wire.literals([f'"{TEXT}"'.encode()]), *wire.ending()])
    cut = data.index("🦜".encode()) + 2
    return [CHUNKED, chunk(data[:cut]), Pause(0.02), chunk(data[cut:]), LAST_CHUNK]


def _crlf(wire: Wire) -> list[bytes]:
    return [frame.replace(b"\n", b"\r\n") for frame in plain(wire)]


def _crlf_split(wire: Wire) -> Script:
    pieces = b"".join(_crlf(wire)).split(b"\r")
    frames = [piece + b"\r" for piece in pieces[:-1]] + [pieces[-1]]
    return [
        CHUNKED,
        *[step for frame in frames for step in (chunk(frame), Pause(0.002))],
        LAST_CHUNK,
    ]


def _with_between(noise: bytes) -> Tell:
    return lambda w: chunked([noise, *[part for f in plain(w) for part in (f, noise)]])


def _comments(wire: Wire) -> Script:
    return _with_between(b": keep-alive\n\n")(wire)


def _no_space(wire: Wire) -> Script:
    return chunked([frame.replace(b"data: ", b"data:") for frame in plain(wire)])


def _multiline(wire: Wire) -> Script:
    """SSE: one event's data over two lines, cut where JSON allows blanks."""
    if not wire.sse:
        return _no_space(wire)
    return chunked([f.replace(b'"index":0,', b'\ndata: "index":0,') for f in plain(wire)])


def _until_close(line: bytes) -> Tell:
    def tell(wire: Wire) -> Script:
        steps = [step for frame in plain(wire) for step in (frame, Pause(0.002))]
        return [line, *steps, Hangup()]

    return tell


right("1b", "b_mb_split_chunk", "a character split over two chunks", _split_character)
right("1b", "b_crlf", "lines end with CRLF", lambda w: chunked(_crlf(w)))
right("1b", "b_crlf_split", "CR and LF in two chunks", _crlf_split)
right(
    "1b",
    "b_every_byte_tcp",
    "each byte its own segment",
    lambda w: [Send(b"".join(chunked(plain(w))), size=1)],
)
right(
    "1b",
    "b_every_byte_chunk",
    "each byte its own HTTP chunk",
    lambda w: chunked([bytes([byte]) for byte in body(w)]),
)
right("1b", "b_many_in_one", "all records in one chunk", lambda w: chunked([body(w)]))
right("1b", "b_last_no_nl", "no newline at the end", lambda w: chunked([body(w).rstrip()]))
right("1b", "b_blank_lines", "blank lines between records", _with_between(b"\n\r\n\n"))
right("1b", "b_bom", "a byte order mark first", lambda w: chunked([b"\xef\xbb\xbf" + body(w)]))
right(
    "1b",
    "b_100_continue",
    "103 Early Hints before the answer",
    lambda w: [head("103 Early Hints", [("Link", "</x>")]), *chunked(plain(w))],
)
right("1b", "b_sse_comment", "comments between records", _comments)
right("1b", "b_sse_nospace", "no space after `data:`", _no_space)
right("1b", "b_sse_multiline_data", "an event's data over two lines", _multiline)
right(
    "1b",
    "b_chunk_ext_trailers",
    "chunk extensions and trailers",
    lambda w: [
        CHUNKED,
        *[chunk(frame).replace(b"\r\n", b";a=b\r\n", 1) for frame in plain(w)],
        b"0\r\nX-Sum: 1\r\n\r\n",
    ],
)
right("1b", "d_close_delim_ok", "the end of the connection is the end", _until_close(head()))
right("1b", "http_1_0", "HTTP/1.0", _until_close(b"HTTP/1.0 200 OK\r\n\r\n"))
right(
    "1b",
    "x_raw_cr_ws",
    "CR as JSON whitespace",
    lambda w: chunked([f.replace(b"{", b"{\r", 1) if not w.sse else f for f in plain(w)]),
)
right(
    "1b",
    "x_null_content",
    "null in place of a text",
    lambda w: whole(w, b"null", f'"{TEXT}"'.encode()),
)
right(
    "1b",
    "x_minimal",
    "records with the least that can be said",
    lambda w: chunked([*[w.frame(w.minimal(token)) for token in TOKENS], *w.ending()]),
)
right("1b", "x_done_text", "text in the record that says the end", _only_last_text)
for name, says, said in (
    (
        "x_json_out",
        "an answer that looks like a call of a tool",
        '{"name":"f","arguments":{"a":1}}',
    ),
    ("x_think_literal", "a literal <think> in the text", "<think>no</think> yes"),
    ("x_sse_word", "the word [DONE] in the text", "so [DONE]\n\ndata: [DONE]\n\n it is"),
    ("x_repeats", "the same token a hundred times", "- " * 100),
):
    right(
        "1b", name, says, lambda w, t=said: chunked([*w.tokens([t[:9], t[9:]]), *w.ending()]), said
    )
for status in (301, 302, 307, 308):

    @situation("1b", f"k_{status}", f"a {status} to another path")
    def _redirected(shell: str, wire: Wire, status: int = status) -> str:
        there = answer(status=f"{status} Moved", headers=[("Location", "/there")])
        with ScriptedServer([there], chunked(plain(wire))) as server:
            outcome = read(shell, wire, server.url)
        check_right(outcome, TEXT)
        assert [request.method for request in server.requests] == ["POST", "POST"]
        assert server.requests[0].body == server.requests[1].body
        return outcome.verdict


# 1c: errors in mid-stream

ERROR = "the engine fell over"


def _failing(error: object, *, after: bool = True) -> Tell:
    return lambda w: chunked([*(w.tokens(TOKENS) if after else []), w.failing(error)])


wrong("1c", "c_err", "an error record", _failing(ERROR), errors.ServerError, message=ERROR)
wrong(
    "1c",
    "c_err_obj",
    "an error that is an object",
    _failing({"message": ERROR, "code": 500}),
    errors.ServerError,
    message=ERROR,
)
wrong(
    "1c",
    "c_err_nested",
    "an error as JSON in a string",
    _failing(json.dumps({"error": {"message": ERROR}})),
    errors.ServerError,
    message=ERROR,
)
wrong(
    "1c",
    "c_err_first",
    "an error as the first record",
    _failing(ERROR, after=False),
    errors.ServerError,
    partial="",
    message=ERROR,
)


# 1d: the end never said

TRUNCATED = errors.StreamTruncated


def _cut(*steps: object) -> Tell:
    return lambda w: [CHUNKED, *map(chunk, w.tokens(TOKENS)), *steps]  # type: ignore[list-item]


wrong("1d", "d_clean_early", "a proper HTTP end, no end of the answer", _cut(LAST_CHUNK), TRUNCATED)
wrong(
    "1d",
    "d_clean_early_midline",
    "a proper HTTP end within a record",
    lambda w: chunked([*w.tokens(TOKENS), w.frame(w.last())[:20]]),
    TRUNCATED,
)
wrong("1d", "d_empty", "nothing at all", lambda w: chunked([]), TRUNCATED, partial="")
wrong("1d", "d_fin_between", "FIN between two chunks", _cut(Hangup()), TRUNCATED)
wrong("1d", "d_fin_mid", "FIN within a chunk", _cut(b'40\r\n{"mod', Hangup()), TRUNCATED)
wrong("1d", "d_rst", "a reset", _cut(Pause(0.05), Reset()), TRUNCATED)
wrong(
    "1d",
    "d_cl_short",
    "fewer bytes than Content-Length says",
    lambda w: [head(headers=[("Content-Length", "9999")]), *w.tokens(TOKENS), Hangup()],
    TRUNCATED,
)
wrong(
    "1d",
    "d_close_delim_early",
    "a connection that ends, no end of the answer",
    lambda w: [head(), *w.tokens(TOKENS), Hangup()],
    TRUNCATED,
)
wrong(
    "1d",
    "d_marker_only",
    "`[DONE]` without a reason why it ended",
    lambda w: chunked([*w.tokens(TOKENS), b"data: [DONE]\n\n"]),
    TRUNCATED,
)
wrong(
    "1d",
    "d_gzip_early",
    "compressed content that ends early",
    lambda w: [
        head(headers=[("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]),
        chunk(_gzip_open(b"".join(w.tokens(TOKENS)))),
        LAST_CHUNK,
    ],
    TRUNCATED,
)


def _gzip_open(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=31)
    return coder.compress(data) + coder.flush(zlib.Z_SYNC_FLUSH)


# 1g: something else in place of a stream

PAGE = b"<html><head><title>502 Bad Gateway</title></head></html>"


def _refused(
    status: str, said: bytes, kind: str = "application/json", *more: tuple[str, str]
) -> Tell:
    return lambda w: [answer(said, status=status, headers=[("Content-Type", kind), *more])]


wrong(
    "1g",
    "g_html200",
    "a web page with status 200",
    _refused("200 OK", PAGE, "text/html"),
    errors.MalformedStream,
    partial="",
    message="502 Bad Gateway",
)
right(
    "1g",
    "g_whole_json",
    "one whole JSON answer",
    lambda w: [answer(w.whole(TEXT), headers=[("Content-Type", "application/json")])],
)
wrong(
    "1g",
    "g_404json",
    "404: no such model",
    _refused("404 Not Found", b'{"error":"model \'m\' not found"}'),
    errors.ModelNotFound,
    partial="",
    message="rillet pull m",
    status=404,
)
wrong(
    "1g",
    "g_500text",
    "500 with a plain text",
    _refused("500 Internal Server Error", b"oh no", "text/plain"),
    errors.ServerError,
    partial="",
    message="oh no",
    status=500,
)
wrong(
    "1g",
    "g_502page",
    "502 with a web page",
    _refused("502 Bad Gateway", PAGE, "text/html"),
    errors.ServerError,
    partial="",
    message="behind it is down",
    status=502,
)
wrong(
    "1g",
    "g_401",
    "401",
    _refused("401 Unauthorized", b'{"error":{"message":"bad key"}}'),
    errors.Unauthorized,
    partial="",
    message="bad key. Check the API key",
    status=401,
)
for status, busy in (("429 Too Many Requests", 429), ("503 Service Unavailable", 503)):
    wrong(
        "1g",
        f"g_{busy}",
        f"{busy}, and no tries left",
        _refused(status, b'{"error":"server busy"}'),
        errors.Busy,
        partial="",
        message="server busy",
        status=busy,
    )

    @situation("1g", f"g_{busy}_retry", f"{busy} with Retry-After, then an answer")
    def _retried(shell: str, wire: Wire, status: str = status) -> str:
        refusal = answer(b'{"error":"busy"}', status=status, headers=[("Retry-After", "0.3")])
        with ScriptedServer([refusal], chunked(plain(wire))) as server:
            outcome = read(shell, wire, server.url, retries=2)
        check_right(outcome, TEXT)
        assert outcome.took >= 0.3
        return outcome.verdict


@situation("1g", "g_no_retry_midstream", "cut after the first token: nothing is asked twice")
def _not_asked_twice(shell: str, wire: Wire) -> str:
    with ScriptedServer(_cut(Hangup())(wire)) as server:
        outcome = read(shell, wire, server.url, retries=5)
    assert isinstance(outcome.error, TRUNCATED)
    assert len(server.requests) == 1
    return outcome.verdict


def names() -> list[object]:
    """The rows for `pytest.mark.parametrize`."""
    return [pytest.param(row, id=f"{row.section}-{row.name}") for row in SITUATIONS]
