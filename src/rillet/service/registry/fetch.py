"""The bytes of one blob into its parts on disk, several at a time, until all are there.

Each part asks the registry anew and is sent on from there, so an address that was signed for an
hour does not end a download of two. A server that knows no ranges is read once from the start, and
what is there already is passed over.
"""

import asyncio
from collections.abc import Callable

from rillet.model.pull_plan import Part
from rillet.service.registry.answer import Answer
from rillet.service.registry.client import Registry
from rillet.service.registry.patience import RegistryError, Tries
from rillet.service.registry.place import Place
from rillet.service.registry.threads import settled
from rillet.store.partial import PartialBlob
from rillet.words.errors import RilletError

PARTS_AT_ONCE = 16
_BLOCK = 1 << 20  # bytes that are written at once


class _NoRanges(RilletError):
    """The server answers with the whole where a part was asked for."""


class Sink:
    """Takes the bytes of one part, and writes them about a megabyte at a time."""

    def __init__(self, partial: PartialBlob, part: Part, count: Callable[[int], None]) -> None:
        self.part = part  # as it is on disk
        self.taken = 0  # bytes, since the part was begun here
        self._partial = partial
        self._count = count
        self._held: list[bytes] = []
        self._size = 0

    @property
    def place(self) -> int:
        """Where in the blob the next byte belongs."""
        return self.part.place + self._size

    @property
    def missing(self) -> int:
        return self.part.remaining - self._size

    async def take(self, data: bytes) -> None:
        data = data[: self.missing]  # some send the rest of the blob, whatever was asked for
        self._held.append(data)
        self._size += len(data)
        self.taken += len(data)
        self._count(len(data))
        if self._size >= _BLOCK or not self.missing:
            await self.flush()

    async def flush(self) -> None:
        data, self._held, self._size = b"".join(self._held), [], 0
        if data:
            # Known before it is awaited: a cancelled call is finished all the same.
            written, self.part = self.part, self.part.advanced(len(data))
            await settled(self._partial.write, written.n, data)


class Fetch:
    """One download of a blob of `size` bytes at `place`; `count` is told of each piece."""

    def __init__(
        self,
        registry: Registry,
        place: Place,
        partial: PartialBlob,
        size: int,
        count: Callable[[int], None],
    ) -> None:
        self._registry = registry
        self._place = place
        self._partial = partial
        self._size = size
        self._count = count

    async def run(self) -> None:
        """Returns when every byte is on disk. Raises `RilletError`."""
        slots = asyncio.Semaphore(PARTS_AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                for part in self._partial.remaining():
                    group.create_task(self._part(part, slots))
        except* RilletError as errors:
            first = errors.exceptions[0]
        else:
            return
        if not isinstance(first, _NoRanges):
            raise first
        await self._from_the_start()

    async def _part(self, part: Part, slots: asyncio.Semaphore) -> None:
        async with slots:
            sink = Sink(self._partial, part, self._count)
            tries = Tries(self._registry.patience)
            while sink.missing:
                before = sink.taken
                try:
                    await self._stream(sink)
                except _NoRanges:
                    raise
                except RilletError as error:
                    await tries.after(error, sink.taken - before)

    async def _stream(self, sink: Sink) -> None:
        asked = (("Range", sink.part.range_header()),)
        async with await self._registry.ask("GET", self._place, headers=asked) as answer:
            if answer.status == 200:
                if sink.place > 0 or sink.missing < self._size:
                    raise _NoRanges("no ranges")
            elif answer.status == 206:
                self._check_range(answer, sink.part)
            else:
                raise await self._registry.refusal(answer, blob=True)
            try:
                while sink.missing and (data := await answer.read()):
                    await sink.take(data)
            finally:
                await sink.flush()
            if sink.missing:
                raise RegistryError("the registry sends less than it was asked for", passing=True)

    def _check_range(self, answer: Answer, part: Part) -> None:
        """Not every server says what it sends; the digest tells in the end."""
        said = " ".join(answer.headers.get("content-range", "").lower().split())
        wanted = f"bytes {part.place}-{part.offset + part.size - 1}"
        if said not in ("", f"{wanted}/{self._size}", f"{wanted}/*"):
            raise RegistryError(f"the registry sends {said[:80]!r} for {wanted!r}", passing=True)

    async def _from_the_start(self) -> None:
        tries = Tries(self._registry.patience)
        while parts := self._partial.remaining():
            sinks = [
                Sink(self._partial, part, self._count)
                for part in sorted(parts, key=lambda part: part.offset)
            ]
            try:
                await self._pass(sinks)
            except RilletError as error:
                await tries.after(error, sum(sink.taken for sink in sinks))

    async def _pass(self, sinks: list[Sink]) -> None:
        """Read the whole blob once, and give each sink what it lacks."""
        async with await self._registry.ask("GET", self._place) as answer:
            if answer.status != 200:
                raise await self._registry.refusal(answer, blob=True)
            position, left = 0, b""
            for sink in sinks:
                try:
                    while sink.missing:
                        if not left and not (left := await answer.read()):
                            raise RegistryError("the blob ends too early", passing=True)
                        skipped = min(len(left), sink.place - position)
                        piece = left[skipped : skipped + sink.missing]
                        position += skipped + len(piece)
                        left = left[skipped + len(piece) :]
                        if piece:
                            await sink.take(piece)
                finally:
                    await sink.flush()
