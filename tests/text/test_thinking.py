"""Thinking and answer come apart the same way, wherever the output is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.text.thinking import ThinkingSplitter

from .cuts import cut, every_cut, positions

scraps = st.sampled_from(["<think>", "</think>", "<", "</th", "think>", " ", "\n", "a", "é", "\t"])
outputs = st.lists(scraps, max_size=20).map("".join)


def split(pieces: list[str], starts_inside: bool = False) -> tuple[str, str]:
    """All thinking and all text; asserts that they come in this order and never empty."""
    splitter = ThinkingSplitter(starts_inside=starts_inside)
    out = [piece for text in pieces for piece in splitter.feed(text)] + splitter.finish()
    assert all(text for _, text in out)
    kinds = [kind for kind, _ in out]
    assert kinds == sorted(kinds, reverse=True)  # "thinking" before "text"
    return (
        "".join(text for kind, text in out if kind == "thinking"),
        "".join(text for kind, text in out if kind == "text"),
    )


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("", ("", "")),
        ("Hello", ("", "Hello")),
        ("  Hello", ("", "  Hello")),
        (" \n ", ("", " \n ")),
        ("<think>I see</think>Hello", ("I see", "Hello")),
        ("\n <think>\n I see\n</think>\n\nHello\n", ("I see\n", "Hello\n")),
        ("<think></think>Hello", ("", "Hello")),
        ("<think>\n\n</think>\n\nHello", ("", "Hello")),
        ("<think>never ends", ("never ends", "")),
        ("<think>ends </thin", ("ends </thin", "")),
        ("<think>a</b></think>c", ("a</b>", "c")),
        ("<thi", ("", "<thi")),
        ("<thinker> is a word", ("", "<thinker> is a word")),
        ("Say <think>x</think>", ("", "Say <think>x</think>")),
        ("<think>a</think>b<think>c</think>", ("a", "b<think>c</think>")),
        ("<think>a<think>b</think>c</think>d", ("a<think>b", "c</think>d")),
        (" " * 4096 + "<think>a</think>b", ("a", "b")),
        (" " * 4097 + "<think>a", ("", " " * 4097 + "<think>a")),
    ],
)
def test_cases_at_every_cut(output: str, expected: tuple[str, str]) -> None:
    if len(output) > 1000:
        assert split([output]) == split(list(output)) == expected
        return
    for pieces in every_cut(output):
        assert split(pieces) == expected


def test_prompt_that_already_opened_the_thinking() -> None:
    for pieces in every_cut("\nI see</think> Hello"):
        assert split(pieces, starts_inside=True) == ("I see", "Hello")


def test_pieces_come_as_soon_as_they_are_certain() -> None:
    splitter = ThinkingSplitter("[THINK]", "[/THINK]")
    assert splitter.feed("[THI") == []
    assert splitter.feed("NK] so") == [("thinking", "so")]
    assert splitter.feed(" far [/") == [("thinking", " far ")]
    assert splitter.feed("THINK] an") == [("text", "an")]
    assert splitter.feed("swer [/") == [("text", "swer [/")]


def test_empty_tags_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        ThinkingSplitter("", "</think>")


@given(outputs, st.booleans(), positions)
def test_cuts_do_not_matter(output: str, inside: bool, at: list[int]) -> None:
    whole = split([output], inside)
    assert split(cut(output, at), inside) == whole
    assert split(list(output), inside) == whole
