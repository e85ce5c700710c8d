"""JSON schemas before llama.cpp gets them: checked, and without what it cannot enforce.

Why: it silently drops a whole schema in which it does not understand one thing, and the answer is
then free text (seen in trials of build 11549, keyword by keyword). So:
* What is wrong by JSON Schema, or can never be met, is an `InvalidRequest` that names the place.
* A keyword that it cannot enforce while writing (`uniqueItems`, `not`, `if`, an unknown format …)
  is left out, so that the rest of the schema holds.
* A pattern that is not anchored gets its anchors, in the meaning that JSON Schema gives it.
* Depth and size are limited: a schema comes from a stranger.
"""

from typing import Any, NoReturn

from rillet.wire.depth import too_deep
from rillet.wire.llamacpp_patterns import engine_pattern
from rillet.words.errors import InvalidRequest

MAX_DEPTH = 64
MAX_SCHEMAS = 10_000  # schemas within the schema
MAX_SIZE = (
    500_000  # characters: the engine reads half a megabyte in 0.3 s, and no stream moves then
)
_EXACT = 10**15  # bounds beyond it overflow the engine's integers
_MOST = {"minItems": 50_000, "maxItems": 50_000}  # larger ones it drops; texts may have 2^31

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
_UNENFORCED = frozenset(
    (
        *("$schema", "$dynamicRef", "$recursiveRef", "not", "if", "then", "else"),
        *("uniqueItems", "contains", "minContains", "maxContains", "additionalItems"),
        *("propertyNames", "dependencies", "dependentSchemas", "dependentRequired"),
        *("unevaluatedProperties", "unevaluatedItems"),
    )
)
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "$defs", "definitions")
_COUNTS = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")

Schema = dict[str, Any] | bool


def check_schema(schema: Any) -> None:
    """Raise `InvalidRequest` for a schema that cannot constrain an answer."""
    engine_schema(schema)


def engine_schema(schema: Any) -> dict[str, Any]:
    """A checked copy of the schema that llama.cpp enforces."""
    if not isinstance(schema, dict):
        _complain("the schema", "must be an object")
    usable = _Checker(schema).schema(schema, "the schema", 0)
    assert isinstance(usable, dict)
    if too_deep(usable):  # in a value that is compared with, where schemas cannot be
        _complain("the schema", "is nested too deep")
    if len(repr(usable)) > MAX_SIZE:
        _complain("the schema", f"has more than {MAX_SIZE} characters")
    return usable


class _Checker:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._count = 0

    def schema(self, schema: Any, at: str, depth: int) -> Schema:
        self._count += 1
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            _complain(at, "must be a schema, that is an object or true or false")
        if depth > MAX_DEPTH:
            _complain(at, f"is nested more than {MAX_DEPTH} deep")
        if self._count > MAX_SCHEMAS:
            _complain(at, f"is one schema too many, {MAX_SCHEMAS} are allowed")
        usable = {key: value for key, value in schema.items() if key not in _UNENFORCED}
        self._check_values(usable, at)
        self._check_structure(usable, at, depth)
        return usable

    def _check_values(self, schema: dict[str, Any], at: str) -> None:
        """What stands in this schema alone; `schema` is changed to what is enforced."""
        kinds = _types(schema.get("type", list(_TYPES)), at)
        _check_choices(schema, kinds, at)
        for low, high in _COUNTS:
            _check_counts(schema, low, high, at)
        for name in _BOUNDS:
            _check_bound(schema, name, at)
        if not _number(schema.get("multipleOf", 1)) or schema.get("multipleOf", 1) <= 0:
            _complain(f"{at}.multipleOf", "must be a number above 0")
        if schema.get("minimum", -_EXACT) > schema.get("maximum", _EXACT):
            _complain(at, "has a minimum above its maximum")
        if schema.get("format") not in _FORMATS:
            schema.pop("format", None)
        if "pattern" in schema:
            schema["pattern"] = engine_pattern(schema["pattern"], f"{at}.pattern")
        if "$ref" in schema:
            self._check_reference(schema["$ref"], at)

    def _check_structure(self, schema: dict[str, Any], at: str, depth: int) -> None:
        """The schemas in this one, each replaced by what is enforced of it."""
        for key in _MAPS:
            if key in schema:
                inner = schema[key]
                if not isinstance(inner, dict):
                    _complain(f"{at}.{key}", "must be an object")
                schema[key] = {}
                for name, value in inner.items():
                    place = f"{at}.{key}.{name}"
                    name = engine_pattern(name, place) if key == "patternProperties" else name
                    schema[key][name] = self.schema(value, place, depth + 1)
        for key in _LISTS:
            if key in schema:
                schema[key] = self._list(
                    schema[key], f"{at}.{key}", depth, key in ("anyOf", "oneOf")
                )
        if isinstance(schema.get("items"), list):
            schema["items"] = self._list(schema["items"], f"{at}.items", depth, False)
        for key in ("items", "additionalProperties"):
            if key in schema and not isinstance(schema[key], list):
                schema[key] = self.schema(schema[key], f"{at}.{key}", depth + 1)
        required = schema.get("required", [])
        if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
            _complain(f"{at}.required", "must be a list of names")

    def _list(self, values: Any, at: str, depth: int, filled: bool) -> list[Schema]:
        if not isinstance(values, list) or (filled and not values):
            _complain(at, "must be a list of schemas")
        return [self.schema(value, f"{at}[{i}]", depth + 1) for i, value in enumerate(values)]

    def _check_reference(self, reference: Any, at: str) -> None:
        """A reference has to lead, in the end, to a schema within this one."""
        seen: list[Any] = []
        while reference is not None:
            if not isinstance(reference, str) or not reference.startswith("#/"):
                _complain(f"{at}.$ref", "must point into this schema, as in #/$defs/name")
            if reference in seen:
                _complain(f"{at}.$ref", "points to itself")
            seen.append(reference)
            target = _resolved(self._root, reference)
            if not isinstance(target, dict | bool):
                _complain(f"{at}.$ref", f"points to {reference}, which is not there")
            reference = target.get("$ref") if isinstance(target, dict) else None


def _resolved(value: Any, reference: str) -> Any:
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


def _types(given: Any, at: str) -> list[str]:
    kinds = [given] if isinstance(given, str) else given
    if not isinstance(kinds, list) or not kinds:
        _complain(f"{at}.type", "must be a type or a list of types")
    for kind in kinds:
        if not isinstance(kind, str) or kind not in _TYPES:
            _complain(f"{at}.type", f"is {kind!r}; the types are {', '.join(_TYPES)}")
    return kinds


def _check_choices(schema: dict[str, Any], kinds: list[str], at: str) -> None:
    if "enum" in schema and (not isinstance(schema["enum"], list) or not schema["enum"]):
        _complain(f"{at}.enum", "must be a list with something in it")
    choices = [schema["const"]] if "const" in schema else schema.get("enum", ())
    if choices and not any(_is_of(choice, kind) for choice in choices for kind in kinds):
        _complain(at, f"allows no value of its type, {' or '.join(kinds)}")


def _is_of(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[kind])


def _check_counts(schema: dict[str, Any], low: str, high: str, at: str) -> None:
    for name in (low, high):
        value = schema.get(name, 0)
        if not _number(value) or not 0 <= value == value // 1:
            _complain(f"{at}.{name}", "must be a whole number from 0")
        if name in schema and value > _MOST.get(name, 2**31 - 1):
            del schema[name]
    if schema.get(low, 0) > schema.get(high, 2**31):
        _complain(at, f"has {low} above {high}")


def _check_bound(schema: dict[str, Any], name: str, at: str) -> None:
    value = schema.get(name, 0)
    if isinstance(value, bool) and name.startswith("exclusive"):  # the form of draft 4
        del schema[name]
    elif not _number(value):
        _complain(f"{at}.{name}", "must be a number")
    elif not -_EXACT <= value <= _EXACT:
        del schema[name]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _complain(at: str, what: str) -> NoReturn:
    raise InvalidRequest(f"The format is not a usable JSON schema: {at} {what}")
