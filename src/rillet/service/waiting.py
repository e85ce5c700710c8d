"""What a waiting caller is told: queue place, load and prompt progress, but not at once.

Most answers begin before anyone would wonder; those get no progress at all, as with Ollama, and an
error that comes early enough still has its own HTTP status. Later the state of things is told at
regular times, whether it changed or not: silence would look like a dead server.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType

from rillet.service.generation import Emit
from rillet.words.events import Progress

EVERY = 1.0  # seconds between two progress events


class Waiting:
    """Emits the latest progress after `patience` seconds and then every `EVERY`, until `over`."""

    def __init__(self, emit: Emit, patience: float) -> None:
        self._emit = emit
        self._now: Callable[[], Progress] | None = None
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(patience, self._tick)

    def tell(self, now: Callable[[], Progress]) -> None:
        """From now on the state is what `now` returns when it is asked."""
        self._now = now

    def progress(self, progress: Progress) -> None:
        self._now = lambda: progress

    def over(self) -> None:
        """The answer begins: there is nothing more to tell. May be called again."""
        self._timer.cancel()

    def __enter__(self) -> "Waiting":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.over()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(EVERY, self._tick)
        if self._now is not None:
            self._emit((self._now(),))
