"""Values as Go's templates see them: what is true, what it prints, its JSON, its fields."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: None, bool, int, float, str, list, dict or Record; as in Go a dict is a map, a Record a struct.
Value = Any


class Missing(Exception):
    """A field that the value does not have."""


@dataclass(frozen=True, slots=True)
class Record:
    """A struct: fixed fields, and the JSON that it stands for.

    `prints` is what `{{.}}` shows of it, its JSON where it is None.
    """

    fields: Mapping[str, Value]
    json: Value
    prints: Callable[[], str] | None = field(default=None)


def is_true(value: Value) -> bool:
    """Go's truth: false, 0, nil and what is empty are not true; a struct always is."""
    return True if isinstance(value, Record) else bool(value)


def get_field(value: Value, name: str) -> Value:
    """The field of a struct, or the entry of a map (None where it has no such key)."""
    if isinstance(value, Record):
        if name not in value.fields:
            raise Missing(f"can't evaluate field {name}")
        return value.fields[name]
    if isinstance(value, dict):
        return value.get(name)
    if value is None:
        raise Missing(f"nil pointer evaluating interface {{}}.{name}")
    raise Missing(f"can't evaluate field {name} in type {type_name(value)}")


def type_name(value: Value) -> str:
    """The Go type of a value, for error texts."""
    match value:
        case None:
            return "nil"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float64"
        case str():
            return "string"
        case list():
            return "[]interface {}"
        case dict():
            return "map[string]interface {}"
    return "struct"


def as_text(value: Value, nested: bool = False) -> str:
    """Go's %v of a value. A missing value is `<no value>` on its own, `<nil>` within another."""
    match value:
        case str():
            return value
        case None:
            return "<nil>" if nested else "<no value>"
        case bool():
            return "true" if value else "false"
        case float():
            return float_text(value)
        case Record():
            return value.prints() if value.prints else as_json(value)
        case list() if type(value) is list:
            return "[" + " ".join(as_text(item, True) for item in value) + "]"
        case dict() if type(value) is dict:
            items = (f"{key}:{as_text(value[key], True)}" for key in sorted(value, key=str))
            return "map[" + " ".join(items) + "]"
    # A list or map with a text of its own.
    return str(value)


def float_text(value: float) -> str:
    """The shortest text of a float.

    Unlike Go, no exponent below 21 digits: a model reads 1000000 better than 1e+06.
    """
    if math.isnan(value) or math.isinf(value):
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[str(value)]
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return repr(value)


#: Go's JSON escapes these in texts, so that it may stand in HTML.
_ESCAPES = str.maketrans(
    {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
)


def as_json(value: Value) -> str:
    """Go's json.Marshal: compact, with `<`, `>` and `&` escaped. Maps keep the order they have."""
    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), default=str)
    return text.translate(_ESCAPES)


def _plain(value: Value) -> Value:
    match value:
        case Record():
            return _plain(value.json)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case float() if value.is_integer() and abs(value) < 1e21:
            return int(value)
    return value
