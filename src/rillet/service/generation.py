"""A running answer: a record that grows, written by one task and read by whoever follows.

The writer is never slowed by a reader. `aclose` stops the writer wherever it is (in the queue,
loading, evaluating the prompt, generating) and returns when the engine has been told.
"""

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from rillet.words.errors import Busy, EngineError, InvalidRequest, RilletError
from rillet.words.events import Event, Failure, Finish

Emit = Callable[[Sequence[Event]], None]
Produce = Callable[[Emit], Awaitable[None]]


class Generation:
    """Iterating yields batches of events. What fails before the first event is raised."""

    def __init__(self, produce: Produce, *, single: bool = False) -> None:
        self.single = single
        self._events: list[Event] = []
        self._ended = False
        self._waiting: list[asyncio.Future[None]] = []
        self._writer = asyncio.create_task(self._write(produce))

    async def __aiter__(self) -> AsyncIterator[Sequence[Event]]:
        position = 0
        while True:
            batch = self._events[position:]
            if batch:
                if position == 0 and isinstance(batch[0], Failure):
                    raise batch[0].error
                position += len(batch)
                yield batch
            elif self._ended:
                return
            else:
                await self._more()

    async def aclose(self) -> None:
        if self._writer.cancel():
            await asyncio.wait((self._writer,))
        self._end(Finish("cancel"))  # for a writer that was stopped before it began

    async def _more(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _emit(self, events: Sequence[Event]) -> None:
        self._events += events
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)

    async def _write(self, produce: Produce) -> None:
        """Exactly one terminal event, whatever happens."""
        ending: Event
        try:
            await produce(self._emit)
            ending = Failure(EngineError("the engine ended its answer without saying so"))
        except asyncio.CancelledError:
            ending = Finish("cancel")
        except RilletError as error:
            ending = Failure(error)
        except UnicodeEncodeError:
            ending = Failure(InvalidRequest("A text holds half a character (a lone surrogate)"))
        except OSError as error:
            ending = Failure(_scarce(error) or _internal(error))
        except Exception as error:
            ending = Failure(_internal(error))
        self._end(ending)

    def _end(self, ending: Event) -> None:
        if not self._ended:
            self._ended = True
            said = self._events and isinstance(self._events[-1], Finish | Failure)
            self._emit(() if said else (ending,))


def _internal(error: Exception) -> RilletError:
    return EngineError(f"internal error: {type(error).__name__}: {error}")


def _scarce(error: OSError) -> RilletError | None:
    """The error of a process that has as many files and connections as it may have."""
    if error.errno not in (errno.EMFILE, errno.ENFILE):
        return None
    return Busy(
        "the server has no file descriptor left for this request: ask again when others are done, "
        "or raise its limit (ulimit -n)",
        status=503,
        retry_after=1.0,
    )
