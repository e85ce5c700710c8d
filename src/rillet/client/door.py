"""The way from a client to a server, for threads. What goes over it is decided in `speech`."""

from typing import Any, Protocol

from rillet.client.settings import Settings
from rillet.client.speech import Speech
from rillet.client.stream import Source
from rillet.client.wires import Wire
from rillet.net.http1 import HeaderList


class Door(Protocol):
    """Where a client's operations go: a server far away, or the product in this process."""

    def stream(self, operation: str, request: Any, headers: HeaderList = ()) -> Source: ...
    def ask(self, operation: str, request: Any) -> Any: ...
    def close(self) -> None: ...


class RemoteDoor:
    """To a server, by threads. `wire` is for those who read its answers in a way of their own."""

    def __init__(self, settings: Settings, wire: Wire | None = None) -> None:
        from rillet.net.sync import Transport

        self._made_from = (settings, wire)
        self._speech = Speech(settings, wire)
        self._transport = Transport(
            settings.target, headers=settings.headers, tls=settings.tls, env=settings.env
        )

    def __reduce__(self) -> tuple[type, tuple[Settings, Wire | None]]:
        """A copy, as for another process: to the same server, with connections of its own."""
        return type(self), self._made_from

    def stream(self, operation: str, request: Any, headers: HeaderList = ()) -> Source:
        from rillet.net.run_sync import StreamSource

        return StreamSource.over(self._transport, self._speech.stream(operation, request, headers))

    def resume(self, name: str, after: int) -> Source:
        from rillet.net.run_sync import StreamSource

        return StreamSource.over(self._transport, self._speech.resume(name, after))

    def ask(self, operation: str, request: Any) -> Any:
        from rillet.net.run_sync import run

        return run(self._transport, self._speech.ask(operation, request))

    def close(self) -> None:
        self._transport.close()
