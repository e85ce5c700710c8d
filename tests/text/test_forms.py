"""Forms that are known by name: what a real Ollama's parsers make of the same texts."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.text import forms
from rillet.text.forms.tool import typed
from rillet.words.events import ToolCall

from .cuts import every_cut

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "forms.json").read_text())
NAMES = sorted({told["name"] for told in RECORDED})
TYPES = {
    "city": "string",
    "days": "integer",
    "deep": "object",
    "list": "array",
    "num": "number",
    "ok": "boolean",
    "either": ["string", "number"],
}
PROPERTIES: dict[str, Any] = {name: {"type": kind} for name, kind in TYPES.items()}
PROPERTIES["any"] = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
PARAMETERS = {"type": "object", "required": ["city"], "properties": PROPERTIES}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}]
OPENINGS = ["<tool_call>", "<|tool_call>", "<｜tool▁calls▁begin｜>", "<|tool_call_start|>"]
OPENINGS += ["<function_calls>", "<start_function_call>", "<|START_ACTION|>"]
SOUP = [
    "get_weather",
    "call:get_weather{",
    "}",
    "[",
    "]",
    "(",
    ")",
    '{"name": "f"}',
    "\n",
    " ",
    "ok",
]
SOUP += ["<function=get_weather>", "</function>", " to=self", "<|message|>", "thought\n", "<", '"']
Said = tuple[str, str, list[Any]]


def read(name: str, pieces: list[str], *, tools: bool = True, **how: Any) -> Said:
    """Text, thinking and calls; asserts that no piece is empty and that calls are numbered."""
    reader = forms.reader(name, TOOLS if tools else [], **{"think": True, **how})
    out = [piece for text in pieces for piece in reader.feed(text)] + reader.finish()
    calls = [piece for piece in out if isinstance(piece, ToolCall)]
    assert [call.index for call in calls] == list(range(len(calls)))
    said = {"text": "", "thinking": ""}
    for piece in out:
        if not isinstance(piece, ToolCall):
            assert piece[1]
            said[piece[0]] += piece[1]
    return said["text"], said["thinking"], [[call.name, call.arguments] for call in calls]


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_read_as_ollama_reads_them(name: str) -> None:
    for told in RECORDED:
        if told["name"] == name:
            expected = (told.get("content", ""), told.get("thinking", ""), told.get("calls", []))
            for pieces in ([told["said"]], list(told["said"])):
                assert read(name, pieces, tools=told["tools"], think=told["think"]) == expected


@given(st.sampled_from(NAMES), st.randoms(use_true_random=False), st.booleans(), st.booleans())
def test_cuts_change_nothing(name: str, chance: random.Random, think: bool, tools: bool) -> None:
    words = [*forms.marks(name), *SOUP]
    text = "".join(chance.choice(words) for _ in range(chance.randint(1, 12)))
    how = {"think": think, "tools": tools, "begun": chance.random() < 0.2}
    whole = read(name, [text], **how)
    assert read(name, list(text), **how) == whole
    at = chance.randint(0, len(text))
    assert read(name, [text[:at], text[at:]], **how) == whole


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"glimmer", "olmo3-think"}))
def test_what_breaks_off_is_not_lost(name: str) -> None:
    opening = next(mark for mark in OPENINGS if mark in forms.marks(name))
    broken = opening + "{"
    text, thinking, calls = read(name, [broken], think=False)
    assert (text + thinking, calls) == (broken, [])


@pytest.mark.parametrize(
    ("name", "said", "calls"),
    [
        ("glm-4.7", "get_weather<arg_key>city</arg_key><arg_value>Rome</arg_value>", True),
        ("glm-4.7", "get_weather<arg_key>city</arg_key><arg_value>Ro", False),  # half of a value
        ("glm-4.7", "get_weather<arg_key>days</arg_key><arg_value>3</arg_value>", False),
        ("glm-4.7", "other<arg_key>city</arg_key><arg_value>Rome</arg_value>", False),
        ("laguna", 'get_weather{"city": "Rome"}', True),
        ("qwen3.5", "<function=get_weather><parameter=city>Rome</parameter></function>", False),
    ],
)
def test_a_call_without_its_end(name: str, said: str, calls: bool) -> None:
    text, _, found = read(name, ["<tool_call>" + said], think=False)
    assert found == ([["get_weather", {"city": "Rome"}]] if calls else [])
    assert text == ("" if calls else "<tool_call>" + said)


@pytest.mark.parametrize(
    ("arguments", "read_as"),
    [
        ('city:<|"|>a, b<|"|>,days:3', {"city": "a, b", "days": 3}),
        ('city:"a\\"b"', {"city": 'a"b'}),
        ("city:'a b'<|\"|>,days:1", {"city": "a b", "days": 1}),  # a mark too many
        ('city:<|"|>open', {"city": "open"}),  # one too few
        ("city:Rome", {"city": "Rome"}),
        ('deep:{a:[1,true,null,<|"|>x<|"|>]}', {"deep": {"a": [1, True, None, "x"]}}),
    ],
)
def test_arguments_of_gemma(arguments: str, read_as: dict[str, Any]) -> None:
    said = "<|tool_call>call:get_weather{" + arguments + "}<tool_call|>"
    assert read("gemma4", [said]) == ("", "", [["get_weather", read_as]])


@pytest.mark.parametrize(
    ("arguments", "read_as"),
    [
        ('city="a, (b)", days=3', {"city": "a, (b)", "days": 3}),
        ("city='it\\'s', ok=True", {"city": "it's", "ok": True}),
        ("deep={\"a\": [1, None, 'x'], b: 2.5}", {"deep": {"a": [1, None, "x"], "b": 2.5}}),
        ("city=Rome", {"city": "Rome"}),
        ("", {}),
        ("Rome", None),
        ('city="open', None),
    ],
)
def test_arguments_in_the_form_of_python(arguments: str, read_as: dict[str, Any] | None) -> None:
    said = f"<function_calls>get_weather({arguments})</function_calls>"
    for pieces in every_cut(said):
        text, _, calls = read("olmo3", pieces)
        assert calls == ([] if read_as is None else [["get_weather", read_as]])
        assert text == (said if read_as is None else "")


def test_tags_that_models_forget() -> None:
    said = "<tool_call>get_weather<arg_key>city<arg_value>Rome<arg_key>days</arg_key>3</tool_call>"
    assert read("glm-ocr", [said])[2] == [["get_weather", {"city": "Rome", "days": 3}]]
    said = "hm<tool_call><function=get_weather></function></tool_call>"
    assert read("qwen3.5", [said]) == ("", "hm", [["get_weather", {}]])
    said = (
        '<atem:function_calls><atem:invoke name="get_weather"></atem:invoke></atem:function_calls>'
    )
    assert read("glimmer", ["<|message|>" + said])[2] == [["get_weather", {}]]
    assert read("glimmer", ["<|message|>so: " + said])[2] == []


@pytest.mark.parametrize(
    ("text", "types", "value"),
    [
        ("Null", ["string"], None),
        ("maybe", ["boolean"], False),
        ("1e400", ["number"], "1e400"),
        ("nan", ["number"], "nan"),
        ("[" * 100_000, ["array"], "[" * 100_000),
        ('{"a": NaN}', ["object"], '{"a": NaN}'),
        ("9" * 5000, ["integer"], "9" * 5000),
    ],
)
def test_odd_values(text: str, types: list[str], value: Any) -> None:
    assert typed(text, types) == value


def test_a_thought_may_be_begun_already_or_left_out() -> None:
    assert read("qwen3.5", ["hm</think>ok"], begun=True) == ("hm</think>ok", "", [])
    assert read("gemma4", ["hm<channel|>ok"], resulted=True) == ("ok", "hm", [])
    assert read("gemma4", ["<|channel>thought\nhm<channel|>ok"], think=False) == ("ok", "", [])
    assert read("lfm2-thinking", ["ok</think>"]) == ("ok</think>", "", [])
    assert read("cogito", ["hm</think>ok"]) == ("hm</think>ok", "", [])  # with tools
    assert forms.thought_tags("cohere") and forms.thought_tags("olmo3") is None
