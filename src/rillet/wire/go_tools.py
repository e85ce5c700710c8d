"""The tools of a request, checked as Go's encoding/json checks them before an engine sees them.

An engine dies of some, and answers to most with a text of its C++ library; here each wrong type is
a `ServerError` with status 400 and the text that clients of Ollama know. Better than there: a tool
without a type is a function, as all are.
Source: Ollama's API reference (tools), which takes OpenAI's form.
"""

from typing import Any

from rillet.wire.go_fields import kind, mismatch, refused
from rillet.words.requests import JsonObject


def checked_tool(tool: Any, where: str) -> JsonObject:
    """One tool; `where` is the field that it stands in ("ChatRequest.tools")."""
    given = _object(tool, where, "api.Tool")
    _text(given, "type", where)
    function = given.get("function")
    if function is None:
        raise refused("a tool needs a function")
    place = f"{where}.function"
    function = _object(function, place, "api.ToolFunction")
    for name in ("name", "description"):
        _text(function, name, place)
    if not function.get("name"):
        raise refused("the function of a tool needs a name")
    if function.get("parameters") is not None:
        _check_parameters(function["parameters"], f"{place}.parameters")
    return given if given.get("type") else {**given, "type": "function"}


def _check_parameters(value: Any, where: str) -> None:
    parameters = _object(value, where, "api.ToolFunctionParameters")
    _text(parameters, "type", where)
    required = parameters.get("required")
    if required is not None:
        if not isinstance(required, list):
            raise mismatch(required, f"{where}.required", "[]string")
        for name in required:
            if not isinstance(name, str):
                raise mismatch(name, f"{where}.required", "string")
    properties = parameters.get("properties")
    if properties is not None:
        place = f"{where}.properties"
        _object(properties, place, "map[string]api.ToolProperty")
        for schema in properties.values():
            if not isinstance(schema, dict | bool):  # a schema may be true or false as well
                raise mismatch(schema, place, "api.ToolProperty")


def _object(value: Any, where: str, go_type: str) -> JsonObject:
    if not isinstance(value, dict):
        raise mismatch(value, where, go_type)
    return value


def _text(given: JsonObject, name: str, where: str) -> None:
    if given.get(name) is not None and not isinstance(given[name], str):
        raise refused(
            f"json: cannot unmarshal {kind(given[name])} into Go struct field {where}.{name}"
            " of type string"
        )
