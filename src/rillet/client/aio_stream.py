"""A running answer, for asyncio: the same words as `stream.Stream`, awaited.

Cancelling the task that reads, leaving the loop, or `stop()` from anywhere (tasks, threads, signal
handlers) closes the connection, and the server stops its engine.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from operator import length_hint
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, Self

from rillet.client.breaking import with_partial
from rillet.client.no_json import no_json
from rillet.words.errors import InvalidRequest, RilletError
from rillet.words.events import Event, Failure, Text
from rillet.words.replies import Folding, Reply

if TYPE_CHECKING:
    from rillet.net.resuming import Place


class AsyncSource(Protocol):
    """Where the batches of one call come from. `next_batch` returns [] after the end or a stop."""

    async def next_batch(self) -> Sequence[Event]: ...
    def close(self) -> None: ...


class AsyncStream:
    """One answer as it comes. Iterating yields events; `.text()` yields strings.

    Nothing is sent before the first event is asked for. It is read once, and on one loop.
    """

    def __init__(self, source: AsyncSource) -> None:
        self._source = source
        self._folding = Folding()
        self._ahead: list[Event] = []  # what of the last batch anext() has not given yet
        self._batch: list[Event] = []  # what the loop is at; `stop` empties it
        self._at: Iterator[Event] = iter(())  # where in it the loop is
        self._loop: asyncio.AbstractEventLoop | None = None
        self._left_at: int | None = None  # where `detach` was called
        self._failure: RilletError | None = None
        self._stopped = False

    async def _next(self) -> list[Event]:
        """The next batch, [] at the end. A failure is raised here and only here."""
        if self._loop is None:
            from rillet.net.aio import running_loop

            self._loop = running_loop()
        if self._stopped:
            self._source.close()
            return []
        if self._failure is not None:
            error, self._failure = self._failure, None
            raise error
        came = await self._source.next_batch()
        batch = came if type(came) is list else list(came)
        if not batch or type(batch[-1]) is not Failure:
            self._folding.extend(batch)
            return batch
        self._source.close()  # nothing more is read, whoever holds the error and this stream
        self._folding.extend(batch[:-1])
        error = with_partial(batch[-1].error, self._folding.reply())
        if len(batch) == 1:
            raise error
        self._failure = error  # first what came before it
        return batch[:-1]

    async def _batches(self) -> AsyncIterator[Iterator[Event]]:
        ahead, self._ahead = self._ahead, []
        batch = ahead or await self._next()
        while batch:
            self._batch = batch
            self._at = iter(batch)
            yield self._at
            batch = await self._next()
        self._at = iter(())

    async def __aiter__(self) -> AsyncIterator[Event]:
        # As in Stream: the loop owns this generator alone, so leaving the loop closes it.
        try:
            async for batch in self._batches():
                for event in batch:
                    yield event
        finally:
            self.close()

    async def text(self) -> AsyncIterator[str]:
        """The answer's text, piece by piece (usually one token each). Thinking is not in it."""
        try:
            async for batch in self._batches():
                for event in batch:
                    if type(event) is Text:
                        yield event.text
        finally:
            self.close()

    async def partial_json(self) -> AsyncIterator[Any]:
        """The JSON answer as far as it is certain: after each piece, and whole at the end.

        It is one living object that grows: copy what you keep. Until something is certain: None.
        Text that is no JSON is a `MalformedStream` at the end, with the whole in `.partial`.
        """
        from rillet.text.partial_json import PartialJson

        parser = PartialJson()
        async for piece in self.text():
            parser.feed(piece)
            yield parser.value
        parser.finish()  # a number is certain only now
        yield parser.value
        if parser.failed is not None:
            raise no_json(parser.failed, self._folding.reply())

    async def __anext__(self) -> Event:
        if not self._ahead:
            self._ahead = await self._next()
        try:
            return self._ahead.pop(0)
        except IndexError:  # the end, or stopped by a thread right now
            raise StopAsyncIteration from None

    async def reply(self) -> Reply:
        """Read to the end, and give the whole. After `stop`: what has come.

        Raises `RilletError` for an answer that did not come whole.
        """
        async for _ in self._batches():
            pass
        self.close()
        return self._folding.reply()

    @property
    def partial(self) -> Reply:
        """What has come so far, as a reply that may not be `complete`."""
        return self._folding.reply()

    @property
    def id(self) -> str:
        """The name of its record on a server that keeps one, for `client.resume`; else ""."""
        place: Place | None = getattr(self._source, "place", None)
        return place.name if place else ""

    @property
    def last(self) -> int:
        """The number in that record of the last event that was handed out; 0 before the first."""
        if self._left_at is not None:
            return self._left_at
        place: Place | None = getattr(self._source, "place", None)
        return place.behind(len(self._ahead) + length_hint(self._at)) if place else 0

    async def detach(self) -> str:
        """Leave, and let the server go on with the answer; its `id`, for `client.resume`.

        How long it goes on without a reader was said with `on_disconnect`. An answer that was not
        begun is begun: this waits for its first event. Raises `InvalidRequest` where the server
        keeps no record; the answer then goes on here.
        """
        if not (self.id or self._stopped or self._folding.finish or self._ahead):
            self._ahead = await self._next()
        if not self.id:
            raise InvalidRequest("The server keeps no record of this answer: stay, or stop it")
        self._left_at = self.last
        self._ahead.clear()
        self._batch.clear()
        source: Any = self._source
        source.leave()
        return self.id

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called before the end."""
        return self._stopped

    def stop(self) -> None:
        """End it now: the server is told, a waiting reader wakes, the loop ends quietly.

        From any task, thread or signal handler, any number of times; it takes no lock and never
        waits. What belongs to the loop is done by the loop, which is woken for it.
        """
        self._stopped = self._folding.finish is None
        self._ahead.clear()
        self._batch.clear()
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._source.close)
            except RuntimeError:  # the loop is closed, and its connections with it
                pass

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A running answer cannot be pickled or copied: hand on its reply(), or its id "
            "for client.resume()"
        )

    def close(self) -> None:
        """Let go of the connection. Harmless when the answer is whole."""
        self._source.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
