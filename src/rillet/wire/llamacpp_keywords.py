"""Keywords of a JSON schema that hold values: checked, and brought to the form llama.cpp reads.

Which wrong values are errors is Ollama's: those of keywords that it reads for the type at hand. All
others are left out.
"""

from typing import Any, NoReturn

from rillet.wire.llamacpp_patterns import engine_pattern
from rillet.words.errors import InvalidRequest

_EXACT = 10**15  # bounds beyond it overflow the engine's integers
#: Of a least it refuses more, of items it drops more; texts may have 2^31 characters.
_MOST = {"minLength": 2000, "minItems": 2000, "maxItems": 50_000}

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int, float),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_FORMATS = ("date", "time", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
_COUNTS = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))
BOUNDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
)
#: Types for which alone these are read by llama.cpp, and by Ollama with it; "" is none.
_READ_FOR = {
    **dict.fromkeys(BOUNDS, "integer"),
    **dict.fromkeys(("minItems", "maxItems"), "array"),
    **dict.fromkeys(
        ("minProperties", "maxProperties", "patternProperties", "$defs", "definitions"), ""
    ),
}


def check_values(schema: dict[str, Any], at: str) -> None:
    """What stands in a schema alone, changed to what is enforced; `at` is the place named."""
    _check_choices(schema, _types(schema.get("type", list(_TYPES)), at), at)
    for low, high in _COUNTS:
        _check_counts(schema, low, high, at)
    for name in BOUNDS:
        _check_bound(schema, name, at)
    if not _divides(schema.get("multipleOf", 1)):
        del schema["multipleOf"]
    if schema.get("minimum", -_EXACT) > schema.get("maximum", _EXACT):
        complain(at, "has a minimum above its maximum")
    if not isinstance(schema.get("format", ""), str):
        complain(f"{at}.format", "must be a text")
    if schema.get("format") not in _FORMATS:
        schema.pop("format", None)
    if "pattern" in schema:
        _check_pattern(schema, at)


def _types(given: Any, at: str) -> list[str]:
    kinds = [given] if isinstance(given, str) else given
    if not isinstance(kinds, list) or not kinds:
        complain(f"{at}.type", "must be a type or a list of types")
    for kind in kinds:
        if not isinstance(kind, str) or kind not in _TYPES:
            complain(f"{at}.type", f"is {kind!r}; the types are {', '.join(_TYPES)}")
    return kinds


def _check_choices(schema: dict[str, Any], kinds: list[str], at: str) -> None:
    """A type that none of the choices has goes: they tell better what is meant."""
    if "enum" in schema and (not isinstance(schema["enum"], list) or not schema["enum"]):
        complain(f"{at}.enum", "must be a list with something in it")
    choices = [schema["const"]] if "const" in schema else schema.get("enum", ())
    if choices and not any(_is_of(choice, kind) for choice in choices for kind in kinds):
        schema.pop("type", None)


def _is_of(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[kind])


def _check_pattern(schema: dict[str, Any], at: str) -> None:
    if not isinstance(schema["pattern"], str):
        complain(f"{at}.pattern", "must be a text")
    schema["pattern"] = engine_pattern(schema["pattern"])
    if schema["pattern"] is None:
        del schema["pattern"]


def check_named_by_patterns(schema: dict[str, Any]) -> None:
    """Without a pattern that is left out, others than the named properties must be allowed."""
    given = schema["patternProperties"]
    kept = {engine_pattern(name): value for name, value in given.items()}
    if None in kept:
        schema.pop("additionalProperties", None)
    schema["patternProperties"] = {name: value for name, value in kept.items() if name is not None}


def check_required(schema: dict[str, Any]) -> None:
    if isinstance(names := schema["required"], list):
        schema["required"] = [name for name in names if isinstance(name, str)]
    else:
        del schema["required"]


def _divides(number: Any) -> bool:
    """Whether the engine can tell multiples of it: as a decimal it has 10 places and 32 bits."""
    if not _number(number) or not 0 < number < 2**32:
        return False
    value, places = float(number), 0
    while value % 1 and places < 10:
        value, places = value * 10, places + 1
    return not value % 1 and value < 2**32


def _check_counts(schema: dict[str, Any], low: str, high: str, at: str) -> None:
    for name in (low, high):
        value = schema.get(name, 0)
        if not _number(value) or not 0 <= value == value // 1:
            wrong(schema, name, at, "must be a whole number from 0")
        elif name in schema and value > _MOST.get(name, 2**31 - 1):
            del schema[name]
        elif name in schema:
            schema[name] = int(value)
    if schema.get(low, 0) > schema.get(high, 2**31):
        complain(at, f"has {low} above {high}")


def _check_bound(schema: dict[str, Any], name: str, at: str) -> None:
    value = schema.get(name, 0)
    if isinstance(value, bool) and name.startswith("exclusive"):  # the form of draft 4
        del schema[name]
        bound = name.removeprefix("exclusive").lower()
        if value and bound in schema:
            schema[name] = schema.pop(bound)
    elif not _number(value):
        wrong(schema, name, at, "must be a number")
    elif not -_EXACT <= value <= _EXACT:
        schema.pop(name, None)


def wrong(schema: dict[str, Any], name: str, at: str, what: str) -> None:
    """A value of a wrong kind is an error where llama.cpp looks at it; else it is left out."""
    kinds = schema.get("type")
    if _READ_FOR.get(name, kinds) in (kinds if isinstance(kinds, list) else [kinds]):
        complain(f"{at}.{name}", what)
    del schema[name]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def complain(at: str, what: str) -> NoReturn:
    raise InvalidRequest(f"The format is not a usable JSON schema: {at} {what}")
