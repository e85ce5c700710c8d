"""A document that is still being written reads as a prefix of what it will be."""

import copy
import json
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.text.partial_json import MalformedJson, PartialJson

from .cuts import cut, every_cut, positions

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)
layouts = st.sampled_from([{}, {"indent": 1}, {"ensure_ascii": False}, {"separators": (",", ":")}])


def prefix_of(early: Any, late: Any, root: bool = True) -> bool:
    """Whether ``late`` may be what ``early`` grows into.

    Only the last item of a container may still grow, and so on inwards. Strings grow at their end.
    All else is what it is from its first moment. At the root ``None`` is also "nothing yet".
    """
    if root and early is None:
        return True
    if type(early) is not type(late):
        return False
    if isinstance(early, str):
        return bool(late.startswith(early))
    if isinstance(early, dict):
        keys = list(early)
        if keys != list(late)[: len(keys)]:
            return False
        early, late = list(early.values()), list(late.values())
    if isinstance(early, list):
        if len(early) > len(late) or early[:-1] != late[: max(0, len(early) - 1)]:
            return False
        return not early or prefix_of(early[-1], late[len(early) - 1], root=False)
    return bool(early == late)


def values(pieces: list[str]) -> tuple[list[Any], PartialJson]:
    reader = PartialJson()
    seen = []
    for piece in pieces:
        reader.feed(piece)
        seen.append(copy.deepcopy(reader.value))
    reader.finish()
    seen.append(copy.deepcopy(reader.value))
    return seen, reader


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        (" \n", None),
        ("{", {}),
        ('{"a', {}),
        ('{"a"', {}),
        ('{"a":', {}),
        ('{"a": 1', {}),
        ('{"a": 1.5e', {}),
        ('{"a": 1 ', {"a": 1}),
        ('{"a": 15,', {"a": 15}),
        ('{"a": -1.5e3}', {"a": -1500.0}),
        ('{"a": tru', {}),
        ('{"a": true', {"a": True}),
        ('{"a": null, "b": fals', {"a": None}),
        ('{"a": "', {"a": ""}),
        ('{"a": "te', {"a": "te"}),
        ('{"a": "te\\', {"a": "te"}),
        ('{"a": "te\\n', {"a": "te\n"}),
        ('{"a": "te\\u00e', {"a": "te"}),
        ('{"a": "te\\u00e9', {"a": "teé"}),
        ('{"a": "\\ud83d', {"a": ""}),
        ('{"a": "\\ud83d\\ude0', {"a": ""}),
        ('{"a": "\\ud83d\\ude00', {"a": "😀"}),
        ('{"a": "\\ud83dx', {"a": "\ufffdx"}),
        ('{"a": "\\ud83d"', {"a": "\ufffd"}),
        ('{"a": "\\ud83d\\n', {"a": "\ufffd\n"}),
        ('{"a": "\\ude00', {"a": "\ufffd"}),
        ('{"a": "\\ud83d\\ud83d\\ude00', {"a": "\ufffd😀"}),
        ("[1, [2, [3", [1, [2, []]]),
        ('[{"a": [{"b": "c', [{"a": [{"b": "c"}]}]),
        ("[ ]", []),
        ("{ }", {}),
        ('"half an ans', "half an ans"),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('{"\\u0061\\ud83d\\ude00": 1}', {"a😀": 1}),
        # the first and the last of each range of surrogates, and their neighbours
        ('["\\ud800\\udc00\\udbff\\udfff', ["\U00010000\U0010ffff"]),
        ('["\\ud7ff\\udc00\\udfff\\ue000', ["\ud7ff\ufffd\ufffd\ue000"]),
    ],
)
def test_what_is_certain(text: str, value: Any) -> None:
    for pieces in every_cut(text):
        seen, reader = values(pieces)
        assert seen[-1] == value
        assert reader.failed is None


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("hello", 0),
        ("```json", 0),
        ("{a: 1}", 1),
        ('{"a" 1}', 5),
        ('{"a": 1 "b"', 8),
        ('{"a": 1,}', 8),
        ("[1,]", 3),
        ("[,", 1),
        ("[1}", 2),
        ('{"a": 1]', 7),
        ("{'a'", 1),
        ("[tru ", 1),
        ("[nul]", 1),
        ("[NaN]", 1),
        ("[01]", 1),
        ("[1.]", 1),
        ("[.5]", 1),
        ("[1e]", 1),
        ("[1-2]", 1),
        ("[--1]", 1),
        ("[+1]", 1),
        ("[1a]", 2),
        ('["\\x"]', 2),
        ('["\\u12g4"]', 2),
        ('["a\nb"]', 3),
        ("[" * 200, 128),
        ("[" + "1" * 5000, 1),
    ],
)
def test_what_is_not_json_is_told_with_its_place(text: str, position: int) -> None:
    for pieces in [[text], list(text), [text[:3], text[3:]]]:
        _, reader = values(pieces)
        assert isinstance(reader.failed, MalformedJson)
        assert (reader.failed.position, reader.complete) == (position, False)
        assert reader.failed.reason


def test_value_stays_at_what_was_certain_when_the_text_fails() -> None:
    reader = PartialJson()
    reader.feed('{"a": "good", "b": bad}')
    assert reader.value == {"a": "good"}
    reader.feed('"c": 1}')
    assert reader.value == {"a": "good"}


def test_a_number_alone_is_certain_at_the_end_only() -> None:
    for pieces in every_cut(" -12.5"):
        seen, reader = values(pieces)
        assert (seen[-2], seen[-1], reader.complete, reader.end) == (None, -12.5, True, 6)
    assert values(["-"])[1].failed == MalformedJson(0, "a number that JSON does not have")


def test_what_follows_the_document_is_ignored_and_its_place_told() -> None:
    for pieces in every_cut(' {"a": [1]}\n} and prose'):
        seen, reader = values(pieces)
        assert (seen[-1], reader.complete, reader.end) == ({"a": [1]}, True, 11)
        assert reader.failed is None


def test_an_unfinished_document_is_neither_complete_nor_failed() -> None:
    _, reader = values(['{"a": 1'])
    assert (reader.complete, reader.failed, reader.end) == (False, None, None)


@given(documents, layouts, positions)
def test_grows_from_prefix_to_prefix_into_the_document(
    document: Any, layout: dict[str, Any], at: list[int]
) -> None:
    text = json.dumps(document, **layout)
    for pieces in (cut(text, at), list(text)):
        seen, reader = values(pieces)
        assert reader.failed is None
        assert reader.complete
        assert seen[-1] == json.loads(text) == document
        assert all(prefix_of(early, late) for early, late in pairwise(seen))
        assert all(prefix_of(early, document) for early in seen)


scraps = st.sampled_from([*'{}[]",:\\ u01-.e', "true", "nul", '"a"', "\\ud83d", "\\ude00", "\n"])


@given(st.lists(scraps, max_size=30).map("".join), positions)
def test_agrees_with_json_on_anything(rest: str, at: list[int]) -> None:
    text = "[" + rest
    _, whole = values([text])
    for pieces in (cut(text, at), list(text)):
        _, reader = values(pieces)
        assert (reader.value, reader.failed, reader.end) == (whole.value, whole.failed, whole.end)
    try:
        expected, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        assert not whole.complete
    else:
        assert (whole.complete, whole.end) == (True, end)
        assert whole.value == without_halves(expected)


def without_halves(value: Any) -> Any:
    """Lone surrogates replaced, which ``json.loads`` lets through."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def test_work_is_linear() -> None:
    """Twenty times the text must not take a hundred times as long, though it is one string."""

    def seconds(size: int) -> float:
        reader = PartialJson()
        start = time.process_time()
        reader.feed('{"a": ["')
        for _ in range(size):
            reader.feed("token ")
        reader.feed('"]}')
        assert reader.complete
        return time.process_time() - start

    assert min(seconds(40_000) for _ in range(2)) < 100 * max(0.001, seconds(2_000))


def test_prefix_of_knows_what_is_none() -> None:
    assert not prefix_of([1], [2])
    assert not prefix_of([[], 1], [[0], 1])
    assert not prefix_of({"a": None}, {"a": "x"})
    assert not prefix_of({"a": 1}, {"b": 1})
    assert not prefix_of([1, 2], [1])
    assert not prefix_of("b", "ab")
    assert prefix_of({"a": 1, "b": ["x"]}, {"a": 1, "b": ["xy", 2], "c": 3})
