"""What Go's encoding/json would say of a parsed value: its types, its errors, its order.

A type is a function `check(value, at, reading)`. Rules, all Go's:
* A value of a wrong type is noted and skipped, and reading goes on: the first such fault counts.
* What a type of its own making refuses (`UnmarshalJSON`) ends the reading, and counts before those.
* null is "not said" everywhere; unknown fields are skipped; names of fields match in any case, and
  are the known ones when the value has been read.
* A fault names the innermost struct, and the way to the field from the outermost one.
Source: encoding/json of Go 1.26, observed.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

_NAMES = {
    bool: "bool",
    str: "string",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
}
_FLOAT32 = 3.4028235677973366e38  # what is below is rounded to a number of 32 bits


class Number(float):
    """A number that keeps its text, for errors quote it; "1e400" is infinite here."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> "Number":
        number = super().__new__(cls, text)
        number.text = text
        return number


class Place(NamedTuple):
    """Where a value stands: the struct that holds it, and the names of the fields to it."""

    struct: str = ""
    path: tuple[str, ...] = ()


class Fault(Exception):
    """What is wrong with one value: "a `said` cannot be a `go_type`", or a text of another kind."""

    def __init__(self, said: str, go_type: str = "", at: Place | None = None) -> None:
        self.said, self.go_type, self.at = said, go_type, at or Place()

    def __str__(self) -> str:
        if not self.go_type:
            return self.said
        at = self.at
        place = f"struct field {at.struct}.{'.'.join(at.path)}" if at.struct or at.path else "value"
        return f"json: cannot unmarshal {self.said} into Go {place} of type {self.go_type}"

    def within(self, at: Place) -> "Fault":
        """As the reader around sees it."""
        if not self.go_type or not (at.struct or at.path):
            return self
        return Fault(self.said, self.go_type, Place(at.struct, at.path + self.at.path))


class Reading:
    """One value being read. `exact` says that numbers may be `Number`s."""

    __slots__ = ("exact", "first")

    def __init__(self, exact: bool) -> None:
        self.exact = exact
        self.first: Fault | None = None

    def note(self, value: Any, go_type: str, at: Place, *, quoted: bool = False) -> None:
        """A fault after which the reading goes on."""
        if self.first is None:
            said = f"number {_text(value)}" if quoted else kind_name(value)
            self.first = Fault(said, go_type, at)


Check = Callable[[Any, Place, Reading], None]


def fault_of(value: Any, check: Check, exact: bool = False) -> Fault | None:
    """What Go would say of a value; None where it would take it."""
    reading = Reading(exact)
    try:
        check(value, Place(), reading)
    except Fault as fault:
        return fault
    return reading.first


def kind_name(value: Any) -> str:
    return "null" if value is None else _NAMES.get(type(value), "number")


def _plain(go_type: str, wanted: type) -> Check:
    def check(value: Any, at: Place, reading: Reading) -> None:
        if type(value) is not wanted and value is not None:
            reading.note(value, go_type, at)

    return check


string = _plain("string", str)
boolean = _plain("bool", bool)


def _integer(go_type: str, values: range) -> Check:
    def check(value: Any, at: Place, reading: Reading) -> None:
        if type(value) is int:
            if value not in values:
                reading.note(value, go_type, at, quoted=True)
        elif value is not None:
            reading.note(value, go_type, at, quoted=isinstance(value, float))

    return check


integer = _integer("int", range(-(2**63), 2**63))
int64 = _integer("int64", range(-(2**63), 2**63))
byte = _integer("uint8", range(256))


def _float(go_type: str, most: float) -> Check:
    def check(value: Any, at: Place, reading: Reading) -> None:
        if type(value) is int or isinstance(value, float):
            if abs(value) > most:
                reading.note(value, go_type, at, quoted=True)
        elif value is not None:
            reading.note(value, go_type, at)

    return check


float64 = _float("float64", 1.7976931348623157e308)
float32 = _float("float32", _FLOAT32)


def anything(value: Any, at: Place, reading: Reading) -> None:
    """Any value; only a number may be too large for it."""
    if not reading.exact:
        return
    if isinstance(value, float):
        float64(value, at, reading)
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            anything(item, at, reading)


def raw(value: Any, at: Place, reading: Reading) -> None:
    """What is read later."""


def list_of(item: Check, go_type: str) -> Check:
    def check(value: Any, at: Place, reading: Reading) -> None:
        if type(value) is list:
            for one in value:
                item(one, at, reading)
        elif value is not None:
            reading.note(value, go_type, at)

    return check


def map_of(item: Check, go_type: str) -> Check:
    def check(value: Any, at: Place, reading: Reading) -> None:
        if type(value) is dict:
            for one in value.values():
                item(one, at, reading)
        elif value is not None:
            reading.note(value, go_type, at)

    return check


strings = list_of(string, "[]string")
mapping = map_of(anything, "map[string]interface {}")


def struct(go_type: str, fields: Mapping[str, Check]) -> Check:
    """An object. `go_type` is as errors show it: "api.Tool", or a nameless "struct { … }"."""
    name = "" if " " in go_type else go_type.rpartition(".")[2]
    known = {folded(field): (field, check) for field, check in fields.items()}

    def check(value: Any, at: Place, reading: Reading) -> None:
        if type(value) is dict:
            other: dict[str, str] = {}  # names of fields as they came -> as they are known
            for key, item in value.items():
                found = known.get(key) or known.get(folded(key))
                if found is not None:
                    found[1](item, Place(name, (*at.path, found[0])), reading)
                    if key != found[0]:
                        other[key] = found[0]
            if other:
                _rename(value, other)
        elif value is not None:
            reading.note(value, go_type, at)

    return check


def _rename(value: dict[str, Any], names: Mapping[str, str]) -> None:
    """Give fields their known names, so that whoever reads on need not compare as Go does."""
    items = list(value.items())
    value.clear()
    for key, item in items:
        name = names.get(key, key)
        if item is not None or name not in value:  # the last counts, but null says nothing
            value[name] = item


def of_its_own(inner: Check) -> Check:
    """A type that reads itself with a reader of its own: what it refuses ends the reading."""

    def check(value: Any, at: Place, reading: Reading) -> None:
        if fault := fault_of(value, inner, reading.exact):
            raise fault.within(at)

    return check


def folded(name: str) -> str:
    """A name of a field as Go compares it; two letters have a third form."""
    return name.lower().replace("\u017f", "s")


def _text(value: Any) -> str:
    return value.text if isinstance(value, Number) else str(value)
