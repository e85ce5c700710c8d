"""The JSON schema of a Python type, as models and servers read it.

Rules:
* `Optional[x]` is x: whether a parameter may be left out is said by `required`.
* Definitions stand where they are used, for servers and templates follow no `$ref`. One that holds
  itself stays a reference.
* Titles, which only repeat names, are left out. Every list of values has a type.
* Pydantic's models and fields are asked for their own schema; they are there if a hint has them.
"""

import os
from typing import Any, get_args

import msgspec

from rillet.words.errors import InvalidRequest

Schema = dict[str, Any]

_REF = "#/$defs/"
_KINDS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def type_schema(hint: Any, definitions: Schema) -> Schema:
    """The schema of a hint. What it refers to is added to `definitions`.

    Raises `InvalidRequest` for a type that JSON cannot hold.
    """
    try:
        schema, found = _pydantic(hint) if _is_pydantic(hint) else _plain(hint)
    except (TypeError, NotImplementedError) as error:
        raise InvalidRequest(
            f"The type {hint!r} of a tool's parameter has no JSON schema"
        ) from error
    inlining = _Inlining(found)
    schema = _required(inlining.schema(schema))
    definitions.update(inlining.kept)
    return schema


def _plain(hint: Any) -> tuple[Schema, Schema]:
    (schema,), components = msgspec.json.schema_components(
        [hint], schema_hook=_unknown, ref_template=_REF + "{name}"
    )
    return schema, components


def _unknown(kind: type) -> Schema:
    if issubclass(kind, os.PathLike):
        return {"type": "string", "format": "path"}
    raise NotImplementedError  # what msgspec asks of a hook that does not know a type either


def _is_pydantic(hint: Any) -> bool:
    """Whether a model of pydantic, or what it calls a field, is anywhere in a hint."""
    if hasattr(hint, "model_json_schema"):
        return True
    said = getattr(hint, "__metadata__", ())
    if any(type(each).__module__.startswith(("pydantic", "annotated_types")) for each in said):
        return True
    return any(map(_is_pydantic, get_args(hint)))


def _pydantic(hint: Any) -> tuple[Schema, Schema]:
    from pydantic import TypeAdapter

    schema = TypeAdapter(hint).json_schema(ref_template=_REF + "{model}")
    return schema, schema.pop("$defs", {})


class _Inlining:
    """Puts definitions in the place of references. `kept` are those that hold themselves."""

    def __init__(self, definitions: Schema) -> None:
        self._definitions = definitions
        self._inside: list[str] = []
        self.kept: Schema = {}

    def schema(self, schema: Schema) -> Schema:
        schema = dict(schema)
        name = str(schema.get("$ref", "")).removeprefix(_REF)
        if name in self._inside:
            self.kept.setdefault(name, {})  # filled where it ends
            return schema
        if name in self._definitions:
            del schema["$ref"]
            return self._defined(name) | self.schema(schema)
        made = {key: self._value(key, value) for key, value in schema.items() if key != "title"}
        if "type" not in made and (kind := _kind_of(made.get("enum"))):
            made["type"] = kind
        return made

    def _defined(self, name: str) -> Schema:
        self._inside.append(name)
        made = self.schema(self._definitions[name])
        self._inside.pop()
        if name in self.kept:
            self.kept[name] = made
        return made

    def _value(self, key: str, value: Any) -> Any:
        if key in ("properties", "patternProperties") and isinstance(value, dict):
            return {name: self.schema(each) for name, each in value.items()}
        if key in ("default", "const", "enum", "examples"):
            return value
        if isinstance(value, dict):
            return self.schema(value)
        if isinstance(value, list):
            return [self.schema(each) if isinstance(each, dict) else each for each in value]
        return value


def _kind_of(values: Any) -> str | None:
    kinds = {type(value) for value in values} if isinstance(values, list) else set()
    return _KINDS.get(kinds.pop()) if len(kinds) == 1 else None


def _required(schema: Schema) -> Schema:
    """The schema without null among its choices, and without the default null."""
    if isinstance(values := schema.get("enum"), list) and None in values:
        values = [value for value in values if value is not None]
        kind = _kind_of(values)
        return {**schema, "enum": values} | ({"type": kind} if kind else {})
    if "anyOf" not in schema:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    choices = [each for each in schema["anyOf"] if each.get("type") != "null"]
    if len(choices) == 1:
        return {**choices[0], **rest}
    return {**rest, "anyOf": choices}
