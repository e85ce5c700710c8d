"""Schemas: refused, left as they are, or freed of what the engine would choke on.

What the engine does with each was seen in trials of build 11549: it dropped the whole schema for
every one of the refused, and for every one of the mended before it was mended.
"""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.wire.llamacpp import check_schema, engine_schema
from rillet.words.errors import InvalidRequest
from tests.wire.dialects import json_values

KEPT: list[dict[str, Any]] = [
    {},
    {"description": "x"},
    {"type": "string"},
    {"type": ["string", "null"]},
    {"enum": [1, "a", None]},
    {"const": {"a": [1]}},
    {"type": "integer", "minimum": 5, "maximum": 7, "multipleOf": 2},
    {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 50_000},
    {"type": "array", "items": [{"type": "integer"}]},
    {"prefixItems": [{"type": "integer"}], "items": False},
    {"type": "object", "properties": {"a": {}, "not": True}, "required": ["b"]},
    {"type": "object", "additionalProperties": {"type": "integer"}},
    {"anyOf": [{"type": "integer"}, {"type": "null"}], "title": 5, "x-own": {"not": 1}},
    {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}, "type": "array"}}},
    {"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": {"type": "integer"}}},
    {"$ref": "#/anyOf/0", "anyOf": [{"type": "integer"}]},
    {"type": "string", "format": "date-time", "maxLength": 10**9},
    {"type": "string", "pattern": r"^\d{3}-\d{4}$"},
    {"type": "string", "pattern": "^(a|(?:b|c)|(?P<x>d))+?$"},
    {"type": "string", "pattern": r"^[\w.\-]+@\p{L}+\$$"},
    {"type": "string", "pattern": r"^([a-z0-9-]{1,63}\.){1,8}[a-z]{2,63}(:[0-9]{1,5})?$"},
    {"type": "string", "pattern": "^a{1,9999}(b{1,40}){1,40}c{5000}$"},
]

REFUSED: list[tuple[Any, str]] = [
    ("json", "must be an object"),
    (True, "must be an object"),
    ({"type": "nonsense"}, "type is 'nonsense'"),
    ({"type": []}, "must be a type"),
    ({"type": 5}, "must be a type"),
    ({"type": ["string", 5]}, "type is 5"),
    ({"properties": 5}, "schema.properties must be an object"),
    ({"properties": {"a": {"type": "x"}}}, "schema.properties.a.type is 'x'"),
    ({"items": 5}, "schema.items must be a schema"),
    ({"additionalProperties": 5}, "must be a schema"),
    ({"anyOf": []}, "must be a list of schemas"),
    ({"oneOf": [5]}, r"oneOf\[0\] must be a schema"),
    ({"prefixItems": 5}, "must be a list"),
    ({"enum": []}, "something in it"),
    ({"enum": 5}, "something in it"),
    ({"minLength": -1}, "whole number"),
    ({"maxLength": "5"}, "whole number"),
    ({"type": "array", "minItems": 1.5}, "whole number"),
    ({"minLength": 5, "maxLength": 2}, "above"),
    ({"minItems": 3, "maxItems": 1}, "above"),
    ({"type": ["integer", "null"], "minimum": "a"}, "must be a number"),
    ({"minimum": 7, "maximum": 5}, "above"),
    ({"$ref": "#/nope"}, "not there"),
    ({"$ref": "http://x.example/s.json"}, "into this schema"),
    ({"$ref": "#"}, "into this schema"),
    ({"$ref": 5}, "into this schema"),
    ({"$ref": None}, "must be a text"),
    ({"format": 5}, "must be a text"),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, "itself"),
    ({"pattern": 5}, "must be a text"),
]

MENDED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "string", "format": "uri"}, {"type": "string"}),
    ({"type": "array", "uniqueItems": True}, {"type": "array"}),
    ({"type": "string", "not": {"const": "a"}}, {"type": "string"}),
    ({"if": {}, "then": {"type": "x"}}, {}),
    ({"$schema": "https://json-schema.org/draft/2020-12/schema"}, {}),
    ({"type": "array", "maxItems": 10**6}, {"type": "array"}),
    ({"type": "string", "minLength": 2001}, {"type": "string"}),
    ({"type": "integer", "minimum": -(2**63)}, {"type": "integer"}),
    (
        {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        {"type": "integer", "exclusiveMinimum": 0},
    ),
    (
        {"type": "number", "maximum": 0, "exclusiveMaximum": False},
        {"type": "number", "maximum": 0},
    ),
    ({"properties": {"a": {"not": {}}, "b": {}}}, {"properties": {"b": {}}}),
    (
        {"properties": {"a": {"not": {}}}, "required": ["a"]},
        {"properties": {"a": {}}, "required": ["a"]},
    ),
    ({"items": {"propertyNames": {}}}, {"items": {}}),
    ({"pattern": "b+"}, {"pattern": "^.*(?:b+).*$"}),
    ({"pattern": "a|b"}, {"pattern": "^.*(?:a|b).*$"}),
    ({"pattern": "^b+"}, {"pattern": "^(?:b+).*$"}),
    ({"pattern": r"b+\\$"}, {"pattern": r"^.*(?:b+\\)$"}),
    ({"pattern": r"b+\$"}, {"pattern": r"^.*(?:b+\$).*$"}),
    ({"pattern": "^[[a]$"}, {"pattern": r"^[\[a]$"}),
    ({"patternProperties": {"^a": {"not": {}}}}, {"patternProperties": {"^(?:a).*$": {}}}),
    ({"pattern": "^a|b"}, {"pattern": "^(?:(?:a).*|.*(?:b).*)$"}),
    ({"pattern": "^a|b$"}, {"pattern": "^(?:(?:a).*|.*(?:b))$"}),
    ({"type": None}, {}),
    ({"type": "string", "const": 5}, {"const": 5}),
    ({"type": "string", "enum": [1, True]}, {"enum": [1, True]}),
    ({"type": "integer", "const": 1.5}, {"const": 1.5}),
    ({"type": "string", "required": True}, {"type": "string"}),
    ({"required": None}, {}),
    ({"required": ["a", 5]}, {"required": ["a"]}),
    ({"multipleOf": 0}, {}),
    ({"minItems": 1.5, "maxProperties": -1, "minimum": "a", "$defs": 5}, {}),
    ({"multipleOf": "2"}, {}),
    ({"multipleOf": 2**32}, {}),
    ({"multipleOf": 1e-12}, {}),
    (
        {"patternProperties": {"(?=a)": {}, "^b$": {}}, "additionalProperties": False},
        {"patternProperties": {"^b$": {}}},
    ),
]

UNENFORCEABLE = [
    "(",
    "^*$",
    "^[z-a]$",
    r"^\bfoo$",
    r"^(a)\1$",
    "^(?=a)b$",
    "^(?<!a)b$",
    "^(?<name>a)$",
    "^a$b$",
    "^a{,3}$",
    "^a{2$",
    "^[a&&b]$",
    "a" * 3000,
    "(" * 60 + ")" * 60,
    "(a{0,2000}){0,2000}",
    "^((((a{9}){9}){9}){9}){9}$",
    "^(a{10,50}){10,50}$",
    "^((x|(?:[ab]{0,20}c){20}d){3}e){2}$",
]


@pytest.mark.parametrize("schema", KEPT)
def test_kept(schema: dict[str, Any]) -> None:
    assert engine_schema(schema) == schema


@pytest.mark.parametrize(("schema", "message"), REFUSED)
def test_refused(schema: Any, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        check_schema(schema)


@pytest.mark.parametrize(("schema", "mended"), MENDED)
def test_mended(schema: dict[str, Any], mended: dict[str, Any]) -> None:
    before = repr(schema)
    assert engine_schema(schema) == mended
    assert repr(schema) == before, "the caller's schema was changed"
    assert engine_schema(mended) == mended


@pytest.mark.parametrize("pattern", UNENFORCEABLE)
def test_patterns_that_cannot_be_enforced_are_left_out(pattern: str) -> None:
    """The engine, shown one, would let go of the whole schema; Ollama takes no notice of them."""
    given = {"type": "string", "pattern": pattern, "format": "email"}
    assert engine_schema(given) == {"type": "string", "format": "email"}


def test_whole_numbers_have_no_fraction_for_the_engine() -> None:
    usable = engine_schema({"minLength": 2.0, "maxItems": 3.0, "multipleOf": 0.01})
    assert repr(usable) == "{'minLength': 2, 'maxItems': 3, 'multipleOf': 0.01}"


def test_the_size_of_all_values_is_limited() -> None:
    check_schema({"enum": ["x" * 400] * 1000})
    with pytest.raises(InvalidRequest, match="more than 500000 characters"):
        check_schema({"anyOf": [{"const": "x" * 500 + str(number)} for number in range(1000)]})
    deep: Any = 0
    for _ in range(20_000):
        deep = [deep]
    with pytest.raises(InvalidRequest, match="too deep"):
        check_schema({"const": deep})


def test_limits() -> None:
    deep: dict[str, Any] = {}
    for _ in range(70):
        deep = {"items": deep}
    with pytest.raises(InvalidRequest, match="nested"):
        check_schema(deep)
    with pytest.raises(InvalidRequest, match="too many"):
        check_schema({"properties": {str(i): {} for i in range(10_001)}})


keywords = st.sampled_from(
    ["type", "properties", "items", "anyOf", "enum", "const", "$ref", "$defs", "pattern", "format",
     "required", "minimum", "maximum", "minLength", "maxLength", "patternProperties", "not"]
)  # fmt: skip


@given(st.recursive(
    json_values | st.sampled_from(["string", "object", "#/$defs/a", "#/a", "^a", "(", "a|b$"]),
    lambda inner: st.dictionaries(keywords, inner, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=15,
))  # fmt: skip
def test_strangers_get_a_schema_or_an_error(schema: Any) -> None:
    try:
        usable = engine_schema(schema)
    except InvalidRequest:
        return
    assert engine_schema(usable) == usable


@given(st.text(st.sampled_from("ab^$|()[]{}\\*+?.,-&1d"), max_size=12), st.text("ab1", max_size=4))
def test_anchored_patterns_match_what_the_given_ones_find(pattern: str, text: str) -> None:
    try:
        anchored = engine_schema({"pattern": pattern})["pattern"]
    except KeyError:
        return
    assert bool(re.fullmatch(anchored, text)) == bool(re.search(pattern, text))
