"""A running answer, for asyncio: the same words as `stream.Stream`, awaited.

Cancelling the task that reads, leaving the loop, or `stop()` from anywhere on the loop closes the
connection, and the server stops its engine.
"""

from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from rillet.words.errors import RilletError
from rillet.words.events import Event, Failure, Text
from rillet.words.replies import Folding, Reply


class AsyncSource(Protocol):
    """Where the batches of one call come from. `next_batch` returns [] after the end or a stop."""

    async def next_batch(self) -> Sequence[Event]: ...
    def close(self) -> None: ...


class AsyncStream:
    """One answer as it comes. Iterating yields events; `.text()` yields strings."""

    def __init__(self, source: AsyncSource) -> None:
        self._source = source
        self._folding = Folding()
        self._ahead: list[Event] = []
        self._failure: RilletError | None = None
        self._stopped = False

    async def _next(self) -> Sequence[Event]:
        """The next batch, [] at the end. A failure is raised here and only here."""
        if self._failure is not None:
            error, self._failure = self._failure, None
            raise error
        batch = await self._source.next_batch()
        if not batch or type(batch[-1]) is not Failure:
            self._folding.extend(batch)
            return batch
        error = batch[-1].error
        self._folding.extend(batch[:-1])
        error.partial = self._folding.reply()
        if len(batch) == 1:
            raise error
        self._failure = error  # first what came before it
        return batch[:-1]

    async def _batches(self) -> AsyncIterator[Sequence[Event]]:
        if self._ahead:
            ahead, self._ahead = self._ahead, []
            yield ahead
        while batch := await self._next():
            yield batch

    async def __aiter__(self) -> AsyncIterator[Event]:
        # As in Stream: the loop owns this generator alone, so leaving the loop closes it.
        try:
            async for batch in self._batches():
                for event in batch:
                    yield event
        finally:
            self.close()

    async def text(self) -> AsyncIterator[str]:
        """The answer's text, piece by piece (usually one token each)."""
        try:
            async for batch in self._batches():
                for event in batch:
                    if type(event) is Text:
                        yield event.text
        finally:
            self.close()

    async def partial_json(self) -> AsyncIterator[Any]:
        """The JSON answer as far as it is certain, after each piece that makes it grow."""
        from rillet.text.partial_json import PartialJson

        parser = PartialJson()
        async for piece in self.text():
            parser.feed(piece)
            yield parser.value

    async def __anext__(self) -> Event:
        if not self._ahead:
            self._ahead = list(await self._next())
            if not self._ahead:
                raise StopAsyncIteration
        return self._ahead.pop(0)

    async def reply(self) -> Reply:
        """Read to the end, and give the whole. After `stop`: what has come."""
        async for _ in self._batches():
            pass
        self.close()
        return self._folding.reply()

    @property
    def partial(self) -> Reply:
        """What has come so far."""
        return self._folding.reply()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called before the end."""
        return self._stopped

    def stop(self) -> None:
        """End it now: the server is told, a waiting reader wakes, the loop ends quietly."""
        self._stopped = self._folding.finish is None
        self._source.close()

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
