"""The tools on offer, as readers of calls want them: names, and the types of parameters."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rillet.text.said_json import said_json

Call = tuple[str, dict[str, Any]]


class Tools:
    """Looks up what was offered. A tool that is not whole is passed over."""

    def __init__(self, tools: Sequence[dict[str, Any]] = ()) -> None:
        functions = [tool.get("function") for tool in tools]
        self._functions = {
            function["name"]: function
            for function in functions
            if isinstance(function, dict) and isinstance(function.get("name"), str)
        }

    def __contains__(self, name: object) -> bool:
        return name in self._functions

    def __bool__(self) -> bool:
        return bool(self._functions)

    def required(self, name: str) -> list[Any]:
        """The parameters that a call of this tool must have."""
        parameters = self._functions.get(name, {}).get("parameters")
        wanted = parameters.get("required") if isinstance(parameters, dict) else None
        return wanted if isinstance(wanted, list) else []

    def typed(self, name: str, parameter: str, text: str) -> Any:
        """The value that a text stands for, by the type that the tool wants."""
        parameters = self._functions.get(name, {}).get("parameters")
        fields = parameters.get("properties") if isinstance(parameters, dict) else None
        field = fields.get(parameter) if isinstance(fields, dict) else None
        return typed(text, list(_types(field)))


def _types(field: Any) -> Iterable[str]:
    if not isinstance(field, dict):
        return
    choices = field.get("anyOf")
    if isinstance(choices, list) and choices:
        for choice in choices:
            yield from _types({**choice, "anyOf": None} if isinstance(choice, dict) else None)
        return
    kind = field.get("type")
    yield from [kind] if isinstance(kind, str) else kind if isinstance(kind, list) else []


def typed(text: str, types: Sequence[str]) -> Any:
    """A value of the first type that fits, from the narrowest to the widest; else the text."""
    if text.lower() == "null":
        return None
    if "boolean" in types and (text.lower() in ("true", "false") or len(types) == 1):
        return text.lower() == "true"
    for kind, read in (("integer", _integer), ("number", _number), ("array", _array)):
        if kind in types and (value := read(text)) is not None:
            return value
    value = said_json(text) if "object" in types else None
    return value if isinstance(value, dict) else text


def _integer(text: str) -> int | None:
    try:
        return int(text) if text.lstrip("+-").isdecimal() and text.isascii() else None
    except ValueError:
        return None


def _number(text: str) -> float | int | None:
    try:
        value = float(text) if text == text.strip() and text.isascii() else float("nan")
    except ValueError:
        return None
    if value != value or value in (float("inf"), float("-inf")):
        return None
    return int(value) if value.is_integer() else value


def _array(text: str) -> list[Any] | None:
    value = said_json(text)
    return value if isinstance(value, list) else None


def json_object(text: str) -> dict[str, Any] | None:
    """The object in a text of JSON; None for anything else."""
    value = said_json(text)
    return value if isinstance(value, dict) else None


def bare(word: str, words: Mapping[str, Any]) -> Any:
    """A value without quotes: one of `words`, a number, else the word itself."""
    if word in words:
        return words[word]
    for kind in (int, float):
        try:
            return kind(word) if "_" not in word else word
        except ValueError:
            continue
    return word
