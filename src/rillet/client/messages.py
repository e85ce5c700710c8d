"""The turns of a chat in all the forms that programs have them in."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from rillet.client.images import images_base64
from rillet.wire.learned import learned
from rillet.words.errors import InvalidRequest, ServerError
from rillet.words.replies import Reply
from rillet.words.requests import Message, MessageToolCall, ToolCallFunction

MessageLike = Message | Reply | Mapping[str, Any]

_FORM = 'give a list like [{"role": "user", "content": "Hi"}]'

R = TypeVar("R", bound=msgspec.Struct)


def messages(values: Iterable[MessageLike]) -> list[Message]:
    """All turns of a chat. Raises `InvalidRequest`."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise InvalidRequest(f"messages are no {type(values).__name__}: {_FORM}")
    return [message(each) for each in values]


def message(value: MessageLike) -> Message:
    """A message from a mapping, a reply, an object with `model_dump`, or as it is.

    A mapping may be of OpenAI's form: content in parts, arguments of tools as JSON text.
    """
    if isinstance(value, Message):
        images = value.images
        return value if not images else msgspec.structs.replace(value, images=images_base64(images))
    if isinstance(value, Reply):
        return _of_reply(value)
    dump = getattr(value, "model_dump", None)
    given = dump(exclude_none=True) if dump else value
    if not isinstance(given, Mapping):
        raise InvalidRequest(f"{given!r} is no message: {_FORM}")
    fields = {name: each for name, each in given.items() if each is not None}
    if fields.get("images"):
        fields["images"] = images_base64(fields["images"])
    return _of_openai(fields) if _is_openai(fields) else convert(fields, Message)


def _of_reply(reply: Reply) -> Message:
    """What the model said, as its turn."""
    calls = [
        MessageToolCall(ToolCallFunction(call.name, call.arguments, call.index), call.id)
        for call in reply.tool_calls
    ]
    return Message("assistant", reply.text, reply.thinking or None, tool_calls=calls or None)


def _is_openai(fields: Mapping[str, Any]) -> bool:
    if isinstance(fields.get("content"), list):
        return True
    calls = fields.get("tool_calls")
    functions = [call.get("function") for call in _mappings(calls)]
    return any(isinstance(each.get("arguments"), str) for each in _mappings(functions))


def _mappings(values: Any) -> list[Mapping[str, Any]]:
    return [v for v in values if isinstance(v, Mapping)] if isinstance(values, list) else []


def _of_openai(fields: dict[str, Any]) -> Message:
    from rillet.wire.openai_messages import messages_from_openai

    try:
        (read,) = messages_from_openai([fields])
    except ServerError as error:
        raise InvalidRequest(f"A message cannot be read: {error.message}") from error
    own = {name: fields[name] for name in ("thinking", "tool_name", "images") if name in fields}
    return msgspec.structs.replace(read, **own) if own else read


def convert(fields: dict[str, Any], kind: type[R]) -> R:
    """The fields as a struct. Raises `InvalidRequest` that names the one that is wrong."""
    try:
        return msgspec.convert(fields, learned(kind), from_attributes=True)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"{kind.__name__}: {error}") from error
