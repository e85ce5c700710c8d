"""What each call of that package asks of our client: requests out, responses in."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from rillet.client.asking import chat_request, embed_request, generate_request, message
from rillet.client.settings import Settings
from rillet.net.tls import TlsOptions
from rillet.ollama import records, types
from rillet.ollama.errors import RequestError, translated
from rillet.words.errors import RilletError
from rillet.words.events import Finish, Progress
from rillet.words.models import (
    CreateRequest,
    EmbeddingRequest,
    ModelCard,
    ShowRequest,
    TransferRequest,
)
from rillet.words.timeouts import Timeouts

S = TypeVar("S", bound=msgspec.Struct)


class Streamed(NamedTuple):
    """A streamed operation: what it asks, which events are kept, and the response of some of them.

    One event makes the response of a stream, all of them that of a whole answer.
    """

    operation: str
    request: Any
    kept: type | tuple[type, ...]
    respond: Callable[[Sequence[Any]], Any]


class Asked(NamedTuple):
    """An operation with one answer."""

    operation: str
    request: Any
    response: Callable[[Any], Any]


def settings(
    host: str | None,
    headers: Mapping[str, str] | None,
    timeout: float | None,
    verify: Any,
    auth: tuple[str, str] | None,
) -> Settings:
    fields = dict(headers or {})
    if auth is not None:
        from rillet.net.proxies import basic_authorization

        fields["Authorization"] = basic_authorization(*auth)
    clocks = Timeouts() if timeout is None else Timeouts(timeout, timeout, timeout)
    try:
        return Settings.of(
            host,
            api="ollama",
            api_key=None,
            headers=fields,
            timeouts=clocks,
            retries=2,
            tls=_tls(verify),
            finish_reason_required=True,
        )
    except RilletError as error:
        raise translated(error) from error


def _tls(verify: Any) -> TlsOptions | None:
    if verify is True:
        return None
    is_path = isinstance(verify, str | os.PathLike)
    return TlsOptions(verify=os.fspath(verify) if is_path else False)


def given(make: Callable[[], Any]) -> Any:
    """What `make` gives; an error of ours becomes one of theirs."""
    try:
        return make()
    except RilletError as error:
        raise translated(error) from error


def named(model: str) -> str:
    if not model:
        raise RequestError("must provide a model")
    return model


def chat(model: str, messages: Iterable[Any] | None, options: dict[str, Any]) -> Streamed:
    request = given(lambda: chat_request(named(model), messages or (), _said(options)))  # type: ignore[arg-type]
    return Streamed("chat", request, records.Mark, records.chat_response)


def generate(model: str, prompt: str | None, options: dict[str, Any]) -> Streamed:
    request = given(lambda: generate_request(named(model), prompt or "", _said(options)))  # type: ignore[arg-type]
    return Streamed("generate", request, records.Mark, records.generate_response)


def _said(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def transfer(operation: str, model: str, insecure: bool) -> Streamed:
    request = TransferRequest(model=named(model), insecure=insecure or None)
    return Streamed(operation, request, (Progress, Finish), _step)


def create(model: str, fields: dict[str, Any]) -> Streamed:
    said = _said(fields)
    if "messages" in said:
        said["messages"] = given(lambda: [message(each) for each in said["messages"]])
    if "parameters" in said:
        parameters = said["parameters"]
        is_part = isinstance(parameters, types.Part)
        said["parameters"] = parameters.model_dump(exclude_none=True) if is_part else parameters
    for name in ("files", "adapters"):
        if name in said:
            said[name] = dict(said[name])
    request = CreateRequest(model=named(model), **said)
    return Streamed("create", request, (Progress, Finish), _step)


def _step(steps: Sequence[Progress | Finish]) -> types.ProgressResponse:
    last = steps[-1]
    if isinstance(last, Finish):
        return types.ProgressResponse(status=last.reason)
    return types.ProgressResponse(
        status=last.status, completed=last.completed, total=last.total, digest=last.digest
    )


def embed(model: str, input: Any, options: dict[str, Any]) -> Asked:
    request = given(lambda: embed_request(named(model), input, _said(options)))
    return Asked("embed", request, lambda value: _as(value, types.EmbedResponse))


def embeddings(model: str, prompt: str | None, options: Any, keep_alive: Any) -> Asked:
    if isinstance(options, types.Part):
        options = options.model_dump(exclude_none=True)
    request = EmbeddingRequest(
        model=named(model),
        prompt=prompt or "",
        options=dict(options) if options else None,
        keep_alive=keep_alive,
    )
    return Asked("embedding", request, lambda value: types.EmbeddingsResponse(embedding=value))


def list_models() -> Asked:
    return Asked("tags", None, _listing(types.ListResponse))


def ps() -> Asked:
    return Asked("ps", None, _listing(types.ProcessResponse))


def _listing(response: Any) -> Callable[[Any], Any]:
    return lambda values: response(models=[_as(value, response.Model) for value in values])


def show(model: str) -> Asked:
    return Asked("show", ShowRequest(model=named(model)), _card)


def _card(card: ModelCard) -> types.ShowResponse:
    response = _as(card, types.ShowResponse)
    response.modelinfo = card.model_info
    return response


def delete(model: str) -> Asked:
    return Asked("delete", {"model": named(model)}, _succeeded)


def copy(source: str, destination: str) -> Asked:
    return Asked("copy", {"source": source, "destination": destination}, _succeeded)


def create_blob(path: str | os.PathLike[str]) -> Asked:
    return Asked("put_blob", path, lambda digest: digest)


def _succeeded(_: Any) -> types.StatusResponse:
    return types.StatusResponse(status="success")


def _as(value: Any, kind: type[S]) -> S:
    """A value of ours as the response of that name. A date that is none becomes None."""
    fields = msgspec.to_builtins(value)
    for name in ("modified_at", "expires_at"):
        if name in fields:
            fields[name] = _date(fields[name])
    return msgspec.convert(fields, kind)


def _date(text: str) -> datetime | None:
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None
