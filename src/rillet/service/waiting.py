"""What a waiting caller is told: queue place, load and prompt progress, but not at once.

Most answers begin before anyone would wonder; those get no progress at all, as with Ollama, and an
error that comes early enough still has its own HTTP status.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from rillet.service.generation import Emit
from rillet.service.slots import Slots
from rillet.words.events import Event, Progress

EVERY = 1.0  # seconds between two progress events


class Waiting:
    """Passes progress on after `patience` seconds of silence, at most once every `EVERY`."""

    def __init__(self, emit: Emit, patience: float) -> None:
        self._emit = emit
        self._due = time.monotonic() + patience

    def progress(self, progress: Progress) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY
            self._emit((progress,))

    def without_early_progress(self, events: Sequence[Event]) -> Sequence[Event]:
        """A batch from the engine, its progress events passed through the same gate."""
        if type(events[0]) is not Progress:
            return events
        for event in events:
            if type(event) is Progress:
                self.progress(event)
        return [event for event in events if type(event) is not Progress]

    @asynccontextmanager
    async def turn(self, slots: Slots) -> AsyncIterator[None]:
        """A slot for as long as the block lasts."""
        if slots.try_take():
            turn = None
        else:
            turn = slots.join()
        try:
            while turn is not None and not turn.done():
                self.progress(Progress("queued", queue_position=slots.place(turn)))
                left = max(0.05, self._due - time.monotonic())
                await asyncio.wait((turn,), timeout=left)
            yield
        finally:
            slots.leave(turn)
