"""Requests of Anthropic's Messages API, as a server reads them.

Rules:
* Checks, their order and their texts are those of Ollama's /v1/messages; a wrong value is a
  `ServerError` (400). Unknown fields are skipped.
* Better than there: `tool_choice` and formats are honoured, also where a format stands as
  `output_format`, its place while it was new.
Source: Anthropic's API reference (messages); error texts as observed on Ollama 0.33.
"""

from typing import Any

from rillet.wire.anthropic_blocks import Turn, texts_of
from rillet.wire.anthropic_tools import tools_from_anthropic
from rillet.wire.go_fields import Fields, fields, kind, refused
from rillet.wire.tool_choice import chosen
from rillet.words.requests import ChatRequest, Message

_Json = dict[str, Any]

_REQUEST = {
    "model": "string",
    "max_tokens": "int",
    "messages": "[]anthropic.MessageParam",
    "system": "any",
    "stream": "bool",
    "temperature": "float64",
    "top_p": "float64",
    "top_k": "int",
    "stop_sequences": "[]string",
    "tools": "[]anthropic.Tool",
    "tool_choice": "anthropic.ToolChoice",
    "thinking": "anthropic.ThinkingConfig",
    "output_config": "anthropic.OutputConfig",
    "output_format": "any",
}
_MESSAGE = {"role": "string", "content": "any"}
_EFFORTS = {"low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "max"}


def chat_request_from_anthropic(body: Any, *, limit_required: bool = True) -> ChatRequest:
    """The parsed JSON body of POST /v1/messages.

    `limit_required=False` is for counting tokens, where there is no `max_tokens`.
    """
    given = fields(body, "anthropic.MessagesRequest", _REQUEST)
    if not given.get("model"):
        raise refused("model is required")
    if limit_required and given.get("max_tokens", 0) <= 0:
        raise refused("max_tokens is required and must be positive")
    if not given.get("messages"):
        raise refused("messages is required")
    messages = _messages(given)
    tools, choice = chosen(tools_from_anthropic(given.get("tools", [])), given.get("tool_choice"))
    return ChatRequest(
        model=given["model"],
        messages=messages,
        tools=tools,
        tool_choice=choice,
        stream=given.get("stream", False),
        format=None if choice else _format(given),
        options=_options(given),
        think=_think(given),
    )


def _messages(given: Fields) -> list[Message]:
    messages: list[Message] = []
    if system := texts_of(given.get("system")):
        messages.append(Message("system", system))
    names: dict[str, str] = {}  # of tools, by the id of the call
    for value in given["messages"]:
        turn = fields(value, "anthropic.MessageParam", _MESSAGE)
        content = turn.get("content", "")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        if not isinstance(content, list):
            raise refused(f"invalid message content type: {kind(content)}")
        messages += Turn(turn.get("role", "").lower(), names).messages(content)
    return messages or [Message("user")]  # of nothing but empty messages one remains


def _think(given: Fields) -> bool | str | None:
    mode = given.get("thinking", {}).get("type")
    if mode == "disabled":
        return False
    effort = given.get("output_config", {}).get("effort")
    level = _EFFORTS.get(effort.strip().lower()) if isinstance(effort, str) else None
    return level or (True if mode == "enabled" else None)


def _format(given: Fields) -> _Json | None:
    name, wanted = "output_config.format", given.get("output_config", {}).get("format")
    if wanted is None:
        name, wanted = "output_format", given.get("output_format")
    if not isinstance(wanted, dict):
        return None
    schema = wanted.get("schema")
    if wanted.get("type") != "json_schema" or not isinstance(schema, dict):
        raise refused(f"{name} must be a json_schema with a schema")
    return schema


def _options(given: Fields) -> _Json | None:
    sampling = ("temperature", "top_p", "top_k")
    options: _Json = {name: given[name] for name in sampling if name in given}
    if "max_tokens" in given:
        options["num_predict"] = given["max_tokens"]
    stops = [stop for stop in given.get("stop_sequences", ()) if stop is not None]
    if not all(isinstance(stop, str) for stop in stops):
        raise refused("stop_sequences must be an array of strings")
    if stops:
        options["stop"] = stops
    return options or None
