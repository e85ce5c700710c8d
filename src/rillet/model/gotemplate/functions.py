"""The functions that every Go template has."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from typing import Final

from rillet.words.quoting import quoted

from .values import Value, as_text, is_true, type_name

_MAX_WIDTH = 1_000
_HTML = str.maketrans(
    {'"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "\0": "\ufffd"}
)
_JS = {"\\": "\\\\", "'": "\\'", '"': '\\"'} | {char: f"\\u{ord(char):04X}" for char in "<>&="}
#: What stands as it is in the query of an address, and the space.
_IN_QUERY = {ord(" "): "+"} | {
    ord(char): char for char in "-_.~" + string.ascii_letters + string.digits
}
_VERB = re.compile(r"%([-+# 0]*)(\d*)(?:\.(\d*))?(.)", re.DOTALL)


class FunctionError(Exception):
    """A function was given what it cannot take."""


def _equal(first: Value, *others: Value) -> bool:
    if not others:
        raise FunctionError("missing argument for comparison")
    return any(type(first) is type(other) and first == other for other in others)


def _less(first: Value, second: Value) -> bool:
    numbers = isinstance(first, (int, float)) and isinstance(second, (int, float))
    if not numbers and not (isinstance(first, str) and isinstance(second, str)):
        raise FunctionError("incompatible types for comparison")
    return bool(first < second)


def _length(value: Value) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, (list, dict)):
        return len(value)
    raise FunctionError(f"len of type {type_name(value)}")


def _index(value: Value, *keys: Value) -> Value:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key) if isinstance(key, str) else None
        elif isinstance(value, list):
            value = value[_checked(key, len(value) - 1)]
        elif isinstance(value, str):
            raw = value.encode("utf-8", "surrogatepass")
            value = raw[_checked(key, len(raw) - 1)]
        else:
            raise FunctionError(f"can't index item of type {type_name(value)}")
    return value


def _slice(value: Value, *bounds: Value) -> Value:
    if len(bounds) > 2:
        raise FunctionError(f"too many slice indexes: {len(bounds)}")
    if isinstance(value, str):
        raw = value.encode("utf-8", "surrogatepass")
        first, last = _bounds(bounds, len(raw))
        return raw[first:last].decode("utf-8", "replace")
    if isinstance(value, list):
        first, last = _bounds(bounds, len(value))
        return value[first:last]
    raise FunctionError(f"can't slice item of type {type_name(value)}")


def _bounds(bounds: tuple[Value, ...], length: int) -> tuple[int, int]:
    last = _checked(bounds[1], length) if len(bounds) > 1 else length
    first = _checked(bounds[0], length) if bounds else 0
    if first > last:
        raise FunctionError(f"invalid slice index: {first} > {last}")
    return first, last


def _checked(key: Value, most: int) -> int:
    if not isinstance(key, int) or isinstance(key, bool):
        raise FunctionError(f"cannot index slice/array with type {type_name(key)}")
    if not 0 <= key <= most:
        raise FunctionError(f"index out of range: {key}")
    return key


def _print(*values: Value) -> str:
    """Spaces stand between two values of which neither is a text."""
    parts: list[str] = []
    for place, value in enumerate(values):
        if place and not isinstance(value, str) and not isinstance(values[place - 1], str):
            parts.append(" ")
        parts.append(as_text(value, nested=True))
    return "".join(parts)


def _println(*values: Value) -> str:
    return " ".join(as_text(value, nested=True) for value in values) + "\n"


def _printf(layout: Value, *values: Value) -> str:
    if not isinstance(layout, str):
        raise FunctionError("printf needs a text first")
    rest = list(values)

    def fill(found: re.Match[str]) -> str:
        flags, width, precision, verb = found.groups()
        if verb == "%":
            return "%"
        if not rest:
            return f"%!{verb}(MISSING)"
        text = _formatted(rest.pop(0), verb, flags, precision)
        wide = min(int(width[:6] or 0), _MAX_WIDTH)
        if "-" in flags:
            return text.ljust(wide)
        return text.rjust(wide, "0" if "0" in flags and verb not in "sqv" else " ")

    text = _VERB.sub(fill, layout)
    extra = ", ".join(f"{type_name(value)}={as_text(value, nested=True)}" for value in rest)
    return text + (f"%!(EXTRA {extra})" if rest else "")


def _formatted(value: Value, verb: str, flags: str, precision: str | None) -> str:
    digits = min(int((precision or "6")[:4]), 100)
    whole = isinstance(value, int) and not isinstance(value, bool)
    number = isinstance(value, (int, float))
    if verb == "v" or (verb == "s" and not number) or (verb == "t" and isinstance(value, bool)):
        text = as_text(value, nested=True)
        return text if precision is None or verb != "s" else text[:digits]
    if verb == "q" and isinstance(value, str):
        return quoted(value)
    if verb in "dxXob" and whole:
        return format(value, ("+" if "+" in flags else "") + verb)
    if verb == "c" and whole and 0 <= value < 0x110000:
        return chr(value)
    if verb in "feEgG" and isinstance(value, float):
        return format(value, f".{digits}{verb}")
    return f"%!{verb}({type_name(value)}={as_text(value, nested=True)})"


def _html(*values: Value) -> str:
    return _print(*values).translate(_HTML)


def _js(*values: Value) -> str:
    return "".join(_JS.get(char) or _printable(char) for char in _print(*values))


def _printable(char: str) -> str:
    return char if char.isprintable() else f"\\u{ord(char):04X}"


def _urlquery(*values: Value) -> str:
    data = _print(*values).encode("utf-8", "replace")
    return "".join(_IN_QUERY.get(byte) or f"%{byte:02X}" for byte in data)


def _call(value: Value, *_: Value) -> Value:
    """No template for a model has a value that can be called."""
    raise FunctionError(
        "call of nil" if value is None else f"non-function of type {type_name(value)}"
    )


#: `and` and `or` are not among them: they need not look at all their arguments.
FUNCTIONS: Final[Mapping[str, Callable[..., Value]]] = {
    "not": lambda value: not is_true(value),
    "eq": _equal,
    "ne": lambda first, second: not _equal(first, second),
    "lt": _less,
    "le": lambda first, second: _less(first, second) or _equal(first, second),
    "gt": lambda first, second: _less(second, first),
    "ge": lambda first, second: not _less(first, second),
    "len": _length,
    "index": _index,
    "slice": _slice,
    "print": _print,
    "println": _println,
    "printf": _printf,
    "html": _html,
    "js": _js,
    "urlquery": _urlquery,
    "call": _call,
}
