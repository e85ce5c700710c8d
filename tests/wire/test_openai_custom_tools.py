"""Tools of free text in the Responses API: offered as functions, called as what they are."""

import json
from typing import Any

import pytest

from rillet.wire.openai_responses import (
    ResponsesEncoder,
    chat_request_from_responses,
    response,
    response_settings,
)
from rillet.words.events import Event, Finish, ToolCall
from rillet.words.replies import fold
from rillet.words.requests import Message, MessageToolCall, ToolCallFunction

GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": 'start: "a"'}
PATCH = {"type": "custom", "name": "patch", "description": "d", "format": GRAMMAR}
BODY: dict[str, Any] = {"model": "m", "input": "hi", "tools": [PATCH]}
EVENTS: list[Event] = [ToolCall("patch", {"input": "*** é"}, "c1"), Finish("stop")]


def test_such_a_tool_is_a_function_of_one_text() -> None:
    (tool,) = chat_request_from_responses(BODY).tools or ()
    text = {"type": "string", "description": 'In this grammar (lark): start: "a"'}
    parameters = {"type": "object", "properties": {"input": text}, "required": ["input"]}
    function = {"name": "patch", "description": "d", "parameters": parameters}
    assert tool == {"type": "function", "function": function}
    plain = {"type": "custom", "name": "f", "format": {"type": "text"}}
    (tool,) = chat_request_from_responses({**BODY, "tools": [plain]}).tools or ()
    assert tool["function"]["parameters"]["properties"] == {"input": {"type": "string"}}
    chosen = {**BODY, "tool_choice": {"type": "custom", "name": "patch"}}
    assert chat_request_from_responses(chosen).tool_choice == "required"


def test_its_call_is_told_as_one_of_free_text() -> None:
    item = {
        "id": "ctc_7_0",
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": "c1",
        "name": "patch",
        "input": "*** é",
    }
    encoder = ResponsesEncoder("resp_7", 100, response_settings(BODY))
    lines = b"".join(map(encoder.encode, EVENTS)).splitlines()
    found = [json.loads(line[6:]) for line in lines if line.startswith(b"data: ")]
    assert [record["type"].removeprefix("response.") for record in found[2:]] == [
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
        "completed",
    ]
    assert found[2]["item"] == {**item, "status": "in_progress", "input": ""}
    assert (found[3]["delta"], found[4]["input"], found[5]["item"]) == ("*** é", "*** é", item)
    whole = response(fold(EVENTS), "resp_7", 100, 105, response_settings(BODY))
    assert whole["output"] == found[6]["response"]["output"] == [item]


@pytest.mark.parametrize(
    ("arguments", "told"), [({"text": "a"}, '{"text":"a"}'), ({"input": 7}, '{"input":7}')]
)
def test_arguments_that_are_no_text_are_not_lost(arguments: dict[str, Any], told: str) -> None:
    events = [ToolCall("patch", arguments, "c1"), Finish("stop")]
    whole = response(fold(events), "resp_7", 100, 105, response_settings(BODY))
    assert whole["output"][0]["input"] == told


def test_its_call_and_the_result_can_be_sent_back() -> None:
    items = [
        {"role": "user", "content": "hi"},
        {"type": "custom_tool_call", "call_id": "c1", "name": "patch", "input": "*** é"},
        {
            "type": "custom_tool_call_output",
            "call_id": "c1",
            "output": [{"type": "input_text", "text": "done"}],
        },
    ]
    assert chat_request_from_responses({**BODY, "input": items}).messages == [
        Message("user", "hi"),
        Message(
            "assistant",
            tool_calls=[MessageToolCall(ToolCallFunction("patch", {"input": "*** é"}), "c1")],
        ),
        Message("tool", "done", tool_name="patch", tool_call_id="c1"),
    ]
