import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.wire.lines import LineSplitter

BREAKS_THAT_ARE_NONE = "\x85 \u2028 \u2029 \x0b \x0c \x1c \x1d \x1e \r"


def feed_all(splitter: LineSplitter, pieces: list[bytes]) -> bytes:
    return b"".join(splitter.feed(piece) for piece in pieces)


@given(st.lists(st.binary(max_size=20) | st.sampled_from([b"\n", b"a\n", b"\n\n", b"\r\n"])))
def test_whole_lines_come_out_and_the_rest_is_kept(pieces: list[bytes]) -> None:
    splitter = LineSplitter()
    fed = b""
    out = b""
    for piece in pieces:
        fed += piece
        block = splitter.feed(piece)
        assert block == b"" or block.endswith(b"\n")
        out += block
        assert out + splitter.rest() == fed
        assert b"\n" not in splitter.rest()


def test_only_a_line_feed_ends_a_line() -> None:
    text = BREAKS_THAT_ARE_NONE.encode()
    assert LineSplitter().feed(text) == b""
    assert LineSplitter().feed(text + b"\nx") == text + b"\n"


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_a_line_above_the_limit_stops_it_wherever_the_cuts_are(size: int) -> None:
    body = b"12345678\n123456789\nafter\n"
    splitter = LineSplitter(limit=8)
    out = feed_all(splitter, [body[i : i + size] for i in range(0, len(body), size)])
    assert out == b"12345678\n"
    assert splitter.too_long
    assert splitter.feed(b"x\n") == b""
    assert splitter.rest() == b""


def test_a_tail_above_the_limit_stops_it_before_its_newline_comes() -> None:
    splitter = LineSplitter(limit=8)
    assert splitter.feed(b"ok\n123456789") == b"ok\n"
    assert splitter.too_long


def test_a_block_of_short_lines_may_be_larger_than_the_limit() -> None:
    splitter = LineSplitter(limit=8)
    assert splitter.feed(b"1234567\n" * 100) == b"1234567\n" * 100
    assert not splitter.too_long


def test_a_long_line_in_small_pieces_costs_linear_time() -> None:
    def cost(pieces: int) -> float:
        splitter = LineSplitter()
        start = time.process_time()
        for _ in range(pieces):
            splitter.feed(b"x" * 1024)
        assert len(splitter.feed(b"\n")) == pieces * 1024 + 1
        return time.process_time() - start

    cost(100)
    # 16 MiB; a quadratic splitter takes minutes
    assert cost(16 * 1024) < 1.0
