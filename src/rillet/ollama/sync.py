"""The `Client` of that package over ours, for threads. The twin of `aio`."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from rillet.client.door import RemoteDoor
from rillet.client.stream import Stream
from rillet.ollama import calls, types
from rillet.ollama.errors import translated
from rillet.ollama.records import RecordWire
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
            raise translated(error) from error
        return None

    def stop(self) -> None:
        """End it now, from any thread or signal handler; the loop ends quietly."""
        self._stream.stop()

    def close(self) -> None:
        self._stream.close()


class Client:
    """Calls of one server, with that package's names.

    `host` as there, else OLLAMA_HOST. `timeout` (seconds) sets the clocks for connecting, for the
    first token and between two tokens; None leaves those of `rillet.Timeouts`. `verify` is False,
    or a path of certificates to trust. `auth` is a name and a password. Redirects are followed.
    """

    def __init__(
        self,
        host: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        verify: bool | str | os.PathLike[str] = True,
        auth: tuple[str, str] | None = None,
        follow_redirects: bool = True,
    ) -> None:
        settings = calls.settings(host, headers, timeout, verify, auth)
        self._door = RemoteDoor(settings, RecordWire())

    # fmt: off
    def generate(
        self, model: str = "", prompt: str | None = None, suffix: str | None = None, *,
        stream: bool = False, **options: Any,
    ) -> Any:
        """A `GenerateResponse`, or an iterable of them."""
        call = calls.generate(model, prompt, {"suffix": suffix, **options})
        return self._answer(call, stream)

    def chat(
        self, model: str = "", messages: Iterable[Any] | None = None, *,
        tools: Iterable[Any] | None = None, stream: bool = False, **options: Any,
    ) -> Any:
        """A `ChatResponse`, or an iterable of them. `tools` may be plain functions."""
        call = calls.chat(model, messages, {"tools": tools, **options})
        return self._answer(call, stream)

    def embed(
        self, model: str = "", input: str | Sequence[str] = "", truncate: bool | None = None,
        options: Any = None, keep_alive: Any = None, dimensions: int | None = None,
    ) -> types.EmbedResponse:
        fields = {"truncate": truncate, "options": options, "keep_alive": keep_alive}
        response: types.EmbedResponse = self._ask(
            calls.embed(model, input, {**fields, "dimensions": dimensions})
        )
        return response

    def embeddings(
        self, model: str = "", prompt: str | None = None, options: Any = None,
        keep_alive: Any = None,
    ) -> types.EmbeddingsResponse:
        """The older way to a vector; `embed` takes several texts."""
        response: types.EmbeddingsResponse = self._ask(
            calls.embeddings(model, prompt, options, keep_alive)
        )
        return response

    def pull(self, model: str, *, insecure: bool = False, stream: bool = False) -> Any:
        """A `ProgressResponse`, or an iterable of them."""
        return self._answer(calls.transfer("pull", model, insecure), stream)

    def push(self, model: str, *, insecure: bool = False, stream: bool = False) -> Any:
        """A `ProgressResponse`, or an iterable of them."""
        return self._answer(calls.transfer("push", model, insecure), stream)

    def create(
        self, model: str, quantize: str | None = None, from_: str | None = None,
        files: Mapping[str, str] | None = None, adapters: Mapping[str, str] | None = None,
        template: str | None = None, license: str | list[str] | None = None,
        system: str | None = None, parameters: Any = None,
        messages: Sequence[Any] | None = None, *, stream: bool = False,
    ) -> Any:
        """A `ProgressResponse`, or an iterable of them. `files` are names and digests."""
        fields = {
            "quantize": quantize, "from_": from_, "files": files, "adapters": adapters,
            "template": template, "license": license, "system": system,
            "parameters": parameters, "messages": messages,
        }
        return self._answer(calls.create(model, fields), stream)

    def create_blob(self, path: str | os.PathLike[str]) -> str:
        """Send a file; its digest, for `create`."""
        digest: str = self._ask(calls.create_blob(path))
        return digest

    def list(self) -> types.ListResponse:
        """The models that the server has."""
        response: types.ListResponse = self._ask(calls.list_models())
        return response

    def ps(self) -> types.ProcessResponse:
        """The models that are loaded."""
        response: types.ProcessResponse = self._ask(calls.ps())
        return response

    def show(self, model: str) -> types.ShowResponse:
        response: types.ShowResponse = self._ask(calls.show(model))
        return response

    def delete(self, model: str) -> types.StatusResponse:
        response: types.StatusResponse = self._ask(calls.delete(model))
        return response

    def copy(self, source: str, destination: str) -> types.StatusResponse:
        response: types.StatusResponse = self._ask(calls.copy(source, destination))
        return response

    # fmt: on

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

    def _answer(self, call: calls.Streamed, stream: bool) -> Any:
        pieces = Pieces(Stream(self._door.stream(call.operation, call.request)), call)
        return pieces if stream else pieces.whole()

    def _ask(self, call: calls.Asked) -> Any:
        return call.response(calls.given(lambda: self._door.ask(call.operation, call.request)))
