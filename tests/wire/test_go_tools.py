"""Tools of a wrong form are refused; one without a type is a function."""

from typing import Any

import pytest

from rillet.wire.go_tools import as_function, check_tool
from rillet.words.errors import ServerError


def function(**fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", **fields}}


def parameters(**fields: Any) -> dict[str, Any]:
    return function(parameters={"type": "object", **fields})


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        (
            function(name=5),
            "json: cannot unmarshal number into Go struct field ToolFunction.function.name"
            " of type string",
        ),
        ({}, "a tool needs a function"),
        ({"function": None}, "a tool needs a function"),
        (function(name=""), "the function of a tool needs a name"),
        ({"function": {}}, "the function of a tool needs a name"),
    ],
)
def test_what_is_refused(tool: Any, text: str) -> None:
    with pytest.raises(ServerError) as caught:
        check_tool(tool)
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
    check_tool(tool)
    told = as_function(tool)
    check_tool(told)
    assert as_function(told) == told


def test_a_tool_without_a_type_is_a_function() -> None:
    assert as_function({"function": {"name": "f"}}) == function()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (parameters(additionalProperties=None), parameters()),
        (parameters(required=["a", None]), parameters(required=["a"])),
        (
            parameters(properties={"a": {"anyOf": None, "default": None}}),
            parameters(properties={"a": {"default": None}}),
        ),
    ],
)
def test_null_says_nothing_but_where_it_is_a_value(
    given: dict[str, Any], told: dict[str, Any]
) -> None:
    check_tool(given)
    assert as_function(given) == told
