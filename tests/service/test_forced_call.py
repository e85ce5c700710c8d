"""A call that has to come: the model's own, or one that a grammar holds it to."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from rillet.service.forced_call import call_schema, forced_call, in_form
from rillet.wire.llamacpp import format_schema
from rillet.words.errors import EngineDied, RilletError, ServerError
from rillet.words.events import Event, Failure, Finish, Text, Thinking, ToolCall, Usage
from rillet.words.requests import ChatRequest

from .asking import MODELS, chat
from .conftest import Opened
from .test_output_parser import made

CALL = ToolCall("f", {"x": 1}, "id")
FORM = '{"name": "f", "arguments": {"x": 2}}'
ENUM: dict[str, Any] = {
    "type": "object",
    "properties": {"age": {"$ref": "#/$defs/Age"}},
    "required": ["age"],
    "$defs": {"Age": {"enum": [1, 2]}},
}


def tool(name: str, parameters: Any = ENUM) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


async def said(*events: Event) -> AsyncGenerator[Sequence[Event], None]:
    for event in events:
        yield [event]


async def heard(first: Sequence[Event], *second: Event) -> list[Event]:
    async def again() -> AsyncGenerator[Sequence[Event], None]:
        assert second, "it was asked again"
        return said(*second)

    return [event async for batch in forced_call(said(*first), again) for event in batch]


async def test_a_call_of_its_own_stays_as_it_is() -> None:
    own = [Thinking("hm"), Text("So: "), CALL, Text("."), CALL, Finish("stop")]
    assert await heard(own) == own


async def test_words_alone_are_asked_again_in_form() -> None:
    words = [Thinking("hm"), Text("No."), Finish("stop", Usage(5, 3, 1))]
    found = await heard(words, Thinking("hm"), Text(FORM[:9]), Text(FORM[9:]),
                        Finish("stop", Usage(5, 9)))  # fmt: skip
    thought, call, end = found
    assert thought == Thinking("hm")
    assert isinstance(call, ToolCall) and (call.name, call.arguments) == ("f", {"x": 2})
    assert call.id and isinstance(end, Finish) and end.usage == Usage(5, 12, 1)


async def test_one_that_breaks_off_shows_its_words() -> None:
    short = [Text("No"), Finish("length")]
    assert await heard(short) == short
    words, end = await heard([Finish("stop")], Text(FORM[:9]), Finish("length"))
    assert words == Text(FORM[:9])
    assert isinstance(end, Finish) and end.reason == "length"


@pytest.mark.parametrize("error", [ServerError("no grammar"), ServerError("no", status=500)])
async def test_an_engine_that_gives_up_is_asked_again(error: RilletError) -> None:
    found = await heard([Text("a"), Failure(error)], CALL, Finish("stop"))
    assert found == [CALL, Finish("stop")]


@pytest.mark.parametrize("error", [EngineDied("gone"), ServerError("too long", status=400)])
async def test_other_failures_are_told(error: RilletError) -> None:
    assert await heard([Text("a"), Failure(error)]) == [Text("a"), Failure(error)]


def test_no_form_where_none_is_forced_or_can_be() -> None:
    request = ChatRequest(model="m", messages=[], tools=[tool("f")])
    assert in_form(request) is None
    never = tool("f", {"properties": {"x": {"type": "mystery"}}})
    assert (
        in_form(ChatRequest(model="m", messages=[], tools=[never], tool_choice="required")) is None
    )


def test_references_within_the_tools_lead_where_they_led() -> None:
    root = {"properties": {"next": {"$ref": "#"}, "of": {"enum": [{"$ref": "#/x"}]}}}
    schema = call_schema([tool("a"), tool("b", root), tool("c", None)])
    assert format_schema(schema)  # which follows each of them
    one, two, three = schema["$defs"].values()
    assert one["properties"]["age"] == {"$ref": "#/$defs/tool0/$defs/Age"}
    assert two["properties"]["next"] == {"$ref": "#/$defs/tool1"}
    assert two["properties"]["of"] == {"enum": [{"$ref": "#/x"}]}
    assert three == {"type": "object"}


@pytest.mark.parametrize("model", ["tinythink", "tinytool"])
async def test_a_model_that_would_not_call_does(opened: Opened, model: str) -> None:
    """The one says two words, the other begins a call of another tool."""
    async with opened() as service:
        more: dict[str, Any] = {"tools": [tool("f"), tool("g")], "tool_choice": "required"}
        found = await chat(service, str(MODELS / f"{model}.gguf"), "hi", **more)
    assert "".join(event.text for event in found if isinstance(event, Thinking)) == "I ponder"
    assert not any(isinstance(event, Text) for event in found)
    call, end = found[-2:]
    assert isinstance(call, ToolCall) and call.name in ("f", "g")
    assert call.arguments in ({"age": 1}, {"age": 2})
    assert isinstance(end, Finish) and end.reason == "stop"


async def test_by_a_template_in_go_too(opened: Opened) -> None:
    """The model calls another tool than the one that is there: these are words."""
    async with opened() as service:
        model = await made(service)
        found = await chat(service, model, "hi", tools=[tool("f")], tool_choice="required")
    calls = [event for event in found if isinstance(event, ToolCall)]
    assert len(calls) == 1 and calls[0].name == "f" and calls[0].arguments["age"] in (1, 2)


async def test_a_model_that_calls_is_left_alone(opened: Opened) -> None:
    city = {"properties": {"city": {"type": "string"}}, "required": ["city"]}
    async with opened() as service:
        model, more = str(MODELS / "tinytool.gguf"), {"tools": [tool("get_weather", city)]}
        found = await chat(service, model, "hi", **more, tool_choice="required")
    call = found[-2]
    assert isinstance(call, ToolCall) and call.arguments == {"city": "Paris"}
