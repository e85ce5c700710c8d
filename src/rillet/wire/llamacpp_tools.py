"""Tools before llama.cpp gets them: it makes a grammar of their parameters, as of a format.

So they are checked as a format is; one text whose least length is above its longest would keep the
engine busy for good. Where they are not usable as a whole (an MCP server's references that lead
nowhere …), what Ollama reads of a parameter is tried alone.
"""

from collections.abc import Sequence
from typing import Any

from rillet.wire.llamacpp_schema import engine_schema
from rillet.words.errors import InvalidRequest, ServerError
from rillet.words.requests import JsonObject

_READ = ("type", "description", "enum", "required")


def engine_tools(tools: Sequence[JsonObject]) -> list[JsonObject]:
    """The tools with parameters that llama.cpp enforces. Raises `ServerError` (400)."""
    return [_engine_tool(tool) for tool in tools]


def _engine_tool(tool: JsonObject) -> JsonObject:
    function = tool.get("function")
    if not isinstance(function, dict) or not isinstance(function.get("parameters"), dict):
        return tool
    try:
        usable = _parameters(function["parameters"])
    except InvalidRequest as error:
        said = error.message.partition("the schema")[2]
        raise ServerError(
            f"the parameters of the tool {function.get('name')!r} are no usable JSON schema: "
            f"parameters{said}",
            status=400,
        ) from None
    return {**tool, "function": {**function, "parameters": usable}}


def _parameters(schema: JsonObject) -> JsonObject:
    try:
        return engine_schema(schema)
    except InvalidRequest:
        return engine_schema(_read(schema, 0))


def _read(schema: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > 64:  # more is refused anyhow
        return schema
    read = {key: schema[key] for key in _READ if key in schema}
    if isinstance(inner := schema.get("properties"), dict):
        read["properties"] = {name: _read(value, depth + 1) for name, value in inner.items()}
    if isinstance(items := schema.get("items"), dict | bool):  # Ollama takes anything
        read["items"] = _read(items, depth + 1)
    if isinstance(choices := schema.get("anyOf"), list):
        read["anyOf"] = [_read(value, depth + 1) for value in choices]
    return read
