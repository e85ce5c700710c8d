"""The bytes of an answer as a server sends them, for `--record`: a client's wire with a tap in it.

What the tap sees is the body of the answer, whole pieces as the network gave them, without the
framing and the compression of HTTP. A connection that is had again begins a new body.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from rillet.client.door import RemoteDoor
from rillet.client.ollama_wire import OllamaWire
from rillet.client.openai_wire import OpenAIWire
from rillet.client.settings import Api, Settings
from rillet.client.sync import Client
from rillet.client.wires import Question, Wire
from rillet.net.flow import Call
from rillet.words.events import Event

if TYPE_CHECKING:
    from rillet.wire.decoder import Decoder


class Tap(Protocol):
    """Who is told. `dialect` is such as "ollama chat"."""

    def body(self, dialect: str) -> None: ...
    def data(self, data: bytes) -> None: ...


def wire_of(api: Api) -> Wire:
    return OllamaWire() if api == "ollama" else OpenAIWire()


def tapped_client(host: str | None, api: Api, tap: Tap) -> Client:
    """A client whose streams tell `tap`."""
    from rillet.net.address import DEFAULT_HOST, DEFAULT_PORT

    named = host or os.environ.get("RILLET_HOST") or os.environ.get("OLLAMA_HOST")
    settings = Settings.of(
        named or f"{DEFAULT_HOST}:{DEFAULT_PORT}",
        api=None,  # that of the key in the environment is as without a tap
        api_key=None,
        headers=None,
        timeouts=None,
        retries=2,
        tls=None,
        finish_reason_required=True,
    )
    return Client.through(RemoteDoor(settings, _TappedWire(api, tap)))


class _TappedWire:
    def __init__(self, api: Api, tap: Tap) -> None:
        self._api, self._tap = api, tap
        self._wire = wire_of(api)

    def ask(self, operation: str, request: Any) -> Question:
        return self._wire.ask(operation, request)

    def stream(self, operation: str, request: Any) -> Call:
        call = self._wire.stream(operation, request)
        dialect = f"{self._api} {operation}"

        def tapped() -> "Decoder":
            self._tap.body(dialect)
            return _TappedDecoder(call.decoder(), self._tap.data)

        return msgspec.structs.replace(call, decoder=tapped)


class _TappedDecoder:
    def __init__(self, decoder: Any, tap: Callable[[bytes], None]) -> None:
        self._decoder, self._tap = decoder, tap

    @property
    def finished(self) -> bool:
        return bool(self._decoder.finished)

    @property
    def growing(self) -> bool:
        return bool(self._decoder.growing)

    @property
    def seq(self) -> int | None:
        """The place in a record from which a lost stream is had again."""
        return getattr(self._decoder, "seq", None)

    @seq.setter
    def seq(self, value: int | None) -> None:
        self._decoder.seq = value

    def feed(self, data: bytes) -> list[Event]:
        if data:
            self._tap(data)
        events: list[Event] = self._decoder.feed(data)
        return events

    def eof(self, cause: str = "") -> list[Event]:
        events: list[Event] = self._decoder.eof(cause)
        return events
