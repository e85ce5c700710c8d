"""The way from a client to a server: finds out once which wire it speaks, then only translates."""

import os
import threading
from collections.abc import Mapping
from typing import Any, Literal, Protocol

from msgspec import Struct

from rillet.client.stream import Source
from rillet.client.wires import OllamaWire, OpenAIWire, Wire
from rillet.net.address import Target, parse_host
from rillet.net.flow import Policy
from rillet.net.http1 import Request
from rillet.net.tls import TlsOptions
from rillet.words.errors import InvalidRequest, RilletError, ServerError
from rillet.words.timeouts import Timeouts

Api = Literal["ollama", "openai"]
ANSWER_LIMIT = 1 << 30  # bytes of one whole answer (a batch of embeddings may be large)


class Door(Protocol):
    """Where a client's operations go: a server far away, or the product in this process."""

    def stream(self, operation: str, request: Any) -> Source: ...
    def ask(self, operation: str, request: Any) -> Any: ...
    def close(self) -> None: ...


class Settings(Struct, frozen=True):
    """What a client is made from. See `Client` for the meanings."""

    target: Target
    api: Api | None
    policy: Policy
    headers: tuple[tuple[str, str], ...]
    tls: TlsOptions | None
    finish_reason_required: bool

    @classmethod
    def of(
        cls,
        host: str | None,
        *,
        api: Api | None,
        api_key: str | None,
        headers: Mapping[str, str] | None,
        timeouts: Timeouts | None,
        retries: int,
        tls: TlsOptions | None,
        finish_reason_required: bool,
    ) -> "Settings":
        if api not in (None, "ollama", "openai"):
            raise InvalidRequest(f'api is "ollama", "openai" or None, not {api!r}')
        named = host or os.environ.get("RILLET_HOST") or os.environ.get("OLLAMA_HOST")
        key = api_key or _key_of_environment(api)
        fields = dict(headers or {})
        if key and not any(name.lower() == "authorization" for name in fields):
            fields["authorization"] = f"Bearer {key}"
        return cls(
            target=parse_host(named),
            api=api,
            policy=Policy(timeouts=timeouts or Timeouts(), retries=retries),
            headers=tuple(fields.items()),
            tls=tls,
            finish_reason_required=finish_reason_required,
        )

    def wire(self, api: Api) -> Wire:
        if api == "ollama":
            return OllamaWire()
        return OpenAIWire(finish_reason_required=self.finish_reason_required)


def _key_of_environment(api: Api | None) -> str | None:
    """RILLET_API_KEY always; the other services' variables only where their API was asked for."""
    names = {"ollama": "OLLAMA_API_KEY", "openai": "OPENAI_API_KEY"}
    return os.environ.get("RILLET_API_KEY") or (os.environ.get(names[api]) if api else None)


DETECT = Request("GET", "/api/version")


def api_of(answer: bytes | RilletError) -> Api:
    """Which wire a server speaks, by what it said to GET /api/version.

    Ollama and its likes answer with a version. A server that answers anything else there, an
    error status included, is taken for an OpenAI-compatible one.
    """
    if isinstance(answer, ServerError):
        return "openai"
    if isinstance(answer, RilletError):
        raise answer
    return "ollama" if b'"version"' in answer[:4096] else "openai"


class RemoteDoor:
    """To a server, by threads."""

    def __init__(self, settings: Settings) -> None:
        from rillet.net.sync import Transport

        self._settings = settings
        self._transport = Transport(settings.target, headers=settings.headers, tls=settings.tls)
        self._wire: Wire | None = settings.wire(settings.api) if settings.api else None
        self._finding = threading.Lock()

    def stream(self, operation: str, request: Any) -> Source:
        from rillet.net.run_sync import StreamSource

        call = self._spoken().stream(operation, request)
        return StreamSource(self._transport, call, self._settings.policy)

    def ask(self, operation: str, request: Any) -> Any:
        question = self._spoken().ask(operation, request)
        return question.read(self._whole(question.request, question.model))

    def _whole(self, request: Request, model: str | None = None) -> bytes:
        from rillet.net.run_sync import ask

        return ask(self._transport, request, self._settings.policy, model=model, limit=ANSWER_LIMIT)

    def _spoken(self) -> Wire:
        if self._wire is None:
            with self._finding:
                self._wire = self._wire or self._settings.wire(api_of(self._version()))
        return self._wire

    def _version(self) -> bytes | RilletError:
        try:
            return self._whole(DETECT)
        except RilletError as error:
            return error

    def close(self) -> None:
        self._transport.close()
