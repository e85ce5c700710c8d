"""Decodes a request body as Go's encoding/json does, down to its error texts.

`decoded` reads and checks a body by its Go type; `bind` takes from it what a table names: field
name -> kind, a function that makes of a checked value what we call it. Rules, all Go's: only the
first JSON value of a body counts; of two equal fields the last one counts; each byte of invalid
UTF-8 becomes U+FFFD.
"""

import codecs
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from rillet.wire.depth import MAX_DEPTH, too_deep
from rillet.wire.go_scanner import NOTHING, GoJSONError, complain, depth_exceeded
from rillet.wire.go_types import Check, Number, fault_of, folded

Kind = Callable[[Any], Any]
Fields = dict[str, Any]

_EXPLAINED = 256 << 10  # bytes; a larger broken body gets a plain sentence, for our time is limited
#: Commas and brackets of a body, those within texts too: a small value takes a hundred bytes here.
MAX_VALUES = 1_000_000
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|.)"
)


def first_value(data: bytes) -> Any:
    """The first JSON value of a body. Raises `GoJSONError`, with the text `NOTHING` if none."""
    if len(data) > MAX_VALUES and sum(map(data.count, b",[{")) > MAX_VALUES:
        raise GoJSONError(f"the request has more than {MAX_VALUES} values")
    try:
        value = msgspec.json.decode(data)
    except RecursionError:
        raise depth_exceeded() from None
    except ValueError:  # also for a body that only Go takes: bytes after the value, half characters
        value = _lenient(data)
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and too_deep(value):
        raise depth_exceeded()
    return value


def decoded(data: bytes, check: Check) -> Any:
    """The first JSON value of a body that has the Go type `check`. Raises `GoJSONError`."""
    value = first_value(data)
    if type(value) is dict and len(data) <= _EXPLAINED and _may_repeat(value, data):
        value = _each_said(data)
    return checked(value, data, check)


def checked(value: Any, data: bytes, check: Check) -> Any:
    """The first value of `data`, if it has the Go type `check`. Raises `GoJSONError`."""
    fault = fault_of(value, check, exact=True)
    if fault is not None:  # once more, now with the numbers as they were written
        raise GoJSONError(str(fault_of(_each_said(data, exact=True), check, exact=True) or fault))
    return value


def bind(value: Any, fields: Mapping[str, Kind]) -> Fields:
    """The known fields of an object that are there and not null, each as its kind makes it."""
    bound: Fields = {}
    for key, item in (value or {}).items():
        name = key if key in fields else folded(key)
        kind = fields.get(name)
        if kind is not None and item is not None:
            bound[name] = kind(item)
    return bound


def same(value: Any) -> Any:
    return value


def texts_by_name(value: dict[str, str | None]) -> dict[str, str]:
    return {key: text or "" for key, text in value.items()}


def list_of(kind: Kind) -> Kind:
    """A list of one kind, which makes of null what Go has where nothing is said."""
    return lambda value: [kind(item) for item in value]


def _may_repeat(value: dict[str, Any], data: bytes) -> bool:
    return any(data.count(_quoted(key)) > 1 for key in value)


@lru_cache(maxsize=256)
def _quoted(key: str) -> bytes:
    return b'"%b"' % key.encode("utf-8", "replace")


def _each_said(data: bytes, exact: bool = False) -> Any:
    """The first value, at the top of which a field that is there twice is not lost.

    Go reads one after the other, and compares their names without their case: so each of them but
    the last gets a spelling of its own.
    """
    top: list[tuple[str, Any]] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        top[:] = pairs  # the last object that ends is the one around all others
        return dict(pairs)

    number = Number if exact else float
    integer = _exact_int if exact else _int
    reader = json.JSONDecoder(
        parse_constant=_constant, parse_float=number, parse_int=integer, object_pairs_hook=keep
    )
    value = _lenient(data, reader)
    return _apart(top) if type(value) is dict else value


def _apart(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    left = Counter(key for key, _ in pairs)
    found: dict[str, Any] = {}
    for key, item in pairs:
        left[key] -= 1
        at = left[key] - 1  # which letter is a capital
        found[key if at < 0 else key[:at] + key[at : at + 1].upper() + key[at + 1 :]] = item
    return found


def _lenient(data: bytes, reader: json.JSONDecoder | None = None) -> Any:
    """The slow way, for what msgspec refuses: as Go reads it, or Go's complaint."""
    text = data.decode("utf-8", "each-byte-replaced")
    start = len(text) - len(text.lstrip(" \t\r\n"))
    if start == len(text):
        raise GoJSONError(NOTHING)
    if "\\u" in text:
        text = _ESCAPE.sub(lambda match: "\\ufffd" if match[1] else match[0], text)
    try:
        value = (reader or _DECODER).raw_decode(text, start)[0]
        if isinstance(value, int | float):  # of "0E" Python takes the 0
            complain(data[:_EXPLAINED])
        return value
    except RecursionError:
        raise depth_exceeded() from None
    except json.JSONDecodeError as error:
        if len(data) <= _EXPLAINED:
            complain(data)
        raise GoJSONError(f"invalid JSON near character {error.pos}") from None


def _each_byte(error: UnicodeError) -> tuple[str, int]:
    """Go puts U+FFFD for each byte that is no character; Python for several together."""
    assert isinstance(error, UnicodeDecodeError)
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("each-byte-replaced", _each_byte)


def _constant(text: str) -> Any:
    """NaN and the infinities, which Python reads and JSON does not have."""
    if text.startswith("-"):
        raise GoJSONError(f"invalid character '{text[1]}' in numeric literal")
    raise GoJSONError(f"invalid character '{text[0]}' looking for beginning of value")


def _int(text: str) -> int | float:
    return int(text) if len(text) <= 20 else float(text)


def _exact_int(text: str) -> int | float:
    return int(text) if len(text) <= 20 else Number(text)


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_int=_int)
