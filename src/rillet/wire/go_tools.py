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


def as_function(tool: Any) -> JsonObject:
    """A tool as the engine wants it; null is one of which nothing is known."""
    given: JsonObject = tool or {}
    return given if given.get("type") else {**given, "type": "function"}


def check_tool(tool: JsonObject) -> None:
    """Raises `ServerError` (400) for what is no tool."""
    if fault := fault_of(tool, TOOL):
        raise refused(str(fault))
    function = tool.get("function")
    if function is None:
        raise refused("a tool needs a function")
    if not function.get("name"):
        raise refused("the function of a tool needs a name")
