"""The `Client` of that package over ours, for threads. The twin of `aio`."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from rillet.client.door import RemoteDoor
from rillet.client.stream import Stream
from rillet.ollama import calls
from rillet.ollama.errors import given, translated
from rillet.ollama.inner import Inner
from rillet.ollama.methods import method
from rillet.ollama.records import RecordWire
from rillet.ollama.settings import of_the_web, settings
from rillet.words.errors import RilletError


class Pieces:
    """The responses of one stream, as they come. Leaving the loop stops the server's work."""

    def __init__(self, stream: Stream, call: calls.Streamed) -> None:
        self._stream = stream
        self._call = call

    def __iter__(self) -> Iterator[Any]:
        # As in `Stream`: the loop owns this generator alone, so leaving the loop closes it.
        try:
            while (event := self._next()) is not None:
                yield self._call.respond((event,))
        finally:
            self.close()

    def __next__(self) -> Any:
        event = self._next()
        if event is None:
            raise StopIteration
        return self._call.respond((event,))

    def whole(self) -> Any:
        """One response of all."""
        return self._call.respond([*iter(self._next, None)])

    def _next(self) -> Any:
        try:
            while (event := next(self._stream, None)) is not None:
                if isinstance(event, self._call.kept):
                    return event
        except RilletError as error:
            raise translated(error, whole=not self._call.stream) from error
        return None

    def stop(self) -> None:
        """End it now, from any thread or signal handler; the loop ends quietly."""
        self._stream.stop()

    def close(self) -> None:
        self._stream.close()


class Client:
    """Calls of one server, with that package's names.

    `host` as there, else OLLAMA_HOST. `timeout` (seconds) sets the clocks for connecting, for the
    first token and between two tokens; None leaves those of `rillet.Timeouts`. The other options
    are in `settings`. Redirects are followed.
    """

    def __init__(self, host: str | None = None, **options: Any) -> None:
        self._settings = settings(host, **options)
        self._door = RemoteDoor(self._settings, RecordWire())
        self._client = Inner(self._settings, self._door.close)

    generate = method(calls.generate)
    chat = method(calls.chat)
    systemone = method(calls.systemone)
    embed = method(calls.embed)
    embeddings = method(calls.embeddings)
    pull = method(calls.pull)
    push = method(calls.push)
    create = method(calls.create)
    create_blob = method(calls.create_blob)
    list = method(calls.list_models)
    delete = method(calls.delete)
    copy = method(calls.copy)
    show = method(calls.show)
    ps = method(calls.ps)
    web_search = method(calls.web_search)
    web_fetch = method(calls.web_fetch)

    def close(self) -> None:
        self._door.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _answer(self, call: calls.Streamed | calls.Asked[Any]) -> Any:
        if isinstance(call, calls.Streamed):
            pieces = Pieces(Stream(self._door.stream(call.operation, call.request)), call)
            return pieces if call.stream else pieces.whole()
        door = self._door
        if call.web:
            door = RemoteDoor(of_the_web(self._settings), RecordWire())
        try:
            return call.response(given(lambda: door.ask(call.operation, call.request)))
        finally:
            if call.web:
                door.close()
