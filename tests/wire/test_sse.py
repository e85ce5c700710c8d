import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.wire.sse import ServerEvent, SseSplitter


def split(*pieces: bytes, limit: int = 1 << 20) -> list[ServerEvent]:
    splitter = SseSplitter(limit)
    events = [event for piece in pieces for event in splitter.feed(piece)]
    return events + splitter.rest()


def data(*texts: bytes) -> list[ServerEvent]:
    return [ServerEvent(text) for text in texts]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        pytest.param(b"data: a\n\ndata: b\n\n", data(b"a", b"b"), id="plain"),
        pytest.param(b"data:a\n\ndata:  b\n\n", data(b"a", b" b"), id="at most one space is taken"),
        pytest.param(b"data: a\r\n\r\ndata: b\r\n\r\n", data(b"a", b"b"), id="CRLF"),
        pytest.param(b"data: a\r\rdata: b\r\r", data(b"a", b"b"), id="CR"),
        pytest.param(b"data: a\r\n\ndata: b\n\r\n", data(b"a", b"b"), id="mixed"),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n", data(b"a"), id="byte order mark"),
        pytest.param(b"data: a\ndata: b\n\n", data(b"a\nb"), id="two lines of data"),
        pytest.param(b"data\n\ndata:\n\n", data(b"", b""), id="empty data is data"),
        pytest.param(b": ping\n\n:\n\ndata: a\n\n", data(b"a"), id="comments"),
        pytest.param(b": ping\ndata: a\n\n", data(b"a"), id="comment in an event"),
        pytest.param(b"\n\n\n\ndata: a\n\n\n\n\ndata: b\n\n", data(b"a", b"b"), id="blank lines"),
        pytest.param(b"event: x\n\nretry: 5\n\ndata: a\n\n", data(b"a"), id="no data, no event"),
        pytest.param(b"nothing: x\ndata: a\n\n", data(b"a"), id="unknown field"),
        pytest.param(
            b"event: x\ndata: a\n\ndata: b\n\n",
            [ServerEvent(b"a", "x"), ServerEvent(b"b")],
            id="the name is of one event",
        ),
        pytest.param(
            b"id: 1\n\ndata: a\n\nid: 2\ndata: b\n\ndata: c\n\nid\ndata: d\n\n",
            [
                ServerEvent(b"a", None, "1"),
                ServerEvent(b"b", None, "2"),
                ServerEvent(b"c", None, "2"),
                ServerEvent(b"d", None, None),
            ],
            id="the id stays, and makes no event",
        ),
        pytest.param(b"id: a\0b\ndata: a\n\n", data(b"a"), id="an id with NUL is none"),
        pytest.param(
            "data: \x85\u2028\u2029\x1c\x0b\n\n".encode(),
            data("\x85\u2028\u2029\x1c\x0b".encode()),
            id="no other line ends",
        ),
        pytest.param(b"data: \xff\xfe\n\n", data(b"\xff\xfe"), id="invalid UTF-8 is not judged"),
        pytest.param(b"data: a\n\ndata: b\n", data(b"a", b"b"), id="last event not closed"),
        pytest.param(b"data: a\n\ndata: b", data(b"a", b"b"), id="last line not closed"),
        pytest.param(b"data: a\n\ndata: b\r", data(b"a", b"b"), id="last line closed by CR"),
        pytest.param(b"", [], id="nothing"),
    ],
)
def test_the_event_stream_rules(stream: bytes, events: list[ServerEvent]) -> None:
    assert split(stream) == events
    assert split(*(stream[i : i + 1] for i in range(len(stream)))) == events
    for cut in range(len(stream)):
        assert split(stream[:cut], b"", stream[cut:]) == events


LINES = [b"data: a", b"data:b", b"data", b"event: x", b"id: 7", b": c", b"", b"", b"", b"<p>"]


@given(
    st.lists(st.sampled_from(LINES), max_size=12), st.sampled_from([b"\n", b"\r\n"]), st.integers()
)
def test_cuts_do_not_matter(lines: list[bytes], end: bytes, seed: int) -> None:
    stream = end.join(lines)
    rng = random.Random(seed)
    pieces = []
    at = 0
    while at < len(stream):
        size = rng.randint(0, 5)
        pieces.append(stream[at : at + size])
        at += size
    assert split(*pieces) == split(stream)


@given(st.lists(st.binary(max_size=30)))
def test_nothing_is_raised(pieces: list[bytes]) -> None:
    assert split(*pieces) == split(b"".join(pieces))


def test_events_come_at_their_blank_line_and_not_later() -> None:
    splitter = SseSplitter()
    assert splitter.feed(b"data: a\r\n") == []
    assert splitter.feed(b"\r") == data(b"a")
    assert splitter.feed(b"\ndata: b\r\n\r") == data(b"b")
    assert splitter.feed(b"\n") == []


def test_what_is_no_event_stream_can_be_read_in_full() -> None:
    splitter = SseSplitter()
    assert splitter.feed(b'{"object":\n') == []
    assert splitter.feed(b'"chat.completion"}') == []
    assert splitter.rest() == []
    assert splitter.foreign.strip() == b'{"object":\n"chat.completion"}'
    splitter.feed(b"data: a\n\n")
    assert not splitter.foreign


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_an_event_above_the_limit_stops_it(size: int) -> None:
    stream = b"data: 12\n\ndata: 123\n\ndata: 1\n\n"
    splitter = SseSplitter(limit=8)
    events = []
    for at in range(0, len(stream), size):
        events += splitter.feed(stream[at : at + size])
    assert events == data(b"12")
    assert splitter.too_long
    assert splitter.rest() == []


def test_a_long_event_in_small_pieces_costs_linear_time() -> None:
    splitter = SseSplitter(1 << 25)
    start = time.process_time()
    splitter.feed(b"data: ")
    for _ in range(16 * 1024):
        splitter.feed(b"x" * 1024)
    assert [len(event.data) for event in splitter.feed(b"\n\n")] == [1 << 24]
    assert time.process_time() - start < 1.0
