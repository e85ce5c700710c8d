"""A record that grows in memory: one appends, many follow, nobody waits for anybody.

Laws:
* `publish` wakes the followers; they take what is there in batches of at most `MOST` events.
* At its end a tail packs itself: a token costs some hundred bytes as an object, about ten packed.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from rillet.journal.interface import Batch
from rillet.journal.packing import pack, unpack
from rillet.words.events import Event, Failure, Finish, Text, Thinking

MOST = 512  # events in one batch: a reader who catches up must not get all at once
OBJECT = 160  # bytes of an event in memory beside its text, about
_TEXTS = (Text, Thinking)  # a tuple is asked ten times as fast as a union
PACKED = 2000  # bytes of an ended record beside its events, about: measured with 10,000 of them


_ENDS = (Finish, Failure)


def ends(events: Sequence[Event]) -> bool:
    """Whether a row of events ends its record."""
    return bool(events) and type(events[-1]) in _ENDS


def weight(events: Sequence[Event]) -> int:
    """Bytes that these events take in memory, about."""
    size = OBJECT * len(events)
    for event in events:
        if isinstance(event, _TEXTS):
            size += len(event.text) + 40 * len(event.tokens or ()) + 500 * len(event.logprobs or ())
        else:
            size += len(repr(event))
    return size


class Tail:
    """The events behind number `base`."""

    def __init__(self, base: int = 0) -> None:
        self.base = base
        self.last = base
        self.ended = False
        self.closed = False  # nothing more comes, whether it has ended or not
        self._events: list[Event] = []
        self._blob: bytes | None = None
        self._waiting: list[asyncio.Future[None]] = []

    def publish(self, events: Sequence[Event]) -> None:
        """Add what may be seen from now on."""
        self._events += events
        self.last += len(events)
        if events and type(events[-1]) in _ENDS:
            self.ended = self.closed = True
        if self._waiting:
            self._wake()

    def weigh(self, after: int) -> int:
        """Bytes that the events behind number `after` take in memory, about."""
        return weight(self._events[after - self.base :])

    def close(self) -> None:
        """Nothing more comes."""
        self.closed = True
        self._wake()

    def pack(self) -> int:
        """Keep the events packed; the bytes that they take now."""
        if self._blob is None:
            self._blob = pack(self._events)
            self._events = []
        size = len(self._blob)
        return size + size // 16 + PACKED  # the allocator leaves a twentieth between such blocks

    async def follow(self, after: int) -> AsyncIterator[Batch]:
        """What comes behind number `after`, which is not below the base, until it is closed."""
        at = after - self.base
        held: list[Event] | None = None
        while True:
            if self._blob is not None and held is None:
                held = unpack(self._blob)
            events = self._events if held is None else held
            if at < len(events):
                batch = events[at : at + MOST]
                yield Batch(self.base + at + 1, batch)
                at += len(batch)
            elif self.closed:
                return
            else:
                await self._more()

    async def _more(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)
