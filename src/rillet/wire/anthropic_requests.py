"""Requests of Anthropic's Messages API, as a server reads them.

Rules:
* Checks, their order and their texts are those of Ollama's /v1/messages; a wrong value is a
  `ServerError` (400). Unknown fields are skipped.
* The results of tools become messages of their own, before the text that came with them.
* Blocks of a kind that is not known are skipped, so that a client with new ones can still talk.
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
_MESSAGE = {"role": "string", "content": "any"}
_BLOCK = {
    "type": "string",
    "text": "string",
    "thinking": "string",
    "source": "anthropic.ImageSource",
    "id": "string",
    "name": "string",
    "input": "api.ToolCallFunctionArguments",
    "tool_use_id": "string",
    "content": "any",
}
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
    if system := _texts(given.get("system")):
        messages.append(Message("system", system))
    names: dict[str, str] = {}  # of tools, by the id of the call
    for value in given["messages"]:
        turn = fields(value, "anthropic.MessageParam", _MESSAGE)
        content = turn.get("content", "")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        if not isinstance(content, list):
            raise refused(f"invalid message content type: {kind(content)}")
        messages += _Turn(turn.get("role", "").lower(), names).messages(content)
    return messages or [Message("user")]  # of nothing but empty messages one remains


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
            self._take(fields(block, "anthropic.ContentBlock", _BLOCK))
        text = "\n\n".join(text for text in self._texts if text)
        if not (text or self._images or any(self._thoughts) or self._calls):
            return self._results
        turn = Message(
            self._role,
            text,
            thinking="".join(self._thoughts) or None,
            images=self._images or None,
            tool_calls=self._calls or None,
        )
        if self._role == "user":
            return [*self._results, turn]
        return [turn, *self._results]  # what the provider's own tools found

    def _take(self, block: Fields) -> None:
        match block.get("type"):
            case "text":
                self._texts.append(block.get("text", ""))
            case "thinking":
                self._thoughts.append(block.get("thinking", ""))
            case "image":
                self._images.append(_image(block.get("source"), "invalid image source"))
            case "document":
                self._texts.append(_document(block))
            case "tool_use":
                self._call(block)
            case "server_tool_use":
                self._add_call(block)
            case "tool_result":
                self._result(block, *_result_content(block.get("content")))
            case "web_search_tool_result":
                self._result(block, _found(block.get("content")), [])

    def _call(self, block: Fields) -> None:
        for name in ("id", "name"):
            if not block.get(name):
                raise refused(f"tool_use block missing required '{name}' field")
        self._add_call(block)

    def _add_call(self, block: Fields) -> None:
        name, id = block.get("name", ""), block.get("id", "")
        self._names[id] = name
        self._calls.append(MessageToolCall(ToolCallFunction(name, block.get("input", {})), id))

    def _result(self, block: Fields, text: str, images: list[str]) -> None:
        id = block.get("tool_use_id", "")
        name = self._names.get(id)
        self._results.append(
            Message("tool", text, images=images or None, tool_name=name, tool_call_id=id)
        )


def _texts(content: Any) -> str:
    """A text, or the blocks of text in a list; whatever else stands there is skipped."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else ()
    texts = [part.get("text") for part in blocks if _is_a("text", part)]
    return "\n\n".join(text for text in texts if isinstance(text, str))


def _result_content(content: Any) -> tuple[str, list[str]]:
    blocks = content if isinstance(content, list) else ()
    wrong = "invalid tool_result image source"
    images = [_image(part.get("source"), wrong) for part in blocks if _is_a("image", part)]
    return _texts(content), images


def _found(content: Any) -> str:
    """What a search of the provider's found, as a text for the model."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    lines: list[str] = []
    for part in parts:
        if _is_a("web_search_result", part):
            lines.append(f"- {part.get('title') or ''}: {part.get('url') or ''}")
        elif _is_a("web_search_tool_result_error", part):
            lines.append(f"web_search_tool_result_error: {part.get('error_code') or ''}")
    return "\n".join(lines)


def _is_a(kind_: str, part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == kind_


def _text(block: _Json, name: str) -> str:
    value = block.get(name) or ""
    if not isinstance(value, str):
        raise mismatch(value, f"ContentBlock.{name}", "string")
    return value


def _image(source: Any, none: str) -> str:
    """The base64 text of an image; `none` is what to say where there is no source."""
    if not isinstance(source, dict):
        raise refused(none)
    kind_, data = (
        value if isinstance(value, str) else ""
        for value in (source.get("type"), source.get("data"))
    )
    if kind_ != "base64":
        raise refused(f"invalid image source type: {kind_}. Only base64 images are supported.")
    return base64_text(data, "invalid base64 image data: {}")


def _document(block: _Json) -> str:
    """The words of a document; one that would have to be fetched or unpacked is refused."""
    source = block.get("source")
    kind_ = source.get("type") if isinstance(source, dict) else None
    if not isinstance(source, dict) or kind_ not in ("text", "content"):
        shown = kind_ or "none"
        raise refused(f"invalid document source type: {shown}. Only text is supported.")
    if kind_ == "content":
        return _texts(source.get("content"))
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
    level = _EFFORTS.get(effort.strip().lower()) if isinstance(effort, str) else None
    return level or (True if mode == "enabled" else None)


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
    stops = [stop for stop in given.get("stop_sequences", ()) if stop is not None]
    if not all(isinstance(stop, str) for stop in stops):
        raise refused("stop_sequences must be an array of strings")
    if stops:
        options["stop"] = stops
    return options or None
