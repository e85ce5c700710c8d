"""The replayer itself: it takes each recorded answer, and not one that differs."""

import json
from typing import Any

import pytest

from .cases import Case, Compare, Recorded, Request, load
from .exchange import Answer
from .judging import events_of, judge, lines_of
from .shapes import Misfit, Shape, check, check_same, check_sequence


def case(mode: str, body: str = "", **compare: Any) -> Case:
    recorded = Recorded(200, {"content-type": "application/json; charset=utf-8"}, body)
    return Case("x", "x", [], Request("GET", "/"), recorded, Compare(mode, **compare))


def answer(body: str, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, {"content-type": "application/json", **(headers or {})}, body)


def test_each_recorded_answer_passes_its_own_case() -> None:
    for one in load():
        if "<BUILT-IN TEMPLATE>" in one.response.body:
            continue  # stands for a long text that is not in the recording
        recorded = Answer(one.response.status, one.response.headers, one.response.body)
        assert judge(one, recorded) == "recorded", one.id


def test_another_status_type_or_forbidden_header_fails() -> None:
    wanted = case("exact-text", "hi", absent_headers=["x-secret"])
    assert judge(wanted, answer("hi\n")) == "recorded"
    spoiled = [
        answer("hi", 201),
        answer("hi", headers={"content-type": "text/html"}),
        answer("hi", headers={"x-secret": "1"}),
        answer("ho"),
    ]
    for one in spoiled:
        with pytest.raises(Misfit):
            judge(wanted, one)


@pytest.mark.parametrize(
    ("shape", "good", "bad"),
    [
        ("int+", [1], [0, True, 1.0, "1"]),
        ("number", [0, 1.5], [True, "1"]),
        ("text", ["x"], ["", None]),
        ("time", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.1+02:00"], ["2026-01-02 03:04:05Z"]),
        ({"const": True}, [True], [1, "true"]),
        ({"regex": "^a.b$"}, ["a\nb"], ["ab", 1]),
        ({"any_of": ["null", "int"]}, [None, 0], ["x"]),
        ({"keys": {"a": "int"}, "optional": {"b": "null"}}, [{"a": 1}], [{}, {"a": 1, "b": 2}]),
        ({"keys": {}, "open": True, "forbid": ["a"]}, [{"b": 1}], [{"a": 1}, []]),
        ({"items": "int", "min": 1, "max": 2}, [[1], [1, 2]], [[], [1, 2, 3], ["x"], "x"]),
        ({"items": "number", "unit": True}, [[0.6, 0.8]], [[1, 1], ["x"]]),
        ({"tuple": ["int", "null"]}, [[1, None]], [[1], [None, 1]]),
        ({"contains": ["int"]}, [["x", 1]], [["x"], 1]),
    ],
)
def test_shapes(shape: Shape, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        check(shape, value)
    for value in bad:
        with pytest.raises(Misfit):
            check(shape, value)


def test_an_unknown_shape_is_a_mistake_in_the_case() -> None:
    with pytest.raises(ValueError, match="no such shape"):
        check({"colour": "red"}, 1)


@pytest.mark.parametrize(
    ("counts", "good", "bad"),
    [
        ("1", ["a"], ["", "aa", "b"]),
        ("?1", ["b", "ab"], ["a", "aab"]),
        ("*1", ["b", "aaab"], ["aaa", "aabb"]),
        ("+1", ["ab", "aab"], ["b", "a", "aba"]),
        ("+*", ["a", "ab", "abbb"], ["b", "aba"]),
    ],
)
def test_sequences(counts: str, good: list[str], bad: list[str]) -> None:
    steps = [
        {"name": letter, "count": count, "shape": {"const": letter}}
        for count, letter in zip(counts, "ab", strict=False)
    ]
    for records in good:
        check_sequence(steps, list(records))
    for records in bad:
        with pytest.raises(Misfit):
            check_sequence(steps, list(records))


def test_a_kind_may_take_what_the_next_one_could_take_too() -> None:
    steps: list[dict[str, Any]] = [{"name": "some", "count": "*", "shape": "any"}]
    steps += [{"name": "last", "count": "1", "shape": {"const": 2}}]
    check_sequence(steps, [2, 1, 2])


def test_truth_is_not_one() -> None:
    check_same({"a": [1, None]}, {"a": [1.0, None]})
    for other in (True, 2, "1", None):
        with pytest.raises(Misfit):
            check_same(1, other)


def test_streams_are_read_strictly() -> None:
    assert lines_of('{"a":1}\n{}\n') == [{"a": 1}, {}]
    assert events_of('event: x\ndata: {"a":1}\n\ndata: [DONE]\n\n') == [
        {"event": "x", "data": {"a": 1}},
        {"event": None, "data": "[DONE]"},
    ]
    for text in ('{"a":1}', '{"a":1}\n\n', "[1]\n", "data: {}\n"):
        with pytest.raises(Misfit):
            lines_of(text)
    for text in ('data: {"a":1}\n', '{"a":1}\n\n'):
        with pytest.raises(Misfit):
            events_of(text)


def test_pieces_of_text_are_joined() -> None:
    step = {"name": "all", "count": "*", "shape": "object"}
    joined = [{"path": "choices[0].text", "regex": "^ab$"}]
    wanted = case("ndjson-shape", "", sequence=[step], joined=joined)
    lines = [json.dumps({"choices": [{"text": text}]}) + "\n" for text in "ab"]
    assert judge(wanted, answer("".join(lines))) == "recorded"
    with pytest.raises(Misfit, match="all choices"):
        judge(wanted, answer(lines[0]))
