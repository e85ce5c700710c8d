"""Calls of tools are found in the forms of the known families, wherever the answer is cut."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.text.tool_calls import ToolCallSplitter
from rillet.words.events import ToolCall

from .cuts import cut, every_cut, positions

NAMES = ["get", "get_weather", "now"]
PARIS = {"city": "Paris"}
OSLO = {"city": "Oslo"}
Call = tuple[str, dict[str, Any]]


def split(mark: str, pieces: list[str], names: list[str] = NAMES) -> tuple[str, list[Call]]:
    """The text and the calls; asserts that no text is empty and that calls are numbered."""
    splitter = ToolCallSplitter(mark, names)
    out = [piece for text in pieces for piece in splitter.feed(text)] + splitter.finish()
    assert all(out)
    calls = [piece for piece in out if isinstance(piece, ToolCall)]
    assert [call.index for call in calls] == list(range(len(calls)))
    text = "".join(piece for piece in out if isinstance(piece, str))
    return text, [(call.name, call.arguments) for call in calls]


WEATHER = ("get_weather", PARIS)
BOTH = [WEATHER, ("get_weather", OSLO)]
ONE = '{"name": "get_weather", "arguments": {"city": "Paris"}}'
TWO = '{"name": "get_weather", "arguments": {"city": "Oslo"}}'
LLAMA = '{"name": "get_weather", "parameters": {"city": "Paris"}}'

FAMILIES = {
    "qwen2.5, hermes": ("<tool_call>", f"<tool_call>\n{ONE}\n</tool_call>", "", [WEATHER]),
    "qwen2.5, two": (
        "<tool_call>",
        f"<tool_call>\n{ONE}\n</tool_call>\n<tool_call>\n{TWO}\n</tool_call>",
        "",
        BOTH,
    ),
    "qwen2.5, after words": (
        "<tool_call>",
        f"Let me look.\n<tool_call>\n{ONE}\n</tool_call>",
        "Let me look.\n",
        [WEATHER],
    ),
    "llama3.1": ("{", LLAMA, "", [WEATHER]),
    "llama3.1, two": ("{", f"{LLAMA}; {TWO}", "", BOTH),
    "llama3.1, in a list": ("{", f" \n[{LLAMA}, {TWO}]", "", BOTH),
    "mistral": ("[TOOL_CALLS]", f"[TOOL_CALLS] [{ONE}, {TWO}]", "", BOTH),
    "mistral small 3.2": (
        "[TOOL_CALLS]",
        '[TOOL_CALLS]get_weather[ARGS]{"city": "Paris"}',
        "",
        [WEATHER],
    ),
    "command-r": (
        "Action: ```json",
        'Action: ```json\n[\n  {"tool_name": "get_weather", "parameters": {"city": "Paris"}}\n]```',
        "",
        [WEATHER],
    ),
    "firefunction": ("functools[", f" functools[{ONE}]", " ", [WEATHER]),
    "granite": ("<|tool_call|>", f"<|tool_call|>[{ONE}]", "", [WEATHER]),
    "nemotron": ("<toolcall>", f"<toolcall> {ONE} </toolcall>", "", [WEATHER]),
    "xlam": ("{", f'{{"tool_calls": [{ONE}, {TWO}]}}', "", BOTH),
    "deepseek": (
        "<｜tool▁calls▁begin｜>",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n"
        '```json\n{"city": "Paris"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
        "",
        [WEATHER],
    ),
    "openai's nesting": (
        "<tool_call>",
        '<tool_call>{"type": "function", "function": {"name": "get_weather", '
        '"arguments": "{\\"city\\": \\"Paris\\"}"}}</tool_call>',
        "",
        [WEATHER],
    ),
    "name as the key": ("<c>", '<c>{"get_weather": {"city": "Paris"}}', "", [WEATHER]),
}


@pytest.mark.parametrize(("mark", "said", "text", "calls"), FAMILIES.values(), ids=FAMILIES)
def test_families_at_every_cut(mark: str, said: str, text: str, calls: list[Call]) -> None:
    for pieces in every_cut(said):
        assert split(mark, pieces) == (text, calls)


@pytest.mark.parametrize(
    ("mark", "said", "calls"),
    [
        ("<c>", '<c>{"name": "now"}', [("now", {})]),
        ("<c>", '<c>{"name": "now", "arguments": null}', [("now", {})]),
        ("<c>", '<c>{"name": "now", "arguments": {}, "id": "x1"}', [("now", {})]),
        ("<c>", '<c>{"name": "get", "arguments": {"s": "a } \\" { b"}}',
         [("get", {"s": 'a } " { b'})]),
        ("<c>", '<c>{"name": "get", "arguments": {"s": "a\nb"}}', [("get", {"s": "a\nb"})]),
        # of two names in one, the longer
        ("<c>", "<c>get_weather {}", [("get_weather", {})]),
        ("<c>", "<c>functions.get:0 {}", [("get", {})]),
        # a name among the arguments is none of a tool
        ("<c>", '<c>get {"name": "Bob"}', [("get", {"name": "Bob"})]),
        ("<c>", '<c>{"name": "get", "arguments": {"name": "now"}}', [("get", {"name": "now"})]),
        # what is broken does not hide the next
        ("<c>", '<c>{"name": get} {"name": "now"}', [("now", {})]),
        ("<c>", '<c>{} {"name": "now"}', [("now", {})]),
        # behind a call there is no more text
        ("<c>", '<c>{"name": "now"}</c> It is noon.', [("now", {})]),
        ("{", '{"name": "now"} It is noon.', [("now", {})]),
    ],
)  # fmt: skip
def test_calls(mark: str, said: str, calls: list[Call]) -> None:
    for pieces in every_cut(said):
        assert split(mark, pieces) == ("", calls)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("<c>", "Hello"),
        ("<c>", "a < b, <c"),
        ("<c>", '<c>{"name": "unknown", "arguments": {}}</c>'),
        ("<c>", '<c>{"name": "now", "arguments": 5}'),
        ("<c>", '<c>{"name": "now", "arguments": {"a": NaN}}'),
        ("<c>", '<c>{"name": "get", "argum'),
        ("<c>", "<c>I cannot do that."),
        ("<c>", "<c>weather {}"),
        ("{", "Hello {}"),
        ("{", 'It is {"name": "now"}'),
        ("{", '{"city": "Paris"} and more {"name": "now"}'),
        ("{", "[1, 2]"),
        ("{", " \n"),
        ("{", '{"name": "now", "arg'),
        ("[", "[INST]"),
    ],
)
def test_what_is_no_call_is_text(mark: str, said: str) -> None:
    for pieces in every_cut(said):
        assert split(mark, pieces) == (said, [])


def test_text_before_the_mark_does_not_wait() -> None:
    splitter = ToolCallSplitter("<tool_call>", NAMES)
    assert splitter.feed("Let me ") == ["Let me "]
    assert splitter.feed("look <") == ["look "]
    assert splitter.feed("b>") == ["<b>"]
    plain = ToolCallSplitter("{", NAMES)
    assert plain.feed("  ") == []
    assert plain.feed("So") == ["  So"]
    assert plain.feed(" {") == [" {"]


def test_a_call_comes_when_its_object_is_whole() -> None:
    splitter = ToolCallSplitter("<c>", NAMES)
    assert splitter.feed("<c>" + ONE[:-1]) == []
    assert splitter.feed("}") == [ToolCall("get_weather", PARIS)]
    assert splitter.feed(" , " + TWO) == [ToolCall("get_weather", OSLO, index=1)]


def test_depth_and_length_are_no_harm() -> None:
    deep = "<c>" + '{"a":' * 5000 + "1" + "}" * 5000
    assert split("<c>", [deep]) == (deep, [])
    many = "<c>" + "{}" * 20_000
    assert split("<c>", [many]) == (many, [])
    blank = " " * 5000
    assert ToolCallSplitter("{", NAMES).feed(blank) == [blank]


def test_what_another_tool_would_be_given_is_no_call() -> None:
    said = '<c>{"name": "other", "arguments": {"name": "now"}}'
    assert split("<c>", [said]) == (said, [])
    assert split("<c>", [said, ONE]) == ("", [WEATHER])


scraps = st.sampled_from(
    ["<c>", "<", "c>", "</c>", "{", "}", "[", "]", '"', "\\", "now", '"name"', ":", ONE, TWO, "é",
     " ", ",", "{}", "text"]
)  # fmt: skip
said_texts = st.lists(scraps, max_size=12).map("".join)


@given(st.sampled_from(["<c>", "{"]), said_texts, positions)
def test_cuts_change_nothing(mark: str, said: str, at: list[int]) -> None:
    whole = split(mark, [said])
    assert split(mark, cut(said, at)) == split(mark, list(said)) == whole
    if not whole[1]:
        assert whole[0] == said  # nothing is lost where nothing was called
    assert said.startswith(whole[0])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) |
    st.dictionaries(st.text(), inner), max_leaves=8
)  # fmt: skip


@given(st.dictionaries(st.text(), values, max_size=4), st.booleans(), positions)
def test_any_arguments_come_through(arguments: Any, ascii: bool, at: list[int]) -> None:
    said = json.dumps({"name": "get", "arguments": arguments}, ensure_ascii=ascii)
    assert split("<c>", cut(f"a<c>\n{said}\n</c>", at)) == ("a", [("get", arguments)])
    assert split("{", cut(said, at)) == ("", [("get", arguments)])
