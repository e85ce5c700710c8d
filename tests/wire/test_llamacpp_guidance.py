"""Schemas of prompts as text: closed where a model would go on, open where that is a question of
what fits. What llguidance makes of them is seen in tests of answers."""

from typing import Any

import pytest

from rillet.wire import llamacpp
from rillet.wire.llamacpp import engine_schema
from rillet.wire.llamacpp_guidance import guided
from tests.wire.test_llamacpp_schema import KEPT

INTEGER = {"type": "integer", "minimum": -(2**53 - 1), "maximum": 2**53 - 1}
A: dict[str, Any] = {"properties": {"a": {}}}
B: dict[str, Any] = {"properties": {"b": {}}}


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": "object", "additionalProperties": False}


CHANGED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"type": "object"}),
    (A, closed(A)),
    ({**A, "required": ["z"]}, closed({"properties": {"a": {}, "z": True}, "required": ["z"]})),
    ({"items": A}, {"type": "array", "items": closed(A)}),
    ({"prefixItems": [A]}, {"type": "array", "prefixItems": [closed(A)]}),
    ({"properties": {"x": A}}, closed({"properties": {"x": closed(A)}})),
    ({"anyOf": [A, B]}, {"anyOf": [closed(A), closed(B)]}),
    ({"allOf": [A]}, {"allOf": [closed(A)]}),
    ({"$ref": "#/$defs/a", "$defs": {"a": A}}, {"$ref": "#/$defs/a", "$defs": {"a": closed(A)}}),
    ({"type": "integer"}, INTEGER),
    ({"type": ["integer"], "minimum": 0}, {**INTEGER, "type": ["integer"], "minimum": 0}),
    (
        {"type": "number", "minimum": 0},
        {"type": "number", "minimum": 0, "maximum": 2**53 - 1, "multipleOf": 1e-10},
    ),
    (
        {"type": "number", "maximum": 1, "multipleOf": 0.1},
        {"type": "number", "minimum": -(2**53 - 1), "maximum": 1, "multipleOf": 0.1},
    ),
    ({"format": "date"}, {"type": "string", "format": "date"}),
]

LEFT: list[dict[str, Any]] = [
    {"type": "object"},
    {"description": "anything"},
    {**A, "type": "object", "additionalProperties": True},
    {**A, "type": "object", "additionalProperties": {"type": "string"}},
    {"allOf": [A, B]},
    {**A, "anyOf": [B, {"required": ["c"]}]},
    {"allOf": [{"$ref": "#/$defs/a"}, B], "$defs": {"a": {"anyOf": [A, {"items": A}]}}},
    {**A, "type": "object", "patternProperties": {"^x$": {}}, "required": ["z"]},
    {"type": ["integer", "number"]},
    {"type": "number", "minimum": -180, "maximum": 180},
    {"type": "integer", "enum": [1]},
    {"type": "string", "format": "date-time", "pattern": "^2.*$"},
]


def given(schema: dict[str, Any]) -> dict[str, Any]:
    found = guided(engine_schema(schema))
    assert found.pop("x-guidance")["whitespace_flexible"] is False
    return found


@pytest.mark.parametrize(("schema", "changed"), CHANGED)
def test_changed(schema: dict[str, Any], changed: dict[str, Any]) -> None:
    before = repr(schema)
    assert given(schema) == changed
    assert repr(schema) == before, "the caller's schema was changed"
    assert given(changed) == changed


@pytest.mark.parametrize("schema", LEFT)
def test_left_as_it_is(schema: dict[str, Any]) -> None:
    assert given(schema) == schema


@pytest.mark.parametrize("schema", KEPT)
def test_whatever_the_engine_takes_is_taken(schema: dict[str, Any]) -> None:
    assert given(schema)


def test_moments_have_six_digits_of_a_second_at_most() -> None:
    pattern = given({"type": "string", "format": "date-time"})["pattern"]
    assert "{1,6}" in pattern and given({"format": "time"})["pattern"][1:] in pattern


def test_a_chain_of_references_is_followed_to_its_end() -> None:
    chain = {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(3_000)} | {"d3000": dict(A)}
    assert given({"allOf": [{"$ref": "#/$defs/d0"}, B], "$defs": chain})["$defs"]["d3000"] == A
    assert given({"items": {"$ref": "#/$defs/d0"}, "$defs": chain})["$defs"]["d3000"] == closed(A)


def test_numbers_without_an_end_are_known() -> None:
    for schema in ({"items": {"type": "number"}}, {"$defs": {"a": {"type": ["null", "number"]}}}):
        assert llamacpp.has_free_numbers(schema)
    for other in (None, "json", {"type": "number", "minimum": 0}, {"enum": [1], "$defs": 5}):
        assert not llamacpp.has_free_numbers(other)
