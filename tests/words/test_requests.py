"""Requests encode to Ollama's wire as they stand, with nothing that was not said."""

import json

import msgspec

from rillet.words.requests import (
    ChatRequest,
    GenerateRequest,
    Message,
    MessageToolCall,
    ToolCallFunction,
)


def wire(value: object) -> object:
    return json.loads(msgspec.json.encode(value))


def test_only_what_was_said_is_sent() -> None:
    assert wire(GenerateRequest(model="m", prompt="p")) == {"model": "m", "prompt": "p"}
    assert wire(ChatRequest(model="m", messages=[Message("user", "hi")])) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
    }


def test_false_and_zero_are_said() -> None:
    request = GenerateRequest(model="m", stream=False, keep_alive=0, think=False)
    assert wire(request) == {"model": "m", "stream": False, "keep_alive": 0, "think": False}


def test_tool_calls_carry_objects() -> None:
    call = MessageToolCall(ToolCallFunction("f", {"a": [1]}), id="c1")
    message = Message("assistant", tool_calls=[call])
    assert wire(message) == {
        "role": "assistant",
        "tool_calls": [{"function": {"name": "f", "arguments": {"a": [1]}}, "id": "c1"}],
    }
