"""The tools of a request: checked as Go's encoding/json checks them before an engine sees them.

An engine dies of some, and answers to most with a text of its C++ library. Better than Ollama: a
tool without a type is a function, as all are.
Source: Ollama's API reference (tools), which takes OpenAI's form.
"""

from typing import Any

from rillet.wire.go_fields import refused
from rillet.wire.go_structs import TOOL
from rillet.wire.go_types import fault_of
from rillet.words.requests import JsonObject

#: Fields of a schema in which null says no more than their absence.
_OPEN = (
    *("type", "description", "properties", "required", "items", "enum", "anyOf"),
    "additionalProperties",
)


def as_function(tool: Any) -> JsonObject:
    """A tool as the engine wants it; null is one of which nothing is known."""
    given: JsonObject = dict(tool or {})
    given["type"] = given.get("type") or "function"
    if isinstance(given.get("function"), dict):
        function = _told(given["function"], ("description", "parameters"))
        if "parameters" in function:
            function["parameters"] = _tidied(function["parameters"])
        given["function"] = function
    return given


def _tidied(schema: Any) -> Any:
    """A schema without what says nothing: engines refuse true, null and empty lists of choices."""
    if not isinstance(schema, dict):
        return {} if schema is None or schema is True else schema
    told = _told(schema, _OPEN)
    for name in ("type", "anyOf", "enum"):
        if name in told and not told[name]:
            del told[name]
    if isinstance(told.get("properties"), dict):
        told["properties"] = {name: _tidied(value) for name, value in told["properties"].items()}
    if isinstance(told.get("required"), list):
        told["required"] = [name for name in told["required"] if name is not None]
    if isinstance(told.get("anyOf"), list):
        told["anyOf"] = [_tidied(value) for value in told["anyOf"]]
    return told


def _told(given: JsonObject, names: tuple[str, ...]) -> JsonObject:
    """Without the fields of these names that are null."""
    return {key: value for key, value in given.items() if value is not None or key not in names}


def check_tool(tool: JsonObject) -> None:
    """Raises `ServerError` (400) for what is no tool."""
    if fault := fault_of(tool, TOOL):
        raise refused(str(fault))
    function = tool.get("function")
    if function is None:
        raise refused("a tool needs a function")
    if not function.get("name"):
        raise refused("the function of a tool needs a name")
