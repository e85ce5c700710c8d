"""The tools of a request of Anthropic's Messages API, as functions.

Rules:
* A tool has a schema. One that Anthropic has defined and the client carries out has none in the
  request, for its models know it: `bash`, `text_editor` and `memory` of any date. It is told here.
* What the provider carries out itself, and what only its own models can use, is left out.
Source: Anthropic's API reference (messages) and its pages on these tools; error texts as observed
on Ollama 0.33.
"""

from typing import Any

from rillet.wire.go_fields import Fields, fields, refused
from rillet.wire.go_structs import parameters_fault
from rillet.wire.go_tools import as_function
from rillet.words.quoting import quoted

_Json = dict[str, Any]

_TOOL = {"type": "string", "name": "string", "description": "string", "input_schema": "any"}


def _texts(*names: str) -> _Json:
    return {name: {"type": "string"} for name in names}


def _commands(*names: str) -> _Json:
    return {"command": {"type": "string", "enum": [*names]}}


_PLACES: _Json = {
    **_texts("path", "file_text", "old_str", "new_str", "insert_text"),
    "insert_line": {"type": "integer", "description": "The line after which text is inserted"},
    "view_range": {
        "type": "array",
        "items": {"type": "integer"},
        "description": "The first and the last line to show, counted from 1; -1 is the end",
    },
}
# by the beginning of their type: a description, the properties, and which of them are required
_KNOWN: dict[str, tuple[str, _Json, list[str]]] = {
    "bash_": (
        "Run a command in a bash shell that keeps its state. `restart` begins a new one.",
        {**_texts("command"), "restart": {"type": "boolean"}},
        [],
    ),
    "text_editor_": (
        "View, create and edit text files.",
        {**_commands("view", "create", "str_replace", "insert"), **_PLACES},
        ["command", "path"],
    ),
    "memory_": (
        "View and change the files below /memories, which are kept between conversations.",
        {
            **_commands("view", "create", "str_replace", "insert", "delete", "rename"),
            **_PLACES,
            **_texts("old_path", "new_path"),
        },
        ["command"],
    ),
}


def tools_from_anthropic(values: list[Any]) -> list[_Json]:
    """Raises `ServerError` (400) for what is no tool."""
    return [tool for value in values if (tool := _tool(fields(value, "anthropic.Tool", _TOOL)))]


def _tool(given: Fields) -> _Json | None:
    name = given.get("name", "")
    if "input_schema" not in given:
        return _known(given.get("type", ""), name)
    schema = given["input_schema"]
    if fault := parameters_fault(schema):
        raise refused(f"invalid input_schema for tool {quoted(name)}: {fault}")
    function = {"name": name, "parameters": schema}
    if description := given.get("description"):
        function["description"] = description
    return as_function({"type": "function", "function": function})


def _known(kind: str, name: str) -> _Json | None:
    for beginning, (description, properties, required) in _KNOWN.items():
        if kind.startswith(beginning) and name:
            parameters = {"type": "object", "properties": properties, "required": required}
            function = {"name": name, "description": description, "parameters": parameters}
            return {"type": "function", "function": function}
    return None
