"""Decodes a request body as Go's encoding/json does, down to its error texts.

A decoder is a table: field name -> kind, a function that takes a JSON value and the name of the
place it stands at, and returns the checked value or raises `GoJSONError`. Rules, all Go's: only
the first JSON value of a body counts; field names match in any case; null is "not said"; unknown
fields are skipped; of two equal fields the last one counts; invalid UTF-8 becomes U+FFFD.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from rillet.server.go_scanner import NOTHING, GoJSONError, complain, depth_exceeded
from rillet.wire.depth import MAX_DEPTH, too_deep

Kind = Callable[[Any, str], Any]
Fields = dict[str, Any]

_EXPLAINED = 256 << 10  # bytes; a larger broken body gets a plain sentence, for our time is limited
#: Commas and brackets of a body, those within texts too: a small value takes a hundred bytes here.
MAX_VALUES = 1_000_000
_INT = range(-(2**63), 2**63)
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


def bind(value: Any, go_type: str, fields: Mapping[str, Kind], where: str = "") -> Fields:
    """The known fields of an object that are there and not null.

    `go_type` is what errors call the object ("api.ChatRequest"), `where` the field it stands in.
    """
    if value is None:
        return {}
    if type(value) is not dict:
        raise mismatch(value, where, go_type)
    prefix = where or go_type.rpartition(".")[2]
    bound: Fields = {}
    for key, item in value.items():
        name = key if key in fields else key.lower()
        kind = fields.get(name)
        if kind is not None and item is not None:
            bound[name] = kind(item, f"{prefix}.{name}")
    return bound


def mismatch(value: Any, where: str, go_type: str) -> GoJSONError:
    """What Go says where it wanted `go_type`."""
    place = f"struct field {where}" if where else "value"
    return GoJSONError(f"json: cannot unmarshal {_name(value)} into Go {place} of type {go_type}")


def string(value: Any, where: str) -> str:
    if type(value) is not str:
        raise mismatch(value, where, "string")
    return value


def boolean(value: Any, where: str) -> bool:
    if type(value) is not bool:
        raise mismatch(value, where, "bool")
    return value


def integer(value: Any, where: str) -> int:
    if type(value) is int and value in _INT:
        return value
    if type(value) in (int, float):
        raise GoJSONError(
            f"json: cannot unmarshal number {value} into Go struct field {where} of type int"
        )
    raise mismatch(value, where, "int")


def mapping(value: Any, where: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise mismatch(value, where, "map[string]interface {}")
    return value


def anything(value: Any, where: str) -> Any:
    return value


def texts_by_name(value: Any, where: str) -> dict[str, str]:
    if type(value) is not dict:
        raise mismatch(value, where, "map[string]string")
    return {key: "" if item is None else string(item, where) for key, item in value.items()}


def list_of(kind: Kind, go_type: str, zero: Any) -> Kind:
    """A list whose items are of one kind; null among them is as good as `zero`."""

    def check(value: Any, where: str) -> list[Any]:
        if type(value) is not list:
            raise mismatch(value, where, go_type)
        return [kind(zero if item is None else item, where) for item in value]

    return check


def _lenient(data: bytes) -> Any:
    """The slow way, for what msgspec refuses: as Go reads it, or Go's complaint."""
    text = data.decode("utf-8", "replace")
    start = len(text) - len(text.lstrip(" \t\r\n"))
    if start == len(text):
        raise GoJSONError(NOTHING)
    if "\\u" in text:
        text = _ESCAPE.sub(lambda match: "\\ufffd" if match[1] else match[0], text)
    try:
        value = _DECODER.raw_decode(text, start)[0]
        if type(value) in (int, float):  # of "0E" Python takes the 0
            complain(data[:_EXPLAINED])
        return value
    except RecursionError:
        raise depth_exceeded() from None
    except json.JSONDecodeError as error:
        if len(data) <= _EXPLAINED:
            complain(data)
        raise GoJSONError(f"invalid JSON near character {error.pos}") from None


def _constant(text: str) -> Any:
    """NaN and the infinities, which Python reads and JSON does not have."""
    raise GoJSONError(f"invalid character '{text[0]}' looking for beginning of value")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise GoJSONError(
            f"json: cannot unmarshal number {text[:40]} into Go value of type float64"
        )
    return number


def _int(text: str) -> int | float:
    return int(text) if len(text) <= 20 else _float(text)


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_float=_float, parse_int=_int)


def _name(value: Any) -> str:
    if type(value) is bool:
        return "bool"
    return {str: "string", int: "number", float: "number", list: "array"}.get(type(value), "object")
