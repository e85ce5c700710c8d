"""JSON schemas of prompts as text, which llama.cpp leaves to llguidance where that is built in.

A schema of a chat is read by llama.cpp itself. What llguidance reads otherwise, a user would see
(trials of build 11549), so it is told here:
* Blanks between the parts of JSON have no end for it, and a small model writes them up to its last
  token. They are the ones that Python's `json` writes, and no more.
* An object may have properties besides those that are named, which a model then invents one after
  the other. It is closed unless the schema says something of them, as it is in a chat. What is one
  of several descriptions of the same object stays open: closed, no object would fit all of them.
* What has no type may be of any, also where only objects, lists or texts are described. It is of
  the type that is described.
* Integers have any number of digits. They have those that programs read without a loss. Numbers
  with bounds have ten places; others stay free, for the same grammar has no exponents then, and
  what is a multiple of something is never below nothing (`llamacpp_lark` has both).
* Fractions of a second, parts of a duration, and what stands before the @ of an email, have no end
  either. They get six digits and 64 characters (RFC 5321).
* One thing that it does not know frees the whole answer. It passes over such things.
Engines without llguidance take no notice of "x-guidance", and mean the same by the rest.
Source: llguidance's documentation of JSON schemas.
"""

from collections.abc import Iterator
from typing import Any

from rillet.wire.llamacpp_keywords import BOUNDS
from rillet.wire.llamacpp_schema import LISTS, MAPS, Schema, engine_schema, resolved
from rillet.words.requests import JsonObject

_WRITING = {
    "whitespace_flexible": False,
    "item_separator": ", ",
    "key_separator": ": ",
    "coerce_one_of": True,
    "lenient": True,
}
_INTEGER = 2**53 - 1  # the largest that is read as it is where all numbers are floats (RFC 8259)
PLACES = 1e-10
_DESCRIBING = {
    "object": ("properties", "patternProperties", "additionalProperties"),
    "array": ("items", "prefixItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
}
_JOINING = ("$ref", "allOf", "anyOf", "oneOf")
_TIME = (
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
_DATE = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
# Of a duration the engine's own has any number of digits, too (RFC 3339, appendix A).
_TO_SECONDS = r"[0-9]{1,6}(H([0-9]{1,6}M([0-9]{1,6}S)?)?|M([0-9]{1,6}S)?|S)"
_TO_DAYS = r"[0-9]{1,6}(Y([0-9]{1,6}M([0-9]{1,6}D)?)?|M([0-9]{1,6}D)?|D)"
_DURATION = rf"^P([0-9]{{1,6}}W|{_TO_DAYS}(T{_TO_SECONDS})?|T{_TO_SECONDS})$"
_ENDED = {
    "time": f"^{_TIME}$",
    "date-time": f"^{_DATE}T{_TIME}$",
    "duration": _DURATION,
    "email": r"^[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9-]{1,63}\.){1,3}[A-Za-z]{2,24}$",
}


def guided(schema: JsonObject) -> JsonObject:
    """The schema, of which `engine_schema` made a copy that is changed here, for a completion."""
    if not schema:  # for llama.cpp this is an object, not any value
        schema = {"type": "object"}
    shared = _shared(schema)
    for each in _schemas(schema):
        if id(each) not in shared:
            _tell_type(each)
            _close(each)
        _bound(each)
        if each.get("format") in _ENDED and "pattern" not in each:
            each["pattern"] = _ENDED[each.pop("format")]
    return {**schema, "x-guidance": _WRITING}


def has_free_numbers(format: str | JsonObject | None) -> bool:
    """Whether a format has numbers that a model may write without end, where this grammar holds it.

    llama.cpp's own, of chats that it renders itself, ends them and has exponents all the same.
    """
    if not isinstance(format, dict):
        return False
    return any(
        "number" in _kinds(each) and each.keys().isdisjoint(("enum", "const", *BOUNDS))
        for each in _schemas(engine_schema(format))
    )


def _tell_type(schema: JsonObject) -> None:
    if schema.keys().isdisjoint(("type", "enum", "const", *_JOINING)):
        for kind, keywords in _DESCRIBING.items():
            if not schema.keys().isdisjoint(keywords):
                schema["type"] = kind
                return


def _close(schema: JsonObject) -> None:
    if "properties" not in schema or "additionalProperties" in schema:
        return
    named = schema["properties"]
    unknown = [name for name in schema.get("required", ()) if name not in named]
    if "patternProperties" not in schema:
        schema["properties"] = named | dict.fromkeys(unknown, True)
    elif unknown:
        return
    schema["additionalProperties"] = False


def _bound(schema: JsonObject) -> None:
    kinds = _kinds(schema)
    if "enum" in schema or "const" in schema:
        return
    if "number" in kinds:
        if schema.keys().isdisjoint((*BOUNDS, "multipleOf")):
            return
    elif "integer" not in kinds:
        return
    if schema.keys().isdisjoint(("minimum", "exclusiveMinimum")):
        schema["minimum"] = -_INTEGER
    if schema.keys().isdisjoint(("maximum", "exclusiveMaximum")):
        schema["maximum"] = _INTEGER
    least: Any = schema.get("exclusiveMinimum", schema.get("minimum"))
    if "number" in kinds and least >= 0:
        schema.setdefault("multipleOf", PLACES)


def _kinds(schema: JsonObject) -> list[Any]:
    kinds = schema.get("type")
    return kinds if isinstance(kinds, list) else [kinds]


def _schemas(root: JsonObject) -> Iterator[JsonObject]:
    """The schema and all that stand in it; one that is changed meanwhile is walked as it was."""
    waiting = [root]
    while waiting:
        schema = waiting.pop()
        waiting += [inner for inner in _parts(schema) if isinstance(inner, dict)]
        yield schema


def _parts(schema: JsonObject) -> Iterator[Schema]:
    for key in MAPS:
        yield from schema.get(key, {}).values()
    for key in (*LISTS, "items", "additionalProperties"):
        inner = schema.get(key, [])
        yield from inner if isinstance(inner, list) else (inner,)


def _shared(root: JsonObject) -> set[int]:
    """The ids of schemas that are one of several for the same object, by whatever way."""
    shared: set[int] = set()
    waiting: list[tuple[Any, bool]] = [(schema, False) for schema in _schemas(root)]
    while waiting:
        schema, joined = waiting.pop()
        if not isinstance(schema, dict) or id(schema) in shared:
            continue
        joined = joined or _speaks_twice(schema)
        if not joined:
            continue
        shared.add(id(schema))
        waiting += [(part, True) for part in _parts(schema)]
        if "$ref" in schema:
            waiting.append((resolved(root, schema["$ref"]), True))
    return shared


def _speaks_twice(schema: JsonObject) -> bool:
    """Whether there is more than one description of an object in it."""
    joining = [schema[key] for key in _JOINING if key in schema]
    own = "properties" in schema or "additionalProperties" in schema
    return len(joining) + own > 1 or len(schema.get("allOf", ())) > 1
