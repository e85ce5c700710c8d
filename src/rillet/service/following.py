"""One reader of a record."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from rillet.journal.interface import Journal, Known
from rillet.journal.tail import ends
from rillet.words.events import Event


class Following:
    """Batches of events behind number `after`, to the end of the record.

    It is used like a generation, but closing it only ends the reading; `left` is called then.
    `goes_on` is called where nobody writes the record: it starts a writer, or says that nothing
    comes behind a number.
    """

    single = False

    def __init__(
        self,
        journal: Journal,
        id: str,
        known: Known,
        after: int,
        *,
        goes_on: Callable[[str, int], Awaitable[bool]],
        left: Callable[[str], Awaitable[None]],
    ) -> None:
        self.id = id
        self.after = after
        self.known = known
        self.survives = journal.durable
        self._journal = journal
        self._goes_on = goes_on
        self._left = left
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[Sequence[Event]]:
        after = self.after
        while True:
            async for batch in self._journal.follow(self.id, after):
                after = batch.first + len(batch.events) - 1
                yield batch.events
                if ends(batch.events):
                    return
            if not await self._goes_on(self.id, after):
                return

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            await self._left(self.id)
