"""From what a caller writes to a request: tools and formats in all their forms (see `messages`).

What only some calls need is imported by them: a command line starts through here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar

import msgspec

from rillet.client.images import Image, images_base64
from rillet.client.messages import MessageLike, convert
from rillet.client.messages import messages as turns
from rillet.words.errors import InvalidRequest
from rillet.words.requests import (
    ChatRequest,
    EmbedRequest,
    GenerateRequest,
    JsonObject,
    KeepAlive,
)

if TYPE_CHECKING:
    from rillet.client.tools import Tool

_MODEL_OPTIONS = frozenset(
    ("temperature", "seed", "top_k", "top_p", "min_p", "num_ctx", "num_predict", "stop")
)


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
        fields["images"] = images_base64(fields["images"])
    return _request({"model": model, "prompt": prompt, **fields}, GenerateRequest)


def chat_request(model: str, messages: Iterable[MessageLike], options: ChatOptions) -> ChatRequest:
    """Raises `InvalidRequest`, before anything is sent."""
    fields: dict[str, Any] = {**options, **_shaped(options)}
    fields.pop("on_disconnect", None)
    if "tools" in fields:
        from rillet.client.tools import tool_schemas

        fields["tools"] = tool_schemas(fields["tools"])
    return _request({"model": model, "messages": turns(messages), **fields}, ChatRequest)


def embed_request(
    model: str, texts: str | Sequence[str], options: Mapping[str, Any]
) -> EmbedRequest:
    """Raises `InvalidRequest`, before anything is sent."""
    if not isinstance(texts, Iterable):
        raise InvalidRequest(f"What is embedded is a text or a list of texts, not {texts!r}")
    inputs = texts if isinstance(texts, str) else list(texts)
    return _request({"model": model, "input": inputs, **options}, EmbedRequest)


def _shaped(options: CallOptions) -> dict[str, Any]:
    """`format` as a server takes it, `options` as a plain dict."""
    shaped: dict[str, Any] = {}
    if options.get("format") is not None:
        shaped["format"] = answer_schema(options["format"])
    given: Any = options.get("options")
    if given is not None:
        dump = getattr(given, "model_dump", None)
        if dump is None and not isinstance(given, Mapping):
            raise InvalidRequest(f'options are names and values, like {{"seed": 1}}, not {given!r}')
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


_Request = TypeVar("_Request", GenerateRequest, ChatRequest, EmbedRequest)


def _request(fields: dict[str, Any], kind: type[_Request]) -> _Request:
    unknown = fields.keys() - {field.name for field in msgspec.structs.fields(kind)}
    if fields.get("stream"):
        raise InvalidRequest(
            "Whole answers do not stream", hint="For a stream: stream_chat or stream_generate"
        )
    if unknown:
        names = ", ".join(sorted(unknown))
        inside = unknown & _MODEL_OPTIONS
        hint = f"Options of the model go inside: options={{{min(inside)!r}: …}}" if inside else None
        raise InvalidRequest(f"{kind.__name__} has no {names}", hint=hint)
    return convert(fields, kind)
