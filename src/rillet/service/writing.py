"""One answer on its way into its record: whatever happens, the record ends with one terminal event.

The one exception: where the journal outlives the process, a server that is told to end leaves its
records open (`leave`), and the next one goes on with them.
"""

import asyncio

from rillet.journal.interface import Full, Header, Log
from rillet.service.interface import Generation
from rillet.words.errors import EngineError, RilletError
from rillet.words.events import Event, Failure


class Writing:
    """A record that is being written here, by a task of its own."""

    def __init__(self, id: str, header: Header, log: Log, generation: Generation) -> None:
        self.id = id
        self.header = header
        self.timer: asyncio.TimerHandle | None = None  # that ends it, since nobody reads
        self._log = log
        self._generation = generation
        self.task = asyncio.create_task(self._pump())

    async def stop(self) -> None:
        """End it now; returns when its end is in the record."""
        self.read_again()
        await self._generation.aclose()
        await asyncio.wait((self.task,))
        await self._log.settled()

    async def leave(self) -> None:
        """Write no more, and leave the record as it is."""
        self.task.cancel()
        await asyncio.wait((self.task,))

    async def close(self) -> None:
        await self._generation.aclose()

    def read_again(self) -> None:
        """Somebody reads: it need not end."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    async def _pump(self) -> None:
        log = self._log
        try:
            async for batch in self._generation:
                log.append(batch)
            ending: Event = Failure(EngineError("the answer ended without saying so"))
        except Full as error:
            ending = Failure(error)
            await self._generation.aclose()
        except RilletError as error:
            ending = Failure(error)
        except Exception as error:
            ending = Failure(EngineError(f"internal error: {type(error).__name__}: {error}"))
        log.append((ending,))  # nothing comes behind an end that is there already
