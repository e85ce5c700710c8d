"""What every route needs: the operations, the settings, the answers in progress, the clock."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from msgspec import Struct

from rillet.model.names import ConflictingSource, ModelName
from rillet.server.streams import Streams
from rillet.service import remote
from rillet.service.interface import Operations
from rillet.service.recording import Recorder
from rillet.wire.go_fields import fields
from rillet.words.errors import InvalidName, ModelNotFound, ServerError
from rillet.words.models import ShowRequest
from rillet.words.requests import ChatRequest
from rillet.words.settings import Settings

NOT_FOUND = "model '{}' not found"
NOT_FOUND_PULL = 'model "{}" not found, try pulling it first'
DETAILS_OFF, CLOUD = remote.DETAILS_UNAVAILABLE, remote.UNAVAILABLE


class Face(Struct, frozen=True):
    """One server's parts. `clock` gives Unix time in nanoseconds."""

    operations: Operations
    settings: Settings
    streams: Streams
    clock: Callable[[], int] = time.time_ns
    records: Recorder | None = None  # where answers can be recorded


def required(model: str) -> str:
    """A model that has to be named. Raises what Ollama says where it is not."""
    if not model.strip():
        raise ServerError("model is required", status=400)
    return model


def check_top_logprobs(count: int | None) -> None:
    """How many probabilities may be asked for. Raises what Ollama says of others."""
    if not 0 <= (count or 0) <= 20:
        raise ServerError("top_logprobs must be between 0 and 20", status=400)


def named(model: str, invalid: str) -> ModelName:
    """A name as it was asked for; one that asks for two sources has an error of its own."""
    try:
        return ModelName.parse(model)
    except ConflictingSource as error:
        raise ServerError(error.message, status=400) from None
    except InvalidName:
        raise ServerError(invalid, status=400) from None


@lru_cache(maxsize=1024)  # the few names of a server come again and again
def known(model: str, cloud: str = CLOUD, invalid: str = "invalid model name") -> ModelName:
    """Read a name before anything is looked up. Raises Ollama's errors for what cannot be."""
    name = named(model, invalid)
    if name.is_cloud:
        raise ServerError(cloud, status=403)
    return name


@lru_cache(maxsize=1024)
def is_remote(model: str) -> bool:
    """Whether a name is one of a model that runs elsewhere."""
    try:
        return ModelName.parse(model).is_cloud
    except InvalidName:
        return False


def plain(text: str, invalid: str = "invalid model name") -> ModelName:
    """A name for a model of the store, in which spaces and sources have no place."""
    try:
        if text == text.strip():
            return ModelName.parse(text)
    except InvalidName:
        pass
    raise ServerError(invalid, status=400)


@contextmanager
def worded(text: str, model: str) -> Generator[None, None, None]:
    """Say that a model is not there in the words of an endpoint; they all have their own."""
    try:
        yield
    except ModelNotFound as error:
        raise ModelNotFound(text.format(model), status=404, hint=error.hint) from None


async def able_to_call(face: Face, request: ChatRequest, body: Any) -> None:
    """Refuse tools for a model that knows none, also where none of them can be offered here.

    `request` is what was read in `body`. Those that can be offered the service looks at.
    """
    if request.tools or not fields(body, "", {"tools": "any"}).get("tools"):
        return
    can = (await face.operations.show(ShowRequest(model=request.model))).capabilities or ()
    if "completion" in can and "tools" not in can:
        name = ModelName.parse(request.model).full()
        raise ServerError(f"{name} does not support tools", status=400)
