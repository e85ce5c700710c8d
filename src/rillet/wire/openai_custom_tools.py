"""Tools that take free text (`custom`) in OpenAI's Responses API, as functions, and their calls.

Rules:
* The model is offered a function whose only parameter is the text. A grammar is told to it in
  words: nothing holds it to one.
* A call of such a function goes out as a `custom_tool_call`, and is read again as one.
Source: OpenAI's API reference (responses/create, function calling: custom tools).
"""

import json
from collections.abc import Iterable
from typing import Any

from rillet.wire.openai_replies import arguments_text
from rillet.words.events import ToolCall

_Json = dict[str, Any]

_TEXT = "input"


def text_parameters(format: Any) -> _Json:
    """The parameters of the function that stands for a tool with this `format`."""
    text: _Json = {"type": "string"}
    if isinstance(format, dict) and isinstance(format.get("definition"), str):
        text["description"] = f"In this grammar ({format.get('syntax')}): {format['definition']}"
    return {"type": "object", "properties": {_TEXT: text}, "required": [_TEXT]}


def text_arguments(item: _Json) -> str:
    """The arguments of that function, as JSON, in a call that was sent back."""
    return json.dumps({_TEXT: item.get(_TEXT) or ""})


def custom_names(tools: Iterable[_Json]) -> frozenset[str]:
    """Of the tools of a request those that take free text."""
    names = (tool.get("name") for tool in tools if tool.get("type") == "custom")
    return frozenset(name for name in names if isinstance(name, str))


def custom_item(id: str, call: ToolCall, call_id: str) -> _Json:
    """A call as its caller knows it. Arguments of another form go out as they are."""
    text = call.arguments.get(_TEXT)
    return {
        "id": id,
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": call_id,
        "name": call.name,
        _TEXT: text if isinstance(text, str) else arguments_text(call),
    }
