"""The request bodies of Ollama's API: which fields they have and what each may hold.

Tables for `go_json`, and one function per body that makes it a request of ours. The texts of the
errors are Ollama's own; where it takes a value that cannot work, it is refused here with 400.
Sources: Ollama's API reference and its recorded answers.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from rillet.server.go_json import (
    Fields,
    Kind,
    anything,
    bind,
    boolean,
    first_value,
    integer,
    list_of,
    mapping,
    mismatch,
    string,
    texts_by_name,
)
from rillet.server.go_scanner import GoJSONError
from rillet.text.durations import parse_duration
from rillet.wire.go_tools import checked_tool
from rillet.words.errors import ServerError
from rillet.words.requests import Message, MessageToolCall, ToolCallFunction

_LONGEST = (2**63 - 1) // 1_000_000_000  # seconds that fit into Go's duration
_LEVELS = ("high", "medium", "low", "max")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*")


def think(value: Any, where: str) -> bool | str:
    if type(value) is bool:
        return value
    levels = '"high", "medium", "low", "max", true, or false'
    if type(value) is not str:
        raise GoJSONError(f"think must be a boolean or string ({levels})")
    if value not in _LEVELS:
        raise GoJSONError(f"invalid think value: {json.dumps(value)} (must be {levels})")
    return value


def keep_alive(value: Any, where: str) -> float | str:
    """Seconds, or a Go duration; what would not fit into 292 years is as long as that."""
    if type(value) in (int, float):
        if 0 <= value < 1e-9:
            return 0  # there is no shorter time than a nanosecond but none
        return max(-_LONGEST, min(_LONGEST, value))  # type: ignore[no-any-return]
    if type(value) is str:
        try:
            parse_duration(value)
        except ValueError as error:
            raise GoJSONError(str(error)) from None
        return value
    names = {bool: "bool", list: "[]interface {}"}
    raise GoJSONError(f"Unsupported type: '{names.get(type(value), 'map[string]interface {}')}'")


def image(value: Any, where: str) -> str:
    """Standard base64, with the line breaks taken out; or a list of bytes, which Go takes too."""
    if type(value) is list:
        return base64.b64encode(bytes(_byte(item, where) for item in value)).decode()
    if type(value) is not str:
        raise mismatch(value, where, "api.ImageData")
    text = value.replace("\n", "").replace("\r", "")
    match = _BASE64.match(text)
    end = match.end() if match else 0
    padding = len(text) - end
    if len(text) % 4 == 0 and padding <= 2 and text.endswith("=" * padding):
        return text
    if end == len(text):
        end -= len(text) % 4  # Go names the start of the group that is not whole
    raise GoJSONError(f"illegal base64 data at input byte {end}")


def _byte(value: Any, where: str) -> int:
    if type(value) is int and 0 <= value < 256:
        return value
    if type(value) in (int, float):
        raise GoJSONError(
            f"json: cannot unmarshal number {value} into Go struct field {where} of type uint8"
        )
    raise mismatch(value, where, "uint8")


def arguments(value: Any, where: str) -> dict[str, Any]:
    """Those of a tool call: an object, or OpenAI's text with an object in it."""
    if type(value) is str:
        try:
            value = msgspec.json.decode(value)
        except (ValueError, RecursionError):
            value = None
        if type(value) is not dict:
            raise GoJSONError("Value looks like object, but can't find closing '}' symbol")
    if type(value) is not dict:
        raise mismatch(value, where, "api.ToolCallFunctionArguments")
    return value


def _function(value: Any, where: str) -> ToolCallFunction:
    return ToolCallFunction(**bind(value, "api.ToolCallFunction", _FUNCTION, where))


def _tool_call(value: Any, where: str) -> MessageToolCall:
    found = bind(value, "api.ToolCall", _TOOL_CALL, where)
    return MessageToolCall(found.get("function") or ToolCallFunction(), found.get("id"))


def _message(value: Any, where: str) -> Message:
    found = bind(value, "api.Alias", _MESSAGE, where)
    found["role"] = found.get("role", "").lower()
    return Message(**found)


def _tool(value: Any, where: str) -> dict[str, Any]:
    try:
        return checked_tool(value, where)
    except ServerError as error:
        raise GoJSONError(error.message) from None


def _license(value: Any, where: str) -> str | list[str]:
    """One text or several; Ollama looks at it late, and has an error of its own kind for it."""
    if type(value) is str:
        return value
    try:
        if type(value) is not list:
            raise mismatch(value, "", "[]string")
        return ["" if item is None else string(item, "") for item in value]
    except GoJSONError as error:
        raise ServerError(str(error), status=500) from None


_IMAGES = list_of(image, "[]api.ImageData", "")
_MESSAGES = list_of(_message, "[]api.Message", {})
_FUNCTION: Mapping[str, Kind] = {"name": string, "arguments": arguments, "index": integer}
_TOOL_CALL: Mapping[str, Kind] = {"id": string, "function": _function}
_MESSAGE: Mapping[str, Kind] = {
    "role": string,
    "content": string,
    "thinking": string,
    "images": _IMAGES,
    "tool_calls": list_of(_tool_call, "[]api.ToolCall", {}),
    "tool_name": string,
    "tool_call_id": string,
}
_COMMON: Mapping[str, Kind] = {
    "model": string,
    "stream": boolean,
    "format": anything,  # looked at when there is something to answer
    "keep_alive": keep_alive,
    "options": mapping,
    "think": think,
    "truncate": boolean,
    "shift": boolean,
    "logprobs": boolean,
    "top_logprobs": integer,
    "_debug_render_only": boolean,
}
_FIELDS: Mapping[str, Mapping[str, Kind]] = {
    "GenerateRequest": {
        **_COMMON,
        "prompt": string,
        "suffix": string,
        "system": string,
        "template": string,
        "context": list_of(integer, "[]int", 0),
        "raw": boolean,
        "images": _IMAGES,
    },
    "ChatRequest": {**_COMMON, "messages": _MESSAGES, "tools": list_of(_tool, "api.Tools", {})},
    "EmbedRequest": {
        "model": string,
        "input": anything,
        "truncate": boolean,
        "dimensions": integer,
        "keep_alive": keep_alive,
        "options": mapping,
    },
    "EmbeddingRequest": {
        "model": string,
        "prompt": string,
        "keep_alive": keep_alive,
        "options": mapping,
    },
    "ShowRequest": {
        "model": string,
        "name": string,
        "verbose": boolean,
        "system": string,
        "template": string,
        "options": mapping,
    },
    "CopyRequest": {"source": string, "destination": string},
    "DeleteRequest": {"model": string, "name": string},
    "PullRequest": {"model": string, "name": string, "insecure": boolean, "stream": boolean},
    "PushRequest": {"model": string, "name": string, "insecure": boolean, "stream": boolean},
    "CreateRequest": {
        "model": string,
        "name": string,
        "from": string,
        "files": texts_by_name,
        "adapters": texts_by_name,
        "draft_files": texts_by_name,
        "draft_quantize": string,
        "remote_host": string,
        "template": string,
        "license": _license,
        "system": string,
        "parameters": mapping,
        "messages": _MESSAGES,
        "quantize": string,
        "quantization": string,
        "renderer": string,
        "parser": string,
        "requires": string,
        "info": mapping,
        "stream": boolean,
    },
}


def fields_of(data: bytes, body: str) -> Fields:
    """The fields of a body by the name Ollama gives it, such as "ChatRequest".

    The older `name` is taken for `model` where a body has both. Raises `GoJSONError`.
    """
    found = bind(first_value(data), f"api.{body}", _FIELDS[body])
    older = found.pop("name", "")
    if older and not found.get("model"):
        found["model"] = older
    return found
