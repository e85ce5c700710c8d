"""Halves of characters meet again, wherever they were cut apart."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.text.surrogates import SurrogateJoiner

from .cuts import cut, every_cut, positions

HIGH, LOW = "\ud83d", "\ude00"


def joined(pieces: list[str]) -> str:
    joiner = SurrogateJoiner()
    return "".join([*map(joiner.feed, pieces), joiner.finish()])


def by_definition(text: str) -> str:
    out, pos = "", 0
    while pos < len(text):
        pair = text[pos : pos + 2]
        if len(pair) == 2 and "\ud800" <= pair[0] <= "\udbff" and "\udc00" <= pair[1] <= "\udfff":
            out += json.loads(json.dumps(pair))
            pos += 2
        else:
            out += "\ufffd" if "\ud800" <= text[pos] <= "\udfff" else text[pos]
            pos += 1
    return out


def test_pair_over_two_pieces() -> None:
    joiner = SurrogateJoiner()
    assert joiner.feed("smile " + HIGH) == "smile "
    assert joiner.feed(LOW + "!") == "😀!"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain, é, 日本, 😀", "plain, é, 日本, 😀"),
        (HIGH + LOW, "😀"),
        (HIGH, "\ufffd"),
        (LOW, "\ufffd"),
        (LOW + HIGH, "\ufffd\ufffd"),
        (HIGH + HIGH + LOW, "\ufffd😀"),
        (HIGH + "a" + LOW, "\ufffda\ufffd"),
        (HIGH + LOW + LOW, "😀\ufffd"),
    ],
)
def test_cases_at_every_cut(text: str, expected: str) -> None:
    for pieces in every_cut(text):
        assert joined(pieces) == expected


def test_a_lone_half_shows_as_soon_as_the_next_character_comes() -> None:
    joiner = SurrogateJoiner()
    assert joiner.feed(HIGH) == ""
    assert joiner.feed("") == ""
    assert joiner.feed("a") == "\ufffda"


@given(st.text(st.sampled_from([HIGH, LOW, "\udbff", "\udfff", "a", "é", "😀"])), positions)
def test_same_as_the_definition_at_any_cut(text: str, at: list[int]) -> None:
    assert joined(cut(text, at)) == joined(list(text)) == by_definition(text)
    joined([text]).encode()
