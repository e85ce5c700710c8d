"""The Go types of Ollama's own requests, by which its decoder says what is wrong with one.

Left open here, because it is understood: a schema that is true or false. Source: Ollama's API
reference; error texts as observed on Ollama 0.33.
"""

import re
from collections.abc import Mapping
from typing import Any

from rillet.text.durations import parse_duration
from rillet.wire.go_types import (
    Check,
    Fault,
    Place,
    Reading,
    anything,
    boolean,
    byte,
    fault_of,
    integer,
    list_of,
    map_of,
    mapping,
    of_its_own,
    string,
    strings,
    struct,
)
from rillet.words.quoting import quoted

LEVELS = ("high", "medium", "low", "max")
NO_OBJECT = "Value looks like object, but can't find closing '}' symbol"
_BASE64 = re.compile(r"[A-Za-z0-9+/]*")


def duration(value: Any, at: Place, reading: Reading) -> None:
    if value is None or type(value) is int:
        return
    if isinstance(value, float):
        of_its_own(anything)(value, at, reading)
    elif type(value) is str:
        try:
            parse_duration(value)
        except ValueError as error:
            raise Fault(str(error)) from None
    else:
        names = {bool: "bool", list: "[]interface {}", dict: "map[string]interface {}"}
        raise Fault(f"Unsupported type: '{names[type(value)]}'")


def think(value: Any, at: Place, reading: Reading) -> None:
    if value is None or type(value) is bool:
        return
    levels = '"high", "medium", "low", "max", true, or false'
    if type(value) is not str:
        raise Fault(f"think must be a boolean or string ({levels})")
    if value not in LEVELS:
        raise Fault(f"invalid think value: {quoted(value)} (must be {levels})")


def image(value: Any, at: Place, reading: Reading) -> None:
    """Bytes: standard base64, of which line breaks are no part, or a list of numbers."""
    if type(value) is str:
        text = value.replace("\n", "").replace("\r", "")
        fault = base64_fault(text)
        if fault is not None and reading.first is None:
            reading.first = Fault(f"illegal base64 data at input byte {fault}")
    elif type(value) is list:
        for one in value:
            byte(one, at, reading)
    elif value is not None:
        reading.note(value, "api.ImageData", at)


def base64_fault(text: str) -> int | None:
    """Where a text without line breaks is no base64, as Go counts it; None where it is."""
    match = _BASE64.match(text)
    end = match.end() if match else 0
    odd = end % 4
    if end == len(text):
        return end - odd if odd else None  # the start of the group that is not whole
    if text[end] != "=" or odd < 2:
        return end
    behind = end + 1
    if odd == 2:  # two of them belong here
        if text[behind:] == "":
            return behind
        if text[behind] != "=":
            return end
        behind += 1
    return behind if behind < len(text) else None


def _object_of(item: Check) -> Check:
    """An object that a type of its own reads, item by item: what is none ends the reading."""
    own = of_its_own(item)

    def check(value: Any, at: Place, reading: Reading) -> None:
        if value is None:
            return
        if type(value) is not dict:
            raise Fault(NO_OBJECT)
        for one in value.values():
            own(one, at, reading)

    return check


arguments = _object_of(anything)  # of a tool call


def arguments_or_text(value: Any, at: Place, reading: Reading) -> None:
    """OpenAI's form, a text with the object in it, is read later."""
    if type(value) is not str:
        arguments(value, at, reading)


def _property_type(value: Any, at: Place, reading: Reading) -> None:
    if type(value) is not str:
        strings(value, at, reading)


def _schema(value: Any, at: Place, reading: Reading) -> None:
    if type(value) is not bool:
        _PROPERTY(value, at, reading)


_properties = _object_of(_schema)


_PROPERTY: Check = struct(
    "api.ToolProperty",
    {
        "anyOf": list_of(_schema, "[]api.ToolProperty"),
        "type": of_its_own(_property_type),
        "items": anything,
        "description": string,
        "enum": list_of(anything, "[]interface {}"),
        "properties": _properties,
        "required": strings,
    },
)
PARAMETERS = struct(
    "api.ToolFunctionParameters",
    {
        "type": string,
        "$defs": anything,
        "items": anything,
        "required": strings,
        "properties": _properties,
    },
)
TOOL = struct(
    "api.Tool",
    {
        "type": string,
        "items": anything,
        "function": struct(
            "api.ToolFunction",
            {"name": string, "description": string, "parameters": PARAMETERS},
        ),
    },
)
_FUNCTION = struct(
    "api.ToolCallFunction", {"index": integer, "name": string, "arguments": arguments_or_text}
)
_CALL = struct("api.ToolCall", {"id": string, "function": _FUNCTION})
_MESSAGE = of_its_own(
    struct(
        "api.Alias",
        {
            "role": string,
            "content": string,
            "thinking": string,
            "images": list_of(image, "[]api.ImageData"),
            "tool_calls": list_of(_CALL, "[]api.ToolCall"),
            "tool_name": string,
            "tool_call_id": string,
        },
    )
)
_MESSAGES = list_of(_MESSAGE, "[]api.Message")
_NAMES = map_of(string, "map[string]string")
_ANSWER: Mapping[str, Check] = {
    "model": string,
    "stream": boolean,
    "format": anything,
    "keep_alive": duration,
    "options": mapping,
    "think": think,
    "truncate": boolean,
    "shift": boolean,
    "_debug_render_only": boolean,
    "logprobs": boolean,
    "top_logprobs": integer,
}
_TRANSFER: Mapping[str, Check] = {
    "model": string,
    "insecure": boolean,
    "username": string,
    "password": string,
    "stream": boolean,
    "name": string,
}
_TEXTS = ("model", "quantize", "draft_quantize", "from", "remote_host", "template", "system")
_MORE_TEXTS = ("renderer", "parser", "requires", "name", "quantization")
_FIELDS: Mapping[str, Mapping[str, Check]] = {
    "GenerateRequest": {
        **_ANSWER,
        **dict.fromkeys(("prompt", "suffix", "system", "template"), string),
        "context": list_of(integer, "[]int"),
        "raw": boolean,
        "images": list_of(image, "[]api.ImageData"),
    },
    "ChatRequest": {**_ANSWER, "messages": _MESSAGES, "tools": list_of(TOOL, "api.Tools")},
    "EmbedRequest": {
        "model": string,
        "input": anything,
        "keep_alive": duration,
        "truncate": boolean,
        "dimensions": integer,
        "options": mapping,
    },
    "EmbeddingRequest": {
        "model": string,
        "prompt": string,
        "keep_alive": duration,
        "options": mapping,
    },
    "CreateRequest": {
        **dict.fromkeys((*_TEXTS, *_MORE_TEXTS), string),
        **dict.fromkeys(("files", "draft_files", "adapters"), _NAMES),
        "stream": boolean,
        "license": anything,
        "parameters": mapping,
        "messages": _MESSAGES,
        "info": mapping,
    },
    "DeleteRequest": {"model": string, "name": string},
    "ShowRequest": {
        **dict.fromkeys(("model", "system", "template", "name"), string),
        "verbose": boolean,
        "options": mapping,
    },
    "CopyRequest": {"source": string, "destination": string},
    "PullRequest": _TRANSFER,
    "PushRequest": _TRANSFER,
    "WebSearchRequest": {"query": string, "max_results": integer},
    "WebFetchRequest": {"url": string},
}
#: By the name that Ollama gives a body, such as "ChatRequest".
STRUCTS = {name: struct(f"api.{name}", fields) for name, fields in _FIELDS.items()}


def parameters_fault(value: Any) -> str:
    """What is wrong with the schema of a tool's parameters; "" where nothing is."""
    fault = fault_of(value, PARAMETERS)
    return str(fault) if fault else ""
