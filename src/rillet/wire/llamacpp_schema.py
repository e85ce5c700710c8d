"""JSON schemas before llama.cpp gets them: checked, and without what it cannot enforce.

Why: it silently drops a whole schema in which it does not understand one thing, and the answer is
then free text (seen in trials of build 11549, keyword by keyword). So:
* What is wrong by JSON Schema, or can never be met, is an `InvalidRequest` that names the place.
* A keyword that it cannot enforce while writing (`uniqueItems`, `not`, `if`, an unknown format, a
  pattern that looks ahead …) is left out, so that the rest of the schema holds.
* A pattern that is not anchored gets its anchors, in the meaning that JSON Schema gives it.
* What generators of schemas write otherwise is read as it was meant: a type that is null, one that
  none of the choices has, a count written as 2.0, `required` of draft 3.
* Depth and size are limited: a schema comes from a stranger.
"""

from typing import Any

from rillet.wire.depth import too_deep
from rillet.wire.llamacpp_keywords import (
    check_named_by_patterns,
    check_required,
    check_values,
    complain,
    wrong,
)

MAX_DEPTH = 64
MAX_SCHEMAS = 10_000  # schemas within the schema
MAX_SIZE = (
    500_000  # characters: the engine reads half a megabyte in 0.3 s, and no stream moves then
)

_UNENFORCED = frozenset(
    (
        *("$schema", "$dynamicRef", "$recursiveRef", "not", "if", "then", "else"),
        *("uniqueItems", "contains", "minContains", "maxContains", "additionalItems"),
        *("propertyNames", "dependencies", "dependentSchemas", "dependentRequired"),
        *("unevaluatedProperties", "unevaluatedItems"),
    )
)
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
MAPS = ("properties", "patternProperties", "$defs", "definitions")


Schema = dict[str, Any] | bool


def check_schema(schema: Any) -> None:
    """Raise `InvalidRequest` for a schema that cannot constrain an answer."""
    engine_schema(schema)


def engine_schema(schema: Any) -> dict[str, Any]:
    """A checked copy of the schema that llama.cpp enforces."""
    if not isinstance(schema, dict):
        complain("the schema", "must be an object")
    usable = _Checker(schema).schema(schema, "the schema", 0)
    assert isinstance(usable, dict)
    if too_deep(usable):  # in a value that is compared with, where schemas cannot be
        complain("the schema", "is nested too deep")
    if len(repr(usable)) > MAX_SIZE:
        complain("the schema", f"has more than {MAX_SIZE} characters")
    return usable


class _Checker:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._count = 0
        self._leading: set[str] = set()  # references that end in a schema

    def schema(self, schema: Any, at: str, depth: int) -> Schema:
        self._count += 1
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            complain(at, "must be a schema, that is an object or true or false")
        if depth > MAX_DEPTH:
            complain(at, f"is nested more than {MAX_DEPTH} deep")
        if self._count > MAX_SCHEMAS:
            complain(at, f"is one schema too many, {MAX_SCHEMAS} are allowed")
        usable = {key: value for key, value in schema.items() if key not in _UNENFORCED}
        if usable.get("type", "") is None:
            del usable["type"]
        check_values(usable, at)
        if "$ref" in usable:
            self._check_reference(usable["$ref"], at)
        self._check_structure(usable, at, depth)
        return usable

    def _check_structure(self, schema: dict[str, Any], at: str, depth: int) -> None:
        """The schemas in this one, each replaced by what is enforced of it."""
        for key in MAPS:
            if key in schema:
                self._map(schema, key, at, depth)
        for key in LISTS:
            if key in schema:
                schema[key] = self._list(
                    schema[key], f"{at}.{key}", depth, key in ("anyOf", "oneOf")
                )
        for key in ("items", "additionalProperties"):
            if key == "items" and isinstance(schema.get(key), list):
                schema[key] = self._list(schema[key], f"{at}.{key}", depth, False)
            elif key in schema:
                schema[key] = self.schema(schema[key], f"{at}.{key}", depth + 1)
        if "patternProperties" in schema:
            check_named_by_patterns(schema)
        if "required" in schema:
            check_required(schema)

    def _map(self, schema: dict[str, Any], key: str, at: str, depth: int) -> None:
        inner = schema[key]
        if not isinstance(inner, dict):
            wrong(schema, key, at, "must be an object")
            return
        schema[key] = {}
        for name, value in inner.items():
            if key != "properties" or not _is_never(value, name, schema):
                schema[key][name] = self.schema(value, f"{at}.{key}.{name}", depth + 1)

    def _list(self, values: Any, at: str, depth: int, filled: bool) -> list[Schema]:
        if not isinstance(values, list) or (filled and not values):
            complain(at, "must be a list of schemas")
        return [self.schema(value, f"{at}[{i}]", depth + 1) for i, value in enumerate(values)]

    def _check_reference(self, reference: Any, at: str) -> None:
        """A reference has to lead, in the end, to a schema within this one."""
        if reference is None:
            complain(f"{at}.$ref", "must be a text")
        seen: set[str] = set()
        while reference is not None:
            if not isinstance(reference, str) or not reference.startswith("#/"):
                complain(f"{at}.$ref", "must point into this schema, as in #/$defs/name")
            if reference in self._leading:
                break
            if reference in seen:
                complain(f"{at}.$ref", "points to itself")
            seen.add(reference)
            target = resolved(self._root, reference)
            if not isinstance(target, dict | bool):
                complain(f"{at}.$ref", f"points to {reference}, which is not there")
            reference = target.get("$ref") if isinstance(target, dict) else None
        self._leading |= seen


def _is_never(schema: Any, name: str, within: dict[str, Any]) -> bool:
    """Whether a property must not be there, as generators of schemas write it."""
    needed = within.get("required")
    never = isinstance(schema, dict) and schema.get("not") in ({}, True)
    return never and not (isinstance(needed, list) and name in needed)


def resolved(value: Any, reference: str) -> Any:
    for part in reference[2:].split("/"):
        name = _percent_decoded(part).replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and len(name) < 6:
            value = value[int(name)] if int(name) < len(value) else None
        else:
            return None
    return value


def _percent_decoded(text: str) -> str:
    head, *parts = text.split("%")
    for part in parts:
        code = part[:2]
        known = len(code) == 2 and all(char in "0123456789abcdefABCDEF" for char in code)
        head += chr(int(code, 16)) + part[2:] if known else "%" + part
    return head
