"""What can be refused before anything is loaded, in Ollama's order and mostly in its words."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rillet.model.gguf import GgufArray
from rillet.service import limits
from rillet.service.model import Model
from rillet.service.options import layered
from rillet.service.prompts import is_load
from rillet.wire import llamacpp
from rillet.wire.media import kind_of_base64
from rillet.words.errors import ServerError
from rillet.words.requests import ChatRequest, GenerateRequest


def check_generate(model: Model, request: GenerateRequest) -> None:
    """Raises `ServerError` with a status for what nobody can answer."""
    check_able(model, request)
    if is_load(model, request):
        return
    with _options_first(model, request):
        _check_context(model, request.context or ())
        _check_media(model, request.images or ())
        limits.check_images(request.images or ())
        _check_stops(request)
        llamacpp.format_schema(request.format)


def check_chat(model: Model, request: ChatRequest) -> None:
    """Raises `ServerError` with a status for what nobody can answer."""
    check_able(model, request)
    if not request.messages:
        return
    with _options_first(model, request):
        _check_media(model, [image for turn in request.messages for image in turn.images or ()])
        limits.check_messages(request.messages)
        limits.check_tools(request.tools or ())
        _check_stops(request)
        llamacpp.format_schema(request.format)


@contextmanager
def _options_first(model: Model, request: GenerateRequest | ChatRequest) -> Iterator[None]:
    """A fault in the options is told before any other: Ollama loads the model with them first."""
    try:
        yield
    except ServerError:
        layered(model.params, request.options)
        raise


def check_able(model: Model, request: GenerateRequest | ChatRequest) -> None:
    """Whether the model can do this at all, be it only loaded or shown a prompt for."""
    if isinstance(request, ChatRequest):
        _check_kind(model, request, "chat")
        if request.tools and not model.can("tools"):
            raise _cannot(model, "tools")
        return
    if request.raw and (request.template or request.system or request.context):
        raise ServerError("raw mode does not support template, system, or context", status=400)
    _check_kind(model, request, "generate")
    if request.suffix and not model.can("insert"):
        raise _cannot(model, "insert")


def _check_kind(model: Model, request: GenerateRequest | ChatRequest, verb: str) -> None:
    if request.think and not model.can("thinking"):
        raise ServerError(f'"{request.model}" does not support thinking', status=400)
    if not model.can("completion"):
        raise ServerError(f'"{request.model}" does not support {verb}', status=400)


def _check_context(model: Model, tokens: Sequence[int]) -> None:
    """Tokens outside of the vocabulary: the engine's own error for them tells a caller nothing."""
    known = model.header.metadata.get("tokenizer.ggml.tokens")
    if isinstance(known, GgufArray) and not all(0 <= token < known.count for token in tokens):
        raise ServerError("the context has tokens that this model does not know", status=400)


def _check_stops(request: GenerateRequest | ChatRequest) -> None:
    stops = (request.options or {}).get("stop")
    if isinstance(stops, list):  # what else it is, is told by the options
        limits.check_stops([stop for stop in stops if isinstance(stop, str)])


def _check_media(model: Model, media: Sequence[str]) -> None:
    """Images and sounds that the model cannot read: the engine's own error tells nothing."""
    for data in media:
        kind, _ = kind_of_base64(data)
        sound = kind == "audio"
        if not kind and not model.sees() and model.hears():
            raise ServerError("the request has a sound that is no WAV, MP3 or FLAC", status=400)
        if not (model.hears() if sound else model.sees()):
            what = "audio" if sound else "images"
            raise ServerError(f'"{model.name.display()}" does not support {what}', status=400)


def _cannot(model: Model, capability: str) -> ServerError:
    return ServerError(f"{model.name.full()} does not support {capability}", status=400)
