"""The request bodies of Ollama's API as requests of ours.

`wire.go_structs` says what each field may hold; the tables here, what is made of it. A body that
Go's decoder refuses is refused in its words.
Sources: Ollama's API reference and its recorded answers.
"""

import base64
from collections.abc import Mapping
from typing import Any

import msgspec

from rillet.server.go_json import Fields, Kind, bind, decoded, list_of, same, texts_by_name
from rillet.wire.go_scanner import GoJSONError
from rillet.wire.go_structs import NO_OBJECT, STRUCTS
from rillet.wire.go_tools import as_function
from rillet.words.requests import Message, MessageToolCall, ToolCallFunction

_LONGEST = (2**63 - 1) // 1_000_000_000  # seconds that fit into Go's duration


def keep_alive(value: Any) -> float | str:
    """Seconds, or a Go duration; what would not fit into 292 years is as long as that."""
    if type(value) is str:
        return value
    if 0 <= value < 1e-9:
        return 0  # there is no shorter time than a nanosecond but none
    return max(-_LONGEST, min(_LONGEST, value))  # type: ignore[no-any-return]


def image(value: str | list[int | None] | None) -> str:
    """Base64 with the line breaks taken out; or a list of bytes, which Go takes too."""
    if isinstance(value, list):
        return base64.b64encode(bytes(byte or 0 for byte in value)).decode()
    return (value or "").replace("\n", "").replace("\r", "")


def arguments(value: Any) -> dict[str, Any]:
    """Those of a tool call: an object, or OpenAI's text with an object in it."""
    if type(value) is str:
        try:
            value = msgspec.json.decode(value)
        except (ValueError, RecursionError):
            value = None
        if type(value) is not dict:
            raise GoJSONError(NO_OBJECT)
    return value  # type: ignore[no-any-return]


def _function(value: Any) -> ToolCallFunction:
    return ToolCallFunction(**bind(value, _FUNCTION))


def _tool_call(value: Any) -> MessageToolCall:
    found = bind(value, _TOOL_CALL)
    return MessageToolCall(found.get("function") or ToolCallFunction(), found.get("id"))


def _message(value: Any) -> Message:
    found = bind(value, _MESSAGE)
    found["role"] = found.get("role", "").lower()
    return Message(**found)


def _token(value: int | None) -> int:
    return value or 0


_IMAGES = list_of(image)
_MESSAGES = list_of(_message)
_FUNCTION: Mapping[str, Kind] = {"name": same, "arguments": arguments, "index": same}
_TOOL_CALL: Mapping[str, Kind] = {"id": same, "function": _function}
_MESSAGE: Mapping[str, Kind] = {
    **dict.fromkeys(("role", "content", "thinking", "tool_name", "tool_call_id"), same),
    "images": _IMAGES,
    "tool_calls": list_of(_tool_call),
}


def _as_they_are(*names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, same)


_COMMON: Mapping[str, Kind] = {
    **_as_they_are("model", "stream", "format", "options", "think", "truncate", "shift"),
    **_as_they_are("logprobs", "top_logprobs", "_debug_render_only"),
    "keep_alive": keep_alive,
}
_FIELDS: Mapping[str, Mapping[str, Kind]] = {
    "GenerateRequest": {
        **_COMMON,
        **_as_they_are("prompt", "suffix", "system", "template", "raw"),
        "context": list_of(_token),
        "images": _IMAGES,
    },
    "ChatRequest": {**_COMMON, "messages": _MESSAGES, "tools": list_of(as_function)},
    "EmbedRequest": {
        **_as_they_are("model", "input", "truncate", "dimensions", "options"),
        "keep_alive": keep_alive,
    },
    "EmbeddingRequest": {**_as_they_are("model", "prompt", "options"), "keep_alive": keep_alive},
    "ShowRequest": _as_they_are("model", "name", "verbose", "system", "template", "options"),
    "CopyRequest": _as_they_are("source", "destination"),
    "DeleteRequest": _as_they_are("model", "name"),
    "PullRequest": _as_they_are("model", "name", "insecure", "stream"),
    "PushRequest": _as_they_are("model", "name", "insecure", "stream"),
    "CreateRequest": {
        **_as_they_are("model", "name", "from", "template", "system", "parameters", "stream"),
        **_as_they_are("quantize", "quantization", "renderer", "parser", "requires", "info"),
        **_as_they_are("draft_quantize", "remote_host", "license"),
        "files": texts_by_name,
        "adapters": texts_by_name,
        "draft_files": texts_by_name,
        "messages": _MESSAGES,
    },
}


def fields_of(data: bytes, body: str) -> Fields:
    """The fields of a body by the name Ollama gives it, such as "ChatRequest".

    The older `name` is taken for `model` where a body has both. Raises `GoJSONError`.
    """
    found = bind(decoded(data, STRUCTS[body]), _FIELDS[body])
    older = found.pop("name", "")
    if older and not found.get("model"):
        found["model"] = older
    return found
