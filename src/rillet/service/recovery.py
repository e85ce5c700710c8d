"""Records whose writer is gone with its process: somebody else goes on with them, or ends them."""

import asyncio
from collections.abc import Callable, Container, Sequence
from typing import Any, Protocol

import msgspec

from rillet.journal.interface import Header, Journal
from rillet.service.interface import Generation
from rillet.service.writing import Writing
from rillet.words.errors import RilletError
from rillet.words.events import Event, Failure, Finish
from rillet.words.requests import ChatRequest, GenerateRequest

Request = GenerateRequest | ChatRequest
_AGAIN = 0.2  # seconds until a record whose writer is gone, and which cannot be had, is looked at


class Source(Protocol):
    """Where answers come from."""

    async def open_answer(self, request: Request) -> Generation:
        """Raises what can be said before the first event."""

    async def settle(self, request: Any) -> Any:
        """The request with all that would be left to chance, so that it can be asked again."""

    async def reopen(self, request: Request, events: Sequence[Event]) -> Generation:
        """The rest of an answer of which these events are there."""


class Reviver:
    """Takes over what nobody writes; `write` is told of each record that is written again, and
    `written` has all that are."""

    def __init__(
        self,
        journal: Journal,
        source: Source,
        written: Container[str],
        write: Callable[[Writing], None],
    ) -> None:
        self._journal = journal
        self._source = source
        self._written = written
        self._write = write
        self._taking = asyncio.Lock()
        self.closing = False

    async def goes_on(self, id: str, after: int) -> bool:
        """Nobody writes this record: make somebody. False where nothing comes behind `after`."""
        while not self.closing:
            known = await self._journal.find(id)
            if known is None:
                return False
            if known.ended:
                return known.last > after
            if await self.revive(id):
                return True
            if not self._journal.durable:
                return False
            await asyncio.sleep(_AGAIN)  # another server may be at it
            if (again := await self._journal.find(id)) and again.last > known.last:
                return True
        return False

    async def revive(self, id: str) -> bool:
        """Write on where another writer stopped; False where that is not possible now."""
        async with self._taking:
            if id in self._written:
                return True
            log = await self._journal.take_over(id)
            known = await self._journal.find(id)
            if log is None or known is None:
                return False
            try:
                events = await self._events(id, log.last)
                generation = await self._source.reopen(_request(known.header), events)
            except RilletError as error:
                log.append((Failure(error),))
            else:
                self._write(Writing(id, known.header, log, generation))
            return True

    async def cancel(self, id: str) -> bool:
        """End a record that nobody writes; False where somebody does."""
        log = await self._journal.take_over(id)
        if log is None:
            return False
        log.append((Finish("cancel"),))
        await log.settled()
        return True

    async def _events(self, id: str, last: int) -> list[Event]:
        """The first `last` events. Raises the error of a record that is damaged."""
        found: list[Event] = []
        if last:
            async for batch in self._journal.follow(id):
                if isinstance(broken := batch.events[-1], Failure):
                    raise broken.error
                found += batch.events
                if len(found) >= last:
                    break
        return found


def _request(header: Header) -> Request:
    kind: type[Request] = ChatRequest if header.operation == "chat" else GenerateRequest
    try:
        return msgspec.json.decode(header.request, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RilletError(f"The question of this record cannot be read any more: {error}") from None
