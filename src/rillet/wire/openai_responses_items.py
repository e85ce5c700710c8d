"""The input items of OpenAI's Responses API, as messages.

Rules:
* All items are checked before any is converted: what is wrong with the form of one is told first.
* What an assistant did in one turn is one message. Thoughts go with the words or calls after them.
Source: OpenAI's API reference (responses/create); error texts as observed on Ollama 0.33.
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from rillet.wire.go_fields import refused
from rillet.wire.go_scanner import unmarshal_fault
from rillet.wire.go_structs import NO_OBJECT
from rillet.wire.go_types import Check, Fault, fault_of, kind_name, list_of, string, struct
from rillet.wire.openai_custom_tools import text_arguments
from rillet.wire.openai_messages import image_data, read_arguments
from rillet.words.errors import ServerError
from rillet.words.quoting import quoted
from rillet.words.requests import Message, MessageToolCall, ToolCallFunction

_Json = dict[str, Any]


def _texts(*names: str) -> dict[str, Check]:
    return dict.fromkeys(names, string)


_HEAD = struct(
    'struct { Type string "json:\\"type\\""; Role string "json:\\"role\\"" }',
    _texts("type", "role"),
)
_SUMMARY = struct("openai.ResponsesReasoningSummary", _texts("type", "text"))
_ACTION = struct("openai.ResponsesWebSearchAction", _texts("type", "query"))
_ITEMS: Mapping[str, Check] = {
    "message": _HEAD,
    "function_call": struct(
        "openai.ResponsesFunctionCall", _texts("id", "type", "call_id", "name", "arguments")
    ),
    "function_call_output": struct("struct { }", _texts("type", "call_id")),
    "custom_tool_call": struct(
        "openai.ResponsesCustomToolCall", _texts("id", "type", "call_id", "name", "input")
    ),
    "custom_tool_call_output": struct("struct { }", _texts("type", "call_id")),
    "reasoning": struct(
        "openai.ResponsesReasoningInput",
        {
            **_texts("id", "type", "encrypted_content"),
            "summary": list_of(_SUMMARY, "[]openai.ResponsesReasoningSummary"),
        },
    ),
    "item_reference": struct("openai.ResponsesItemReference", _texts("id", "type")),
    "web_search_call": struct(
        "openai.ResponsesWebSearchCall", {**_texts("id", "type", "status"), "action": _ACTION}
    ),
}
_SEALED = "gAAAA"  # how thoughts begin that OpenAI has sealed
_RESULTS = ("function_call_output", "custom_tool_call_output")
_CONTENT = {"message": "content", **dict.fromkeys(_RESULTS, "output")}
_PART = struct('struct { Type string "json:\\"type\\"" }', _texts("type"))
_PARTS: Mapping[str, Check] = {
    "input_text": struct("openai.ResponsesTextContent", _texts("type", "text")),
    "output_text": struct("openai.ResponsesOutputTextContent", _texts("type", "text")),
    "input_image": struct(
        "openai.ResponsesImageContent", _texts("type", "detail", "file_id", "image_url")
    ),
    "input_file": struct(
        "openai.ResponsesFileContent",
        _texts("type", "file_data", "file_id", "file_url", "filename"),
    ),
    "text": struct("openai.ResponsesTextContent", _texts("type", "text")),
    "refusal": struct("openai.ResponsesTextContent", _texts("type", "refusal")),
}


def check_input(value: Any) -> None:
    """Raises `Fault` for what has not the form of an input."""
    if value is None or isinstance(value, str):
        return
    if not isinstance(value, list):
        raise Fault(f"input must be a string or array: {_no_array(value)}")
    try:
        for i, item in enumerate(value):
            _checked(item, f"input[{i}]")
    except ServerError as error:
        raise Fault(error.message) from None


def messages_from_items(items: Sequence[Any]) -> list[Message]:
    """Raises `ServerError` (400) for what is no item."""
    checked = [_checked(item, f"input[{i}]") for i, item in enumerate(items)]
    conversation = _Conversation()
    last: _Json = {}
    for item, after in zip_longest(checked, checked[1:], fillvalue=last):
        conversation.take(item, after)
    return conversation.messages


def _checked(item: Any, at: str) -> _Json:
    _check(item, _HEAD, at)
    item = item or {}
    item_type = item.get("type") or ("message" if item.get("role") else "")
    if not item_type:
        raise refused(f"{at}: input item missing required 'type' field")
    if item_type not in _ITEMS:
        raise refused(f"{at}: unknown input item type: {quoted(item_type)}")
    _check(item, _ITEMS[item_type], at)
    if name := _CONTENT.get(item_type):
        _check_content(item.get(name), f"{at}: {name}")
    return {**item, "type": item_type}


def _check(value: Any, check: Check, at: str) -> None:
    if fault := fault_of(value, check):
        raise refused(f"{at}: {fault}")


def _check_content(content: Any, at: str) -> None:
    if content is None or isinstance(content, str):
        return
    if not isinstance(content, list):
        wrong = (
            f"json: cannot unmarshal {kind_name(content)} into Go value of type []json.RawMessage"
        )
        raise refused(f"{at} must be a string or array: {wrong}")
    for i, part in enumerate(content):
        _check(part, _PART, f"{at}[{i}]")
        part_type = (part or {}).get("type") or ""
        if part_type not in _PARTS:
            raise refused(f"{at}[{i}]: unknown content type: {part_type}")
        _check(part, _PARTS[part_type], f"{at}[{i}]")


def _no_array(value: Any) -> str:
    return f"json: cannot unmarshal {kind_name(value)} into Go value of type []json.RawMessage"


class _Conversation:
    """Items that have been checked, one after another."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._thought = ""
        self._names: dict[str, str] = {}  # of tools, by the id of the call

    def take(self, item: _Json, after: _Json) -> None:
        match item["type"]:
            case "message":
                self._message(item, after)
            case "function_call":
                self._call(item)
            case "custom_tool_call":
                self._call({**item, "arguments": text_arguments(item)})
            case "function_call_output" | "custom_tool_call_output":
                text, images = _content(item.get("output"))
                id = item.get("call_id") or ""
                name = self._names.get(id)
                self.messages.append(
                    Message("tool", text, images=images, tool_name=name, tool_call_id=id)
                )
            case "item_reference":
                raise refused(f"item '{item.get('id')}' is not kept here, send it whole")
            case "reasoning":
                self._thought += _thought(item)
            case _:
                pass  # the provider's own search: its result is in the text that follows

    def _message(self, item: _Json, after: _Json) -> None:
        role = item.get("role") or ""
        text, images = _content(item.get("content"))
        message = Message("system" if role == "developer" else role, text, images=images)
        if role == "assistant":
            message.thinking, self._thought = self._thought or None, ""
            if (turn := self._calling(after)) is not None:
                _join(turn, message)
                return
        self.messages.append(message)

    def _calling(self, after: _Json) -> Message | None:
        """The assistant's turn that waits for the result which comes next."""
        turn = self.messages[-1] if self.messages else None
        if turn is None or after.get("type") not in _RESULTS:
            return None
        ids = {call.id for call in turn.tool_calls or ()}
        return turn if after.get("call_id") in ids else None

    def _call(self, item: _Json) -> None:
        name, id = item.get("name") or "", item.get("call_id") or ""
        said = item.get("arguments") or ""
        arguments = read_arguments(said)
        if not isinstance(arguments, dict | None):
            fault = unmarshal_fault(said) or NO_OBJECT
            raise refused(f"failed to parse function call arguments: {fault}")
        self._names[id] = name
        if not self.messages or self.messages[-1].role != "assistant":
            self.messages.append(Message("assistant"))
        turn = self.messages[-1]
        if self._thought:
            turn.thinking, self._thought = (turn.thinking or "") + self._thought, ""
        call = MessageToolCall(ToolCallFunction(name, arguments or {}), id or None)
        turn.tool_calls = [*(turn.tool_calls or ()), call]


def _join(turn: Message, message: Message) -> None:
    """What was said beside calls goes into their turn, so that results follow the calls at once."""
    turn.content = "\n".join(text for text in (turn.content, message.content) if text)
    turn.images = [*(turn.images or ()), *(message.images or ())] or None
    turn.thinking = message.thinking or turn.thinking


def _content(content: Any) -> tuple[str, list[str] | None]:
    if not isinstance(content, list):
        return content or "", None
    texts: list[str] = []
    images: list[str] = []
    for part in content:
        match part.get("type"):
            case "input_image":
                if url := part.get("image_url"):
                    images.append(image_data(url))
            case "input_file":
                raise ServerError("file inputs are not currently supported", status=400)
            case "refusal":
                texts.append(part.get("refusal") or "")
            case _:
                texts.append(part.get("text") or "")
    return "\n\n".join(texts), images or None


def _thought(item: _Json) -> str:
    """The summary, or what Ollama's dialect calls encrypted: there it is the plain text."""
    parts = item.get("summary") or item.get("content")
    if isinstance(parts, list) and parts:
        texts = [part.get("text") for part in parts if isinstance(part, dict)]
        return "".join(text for text in texts if isinstance(text, str))
    told = item.get("encrypted_content") or ""
    return "" if told.startswith(_SEALED) else told
