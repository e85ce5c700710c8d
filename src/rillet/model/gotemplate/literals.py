"""Go's literals: quoted strings, characters and numbers."""

from __future__ import annotations

import re
from math import isinf

from rillet.words.quoting import quoted

_MAX_DIGITS = 400
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL
)
_SIMPLE = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", '"': '"', "'": "'",
}  # fmt: skip


def unquote(text: str) -> str:
    """The value of a quoted, raw or character literal. Raises `ValueError`."""
    inner = text[1:-1]
    return inner.replace("\r", "") if text[0] == "`" else _ESCAPE.sub(_unescape, inner)


def _unescape(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    if digits:
        return chr(int(digits, 16))
    if found[4]:
        return chr(int(found[4], 8))
    if found[5] not in _SIMPLE:
        raise ValueError("invalid syntax")
    return _SIMPLE[found[5]]


def character(text: str) -> int:
    """The code point of a character literal. Raises `ValueError`, worded as Go does."""
    value = unquote(text)
    if len(value) != 1:
        raise ValueError(f"malformed character constant: {text}" if value else "invalid syntax")
    return ord(value)


def number(text: str) -> int | float:
    """The value of a number. Raises `ValueError`, worded as Go does.

    Go knows imaginary numbers too, which no template for a model has a use for.
    """
    whole = _whole(text) if len(text) <= _MAX_DIGITS else None
    if whole is not None and -(1 << 63) <= whole < 1 << 64:
        return whole
    try:
        value = float(text[:_MAX_DIGITS])
    except ValueError:
        raise ValueError(f"illegal number syntax: {quoted(text)}") from None
    if not set(text) & set(".eE"):
        raise ValueError(f"integer overflow: {quoted(text)}")
    if isinf(value):
        raise ValueError(f"illegal number syntax: {quoted(text)}")
    return value


def _whole(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return int(text, 8) if re.fullmatch(r"[+-]?0[0-7_]+", text) else None
