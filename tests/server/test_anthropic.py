"""Anthropic's routes over a real socket; the forms of events are tested with the encoders."""

import json
import re
from typing import Any

import pytest

from rillet.words.errors import Busy, ServerError
from rillet.words.events import Text

from .conftest import Running
from .scripted import failing

ASK: dict[str, Any] = {
    "model": "tiny",
    "max_tokens": 5,
    "messages": [{"role": "user", "content": "hi"}],
}


async def test_a_whole_message(server: Running) -> None:
    answer = await server.ask("POST", "/v1/messages", ASK)
    assert answer.json()["content"] == [{"type": "text", "text": "Hello"}]
    assert re.fullmatch("msg_[0-9a-f]{24}", answer.json()["id"])
    assert answer.json()["stop_reason"] == "end_turn"


async def test_a_stream(server: Running) -> None:
    answer = await server.ask("POST", "/v1/messages", {**ASK, "stream": True})
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-cache"
    names = re.findall(r"^event: (\w+)$", answer.body.decode(), re.MULTILINE)
    assert names[0] == "message_start" and names[-2:] == ["message_delta", "message_stop"]
    assert names.count("content_block_delta") == 2


async def test_the_first_guess_at_the_tokens_counts_tools_and_calls(server: Running) -> None:
    call = {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": "x" * 400}}
    tool = {"name": "f", "description": "y" * 400, "input_schema": {"type": "object"}}
    for more, least in (
        ({}, 1),
        ({"tools": [tool]}, 100),
        ({"messages": [*ASK["messages"], {"role": "assistant", "content": [call]}]}, 100),
    ):
        answer = await server.ask("POST", "/v1/messages", {**ASK, **more, "stream": True})
        start = json.loads(re.findall(r"^data: (.*)$", answer.body.decode(), re.MULTILINE)[0])
        assert least <= start["message"]["usage"]["input_tokens"] < least + 60


async def test_an_error_in_mid_stream_is_said(server: Running) -> None:
    server.operations.next = failing(ServerError("engine died"), after=[Text("x")])
    answer = await server.ask("POST", "/v1/messages", {**ASK, "stream": True})
    last = answer.body.decode().strip().split("\n\n")[-1].splitlines()
    assert last[0] == "event: error"
    assert json.loads(last[1].removeprefix("data: "))["error"]["message"] == "engine died"


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
async def test_thinking_that_is_beyond_a_model_is_left_out(server: Running, path: str) -> None:
    body = {**ASK, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    assert (await server.ask("POST", path, body)).status == 200
    assert server.operations.asked[-1].think is None


async def test_tokens_are_counted_without_an_answer(server: Running) -> None:
    body = {key: value for key, value in ASK.items() if key != "max_tokens"}
    answer = await server.ask("POST", "/v1/messages/count_tokens", body)
    assert answer.json() == {"input_tokens": 7}


@pytest.mark.parametrize(
    ("body", "status", "kind", "text"),
    [
        (b"", 400, "invalid_request_error", "EOF"),
        ({}, 400, "invalid_request_error", "model is required"),
        (
            {**ASK, "max_tokens": 0},
            400,
            "invalid_request_error",
            "max_tokens is required and must be positive",
        ),
        ({**ASK, "model": "nope"}, 404, "not_found_error", "model 'nope' not found"),
    ],
)
async def test_errors_have_anthropics_form(
    server: Running, body: object, status: int, kind: str, text: str
) -> None:
    answer = await server.ask("POST", "/v1/messages", body)
    assert answer.status == status
    assert answer.json()["error"] == {"type": kind, "message": text}
    assert re.fullmatch("req_[0-9a-f]{24}", answer.json()["request_id"])


async def test_a_busy_service_is_overloaded(server: Running) -> None:
    server.operations.error = Busy("server busy", status=503)
    answer = await server.ask("POST", "/v1/messages", ASK)
    assert (answer.status, answer.json()["error"]["type"]) == (503, "overloaded_error")
