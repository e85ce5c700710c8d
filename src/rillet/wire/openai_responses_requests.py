"""Requests of OpenAI's Responses API, as a server reads them.

Rules:
* Checks and error texts are those of Ollama's /v1/responses: a `ServerError` (400).
* The conversation is what is sent. What would need one kept here (`previous_response_id`,
  `conversation`) is refused: left out silently, half of the question would be lost.
* Better than there: nothing to answer is refused, `tool_choice` is honoured.
Source: OpenAI's API reference (responses/create); error texts as observed on Ollama 0.33.
"""

import json
from typing import Any

from rillet.wire.go_fields import Fields, fields, kind, refused
from rillet.wire.go_structs import parameters_fault
from rillet.wire.go_tools import as_function
from rillet.wire.openai_messages import image_data
from rillet.wire.openai_requests import effort_to_think
from rillet.wire.openai_tools import parse_arguments
from rillet.wire.tool_choice import chosen
from rillet.words.requests import ChatRequest, Message, MessageToolCall, ToolCallFunction

_Json = dict[str, Any]

_REQUEST = {
    "model": "string",
    "input": "any",
    "instructions": "string",
    "max_output_tokens": "int",
    "reasoning": "openai.ResponsesReasoning",
    "temperature": "float64",
    "top_p": "float64",
    "text": "openai.ResponsesText",
    "tools": "[]openai.ResponsesTool",
    "tool_choice": "any",
    "truncation": "string",
    "metadata": "any",
    "stream": "bool",
    "previous_response_id": "any",
    "conversation": "any",
    "background": "any",
}
_KEPT_ELSEWHERE = ("previous_response_id", "conversation")
_TEXTS = ("input_text", "output_text", "text")


def chat_request_from_responses(body: Any) -> ChatRequest:
    """The parsed JSON body of POST /v1/responses."""
    given = fields(body, "openai.ResponsesRequest", _REQUEST)
    for name in _KEPT_ELSEWHERE:
        if given.get(name):
            raise refused(f"{name} is not supported, send the whole conversation as input")
    messages = _messages(given)
    if not given.get("model"):
        raise refused("model is required")
    options: _Json = {
        "temperature": given.get("temperature", 1.0),
        "top_p": given.get("top_p", 1.0),
    }
    if "max_output_tokens" in given:
        options["num_predict"] = given["max_output_tokens"]
    effort = given.get("reasoning", {}).get("effort") or ""
    tools, choice = chosen(_tools(given.get("tools", [])), given.get("tool_choice"))
    return ChatRequest(
        model=given["model"],
        messages=messages,
        tools=tools,
        tool_choice=choice,
        stream=given.get("stream", False),
        format=None if choice else _format(given.get("text", {}).get("format")),
        options=options,
        think=effort_to_think(effort if isinstance(effort, str) else json.dumps(effort)),
    )


def response_settings(body: Any) -> _Json:
    """What an answer repeats of its request."""
    given = fields(body, "openai.ResponsesRequest", _REQUEST)
    text = given.get("text") or {"format": {"type": "text"}}
    return {
        "background": False,
        "frequency_penalty": 0,
        "instructions": given.get("instructions"),
        "max_output_tokens": given.get("max_output_tokens"),
        "max_tool_calls": None,
        "metadata": given.get("metadata") or {},
        "model": given.get("model", ""),
        "parallel_tool_calls": True,
        "presence_penalty": 0,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": given.get("reasoning"),
        "safety_identifier": None,
        "service_tier": "default",
        "store": False,
        "temperature": given.get("temperature", 1),
        "text": text,
        "tool_choice": given.get("tool_choice") or "auto",
        "tools": given.get("tools", []),
        "top_logprobs": 0,
        "top_p": given.get("top_p", 1),
        "truncation": given.get("truncation") or "disabled",
    }


def _messages(given: Fields) -> list[Message]:
    values = given.get("input")
    if isinstance(values, str):
        turns = [Message("user", values)] if values else []
    elif isinstance(values, list):
        turns = _Conversation().read(values)
    elif values is None:
        turns = []
    else:
        reason = f"json: cannot unmarshal {kind(values)} into Go value of type []json.RawMessage"
        raise refused(f"input must be a string or array: {reason}")
    if not turns:
        raise refused("input is required")
    instructions = given.get("instructions")
    return [Message("system", instructions), *turns] if instructions else turns


class _Conversation:
    """Items, one after another, as messages: what an assistant did in one turn is one message."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._thought = ""
        self._names: dict[str, str] = {}  # of tools, by the id of the call

    def read(self, items: list[Any]) -> list[Message]:
        for i, item in enumerate(items):
            if not isinstance(item, dict):
                raise refused(f"input[{i}]: an item must be an object, not {kind(item)}")
            self._take(item, f"input[{i}]")
        return self._messages

    def _take(self, item: _Json, at: str) -> None:
        item_type = item.get("type") or ("message" if item.get("role") else "")
        match item_type:
            case "message":
                self._message(item, at)
            case "function_call":
                self._call(item, at)
            case "function_call_output":
                text, images = _content(item.get("output"), f"{at}: output")
                id = _text(item, "call_id", at)
                result = Message("tool", text, images=images or None, tool_call_id=id)
                result.tool_name = self._names.get(id)
                self._messages.append(result)
            case "reasoning":
                self._thought += _thought(item)
            case "web_search_call":
                pass  # the provider's own search: its result is in the text that follows
            case "item_reference":
                reason = "items are not kept here, send them whole (as with store: false)"
                raise refused(f"{at}: item_reference is not supported: {reason}")
            case _:
                shown = json.dumps(item_type, ensure_ascii=False)
                raise refused(f"{at}: unknown input item type: {shown}")

    def _message(self, item: _Json, at: str) -> None:
        role = _text(item, "role", at)
        text, images = _content(item.get("content"), at)
        message = Message("system" if role == "developer" else role, text, images=images or None)
        if role == "assistant":
            message.thinking, self._thought = self._thought or None, ""
        self._messages.append(message)

    def _call(self, item: _Json, at: str) -> None:
        name, id = _text(item, "name", at), _text(item, "call_id", at)
        arguments, raw = parse_arguments(_text(item, "arguments", at))
        if raw is not None:
            raise refused(f"{at}: invalid tool call arguments")
        self._names[id] = name
        if not self._messages or self._messages[-1].role != "assistant":
            self._messages.append(Message("assistant"))
        turn = self._messages[-1]
        if self._thought:
            turn.thinking, self._thought = (turn.thinking or "") + self._thought, ""
        turn.tool_calls = [
            *(turn.tool_calls or ()),
            MessageToolCall(ToolCallFunction(name, arguments), id or None),
        ]


def _content(content: Any, at: str) -> tuple[str, list[str]]:
    if content is None or isinstance(content, str):
        return content or "", []
    if not isinstance(content, list):
        raise refused(f"{at}: content must be a string or array, not {kind(content)}")
    texts: list[str] = []
    images: list[str] = []
    for i, part in enumerate(content):
        part_type = part.get("type") if isinstance(part, dict) else kind(part)
        if part_type in _TEXTS:
            texts.append(_text(part, "text", f"{at}: content[{i}]"))
        elif part_type == "refusal":
            texts.append(_text(part, "refusal", f"{at}: content[{i}]"))
        elif part_type == "input_image":
            images.append(image_data(part.get("image_url")))
        else:
            raise refused(f"{at}: content[{i}]: unknown content type: {part_type}")
    return "\n\n".join(texts), images


def _thought(item: _Json) -> str:
    """The summary, or what Ollama's dialect calls encrypted: there it is the plain text."""
    parts = item.get("summary") or item.get("content")
    if not isinstance(parts, list):
        return ""
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str))


def _text(holder: _Json, name: str, at: str) -> str:
    value = holder.get(name, "")
    if not isinstance(value, str):
        raise refused(f"{at}: {name} must be a string, not {kind(value)}")
    return value


def _tools(tools: list[Any]) -> list[_Json] | None:
    """Functions, also those in a namespace. What the provider runs itself cannot be offered."""
    found: list[_Json] = []
    for i, tool in enumerate(tools):
        if not isinstance(tool, dict):
            raise refused(f"tools[{i}]: a tool must be an object, not {kind(tool)}")
        if tool.get("type") == "namespace" and isinstance(tool.get("tools"), list):
            found += _tools(tool["tools"]) or []
        elif tool.get("type") == "function":
            function: _Json = {"name": _text(tool, "name", f"tools[{i}]")}
            for name in ("description", "parameters"):
                if tool.get(name) is not None:
                    function[name] = tool[name]
            if fault := parameters_fault(function.get("parameters")):
                raise refused(f"failed to unmarshal tool parameters: {fault}")
            found.append(as_function({"type": "function", "function": function}))
    return found or None


def _format(wanted: Any) -> str | _Json | None:
    wanted_type = wanted.get("type") if isinstance(wanted, dict) else None
    if wanted_type in (None, "text"):
        return None
    if wanted_type == "json_object":
        return "json"
    schema = wanted.get("schema")
    if wanted_type != "json_schema" or not isinstance(schema, dict):
        raise refused("text.format must be text, json_object or a json_schema with a schema")
    return schema
