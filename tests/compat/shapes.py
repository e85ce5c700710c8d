"""Whether a JSON value has a shape, and a row of records the shapes of a sequence.

A shape is a word ("int+", "time", …) or an object ({"keys": …}, {"items": …}, {"const": …}, …);
`check` and `check_sequence` raise `Misfit`, which says where the value differs.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Json = Any
Shape = str | Mapping[str, Any]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_HEX64 = re.compile(r"[0-9a-f]{64}")


class Misfit(AssertionError):
    """The value is not as it should be."""


def misfit(at: str, wanted: object, value: Json) -> Misfit:
    return Misfit(f"{at or 'body'}: wanted {wanted}, got {json.dumps(value, default=repr)[:300]}")


def check(shape: Shape, value: Json, at: str = "") -> None:
    """Raises `Misfit` unless the value at the place `at` has the shape."""
    if isinstance(shape, str):
        if not _WORDS[shape](value):
            raise misfit(at, shape, value)
        return
    kinds = [kind for kind in shape if kind in _CHECKS]
    if not kinds:
        raise ValueError(f"no such shape: {shape}")
    for kind in kinds:
        _CHECKS[kind](shape, value, at)


def check_same(wanted: Json, value: Json, at: str = "") -> None:
    """Raises `Misfit` unless both are the same JSON; 1 and 1.0 are, 1 and true are not."""
    if isinstance(wanted, dict) and isinstance(value, dict):
        if wanted.keys() != value.keys():
            raise misfit(at, f"the keys {sorted(wanted)}", value)
        for key, item in wanted.items():
            check_same(item, value[key], f"{at}.{key}")
    elif isinstance(wanted, list) and isinstance(value, list):
        if len(wanted) != len(value):
            raise misfit(at, f"{len(wanted)} items", value)
        for index, item in enumerate(wanted):
            check_same(item, value[index], f"{at}[{index}]")
    elif isinstance(wanted, bool) is not isinstance(value, bool) or wanted != value:
        raise misfit(at, json.dumps(wanted), value)


def check_sequence(sequence: Sequence[Mapping[str, Any]], records: Sequence[Json]) -> None:
    """Raises `Misfit` unless the records are of the sequence's kinds, in its order.

    It goes as a regular expression does, through all that may come next: the index of a kind, and
    whether one of it was there.
    """
    places = _open(sequence, {(0, False)})
    for number, record in enumerate(records):
        after: set[tuple[int, bool]] = set()
        problems = []
        for index in sorted({index for index, _ in places if index < len(sequence)}):
            step = sequence[index]
            try:
                check(step["shape"], record, f"record {number} ({step['name']})")
                after.add((index, True) if step["count"] in "*+" else (index + 1, False))
            except Misfit as error:
                problems.append(str(error))
        if not after:
            raise Misfit("; or ".join(problems) or f"record {number} is one too many: {record}")
        places = _open(sequence, after)
    if (len(sequence), False) not in places:
        missing = [sequence[index]["name"] for index, _ in sorted(places)]
        raise Misfit(f"the stream ends after {len(records)} records, before one of {missing}")


def _open(
    sequence: Sequence[Mapping[str, Any]], places: set[tuple[int, bool]]
) -> set[tuple[int, bool]]:
    """The places, and those behind kinds that were there or may be left out."""
    found = set(places)
    for index, step in enumerate(sequence):
        if (index, True) in found or ((index, False) in found and step["count"] in "?*"):
            found.add((index + 1, False))
    return found


def _is_json(value: Json, kind: type = object) -> bool:
    try:
        return isinstance(value, str) and isinstance(json.loads(value), kind)
    except ValueError:
        return False


def _is_number(value: Json, kinds: type | tuple[type, ...] = (int, float)) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


_WORDS: dict[str, Callable[[Json], object]] = {
    "any": lambda value: True,
    "string": lambda value: isinstance(value, str),
    "text": lambda value: isinstance(value, str) and value,
    "bool": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": _is_number,
    "int": lambda value: _is_number(value, int),
    "int0": lambda value: _is_number(value, int) and value >= 0,
    "int+": lambda value: _is_number(value, int) and value > 0,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "time": lambda value: isinstance(value, str) and _TIME.fullmatch(value),
    "hex64": lambda value: isinstance(value, str) and _HEX64.fullmatch(value),
    "json-text": _is_json,
    "json-object-text": lambda value: _is_json(value, dict),
}


def _const(shape: Mapping[str, Any], value: Json, at: str) -> None:
    check_same(shape["const"], value, at)


def _enum(shape: Mapping[str, Any], value: Json, at: str) -> None:
    if value not in shape["enum"]:
        raise misfit(at, f"one of {shape['enum']}", value)


def _regex(shape: Mapping[str, Any], value: Json, at: str) -> None:
    if not isinstance(value, str) or not re.search(shape["regex"], value, re.DOTALL):
        raise misfit(at, f"a match of {shape['regex']}", value)


def _any_of(shape: Mapping[str, Any], value: Json, at: str) -> None:
    problems = []
    for one in shape["any_of"]:
        try:
            check(one, value, at)
            return
        except Misfit as error:
            problems.append(str(error))
    raise Misfit("; or ".join(problems))


def _keys(shape: Mapping[str, Any], value: Json, at: str) -> None:
    if not isinstance(value, dict):
        raise misfit(at, "an object", value)
    if missing := shape["keys"].keys() - value.keys():
        raise misfit(at, f"the keys {sorted(missing)}", value)
    known = {**shape.get("optional", {}), **shape["keys"]}
    for key, item in value.items():
        if key in known:
            check(known[key], item, f"{at}.{key}")
        elif key in shape.get("forbid", ()) or not shape.get("open"):
            raise misfit(at, f"no key {key!r}", value)


def _list(shape: Mapping[str, Any], value: Json, at: str) -> None:
    if not isinstance(value, list):
        raise misfit(at, "a list", value)
    if not shape.get("min", 0) <= len(value) <= shape.get("max", len(value)):
        raise misfit(at, f"{shape.get('min', 0)} to {shape.get('max', 'any')} items", value)
    for index, item in enumerate(value):
        check(shape["items"], item, f"{at}[{index}]")
    if shape.get("unit") and abs(sum(number**2 for number in value) - 1) > 1e-3:
        raise misfit(at, "a vector of length 1", value)


def _tuple(shape: Mapping[str, Any], value: Json, at: str) -> None:
    if not isinstance(value, list) or len(value) != len(shape["tuple"]):
        raise misfit(at, f"a list of {len(shape['tuple'])}", value)
    for index, one in enumerate(shape["tuple"]):
        check(one, value[index], f"{at}[{index}]")


def _contains(shape: Mapping[str, Any], value: Json, at: str) -> None:
    if not isinstance(value, list):
        raise misfit(at, "a list", value)
    for one in shape["contains"]:
        for item in value:
            try:
                check(one, item, at)
                break
            except Misfit:
                continue
        else:
            raise misfit(at, f"an item like {one}", value)


_CHECKS: dict[str, Callable[[Mapping[str, Any], Json, str], None]] = {
    "const": _const,
    "enum": _enum,
    "regex": _regex,
    "any_of": _any_of,
    "keys": _keys,
    "items": _list,
    "tuple": _tuple,
    "contains": _contains,
}
