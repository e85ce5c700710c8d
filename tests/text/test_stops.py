"""Text ends where the first stop string is complete, as if it were looked at at each character."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.text.stops import StopStrings, overlap

from .cuts import cut, positions

short = st.text("ab<", max_size=30)


def run(stops: list[str], pieces: list[str]) -> tuple[str, str | None]:
    machine = StopStrings(stops)
    out, hit = "", None
    for piece in pieces:
        text, hit = machine.feed(piece)
        out += text
    return out + machine.finish(), hit


def by_definition(stops: list[str], text: str) -> tuple[str, str | None]:
    for end in range(len(text) + 1):
        for stop in sorted(filter(None, stops), key=len, reverse=True):
            if text[:end].endswith(stop):
                return text[: end - len(stop)], stop
    return text, None


@pytest.mark.parametrize(
    ("stops", "pieces", "expected"),
    [
        (["</s>"], ["Hello", "</", "s", "> more"], ("Hello", "</s>")),
        (["</s>"], ["a </", "b>"], ("a </b>", None)),
        (["</s>"], ["a </s"], ("a </s", None)),
        (["\n\n", "User:"], ["hi\n", "User:"], ("hi\n", "User:")),
        (["abcd", "bc"], ["abcd"], ("a", "bc")),
        (["bc", "abc"], ["xab", "c"], ("x", "abc")),
        (["aab"], ["aaab"], ("a", "aab")),
        (["", "x"], ["ax"], ("a", "x")),
        ([""], ["ax"], ("ax", None)),
        ([], ["ax"], ("ax", None)),
    ],
)
def test_cases(stops: list[str], pieces: list[str], expected: tuple[str, str | None]) -> None:
    assert run(stops, pieces) == expected


def test_only_a_possible_beginning_is_held_back() -> None:
    machine = StopStrings(["</s>"])
    assert machine.feed("one < two </") == ("one < two ", None)
    assert machine.feed("p>") == ("</p>", None)


@pytest.mark.parametrize("first", string.punctuation)
def test_a_stop_string_may_begin_with_any_character(first: str) -> None:
    for stops in ([first + "1", "]2"], ["^2", first + "1"]):
        assert run(stops, ["x", first, "1"]) == ("x", first + "1")


def test_nothing_comes_after_a_hit() -> None:
    machine = StopStrings(["stop"])
    assert machine.feed("a stop b") == ("a ", "stop")
    assert machine.feed("more") == ("", "stop")
    assert machine.finish() == ""


@given(st.lists(st.text("ab<", max_size=5), max_size=4), short, positions)
def test_same_as_the_definition_at_any_cut(stops: list[str], text: str, at: list[int]) -> None:
    expected = by_definition(stops, text)
    assert run(stops, cut(text, at)) == expected
    assert run(stops, list(text)) == expected


@given(short, st.text("ab<", max_size=6))
def test_overlap_is_the_longest_end_that_begins_the_marker(text: str, marker: str) -> None:
    sizes = range(min(len(text), len(marker) - 1), 0, -1)
    expected = next((n for n in sizes if text.endswith(marker[:n])), 0)
    assert overlap(text, marker) == expected
