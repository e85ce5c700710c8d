"""Requests of Anthropic's Messages API, as a server reads them.

Rules:
* Checks, their order and their texts are those of Ollama's /v1/messages; a wrong value is a
  `ServerError` (400). Unknown fields are skipped.
* The results of tools become messages of their own, before the text that came with them.
* Tools that the provider runs itself (they have no `input_schema`) cannot be offered here and are
  left out. Better than there: `tool_choice` is honoured.
Source: Anthropic's API reference (messages); error texts as observed on Ollama 0.33.
"""

from typing import Any

from rillet.wire.go_fields import Fields, fields, kind, mismatch, refused
from rillet.wire.go_structs import parameters_fault
from rillet.wire.go_tools import as_function
from rillet.wire.go_types import quoted
from rillet.wire.openai_messages import base64_text
from rillet.wire.openai_requests import effort_to_think
from rillet.wire.tool_choice import chosen
from rillet.words.requests import ChatRequest, Message, MessageToolCall, ToolCallFunction

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
}
_SKIPPED = ("redacted_thinking", "server_tool_use", "web_search_tool_result")


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
    tools, choice = chosen(_tools(given), given.get("tool_choice"))
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
    if system := _joined(given.get("system", ""), "system"):
        messages.append(Message("system", system))
    names: dict[str, str] = {}  # of tools, by the id of the call
    for value in given["messages"]:
        if not isinstance(value, dict):
            raise mismatch(value, "MessagesRequest.messages", "anthropic.MessageParam")
        role, content = value.get("role"), value.get("content")
        if role not in ("user", "assistant", "system"):
            raise refused(f"invalid message role: {role}")
        if isinstance(content, str):
            messages.append(Message(role, content))
        elif isinstance(content, list):
            messages += _Turn(role, names).messages(content)
        else:
            raise refused(f"invalid message content type: {kind(content)}")
    return messages


class _Turn:
    """One message of blocks, taken apart."""

    def __init__(self, role: str, names: dict[str, str]) -> None:
        self._role = role
        self._names = names
        self._texts: list[str] = []
        self._images: list[str] = []
        self._thoughts: list[str] = []
        self._calls: list[MessageToolCall] = []
        self._results: list[Message] = []

    def messages(self, blocks: list[Any]) -> list[Message]:
        for block in blocks:
            if not isinstance(block, dict):
                raise mismatch(block, "MessagesRequest.messages.content", "anthropic.ContentBlock")
            self._take(block)
        spoken = self._texts or self._images or self._thoughts or self._calls
        if not spoken and self._results:
            return self._results
        turn = Message(
            self._role,
            "\n\n".join(self._texts),
            thinking="".join(self._thoughts) or None,
            images=self._images or None,
            tool_calls=self._calls or None,
        )
        return [*self._results, turn]

    def _take(self, block: _Json) -> None:
        match block.get("type"):
            case "text":
                self._texts.append(_text(block, "text"))
            case "thinking":
                self._thoughts.append(_text(block, "thinking"))
            case "image":
                self._images.append(_image(block))
            case "document":
                self._texts.append(_document(block))
            case "tool_use":
                self._call(block)
            case "tool_result":
                self._result(block)
            case other if other not in _SKIPPED:
                raise refused(f"unknown content block type: {other}")

    def _call(self, block: _Json) -> None:
        name, id, arguments = _text(block, "name"), _text(block, "id"), block.get("input")
        if not isinstance(arguments, dict | None):
            raise refused("the input of a tool_use block must be an object")
        self._names[id] = name
        self._calls.append(MessageToolCall(ToolCallFunction(name, arguments or {}), id))

    def _result(self, block: _Json) -> None:
        id = _text(block, "tool_use_id")
        content = block.get("content")
        images: list[str] = []
        if isinstance(content, list):
            images = [_image(part) for part in content if _is_image(part)]
            content = [part for part in content if not _is_image(part)]
        text = _joined(content or "", "tool_result")
        self._results.append(
            Message(
                "tool",
                text,
                images=images or None,
                tool_name=self._names.get(id),
                tool_call_id=id,
            )
        )


def _joined(content: Any, what: str) -> str:
    """A text, or blocks of text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise refused(f"invalid {what} content type: {kind(content)}")
    for part in content:
        if part.get("type") != "text":
            raise refused(f"unknown content block type in {what}: {part.get('type')}")
    return "\n\n".join(_text(part, "text") for part in content)


def _text(block: _Json, name: str) -> str:
    value = block.get(name, "")
    if not isinstance(value, str):
        raise mismatch(value, f"ContentBlock.{name}", "string")
    return value


def _is_image(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "image"


def _image(block: _Json) -> str:
    source = block.get("source")
    source_type = source.get("type") if isinstance(source, dict) else None
    if not isinstance(source, dict) or source_type != "base64":
        shown = source_type or "none"
        raise refused(f"invalid image source type: {shown}. Only base64 images are supported.")
    return base64_text(source.get("data"), "invalid base64 image data")


def _document(block: _Json) -> str:
    """The words of a document; one that would have to be fetched or unpacked is refused."""
    source = block.get("source")
    kind_ = source.get("type") if isinstance(source, dict) else None
    if not isinstance(source, dict) or kind_ not in ("text", "content"):
        shown = kind_ or "none"
        raise refused(f"invalid document source type: {shown}. Only text is supported.")
    if kind_ == "content":
        return _joined(source.get("content", ""), "document")
    return _text(source, "data")


def _tools(given: Fields) -> list[_Json]:
    tools: list[_Json] = []
    for tool in given.get("tools", ()):
        if not isinstance(tool, dict):
            raise mismatch(tool, "MessagesRequest.tools", "anthropic.Tool")
        if "input_schema" not in tool:
            continue
        name, schema = _text(tool, "name"), tool["input_schema"]
        if fault := parameters_fault(schema):
            raise refused(f"invalid input_schema for tool {quoted(name)}: {fault}")
        function = {"name": name, "parameters": schema}
        if description := _text(tool, "description"):
            function["description"] = description
        tools.append(as_function({"type": "function", "function": function}))
    return tools


def _think(given: Fields) -> bool | str | None:
    mode = given.get("thinking", {}).get("type")
    if mode == "disabled":
        return False
    effort = given.get("output_config", {}).get("effort")
    if isinstance(effort, str) and effort:
        return effort_to_think(effort)
    return True if mode == "enabled" else None


def _format(given: Fields) -> _Json | None:
    wanted = given.get("output_config", {}).get("format")
    if not isinstance(wanted, dict):
        return None
    schema = wanted.get("schema")
    if wanted.get("type") != "json_schema" or not isinstance(schema, dict):
        raise refused("output_config.format must be a json_schema with a schema")
    return schema


def _options(given: Fields) -> _Json | None:
    sampling = ("temperature", "top_p", "top_k")
    options: _Json = {name: given[name] for name in sampling if name in given}
    if "max_tokens" in given:
        options["num_predict"] = given["max_tokens"]
    stops = given.get("stop_sequences", [])
    if not all(isinstance(stop, str) for stop in stops):
        raise refused("stop_sequences must be an array of strings")
    if stops:
        options["stop"] = stops
    return options or None
