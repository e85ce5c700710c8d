"""The fields of a parsed JSON body, checked as Go's encoding/json checks them.

Rules, all Go's: field names match in any case, null is "not said", unknown fields are skipped, of
two equal fields the last one counts. A wrong type is a `ServerError` with status 400 and the text
that clients of Ollama know.
"""

from collections.abc import Mapping
from typing import Any

from rillet.words.errors import ServerError

_KINDS = {
    bool: "bool",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_FITS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int, float),
    "float64": (int, float),
    "bool": (bool,),
}

Fields = dict[str, Any]


def fields(value: Any, struct: str, table: Mapping[str, str]) -> Fields:
    """The known fields that are there and not null.

    `struct` is the Go type that errors name ("openai.ChatCompletionRequest"); `table` has the Go
    type of each field: string, int, float64, bool, "[]…" a list, "any" unchecked, others objects.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refused(f"json: cannot unmarshal {kind(value)} into Go value of type {struct}")
    found: Fields = {}
    for key, item in value.items():
        name = key if key in table else key.lower()
        go_type = table.get(name)
        if go_type is None or item is None:
            continue
        if not _fits(item, go_type):
            place = f"{struct.rpartition('.')[2]}.{name}"
            raise mismatch(item, place, go_type)
        found[name] = int(item) if go_type == "int" else item
    return found


def mismatch(value: Any, place: str, go_type: str) -> ServerError:
    """What Go says where it wanted `go_type`."""
    shown = f"number {value!r}" if go_type == "int" and isinstance(value, float) else kind(value)
    return refused(f"json: cannot unmarshal {shown} into Go struct field {place} of type {go_type}")


def interface_type(value: Any) -> str:
    """How Go calls the type of a value that may have any."""
    names = {str: "string", bool: "bool", list: "[]interface {}", dict: "map[string]interface {}"}
    return "<nil>" if value is None else names.get(type(value), "float64")


def refused(message: str) -> ServerError:
    return ServerError(message, status=400)


def kind(value: Any) -> str:
    return _KINDS.get(type(value), "null")


def _fits(value: Any, go_type: str) -> bool:
    if go_type == "any":
        return True
    if go_type.startswith("[]"):
        return isinstance(value, list)
    if go_type not in _FITS:
        return isinstance(value, dict)
    if go_type == "int" and isinstance(value, float):
        return value.is_integer() and abs(value) < 2**63
    return isinstance(value, _FITS[go_type]) and (go_type == "bool" or not isinstance(value, bool))
