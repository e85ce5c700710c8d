"""JSON as the world sends it: the slow road, taken when msgspec refuses a record.

Accepted beyond RFC 8259: a byte order mark, invalid UTF-8 (each bad byte run becomes U+FFFD), raw
control characters in strings, lone surrogate escapes (they stay in the str, to be joined with
their other half), NaN and Infinity. Fields of a wrong type are left at their default.
"""

import json
from typing import Any, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)
_ABSENT = object()


def parse(data: bytes) -> Any:
    """Any JSON value, however sloppy. Raises ValueError if it is none, and for nothing else."""
    try:
        return json.loads(data.decode("utf-8", "replace").removeprefix("\ufeff"), strict=False)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None


def convert(value: Any, kind: type[S]) -> S | None:
    """The parsed value as a struct whose fields all have defaults; None if it is no object.

    A field that does not convert keeps its default; a nested struct is converted the same way.
    """
    if not isinstance(value, dict):
        return None
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, ValueError, RecursionError):
        pass
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        given = value.get(field.encode_name, _ABSENT)
        if given is _ABSENT:
            continue
        converted = _convert_field(given, field.type)
        if converted is not _ABSENT:
            found[field.name] = converted
    return kind(**found)


def _convert_field(value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, ValueError, RecursionError):
        pass
    nested = next((k for k in _alternatives(kind) if _is_struct(k)), None)
    if nested is not None:
        converted = convert(value, nested)
        if converted is not None:
            return converted
    return _ABSENT


def _alternatives(kind: Any) -> tuple[Any, ...]:
    return getattr(kind, "__args__", ()) or (kind,)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
