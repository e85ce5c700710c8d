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
from rillet.wire.openai_custom_tools import text_parameters
from rillet.wire.openai_requests import effort_to_think
from rillet.wire.openai_responses_items import messages_from_items
from rillet.wire.tool_choice import chosen
from rillet.words.requests import ChatRequest, Message

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
    "store": "any",
}
_NO_TOOL = dict.fromkeys(("name", "description", "strict", "parameters")) | {"type": "", "name": ""}
_CHOICES = ("auto", "none", "required")


def chat_request_from_responses(body: Any) -> ChatRequest:
    """The parsed JSON body of POST /v1/responses."""
    given = fields(body, "openai.ResponsesRequest", _REQUEST)
    if given.get("conversation"):
        raise refused("conversation is not supported, send the whole conversation as input")
    if earlier := given.get("previous_response_id"):
        reason = "it may have been forgotten. Send the whole conversation as input"
        raise refused(f"Previous response with id '{earlier}' not found: {reason}")
    messages = _messages(given)
    options: _Json = {"temperature": given.get("temperature", 1.0)}
    if "top_p" in given:  # else the model's own holds, other than in chat completions
        options["top_p"] = given["top_p"]
    if "max_output_tokens" in given:
        options["num_predict"] = given["max_output_tokens"]
    effort = given.get("reasoning", {}).get("effort") or ""
    think = effort_to_think(effort if isinstance(effort, str) else json.dumps(effort))
    tools, choice = chosen(_tools(given.get("tools", [])), given.get("tool_choice"))
    if instructions := given.get("instructions"):
        messages.insert(0, Message("system", instructions))
    return ChatRequest(
        model=given.get("model", ""),
        messages=messages,
        tools=tools,
        tool_choice=choice,
        stream=given.get("stream", False),
        format=None if choice else _format(given.get("text", {}).get("format")),
        options=options,
        think=think,
    )


def earlier_response(body: Any) -> str:
    """The id of the response that a request goes on with, or ""."""
    id = fields(body, "openai.ResponsesRequest", _REQUEST).get("previous_response_id")
    return id if isinstance(id, str) else ""


def is_kept(body: Any) -> bool:
    """Whether its answer is to be kept for later requests, which is OpenAI's default."""
    return fields(body, "openai.ResponsesRequest", _REQUEST).get("store") is not False


def input_items(body: Any) -> list[Any]:
    """The input as a list of items; what is no input is none."""
    values = fields(body, "openai.ResponsesRequest", _REQUEST).get("input")
    if isinstance(values, str):
        return [{"type": "message", "role": "user", "content": values}] if values else []
    return values if isinstance(values, list) else []


def with_input(body: _Json, items: list[Any]) -> _Json:
    """The request with these items, as one that goes on with nothing."""
    replaced = ("input", "previous_response_id")
    rest = {name: value for name, value in body.items() if name.lower() not in replaced}
    return {**rest, "input": items}


def response_settings(body: Any) -> _Json:
    """What an answer repeats of its request."""
    given = fields(body, "openai.ResponsesRequest", _REQUEST)
    metadata, choice = given.get("metadata"), given.get("tool_choice")
    return {
        "background": False,
        "frequency_penalty": 0,
        "instructions": given.get("instructions") or None,
        "max_output_tokens": given.get("max_output_tokens"),
        "max_tool_calls": None,
        "metadata": metadata if isinstance(metadata, dict) else {},
        "model": given.get("model", ""),
        "parallel_tool_calls": True,
        "presence_penalty": 0,
        "previous_response_id": given.get("previous_response_id"),
        "prompt_cache_key": None,
        "reasoning": _reasoning(given),
        "safety_identifier": None,
        "service_tier": "default",
        "store": given.get("store") is True,  # unasked it is kept too, but Ollama's word is false
        "temperature": given.get("temperature", 1),
        "text": _text_settings(given.get("text", {})),
        "tool_choice": choice if _is_choice(choice) else "auto",
        "tools": [{**_NO_TOOL, **(tool or {})} for tool in given.get("tools", ())],
        "top_logprobs": 0,
        "top_p": given.get("top_p", 1),
        "truncation": given.get("truncation", "disabled"),
    }


def _reasoning(given: Fields) -> _Json | None:
    told = given.get("reasoning", {})
    said = {name: told.get(name) or None for name in ("effort", "summary")}
    if given.get("stream"):
        return said if any(said.values()) else None
    return {name: value for name, value in said.items() if value} or None


def _text_settings(text: _Json) -> _Json:
    format = text.get("format")
    if format is None:
        return {**text, "format": {"type": "text"}}
    told = {name: format.get(name) for name in ("name", "schema", "strict")}
    said = {name: value for name, value in told.items() if value not in (None, "")}
    return {**text, "format": {"type": format.get("type") or "", **said}}


def _is_choice(choice: Any) -> bool:
    return bool(choice.get("type")) if isinstance(choice, dict) else choice in _CHOICES


def _messages(given: Fields) -> list[Message]:
    values = given.get("input")
    if isinstance(values, list):
        return messages_from_items(values)
    if values is None or isinstance(values, str):
        return [Message("user", values)] if values else []
    reason = f"json: cannot unmarshal {kind(values)} into Go value of type []json.RawMessage"
    raise refused(f"input must be a string or array: {reason}")


def _text(holder: _Json, name: str, at: str) -> str:
    value = holder.get(name) or ""
    if not isinstance(value, str):
        raise refused(f"{at}: {name} must be a string, not {kind(value)}")
    return value


def _tools(tools: list[Any]) -> list[_Json] | None:
    """Functions, also those in a namespace, whose name goes before theirs, and tools of free text.

    What the provider runs itself cannot be offered.
    """
    found: list[_Json] = []
    for i, tool in enumerate(tools):
        if not isinstance(tool, dict):
            raise refused(f"tools[{i}]: a tool must be an object, not {kind(tool)}")
        if tool.get("type") == "namespace" and isinstance(tool.get("tools"), list):
            found += _within(_text(tool, "name", f"tools[{i}]"), _tools(tool["tools"]) or [])
        elif tool.get("type") in ("function", "custom"):
            function: _Json = {"name": _text(tool, "name", f"tools[{i}]")}
            for name in ("description", "parameters"):
                if tool.get(name) is not None:
                    function[name] = tool[name]
            if tool["type"] == "custom":
                function["parameters"] = text_parameters(tool.get("format"))
            if fault := parameters_fault(function.get("parameters")):
                raise refused(f"failed to unmarshal tool parameters: {fault}")
            found.append(as_function({"type": "function", "function": function}))
    return found or None


def _within(namespace: str, tools: list[_Json]) -> list[_Json]:
    for tool in tools:
        function = tool["function"]
        if namespace and not function["name"].startswith(f"{namespace}."):
            function["name"] = f"{namespace}.{function['name']}"
    return tools


def _format(wanted: Any) -> Any:
    wanted_type = wanted.get("type") if isinstance(wanted, dict) else None
    if wanted_type in (None, "", "text"):
        return None
    if wanted_type == "json_object":
        return "json"
    schema = wanted.get("schema")
    if wanted_type != "json_schema" or schema is None:
        raise refused("text.format must be text, json_object or a json_schema with a schema")
    return schema
