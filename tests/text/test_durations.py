"""Durations agree with Go's: text, values and error texts."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rillet.text.durations import (
    MAX_NS,
    MIN_NS,
    format_duration,
    parse_duration,
)

MS, S, M, H = 10**6, 10**9, 60 * 10**9, 3600 * 10**9


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (999, "999ns"),
        (1_000, "1µs"),
        (1_500, "1.5µs"),
        (999_999, "999.999µs"),
        (12_345_678, "12.345678ms"),
        (130_079_000, "130.079ms"),
        (S, "1s"),
        (1_234_567_890, "1.23456789s"),
        (10 * S, "10s"),
        (59_999_999_999, "59.999999999s"),
        (M, "1m0s"),
        (90 * S, "1m30s"),
        (5 * M + 1, "5m0.000000001s"),
        (H, "1h0m0s"),
        (H + 2 * M + 3 * S, "1h2m3s"),
        (-1_500, "-1.5µs"),
        (-90 * S, "-1m30s"),
        (MAX_NS, "2562047h47m16.854775807s"),
        (MIN_NS, "-2562047h47m16.854775808s"),
    ],
)
def test_both_ways(ns: int, text: str) -> None:
    assert format_duration(ns) == text
    assert parse_duration(text) == ns


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0", 0),
        ("+0", 0),
        ("-0", 0),
        ("5m", 5 * M),
        ("+5m", 5 * M),
        ("1.5h", 5400 * S),
        (".5s", 500 * MS),
        ("5.s", 5 * S),
        ("1h15m30.918273645s", H + 15 * M + 30_918_273_645),
        ("1us", 1_000),
        ("1μs", 1_000),
        ("30s1h", H + 30 * S),
        ("0.3333333333333333333h", 20 * M),
        ("0.100000000000000000000h", 6 * M),
        ("-1s500ms", -1500 * MS),
        ("000000000000000000000000005s", 5 * S),
        ("9223372036854775807ns", MAX_NS),
        ("-9223372036854775808ns", MIN_NS),
        ("2562047h", 2_562_047 * H),
    ],
)
def test_parse(text: str, ns: int) -> None:
    assert parse_duration(text) == ns


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", 'time: invalid duration ""'),
        ("9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'),
        ("-9223372036854775809ns", 'time: invalid duration "-9223372036854775809ns"'),
        ("2562048h", 'time: invalid duration "2562048h"'),
        ("-3000000h", 'time: invalid duration "-3000000h"'),
        ("2000000h2000000h", 'time: invalid duration "2000000h2000000h"'),
        ("9" * 5000, f'time: invalid duration "{"9" * 5000}"'),
        ("-", 'time: invalid duration "-"'),
        ("abc", 'time: invalid duration "abc"'),
        ("s", 'time: invalid duration "s"'),
        (".", 'time: invalid duration "."'),
        (".s", 'time: invalid duration ".s"'),
        ("+-5s", 'time: invalid duration "+-5s"'),
        (" 5s", 'time: invalid duration " 5s"'),
        ("300", 'time: missing unit in duration "300"'),
        ("-1", 'time: missing unit in duration "-1"'),
        ("1h5", 'time: missing unit in duration "1h5"'),
        ("1.2.3s", 'time: missing unit in duration "1.2.3s"'),
        ("5d", 'time: unknown unit "d" in duration "5d"'),
        ("5S", 'time: unknown unit "S" in duration "5S"'),
        ("5 s", 'time: unknown unit " s" in duration "5 s"'),
        ("1h-5m", 'time: unknown unit "h-" in duration "1h-5m"'),
        ("٣s", 'time: invalid duration "\\xd9\\xa3s"'),
        ('"\\', 'time: invalid duration "\\"\\\\"'),
        ("\x01", 'time: invalid duration "\\x01"'),
    ],
)
def test_errors_are_told_in_the_words_of_go(text: str, error: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_duration(text)
    assert str(caught.value) == error


@given(st.integers(MIN_NS, MAX_NS) | st.integers(-(10**12), 10**12))
def test_every_duration_comes_back(ns: int) -> None:
    assert parse_duration(format_duration(ns)) == ns


@given(st.text("0123456789.+-nuµmsh") | st.text())
@example("1" * 6000 + "." + "1" * 6000 + "ns")
def test_parse_gives_a_duration_or_an_error(text: str) -> None:
    try:
        assert MIN_NS <= parse_duration(text) <= MAX_NS
    except ValueError as error:
        assert str(error).startswith("time: ")
