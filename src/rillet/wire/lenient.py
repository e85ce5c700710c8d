"""JSON as the world sends it: the slow road, taken when msgspec refuses a record.

Accepted beyond RFC 8259: a byte order mark, invalid UTF-8 (each bad byte run becomes U+FFFD), raw
control characters in strings, NaN and Infinity, lone surrogate escapes. The latter stay in the str
until `HalfJoiner` or `whole` has seen it: no encoder takes them. Fields of a wrong type are left at
their default.
"""

import json
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from rillet.wire.learned import learned

S = TypeVar("S", bound=msgspec.Struct)
_ABSENT = object()
_HIGH = ("\ud800", "\udbff")  # first and last high surrogate: the first half of a pair


def parse(data: bytes) -> Any:
    """Any JSON value, however sloppy. Raises ValueError if it is none, and for nothing else."""
    try:
        return json.loads(data.decode("utf-8", "replace").removeprefix("\ufeff"), strict=False)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None


def is_begun(data: bytes) -> bool:
    """Whether all that is wrong with it is that the rest of an object or array is missing."""
    if data[:1] not in (b"{", b"["):
        return False
    if not data.endswith((b"}", b"]")):
        return True
    text = data.decode("utf-8", "replace")
    try:
        json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        return error.pos >= len(text) or error.msg.startswith("Unterminated string")
    except (ValueError, RecursionError):
        pass
    return False


class HalfJoiner:
    """Joins the halves of a character that a server split over two JSON strings.

    `feed(text)` gives the text without surrogates; a first half at its end waits in `held` for the
    next text. `finish()` gives U+FFFD for a half whose partner never came.
    """

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held = ""

    def feed(self, text: str) -> str:
        text = self.held + text
        self.held = text[-1:] if _HIGH[0] <= text[-1:] <= _HIGH[1] else ""
        return whole(text.removesuffix(self.held))

    def finish(self) -> str:
        held, self.held = self.held, ""
        return "\ufffd" if held else ""


def whole(text: str) -> str:
    """Pairs of surrogates joined, lone ones replaced by U+FFFD: every encoder takes the result."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def wholly(value: Any) -> Any:
    """A parsed JSON value with all its texts made `whole`. Raises ValueError if it is too deep."""
    try:
        return _wholly(value)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None


def _wholly(value: Any) -> Any:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [_wholly(item) for item in value]
    if isinstance(value, dict):
        return {whole(key): _wholly(item) for key, item in value.items()}
    return value


def convert(value: Any, kind: type[S]) -> S | None:
    """A parsed value as a struct; None if it is no object.

    A field that does not convert, or is missing, gets its default; one without a default gets the
    empty value of its type. Structs in structs and in lists are converted the same way.
    """
    if not isinstance(value, dict):
        return None
    try:
        return msgspec.convert(value, learned(kind))
    except _REFUSED:
        pass
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        given = value.get(field.encode_name, _ABSENT)
        result = _ABSENT if given is _ABSENT else _field(given, field.type)
        if result is _ABSENT and field.required:
            result = _empty(field.type)
        if result is not _ABSENT:
            found[field.name] = result
    return kind(**found)


_REFUSED = (msgspec.ValidationError, ValueError, TypeError, RecursionError)


def _field(value: Any, kind: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 5.0 where an integer belongs; where a float does, 5 serves as well
    for strict in (True, False):  # at last also "7" where a number belongs, and 1 for true
        try:
            return msgspec.convert(value, kind, strict=strict)
        except _REFUSED:
            pass
    for choice in (kind, *get_args(kind)):
        if _is_struct(choice) and isinstance(value, dict):
            return convert(value, choice)
        if get_origin(choice) is list and isinstance(value, list):
            items = (_field(item, get_args(choice)[0]) for item in value)
            return [item for item in items if item is not _ABSENT]
    return _ABSENT


def _empty(kind: Any) -> Any:
    if _is_struct(kind):
        return convert({}, kind)
    if kind is Any or type(None) in get_args(kind):
        return None
    return (get_origin(kind) or kind)()


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
