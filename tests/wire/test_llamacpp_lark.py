"""Schemas whose numbers llguidance does not hold well become grammars, all others stay schemas.
What the engine makes of the grammars is seen in tests of answers."""

from typing import Any

import pytest

from rillet.wire.llamacpp import engine_schema
from rillet.wire.llamacpp_guidance import guided
from rillet.wire.llamacpp_lark import numbers_ended

NUMBER: dict[str, Any] = {"type": "number"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}


def of(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def written(schema: dict[str, Any]) -> str | None:
    return numbers_ended(guided(engine_schema(schema)))


#: The schema, and what the rule is that it begins with.
GRAMMARS: list[tuple[dict[str, Any], str]] = [
    (of("a", a=NUMBER), r'"\"a\": " NUMBER'),
    (of("é", é=NUMBER), r'"\"é\": " NUMBER'),
    ({"type": "array", "items": NUMBER}, '"[" (NUMBER (", " NUMBER){0,})? "]"'),
    ({"type": "array", "items": NUMBER, "minItems": 2}, '"[" NUMBER (", " NUMBER){1,} "]"'),
    ({"type": "array", "items": NUMBER, "maxItems": 3}, '"[" (NUMBER (", " NUMBER){0,2})? "]"'),
    ({"type": "array", "prefixItems": [NUMBER, NUMBER], "items": False}, 'NUMBER ", " NUMBER "]"'),
    ({"type": "array", "prefixItems": [NUMBER], "maxItems": 3}, '"[" NUMBER (", " any){0,2} "]"'),
    ({"type": "object", "additionalProperties": NUMBER}, '(string ": " NUMBER'),
    ({"type": ["number", "null"]}, "NUMBER | n"),
    ({"anyOf": [NUMBER, {"type": "string"}]}, "NUMBER | n"),
    ({"$ref": "#/$defs/a", "$defs": {"a": of("x", x=NUMBER)}}, "start: r0"),
    ({"type": "object"}, '(string ": " any'),
    ({"type": "number", "minimum": -180, "maximum": 180}, '"-" %json'),
    ({"type": "integer", "multipleOf": 5}, '"-" %json'),
]

SCHEMAS: list[dict[str, Any]] = [
    of("a", a=BOOLEAN),
    of("a", a={"type": "number", "minimum": 0}),
    {"type": "integer"},
    {"enum": [1.5, 2.5]},
    {"type": "array", "items": {"type": "string"}},
    # What says more than is known here: llguidance does what it can.
    {**of("a", a=NUMBER), "additionalProperties": BOOLEAN},
    {"type": "object", "patternProperties": {"^x$": NUMBER}},
    {"type": "object", "additionalProperties": NUMBER, "maxProperties": 2},
    {"allOf": [of("a", a=NUMBER), of("b", b=BOOLEAN)]},
    {"type": "array", "prefixItems": [NUMBER, NUMBER], "maxItems": 1},
    of(a=NUMBER, b={"type": "array", "items": {"$ref": "#/properties/c"}}, c=BOOLEAN),
]


@pytest.mark.parametrize(("schema", "rule"), GRAMMARS)
def test_written_as_a_grammar(schema: dict[str, Any], rule: str) -> None:
    grammar = written(schema)
    assert grammar and grammar.startswith("%llguidance {}\nstart: ") and rule in grammar


@pytest.mark.parametrize("schema", SCHEMAS)
def test_left_a_schema(schema: dict[str, Any]) -> None:
    assert written(schema) is None


def test_one_that_stands_within_itself_has_an_end() -> None:
    node = of("v", v=NUMBER, next={"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]})
    grammar = written({"$ref": "#/$defs/n", "$defs": {"n": node}})
    assert grammar and "start: r0\n" in grammar and ": r0 | n" in grammar


def test_schemas_within_keep_what_they_refer_to() -> None:
    defined = {"$defs": {"c": {"enum": ["x"]}}}
    grammar = written({**of("a", "b", a=NUMBER, b={"$ref": "#/$defs/c"}), **defined})
    assert grammar and '"$defs": {"c": {"enum": ["x"]}}' in grammar
