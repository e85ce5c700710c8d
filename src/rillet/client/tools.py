"""Tools as plain Python functions: a schema from the signature and the docstring.

A parameter's description is what `Annotated` says (`Annotated[str, "the city"]`, a pydantic
`Field`, a `msgspec.Meta`), else the docstring's entry (see `docstrings`).
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, get_type_hints

from rillet.client.docstrings import read_docstring
from rillet.client.type_schemas import type_schema
from rillet.words.errors import InvalidRequest
from rillet.words.requests import JsonObject

Tool = Callable[..., Any] | Mapping[str, Any]


def tool_schemas(tools: Iterable[Tool] | None) -> list[JsonObject] | None:
    """The tools as a server takes them; None stays None."""
    if tools is None:
        return None
    if isinstance(tools, Mapping) or not isinstance(tools, Iterable):
        raise InvalidRequest("tools is a list of functions and schemas, also where it is one")
    return [tool_schema(tool) for tool in tools]


def tool_schema(tool: Tool) -> JsonObject:
    """A function, or an object that is a schema already (mapping, or with `model_dump`)."""
    if isinstance(tool, Mapping):
        return dict(tool)
    dump = getattr(tool, "model_dump", None)
    if dump is not None:
        dumped: JsonObject = dump(exclude_none=True)
        return dumped
    if not callable(tool):
        raise InvalidRequest(f"A tool is a function or a schema, not {type(tool).__name__}")
    named: Any = tool.func if isinstance(tool, partial) else tool
    about, parameters = read_docstring(inspect.getdoc(named) or "")
    return {
        "type": "function",
        "function": {
            "name": getattr(named, "__name__", type(named).__name__),
            "description": about,
            "parameters": _parameters(tool, parameters),
        },
    }


def _parameters(tool: Callable[..., Any], about: Mapping[str, str]) -> JsonObject:
    hints = _hints(tool)
    properties: dict[str, Any] = {}
    required: list[str] = []
    definitions: dict[str, Any] = {}
    for name, parameter in inspect.signature(tool).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or name == "self":
            continue
        hint = hints.get(name, str)
        schema = type_schema(hint, definitions)
        if described := _description(hint) or about.get(name):
            schema["description"] = described
        properties[name] = schema
        if parameter.default is parameter.empty:
            required.append(name)
    schema = {"type": "object", "properties": properties, "required": required}
    if definitions:
        schema["$defs"] = definitions
    return schema


def _description(hint: Any) -> str | None:
    """What `Annotated` says of a parameter: a text, or an object with a description."""
    for said in getattr(hint, "__metadata__", ()):
        words = (said, getattr(said, "description", None), getattr(said, "documentation", None))
        if text := next((word for word in words if isinstance(word, str) and word), None):
            return text
    return None


def _hints(tool: Callable[..., Any]) -> dict[str, Any]:
    written: Any = tool.func if isinstance(tool, partial) else tool
    if not (inspect.isroutine(written) or inspect.isclass(written)):
        written = written.__call__  # an object that can be called
    try:
        return get_type_hints(written, include_extras=True)
    except NameError as error:
        raise InvalidRequest(f"The annotations of a tool cannot be read: {error}") from error
