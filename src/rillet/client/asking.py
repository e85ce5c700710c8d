"""From what a caller writes to a request: messages, images, tools and formats in all their forms.

What only some calls need is imported by them: a command line starts through here.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar

import msgspec

from rillet.words.errors import InvalidRequest
from rillet.words.requests import (
    ChatRequest,
    EmbedRequest,
    GenerateRequest,
    JsonObject,
    KeepAlive,
    Message,
)

if TYPE_CHECKING:
    from rillet.client.tools import Tool

Image = str | bytes | os.PathLike[str]
MessageLike = Message | Mapping[str, Any]


class CallOptions(TypedDict, total=False):
    """What every call of a model takes."""

    format: Any
    """"json", a JSON schema, or a class that has one (msgspec, dataclass, TypedDict, pydantic)."""
    options: Mapping[str, Any] | None
    """Ollama's options: temperature, seed, num_ctx, num_predict, stop, …"""
    keep_alive: KeepAlive | None
    think: bool | str | None
    truncate: bool | None
    shift: bool | None
    logprobs: bool | None
    top_logprobs: int | None
    on_disconnect: Literal["cancel", "keep"] | float | None
    """Where the connection is lost for good: what the server does with the answer. "cancel" ends
    it at once, a number after so many seconds without a reader (60 if nothing is said), "keep"
    never. Rillet servers alone look at it; `stop` and leaving the loop end an answer always."""


class GenerateOptions(CallOptions, total=False):
    """What generate takes besides model and prompt."""

    suffix: str | None
    system: str | None
    template: str | None
    context: Sequence[int] | None
    raw: bool | None
    images: Sequence[Image] | None


class ChatOptions(CallOptions, total=False):
    """What chat takes besides model and messages."""

    tools: "Iterable[Tool] | None"


def generate_request(model: str, prompt: str, options: GenerateOptions) -> GenerateRequest:
    """Raises `InvalidRequest`, before anything is sent."""
    fields: dict[str, Any] = {**options, **_shaped(options)}
    fields.pop("on_disconnect", None)  # a header, not a part of the question
    if fields.get("images") is not None:
        fields["images"] = [image_base64(image) for image in fields["images"]]
    return _convert({"model": model, "prompt": prompt, **fields}, GenerateRequest)


def chat_request(model: str, messages: Iterable[MessageLike], options: ChatOptions) -> ChatRequest:
    """Raises `InvalidRequest`, before anything is sent."""
    fields: dict[str, Any] = {**options, **_shaped(options)}
    fields.pop("on_disconnect", None)
    if "tools" in fields:
        from rillet.client.tools import tool_schemas

        fields["tools"] = tool_schemas(fields["tools"])
    turns = [message(each) for each in messages]
    return _convert({"model": model, "messages": turns, **fields}, ChatRequest)


def embed_request(
    model: str, texts: str | Sequence[str], options: Mapping[str, Any]
) -> EmbedRequest:
    """Raises `InvalidRequest`, before anything is sent."""
    inputs = texts if isinstance(texts, str) else list(texts)
    return _convert({"model": model, "input": inputs, **options}, EmbedRequest)


def message(value: MessageLike) -> Message:
    """A message from a mapping, from an object with `model_dump`, or as it is."""
    if isinstance(value, Message):
        images = value.images
        return value if not images else msgspec.structs.replace(value, images=_images(images))
    dump = getattr(value, "model_dump", None)
    given = dump(exclude_none=True) if dump else value
    if not isinstance(given, Mapping):
        raise InvalidRequest(f"{given!r} is no message: give a mapping with a role and content")
    fields = {name: each for name, each in given.items() if each is not None}
    if fields.get("images"):
        fields["images"] = _images(fields["images"])
    return _convert(fields, Message)


def image_base64(image: Any) -> str:
    """A path, bytes, standard base64 text, or an object with such a `value`, as base64 text."""
    import base64
    import binascii

    image = getattr(image, "value", image)
    if isinstance(image, bytes):
        return base64.b64encode(image).decode()
    # isfile says no, and raises nothing, where a base64 text is too long for a name
    if isinstance(image, os.PathLike) or (len(image) < 4096 and os.path.isfile(image)):
        return base64.b64encode(_content(image)).decode()
    try:
        base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError) as error:
        shown = image if len(image) <= 60 else f"{image[:57]}..."
        raise InvalidRequest(f"No such image file, and no base64 text either: {shown!r}") from error
    return str(image)


def _content(path: str | os.PathLike[str]) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise InvalidRequest(f"No such image file: {path} ({error.strerror})") from error


def _images(images: Iterable[Any]) -> list[str]:
    return [image_base64(image) for image in images]


def _shaped(options: CallOptions) -> dict[str, Any]:
    """`format` as a server takes it, `options` as a plain dict."""
    shaped: dict[str, Any] = {}
    if options.get("format") is not None:
        shaped["format"] = answer_schema(options["format"])
    given: Any = options.get("options")
    if given is not None:
        dump = getattr(given, "model_dump", None)
        shaped["options"] = dump(exclude_none=True) if dump else dict(given)
    return shaped


def answer_schema(shape: Any) -> str | JsonObject:
    """ "json", a schema, or the schema of a class."""
    if isinstance(shape, str):
        return shape
    if isinstance(shape, Mapping):
        return dict(shape)
    own = getattr(shape, "model_json_schema", None)
    try:
        schema: JsonObject = own() if own else msgspec.json.schema(shape)
    except TypeError as error:
        raise InvalidRequest(f"format: {shape!r} has no JSON schema") from error
    return schema


_Request = TypeVar("_Request", GenerateRequest, ChatRequest, EmbedRequest, Message)


def _convert(fields: dict[str, Any], kind: type[_Request]) -> _Request:
    unknown = fields.keys() - {field.name for field in msgspec.structs.fields(kind)}
    if unknown and kind is not Message:
        names = ", ".join(sorted(unknown))
        raise InvalidRequest(f"{kind.__name__} has no {names}")
    try:
        return msgspec.convert(fields, kind, from_attributes=True)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"{kind.__name__}: {error}") from error
