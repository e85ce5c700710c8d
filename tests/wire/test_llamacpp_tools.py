"""Parameters of tools: what an engine would refuse, or never come back from, it does not see."""

from typing import Any

import pytest

from rillet.wire import llamacpp
from rillet.wire.llamacpp_tools import engine_tools
from rillet.words.errors import ServerError


def tool(parameters: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


TEXT = {"type": "string", "description": "d"}
SEEN = [
    (of(a=TEXT), of(a=TEXT)),
    (of(a={**TEXT, "$schema": "x", "format": "uri"}), of(a=TEXT)),
    (of(a={**TEXT, "pattern": "^(?=a)b$"}), of(a=TEXT)),
    (of(a={**TEXT, "minLength": 5, "maxLength": 2}), of(a=TEXT)),
    (of(a={**TEXT, "minLength": -1}, b={"items": {"$ref": "#/x"}}), of(a=TEXT, b={"items": {}})),
    (of(a={"$ref": "#/$defs/x", "$defs": {"x": TEXT}}), of(a={})),
    (of(a={"anyOf": [TEXT, {"$ref": "#/x"}]}), of(a={"anyOf": [TEXT, {}]})),
    ({**of(a={"$ref": "#/$defs/x"}), "$defs": {"x": TEXT}},) * 2,
    (of(a={**TEXT, "items": 0}), of(a=TEXT)),
    ({**of(a={**TEXT, "items": [1]}), "items": ["x"]}, of(a=TEXT)),
    ({**of(a=TEXT), "additionalProperties": ["x"]}, of(a=TEXT)),
    (None, None),
]


@pytest.mark.parametrize(("given", "seen"), SEEN)
def test_what_the_engine_sees(given: Any, seen: Any) -> None:
    before = repr(given)
    body = llamacpp.chat_body([], {}, num_ctx=2048, tools=[tool(given)])
    assert body["tools"] == [tool(seen)]
    assert repr(given) == before, "the caller's tool was changed"


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        (of(a={"type": "text"}), "parameters.properties.a.type is 'text'"),
        (of(a={"enum": []}), "parameters.properties.a.enum must be a list"),
    ],
)
def test_what_no_grammar_can_be_made_of_is_told(parameters: Any, told: str) -> None:
    with pytest.raises(ServerError, match=f"of the tool 'f' are no usable.*: {told}") as caught:
        engine_tools([tool(parameters)])
    assert caught.value.status == 400


def test_a_tool_that_is_nested_without_end_is_refused() -> None:
    deep: dict[str, Any] = TEXT
    for _ in range(300):
        deep = of(a=deep)
    with pytest.raises(ServerError, match="nested"):
        engine_tools([tool(deep)])
