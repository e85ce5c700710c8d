"""Tools of a wrong form are refused with the texts that clients of Ollama know."""

from typing import Any

import pytest

from rillet.wire.go_tools import checked_tool
from rillet.words.errors import ServerError

GO = "json: cannot unmarshal {} into Go struct field R.tools{} of type {}"


def function(**fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", **fields}}


def parameters(**fields: Any) -> dict[str, Any]:
    return function(parameters={"type": "object", **fields})


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        (5, GO.format("number", "", "api.Tool")),
        ({"type": 5}, GO.format("number", ".type", "string")),
        ({"function": "x"}, GO.format("string", ".function", "api.ToolFunction")),
        (function(name=5), GO.format("number", ".function.name", "string")),
        (function(description=[]), GO.format("array", ".function.description", "string")),
        (
            function(parameters=[]),
            GO.format("array", ".function.parameters", "api.ToolFunctionParameters"),
        ),
        (parameters(type=["object"]), GO.format("array", ".function.parameters.type", "string")),
        (
            parameters(required="x"),
            GO.format("string", ".function.parameters.required", "[]string"),
        ),
        (parameters(required=[1]), GO.format("number", ".function.parameters.required", "string")),
        (
            parameters(properties=[]),
            GO.format("array", ".function.parameters.properties", "map[string]api.ToolProperty"),
        ),
        (
            parameters(properties={"a": "x"}),
            GO.format("string", ".function.parameters.properties", "api.ToolProperty"),
        ),
        ({}, "a tool needs a function"),
        ({"function": None}, "a tool needs a function"),
        (function(name=""), "the function of a tool needs a name"),
        ({"function": {}}, "the function of a tool needs a name"),
    ],
)
def test_what_is_refused(tool: Any, text: str) -> None:
    with pytest.raises(ServerError) as caught:
        checked_tool(tool, "R.tools")
    assert (caught.value.status, caught.value.message) == (400, text)


@pytest.mark.parametrize(
    "tool",
    [
        function(),
        function(description=None, parameters=None, strict=True),
        parameters(required=None, properties=None),
        parameters(required=["a"], properties={"a": {"type": ["string", "null"]}, "b": True}),
    ],
)
def test_what_is_taken_stays_as_it_is(tool: dict[str, Any]) -> None:
    assert checked_tool(tool, "R.tools") is tool


def test_a_tool_without_a_type_is_a_function() -> None:
    assert checked_tool({"function": {"name": "f"}}, "R.tools") == function()
