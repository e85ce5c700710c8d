"""Engines that die by themselves: how often lately, and how long the next start has to wait.

One death is an accident: the next request starts the engine again at once. One that dies again and
again would otherwise keep the machine busy with loads alone. Each whole answer makes up for one
death, so a model that works is not held back for those whose prompts kill it.
"""

import asyncio
import time
from collections.abc import Callable

from rillet.service.resident import Key
from rillet.words.errors import Busy

WINDOW = 60.0  # seconds in which deaths are counted
#: Deaths within the window before a start has to wait: more than two answers may cause (see
#: `continuing`), so that whoever comes after a prompt that kills its engines, and after somebody
#: who tried it again, finds one started.
LIMIT = 11
#: Seconds: the longest wait between two starts, and one so short that nobody is sent away for it.
LONGEST = 16.0
SHORT = 2.5


class Deaths:
    """`clock` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deaths: dict[Key, list[float]] = {}

    def note(self, key: Key) -> None:
        self._deaths[key] = [*self._recent(key), self._clock()]

    def make_up(self, key: Key) -> None:
        """An answer of this engine has come to its end."""
        if deaths := self._recent(key):
            self._deaths[key] = deaths[1:]

    async def wait(self, key: Key, name: str) -> None:
        """Return when it may be started; `check` where that is further away than `SHORT`."""
        left = self._left(self._recent(key))
        if 0 < left <= SHORT:
            await asyncio.sleep(left)
        self.check(key, name)

    def check(self, key: Key, name: str) -> None:
        """Raise `Busy` (503) while it has to wait: 1 s after `LIMIT` deaths, then doubling up to
        `LONGEST`."""
        deaths = self._recent(key)
        if not deaths:
            self._deaths.pop(key, None)
        left = self._left(deaths)
        if left > 0:
            raise Busy(
                f"the engine of {name} died {len(deaths)} times within a minute; "
                f"it is started again in {left:.1f} s",
                status=503,
                retry_after=left,
            )

    def _left(self, deaths: list[float]) -> float:
        if len(deaths) < LIMIT:
            return 0.0
        return deaths[-1] + min(2.0 ** (len(deaths) - LIMIT), LONGEST) - self._clock()

    def _recent(self, key: Key) -> list[float]:
        now = self._clock()
        return [at for at in self._deaths.get(key, ()) if now - at < WINDOW]
