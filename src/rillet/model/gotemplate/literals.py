"""Go's literals: quoted strings, characters and numbers."""

from __future__ import annotations

import re

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


def number(text: str) -> int | float:
    """The value of a number. Raises `ValueError`."""
    if len(text) > 400:
        raise ValueError("too long")
    try:
        return int(text, 0)
    except ValueError:
        pass
    if re.fullmatch(r"[+-]?0[0-7_]+", text):
        return int(text, 8)
    return float(text)
