"""What each call of that package asks of our client: requests out, responses in.

The signatures are theirs, for `sync` and `aio` make their methods of these functions.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from rillet.client.asking import chat_request, embed_request, generate_request
from rillet.client.images import Image
from rillet.client.messages import message
from rillet.ollama import records, types
from rillet.ollama.errors import RequestError, given
from rillet.ollama.part import Part
from rillet.ollama.system_one import SystemOneResponse
from rillet.words.events import Finish, Progress
from rillet.words.models import CreateRequest, EmbeddingRequest, ShowRequest, TransferRequest

OptionsLike = Mapping[str, Any] | types.Options
KeepAlive = float | str
R = TypeVar("R")


class Streamed(NamedTuple):
    """A streamed operation: what it asks, which events are kept, and the response of some of them.

    One event makes the response of a stream, all of them that of a whole answer, which is what the
    caller gets if not `stream`.
    """

    operation: str
    request: Any
    kept: type | tuple[type, ...]
    respond: Callable[[Sequence[Any]], Any]
    stream: bool


class Asked(NamedTuple, Generic[R]):
    """An operation with one answer. `web`: that of Ollama's web service."""

    operation: str
    request: Any
    response: Callable[[Any], R] = lambda answer: answer
    web: bool = False


# fmt: off
def generate(
    model: str = "", prompt: str | None = None, suffix: str | None = None, *,
    system: str | None = None, template: str | None = None, context: Sequence[int] | None = None,
    stream: bool = False, think: bool | str | None = None, logprobs: bool | None = None,
    top_logprobs: int | None = None, raw: bool | None = None, format: Any = None,
    images: Sequence[Image | types.Image] | None = None, options: OptionsLike | None = None,
    keep_alive: KeepAlive | None = None, width: int | None = None, height: int | None = None,
    steps: int | None = None,
) -> Streamed:
    """A `GenerateResponse`, or an iterable of them."""
    said: Any = _said(
        suffix=suffix, system=system, template=template, context=context, think=think,
        logprobs=logprobs, top_logprobs=top_logprobs, raw=raw, format=format, images=images,
        options=options, keep_alive=keep_alive, width=width, height=height, steps=steps,
    )
    request = given(lambda: generate_request(_named(model), prompt or "", said))
    return Streamed("generate", request, records.Mark, records.generate_response, stream)


def chat(
    model: str = "", messages: Iterable[Mapping[str, Any] | types.Message] | None = None, *,
    tools: Iterable[Any] | None = None, stream: bool = False, think: bool | str | None = None,
    logprobs: bool | None = None, top_logprobs: int | None = None, format: Any = None,
    options: OptionsLike | None = None, keep_alive: KeepAlive | None = None,
) -> Streamed:
    """A `ChatResponse`, or an iterable of them. `tools` may be plain functions."""
    turns: Any = messages or ()
    said: Any = _said(
        tools=tools, think=think, logprobs=logprobs, top_logprobs=top_logprobs, format=format,
        options=options, keep_alive=keep_alive,
    )
    request = given(lambda: chat_request(_named(model), turns, said))
    return Streamed("chat", request, records.Mark, records.chat_response, stream)


def systemone(
    model: str, state: Any, questions: Mapping[str, Any], keep_alive: KeepAlive | None = None,
) -> Asked[SystemOneResponse]:
    """Questions about a state, each answered with probabilities: a `SystemOneResponse`."""
    asked = {name: _dumped(question) for name, question in questions.items()}
    fields = _said(model=_named(model), state=state, questions=asked, keep_alive=keep_alive)
    return Asked("systemone", fields)


def embed(
    model: str = "", input: str | Sequence[str] = "", truncate: bool | None = None,
    options: OptionsLike | None = None, keep_alive: KeepAlive | None = None,
    dimensions: int | None = None,
) -> Asked[types.EmbedResponse]:
    """The vectors of one text or several: an `EmbedResponse`."""
    said = _said(
        truncate=truncate, options=options and _dumped(options), keep_alive=keep_alive,
        dimensions=dimensions,
    )
    return Asked("embed", given(lambda: embed_request(_named(model), input, said)))


def embeddings(
    model: str = "", prompt: str | None = None, options: OptionsLike | None = None,
    keep_alive: KeepAlive | None = None,
) -> Asked[types.EmbeddingsResponse]:
    """The older way to a vector; `embed` takes several texts."""
    wanted = _dumped(options) if options else None
    request = EmbeddingRequest(
        model=_named(model), prompt=prompt or "", options=wanted, keep_alive=keep_alive
    )
    return Asked("embedding", request)


def pull(model: str, *, insecure: bool = False, stream: bool = False) -> Streamed:
    """A `ProgressResponse`, or an iterable of them."""
    return _transfer("pull", model, insecure, stream)


def push(model: str, *, insecure: bool = False, stream: bool = False) -> Streamed:
    """A `ProgressResponse`, or an iterable of them."""
    return _transfer("push", model, insecure, stream)


def create(
    model: str, quantize: str | None = None, from_: str | None = None,
    files: Mapping[str, str] | None = None, adapters: Mapping[str, str] | None = None,
    template: str | None = None, license: str | list[str] | None = None,
    system: str | None = None, parameters: OptionsLike | None = None,
    messages: Sequence[Mapping[str, Any] | types.Message] | None = None, *, stream: bool = False,
) -> Streamed:
    """A `ProgressResponse`, or an iterable of them. `files` are names and digests."""
    turns: Any = messages
    said = _said(
        quantize=quantize, from_=from_, files=files and dict(files),
        adapters=adapters and dict(adapters), template=template, license=license, system=system,
        parameters=parameters and _dumped(parameters),
        messages=messages and given(lambda: [message(each) for each in turns]),
    )
    request = CreateRequest(model=_named(model), **said)
    return Streamed("create", request, (Progress, Finish), _step, stream)


def create_blob(path: str | os.PathLike[str]) -> Asked[str]:
    """Send a file; its digest, for `create`."""
    return Asked("put_blob", path)


def list_models() -> Asked[types.ListResponse]:
    """The models that the server has: a `ListResponse`."""
    return Asked("tags", None)


def delete(model: str) -> Asked[types.StatusResponse]:
    return Asked("delete", {"model": _named(model)}, _succeeded)


def copy(source: str, destination: str) -> Asked[types.StatusResponse]:
    return Asked("copy", {"source": source, "destination": destination}, _succeeded)


def show(model: str) -> Asked[types.ShowResponse]:
    """All that is known of a model: a `ShowResponse`."""
    return Asked("show", ShowRequest(model=_named(model)))


def ps() -> Asked[types.ProcessResponse]:
    """The models that are loaded: a `ProcessResponse`."""
    return Asked("ps", None)


def web_search(query: str, max_results: int = 3) -> Asked[types.WebSearchResponse]:
    """Ollama's web service: a `WebSearchResponse`. It wants a key (OLLAMA_API_KEY)."""
    return Asked("web_search", {"query": query, "max_results": max_results}, web=True)


def web_fetch(url: str) -> Asked[types.WebFetchResponse]:
    """A page by Ollama's web service: a `WebFetchResponse`. It wants a key (OLLAMA_API_KEY)."""
    return Asked("web_fetch", {"url": url}, web=True)


# fmt: on


def _transfer(operation: str, model: str, insecure: bool, stream: bool) -> Streamed:
    request = TransferRequest(model=_named(model), insecure=insecure or None)
    return Streamed(operation, request, (Progress, Finish), _step, stream)


def _step(steps: Sequence[Progress | Finish]) -> types.ProgressResponse:
    last = steps[-1]
    if isinstance(last, Finish):
        return types.ProgressResponse(status=last.reason)
    fields = {name: getattr(last, name) for name in ("status", "completed", "total", "digest")}
    return types.ProgressResponse(**_said(**fields))


def _succeeded(_: Any) -> types.StatusResponse:
    return types.StatusResponse(status="success")


def _named(model: str) -> str:
    if not model:
        raise RequestError("must provide a model")
    return model


def _said(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _dumped(value: Mapping[str, Any] | Part) -> dict[str, Any]:
    return value.model_dump(exclude_none=True) if isinstance(value, Part) else dict(value)
