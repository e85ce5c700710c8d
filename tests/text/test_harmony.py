from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.text.harmony import MARKS, HarmonySplitter
from rillet.words.events import ToolCall

THOUGHT = "<|channel|>analysis<|message|>They greet.<|end|>"
ANSWER = "<|start|>assistant<|channel|>final<|message|>Hi, 1 < 2!"
CALL = (
    '<|start|>assistant<|channel|>commentary to=functions.now <|constrain|>json<|message|>{"a": 1}'
)
PROMPT = "<|start|>user<|message|>Hello<|end|><|start|>assistant"


def read(pieces: list[Any]) -> list[Any]:
    """Neighbours of one kind joined."""
    joined: list[Any] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, tuple) and isinstance(last, tuple) and last[0] == piece[0]:
            joined[-1] = (piece[0], last[1] + piece[1])
        else:
            joined.append(piece)
    return joined


def split(text: str, *, prompt: str = PROMPT, names: tuple[str, ...] = ("now",)) -> list[Any]:
    splitter = HarmonySplitter(prompt, names)
    return read([*splitter.feed(text), *splitter.finish()])


NOW = ToolCall("now", {"a": 1}, index=0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (THOUGHT + ANSWER, [("thinking", "They greet."), ("text", "Hi, 1 < 2!")]),
        (THOUGHT + CALL, [("thinking", "They greet."), NOW]),
        (THOUGHT + CALL + "<|call|>", [("thinking", "They greet."), NOW]),
        ("<|channel|>final<|message|>Hi<|return|>", [("text", "Hi")]),
        (
            "<|channel|>commentary<|message|>First this.<|end|>" + CALL,
            [("text", "First this."), NOW],
        ),
        # Who is called may stand before the channel, and the constraint without a space.
        (' to=functions.now<|channel|>commentary<|constrain|>json<|message|>{"a": 1}', [NOW]),
        ('<|channel|>analysis to=functions.now<|message|>{"a": 1}', [NOW]),
        ("<|channel|>commentary to=functions.now<|message|>", [ToolCall("now", {}, index=0)]),
        # What is no call of theirs is text.
        (THOUGHT + CALL.replace("now", "rm"), [("thinking", "They greet."), ("text", '{"a": 1}')]),
        (THOUGHT + CALL.replace("}", ""), [("thinking", "They greet."), ("text", '{"a": 1')]),
        # A model that knows of no channels.
        ("Hello there", [("text", "Hello there")]),
        ("<|channel|>analysis", []),
        ("", []),
    ],
)
def test_channels(text: str, expected: list[Any]) -> None:
    assert split(text) == expected


def test_two_calls_are_numbered() -> None:
    assert split(THOUGHT + CALL + "<|end|>" + CALL)[1:] == [NOW, ToolCall("now", {"a": 1}, index=1)]


@pytest.mark.parametrize(
    ("begun", "kind"),
    [
        ("<|channel|>final<|message|>Well, ", "text"),
        ("<|channel|>analysis<|message|>", "thinking"),
    ],
)
def test_a_message_that_the_prompt_began(begun: str, kind: str) -> None:
    assert split("yes", prompt=PROMPT + begun) == [(kind, "yes")]


@given(st.data())
def test_wherever_it_is_cut(data: st.DataObject) -> None:
    messages = st.sampled_from([THOUGHT, ANSWER + "<|end|>", CALL + "<|call|>", "a<|", "|>", "{}"])
    text = "".join(data.draw(st.lists(messages, max_size=5)))
    splitter = HarmonySplitter(PROMPT, ("now",))
    pieces: list[Any] = []
    left = text
    while left:
        size = data.draw(st.integers(1, len(left)))
        pieces += splitter.feed(left[:size])
        left = left[size:]
    assert read([*pieces, *splitter.finish()]) == split(text)


@given(st.text() | st.lists(st.sampled_from([*MARKS, "x", " to=functions.now"])).map("".join))
def test_no_text_breaks_it(text: str) -> None:
    for piece in split(text):
        assert isinstance(piece, ToolCall) or piece[1]


def test_an_answer_comes_as_it_is_written() -> None:
    splitter = HarmonySplitter(PROMPT)
    assert splitter.feed("<|channel|>final<|message|>") == []
    assert splitter.feed("Hel") == [("text", "Hel")]
    assert splitter.feed("lo <|e") == [("text", "lo ")]
    assert splitter.feed("xit") == [("text", "<|exit")]
