"""The journal in memory: the default. Its records end with this process.

Sizes are estimates: an event that a reader may still see as an object counts with what objects
cost, an ended record with its packed bytes.
"""

import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence

from rillet.journal.interface import Batch, Full, Header, Known, Limits, Unshared
from rillet.journal.tail import PACKED, Tail, ends
from rillet.words.events import Event

WEIGHED = 16  # events that are weighed together: as many of a record may not be in its size


class _Record:
    """One record, its size and its writing end."""

    def __init__(self, journal: "MemoryJournal", id: str, header: Header, tail: Tail) -> None:
        self.id = id
        self.header = header
        self.size = 0
        self.ended_at = 0.0
        self.tail = tail
        self._weighed = tail.base  # the number of the last event that is in `size`
        self._journal = journal

    @property
    def last(self) -> int:
        return self.tail.last

    def append(self, events: Sequence[Event]) -> None:
        tail = self.tail
        if tail.closed:
            return
        if self.size > self._journal.limits.stream and not ends(events):
            raise Full("the answer is longer than a record may be")
        tail.publish(events)
        if tail.ended:
            self._journal.end(self)
        elif tail.last - self._weighed >= WEIGHED:
            self._journal.grow(self, tail.weigh(self._weighed))
            self._weighed = tail.last

    async def settled(self) -> None:
        pass


class MemoryJournal(Unshared):
    """Records in a dictionary. For one event loop.

    The clock counts retention alone, so it is one that nobody sets.
    """

    durable = False

    def __init__(
        self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits or Limits()
        self.size = 0
        self._clock = clock
        self._records: dict[str, _Record] = {}
        self._ended: dict[str, _Record] = {}  # in the order of their ends
        self._owned: Counter[str] = Counter()

    async def begin(self, id: str, header: Header) -> _Record:
        self._expire()
        self._drop(self.limits.owner, header.owner)
        self._drop(self.limits.total)
        if self._owned[header.owner] > self.limits.owner or self.size > self.limits.total:
            raise Full("the journal is full of answers that still run")
        return self.adopt(id, header, Tail())

    def adopt(self, id: str, header: Header, tail: Tail) -> _Record:
        """A record that another store has begun, and cannot go on with."""
        record = self._records[id] = _Record(self, id, header, tail)
        self.grow(record, PACKED + len(header.request))
        return record

    def tail(self, id: str) -> Tail | None:
        """The events of a record, where it is here."""
        record = self._records.get(id)
        return None if record is None else record.tail

    async def take_over(self, id: str) -> None:
        return None

    async def release(self, id: str) -> None:
        if record := self._records.get(id):
            record.tail.close()

    async def find(self, id: str) -> Known | None:
        self._expire()
        record = self._records.get(id)
        return None if record is None else Known(record.header, record.last, record.tail.ended)

    async def follow(self, id: str, after: int = 0) -> AsyncGenerator[Batch, None]:
        self._expire()
        if record := self._records.get(id):
            async for batch in record.tail.follow(after):
                yield batch

    async def unfinished(self) -> list[str]:
        return []

    async def delete(self, id: str) -> None:
        if record := self._records.get(id):
            self._forget(record)

    async def expire(self) -> None:
        self._expire()

    async def close(self) -> None:
        for record in self._records.values():
            record.tail.close()

    # What a record tells its journal

    def grow(self, record: _Record, size: int) -> None:
        record.size += size
        self.size += size
        self._owned[record.header.owner] += size
        if size > 0 and self.size > self.limits.total:
            self._drop(self.limits.total)

    def end(self, record: _Record) -> None:
        record.ended_at = self._clock()
        self._ended[record.id] = record
        self.grow(record, record.tail.pack() + len(record.header.request) - record.size)

    def _expire(self) -> None:
        oldest = self._clock() - self.limits.retention
        while self._ended:
            record = next(iter(self._ended.values()))
            if record.ended_at > oldest:
                break
            self._forget(record)

    def _drop(self, most: int, owner: str | None = None) -> None:
        """Forget ended records, the oldest first, until the rest is within `most`."""
        for record in list(self._ended.values()):
            if (self.size if owner is None else self._owned[owner]) <= most:
                break
            if owner is None or record.header.owner == owner:
                self._forget(record)

    def _forget(self, record: _Record) -> None:
        del self._records[record.id]
        self._ended.pop(record.id, None)
        self.grow(record, -record.size)
        if not self._owned[record.header.owner]:
            del self._owned[record.header.owner]
        record.tail.close()
