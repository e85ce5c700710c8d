"""What each form of `tool_choice` means for the tools that are offered."""

from typing import Any

import pytest

from rillet.wire.anthropic import chat_request_from_anthropic
from rillet.wire.openai import chat_request_from_openai
from rillet.wire.openai_bodies import chat_body
from rillet.wire.openai_responses import chat_request_from_responses
from rillet.wire.tool_choice import chosen
from rillet.words.errors import ServerError
from rillet.words.requests import ChatRequest

A: dict[str, Any] = {"type": "function", "function": {"name": "a", "parameters": {}}}
B: dict[str, Any] = {"type": "function", "function": {"name": "b", "parameters": {}}}
SAY = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 9}
SCHEMA = {"type": "object"}


def allowed(mode: str, *names: str) -> dict[str, Any]:
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}


@pytest.mark.parametrize(
    ("choice", "meant"),
    [
        (None, ([A, B], None)),
        ("auto", ([A, B], None)),
        ("required", ([A, B], "required")),
        ("any", ([A, B], "required")),
        ("none", (None, None)),
        ({"type": "none"}, (None, None)),
        ({"type": "auto"}, ([A, B], None)),
        ({"type": "any"}, ([A, B], "required")),
        ({"type": "function", "function": {"name": "b"}}, ([B], "required")),
        ({"type": "function", "name": "b"}, ([B], "required")),
        ({"type": "tool", "name": "b", "disable_parallel_tool_use": True}, ([B], "required")),
        (allowed("auto", "b"), ([B], None)),
        (allowed("required", "a", "b"), ([A, B], "required")),
        ({"type": "allowed_tools", "mode": "required", "tools": [{"name": "a"}]},
         ([A], "required")),
        ({"type": "file_search"}, ([A, B], None)),
        ({"type": "function"}, ([A, B], None)),
        ({"type": ["a"]}, ([A, B], None)),
        (allowed("required"), (None, None)),
        ({"type": "allowed_tools", "allowed_tools": 7}, ([A, B], None)),
        ("whatever", ([A, B], None)),
        (7, ([A, B], None)),
    ],
)  # fmt: skip
def test_choices(choice: Any, meant: Any) -> None:
    assert chosen([A, B], choice) == meant
    assert chosen(None, choice) == (None, None)


def test_a_tool_that_is_not_there_cannot_be_chosen() -> None:
    with pytest.raises(ServerError, match="tool_choice names c") as caught:
        chosen([A, B], {"type": "tool", "name": "c"})
    assert caught.value.status == 400


def test_in_each_dialect_a_forced_call_goes_before_a_form() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    openai = {
        **SAY,
        "tools": [A, B],
        "tool_choice": {"type": "function", "function": {"name": "b"}},
    }
    flat = [{"type": "function", "name": name, "parameters": {}} for name in ("a", "b")]
    responses = {"model": "m", "input": "hi", "tools": flat,
                 "tool_choice": {"type": "function", "name": "b"},
                 "text": {"format": {"type": "json_schema", "schema": SCHEMA}}}  # fmt: skip
    anthropic = {**SAY, "tools": [{"name": name, "input_schema": {}} for name in ("a", "b")],
                 "tool_choice": {"type": "tool", "name": "b"}}  # fmt: skip
    for request in (
        chat_request_from_openai({**openai, "response_format": form}),
        chat_request_from_responses(responses),
        chat_request_from_anthropic(anthropic),
    ):
        assert request.tool_choice == "required" and request.format is None
        assert [tool["function"]["name"] for tool in request.tools or ()] == ["b"]


def test_a_server_behind_ours_is_told() -> None:
    request = ChatRequest(model="m", messages=[], tools=[A], tool_choice="required")
    assert chat_body(request)["tool_choice"] == "required"
