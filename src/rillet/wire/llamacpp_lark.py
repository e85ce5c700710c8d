"""JSON schemas with numbers that llguidance does not hold well: written out as a grammar for it.

Of a `number` without bounds it takes any number of digits, and a small model writes them up to its
last token; bounds would take the exponents away. Multiples of something, which is how places are
counted, it knows from 0 up only: below, the whole answer is free. So the way down to such a number
is told in Lark, with an end to its digits or its sign apart, and all else stays JSON schema.
Source: llguidance's documentation of its Lark dialect.
"""

import json
import re
from typing import Any

from rillet.wire.llamacpp_guidance import PLACES
from rillet.wire.llamacpp_keywords import BOUNDS
from rillet.wire.llamacpp_schema import Schema, resolved
from rillet.words.requests import JsonObject

_DIGITS = r"NUMBER: /-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,16})?([eE][-+]?[0-9]{1,2})?/"
_ANY = """any: object | array | string | NUMBER | "true" | "false" | "null"
object: "{" (string ": " any (", " string ": " any)*)? "}"
array: "[" (any (", " any)*)? "]" """.strip()
_CHOICES = ("anyOf", "oneOf")
#: What decides about the form. A schema that says more than its form knows is left to llguidance.
_TELLING = frozenset(
    (
        *("type", "$ref", "enum", "const", "allOf", *_CHOICES, *BOUNDS, "multipleOf"),
        *("properties", "required", "additionalProperties", "patternProperties"),
        *("minProperties", "maxProperties", "items", "prefixItems", "minItems", "maxItems"),
        *("minLength", "maxLength", "pattern", "format"),
    )
)
_OBJECT = frozenset(("type", "properties", "required", "additionalProperties"))
_NUMBER = frozenset(("type", "multipleOf", *BOUNDS))
_ARRAY = frozenset(("type", "items", "prefixItems", "minItems", "maxItems"))
_OTHER_END = {
    "minimum": "maximum",
    "maximum": "minimum",
    "exclusiveMinimum": "exclusiveMaximum",
    "exclusiveMaximum": "exclusiveMinimum",
}
_MOST_RULES = 2000
_MOST_ITEMS = 2**31  # without a limit
_COMMA = '", "'
_REFERENCE = re.compile(r'"\$ref": "([^"]*)')
_DEFINED = ("#/$defs/", "#/definitions/")


class _Beyond(Exception):
    """There is no such grammar for the schema."""


def numbers_ended(schema: JsonObject) -> str | None:
    """The grammar of a guided schema; None where the schema itself does as well, or better."""
    writer = _Writer(schema)
    try:
        if not writer.is_free(schema):
            return None
        start = writer.rule(schema)
    except (_Beyond, RecursionError):
        return None
    rules = "\n".join(f"{name}: {text}" for name, text in writer.rules.items())
    return f"%llguidance {{}}\nstart: {start}\n{_DIGITS}\n{_ANY}\n{rules}\n"


class _Writer:
    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._writing = root["x-guidance"]
        self._named: dict[str, str] = {}  # references -> rules
        self._free: dict[int, bool] = {}  # by the id of a schema
        self.rules = {"string": self._leaf({"type": "string"})}

    def is_free(self, schema: Schema) -> bool:
        """Whether an answer may have such a number in it."""
        if not isinstance(schema, dict) or not schema.keys() & _TELLING:
            return schema is not False
        if id(schema) not in self._free:
            self._free[id(schema)] = False  # until it is known: it may stand within itself
            self._free[id(schema)] = self._has_free(schema)
        return self._free[id(schema)]

    def _has_free(self, schema: JsonObject) -> bool:
        if "enum" in schema or "const" in schema:
            return False
        if "$ref" in schema and self.is_free(resolved(self._root, schema["$ref"])):
            return True
        kinds = _kinds(schema)
        if "number" in kinds and schema.keys().isdisjoint((*BOUNDS, "multipleOf")):
            return True
        counted = "number" in kinds or ("integer" in kinds and "multipleOf" in schema)
        if counted and _least(schema) < 0:
            return True
        if "object" in kinds and "properties" not in schema:
            inner = [schema.get("additionalProperties", True)]
        elif "array" in kinds and "prefixItems" not in schema:
            items = schema.get("items", True)
            inner = list(items) if isinstance(items, list) else [items]
        else:
            inner = []
        for key in (*_CHOICES, "allOf", "prefixItems"):
            inner += schema.get(key, [])
        return any(map(self.is_free, (*inner, *schema.get("properties", {}).values())))

    def rule(self, schema: Schema) -> str:
        """The name of a rule for a schema."""
        if schema is False:
            raise _Beyond
        if not isinstance(schema, dict) or not schema.keys() & _TELLING:
            return "any"
        if not self.is_free(schema):
            return self._add(self._leaf(schema))
        told = schema.keys() & _TELLING
        if told == {"$ref"}:
            return self._reference(schema["$ref"])
        for key in (*_CHOICES, "allOf"):
            if told == {key} and (key != "allOf" or len(schema[key]) == 1):
                return self._add(" | ".join(map(self.rule, schema[key])))
        kinds = _kinds(schema)
        if len(kinds) > 1:
            alone = [self._of_type({**schema, "type": kind}) for kind in kinds]
            return self._add(" | ".join(alone))
        return self._of_type({**schema, "type": kinds[0]})

    def _of_type(self, schema: JsonObject) -> str:
        told = schema.keys() & _TELLING
        match schema.get("type"):
            case "number" if told == {"type"}:
                return "NUMBER"
            case "number" | "integer" if told <= _NUMBER and _least(schema) < 0:
                return self._add(self._signed(schema))
            case "object" if told <= _OBJECT:
                return self._add(self._object(schema))
            case "array" if told <= _ARRAY:
                return self._add(self._array(schema))
        if self._has_free(schema):
            raise _Beyond
        return self._add(self._leaf(schema))

    def _signed(self, schema: JsonObject) -> str:
        """A number that may be below 0: its sign, and how far it is from there."""
        kind = {"type": schema["type"]}
        if "multipleOf" in schema or kind["type"] == "number":
            kind["multipleOf"] = schema.get("multipleOf", PLACES)
        below = {_OTHER_END[key]: -value for key, value in schema.items() if key in _OTHER_END}
        ways = []
        for sign, bounds in (("", schema), ('"-" ', below)):
            ends = {key: value for key, value in bounds.items() if key in _OTHER_END}
            if _least(ends) < 0:
                ends = {key: value for key, value in ends.items() if "max" in key.lower()}
                ends["minimum"] = 0
            if ends.get("maximum", 0) >= 0 and ends.get("exclusiveMaximum", 1) > 0:
                ways.append(sign + self._leaf({**kind, **ends}))
        return " | ".join(self._add(way) for way in ways) or self._leaf(schema)

    def _object(self, schema: JsonObject) -> str:
        named, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        if (named and more is not False) or not set(schema.get("required", ())) <= named.keys():
            raise _Beyond
        if not named:
            pair = f'string ": " {self.rule(more)}' if more is not False else ""
            return f'"{{" ({pair} ({_COMMA} {pair})*)? "}}"' if pair else '"{}"'
        first, rest = '""', '""'  # what comes when nothing, or something, stands before it
        for name, value in reversed(named.items()):
            pair = f"{_literal(json.dumps(name, ensure_ascii=False) + ': ')} {self.rule(value)}"
            begun = f"{pair} {rest}"
            if name in schema.get("required", ()):
                first, rest = begun, f'", " {pair} {rest}'
            else:
                first, rest = f"{begun} | {first}", f'(", " {pair})? {rest}'
            first, rest = self._add(first), self._add(rest)
        return f'"{{" {first} "}}"'

    def _array(self, schema: JsonObject) -> str:
        leading, items = schema.get("prefixItems", []), schema.get("items", True)
        if isinstance(items, list):  # the form of draft 7
            leading, items = items, True
        most = len(leading) if items is False else schema.get("maxItems", _MOST_ITEMS)
        least, most = max(schema.get("minItems", 0) - len(leading), 0), most - len(leading)
        if most < least:
            raise _Beyond
        first = f" {_COMMA} ".join(map(self.rule, leading))
        if most == 0:
            return f'"[" {first} "]"'
        item = self.rule(items)
        if leading:
            return f'"[" {first} ({_COMMA} {item}){_times(least, most)} "]"'
        some = f"{item} ({_COMMA} {item}){_times(max(least - 1, 0), most - 1)}"
        return f'"[" {some} "]"' if least else f'"[" ({some})? "]"'

    def _reference(self, reference: str) -> str:
        if reference not in self._named:
            name = self._named[reference] = f"r{len(self._named)}"
            self.rules[name] = '""'  # its place: it may stand within itself
            self.rules[name] = self.rule(resolved(self._root, reference))
        return self._named[reference]

    def _leaf(self, schema: JsonObject) -> str:
        whole = {**schema, "x-guidance": self._writing}
        leading = _REFERENCE.findall(json.dumps(schema))
        if not all(reference.startswith(_DEFINED) for reference in leading):
            raise _Beyond
        if leading:
            whole |= {key: self._root[key] for key in ("$defs", "definitions") if key in self._root}
        return f"%json {json.dumps(whole)}"

    def _add(self, text: str) -> str:
        if len(self.rules) > _MOST_RULES:
            raise _Beyond
        name = f"n{len(self.rules)}"
        self.rules[name] = text
        return name


def _kinds(schema: JsonObject) -> list[Any]:
    """The types, without "integer" beside "number"."""
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return [kind for kind in kinds if kind != "integer" or "number" not in kinds]


def _least(schema: JsonObject) -> float:
    least: Any = schema.get("exclusiveMinimum", schema.get("minimum", 0))
    return float(least)


def _times(least: int, most: int) -> str:
    return f"{{{least},{'' if most > _MOST_ITEMS // 2 else most}}}"


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
