"""Messages between the OpenAI dialect and ours, both ways.

Rules:
* Texts of a message's parts are joined by an empty line, as Ollama's templates join the turns of
  one speaker. Its images stay in order; where words come before one, `[img]` marks its place.
* Images and sounds travel inside: a data URI or an `input_audio` there, plain base64 here. Nothing
  is fetched.
* A `developer` is OpenAI's newer word for `system`, which most templates do not know.
* A tool's arguments are JSON text there, an object here. A result finds the name of its tool by
  the id of the call.
Source: OpenAI's API reference (chat/create); error texts as observed on Ollama 0.33.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from rillet.wire.go_fields import fields, interface_type, refused
from rillet.wire.go_structs import base64_fault
from rillet.wire.media import kind_of_base64
from rillet.words.requests import Message, MessageToolCall, ToolCallFunction

_Json = dict[str, Any]

_FIELDS = {
    "role": "string",
    "content": "any",
    "reasoning": "string",
    "reasoning_content": "string",
    "tool_calls": "[]openai.ToolCall",
    "name": "string",
    "tool_call_id": "string",
}
_PLACE = "[img]"  # of an image in a text, as Ollama has it
_GAP = "\n\n"
_IMAGE_TYPES = ("jpeg", "jpg", "png", "webp")


def messages_from_openai(values: Sequence[Any]) -> list[Message]:
    """Raises `ServerError` (400) for what is no message."""
    messages: list[Message] = []
    names: dict[str, str] = {}  # of tools, by the id of the call
    for value in values:
        message = _message(value)
        if message is None:
            continue
        for call in message.tool_calls or ():
            if call.id:
                names[call.id] = call.function.name
        if message.tool_call_id and not message.tool_name:
            message.tool_name = names.get(message.tool_call_id)
        messages.append(message)
    return messages


def _message(value: Any) -> Message | None:
    """None for a message of no parts."""
    given = fields(value, "ChatCompletionRequest.messages", _FIELDS)
    content = given.get("content")
    text, images = _content(content, "tool_calls" in given)
    calls = [_tool_call(call) for call in given.get("tool_calls", ())]
    if content == [] and not calls:
        return None
    role = given.get("role", "")
    return Message(
        role="system" if role == "developer" else role,
        content=text,
        thinking=given.get("reasoning") or given.get("reasoning_content"),
        images=images or None,
        tool_calls=calls or None,
        tool_name=given.get("name"),
        tool_call_id=given.get("tool_call_id"),
    )


def _content(content: Any, has_calls: bool) -> tuple[str, list[str]]:
    if isinstance(content, str):
        return content, []
    if isinstance(content, list):
        texts: list[str] = []
        images: list[str] = []
        for part in content:
            _take_part(part, texts, images)
        if texts[: len(images)] == [_PLACE] * len(images):  # they stand there anyway
            del texts[: len(images)]
        return _GAP.join(texts), images
    if has_calls:  # whatever stands there
        return "", []
    raise refused(f"invalid message content type: {interface_type(content)}")


def _take_part(part: Any, texts: list[str], images: list[str]) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text" and isinstance(part.get("text"), str):
        texts.append(part["text"])
    elif kind == "refusal" and isinstance(part.get("refusal"), str):
        texts.append(part["refusal"])
    elif kind == "image_url":
        given = part.get("image_url")
        images.append(image_data(given.get("url") if isinstance(given, dict) else given))
        texts.append(_PLACE)
    elif kind == "input_audio":
        images.append(_audio(part.get("input_audio")))
        texts.append(_PLACE)
    else:
        raise refused("invalid message format")


def _audio(sound: Any) -> str:
    if not isinstance(sound, dict):
        raise refused("invalid input_audio format")
    data = sound.get("data")
    if not isinstance(data, str):
        raise refused("invalid input_audio format: missing data")
    return base64_text(data, "invalid input_audio base64 data: {}")


def image_data(url: Any) -> str:
    """The base64 text of a data URI."""
    if not isinstance(url, str):
        raise refused("invalid message format")
    if url.startswith(("http://", "https://")):
        raise refused(
            "image URLs are not currently supported, please use base64 encoded data instead"
        )
    head, comma, data = url.partition(",")
    allowed = {f"data:image/{kind};base64" for kind in _IMAGE_TYPES} | {"data:;base64"}
    if not comma or head not in allowed:
        raise refused("invalid image input")
    return base64_text(data, "invalid image input")


def base64_text(data: str, complaint: str) -> str:
    """Standard base64 without its line breaks. Raises `ServerError` (400) with the complaint.

    A pair of braces in it becomes Go's own words.
    """
    text = data.replace("\n", "").replace("\r", "")
    fault = base64_fault(text)
    if fault is not None:
        raise refused(complaint.format(f"illegal base64 data at input byte {fault}"))
    return text


def _tool_call(value: Any) -> MessageToolCall:
    function = value.get("function") if isinstance(value, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name") or "", str):
        raise refused("invalid tool call arguments")
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        arguments = read_arguments(arguments)
    if not isinstance(arguments, dict | None):  # an object is Ollama's own form
        raise refused("invalid tool call arguments")
    id = value.get("id")
    call = ToolCallFunction(name=function.get("name") or "", arguments=arguments or {})
    return MessageToolCall(call, id if isinstance(id, str) and id else None)


def read_arguments(text: str) -> Any:
    """The value in a text of JSON, strictly read; no text is no argument. False for no JSON."""
    try:
        return msgspec.json.decode(text) if text else {}
    except (ValueError, RecursionError):
        return False


def messages_to_openai(messages: Sequence[Message]) -> list[_Json]:
    """Calls without an id get one, and the results that follow get the same."""
    return list(_entries(messages))


def _entries(messages: Sequence[Message]) -> Iterator[_Json]:
    open_calls: list[tuple[str, str]] = []  # (name, id) of calls that have no result yet
    count = 0
    for message in messages:
        entry: _Json = {"role": message.role, "content": _parts(message)}
        if message.thinking:
            entry["reasoning_content"] = message.thinking
        if message.tool_calls:
            entry["tool_calls"] = []
            for call in message.tool_calls:
                id = call.id or f"call_{count}"
                count += 1
                open_calls.append((call.function.name, id))
                entry["tool_calls"].append(_call_entry(call.function, id))
        if message.role == "tool":
            entry["tool_call_id"] = message.tool_call_id or _answered(message, open_calls)
            if message.tool_name:
                entry["name"] = message.tool_name
        yield entry


def _call_entry(function: ToolCallFunction, id: str) -> _Json:
    arguments = json.dumps(function.arguments, ensure_ascii=False)
    return {
        "id": id,
        "type": "function",
        "function": {"name": function.name, "arguments": arguments},
    }


def _answered(result: Message, open_calls: list[tuple[str, str]]) -> str:
    """The id of the first call without a result that has this tool's name, or any name."""
    for at, (name, id) in enumerate(open_calls):
        if result.tool_name in (None, name):
            del open_calls[at]
            return id
    return "call_0"


def _parts(message: Message) -> str | list[_Json]:
    if not message.images:
        return message.content
    parts: list[_Json] = []
    images = list(map(_media_part, message.images))
    first, *others = message.content.split(_PLACE, len(images))
    for at, text in enumerate((first, *others)):
        if at:
            parts.append(images.pop(0))
        if said := text.removeprefix(_GAP).removesuffix(_GAP) if others else text:
            parts.append({"type": "text", "text": said})
    return parts + images


def _media_part(data: str) -> _Json:
    """An image or a sound: a model that hears and cannot see takes no sound for an image."""
    kind, form = kind_of_base64(data)
    if kind == "audio":
        return {"type": "input_audio", "input_audio": {"data": data, "format": form}}
    url = f"data:image/{form or 'png'};base64,{data}"
    return {"type": "image_url", "image_url": {"url": url}}
