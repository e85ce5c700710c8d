"""Answers that outlive a connection: each is written into the journal, and readers follow it there.

Laws:
* One writer a record (`writing`), as many readers as like (`following`). A reader that leaves is
  counted, no more; when the last one has left, the record's `on_disconnect` decides what becomes of
  the answer.
* A record belongs to the key that began it. To everybody else it is as unknown as one that never
  was.
* A journal that is full or away takes no answer with it: the answer comes without a record.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Coroutine
from contextlib import aclosing

import msgspec

from rillet.journal.interface import Full, Header, Journal, Known
from rillet.service.following import Following
from rillet.service.interface import Generation
from rillet.service.recovery import Request, Reviver, Source
from rillet.service.writing import Writing
from rillet.words.errors import RilletError, StoreError
from rillet.words.events import Failure
from rillet.words.requests import ChatRequest

_AT_ONCE = 0.02  # seconds: a queue that is full, an engine that may not start
_ELSEWHERE = 5.0  # seconds that another server may take to stop what it writes
_SWEEP = 30.0  # seconds between two looks for what is past its retention
_log = logging.getLogger("rillet.service")


class Recorder:
    """All records of one server."""

    def __init__(self, journal: Journal, source: Source) -> None:
        self.journal = journal
        self._source = source
        self._running: dict[str, Writing] = {}
        self._reviver = Reviver(journal, source, self._running, self._write)
        self._readers: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(
        self,
        request: Request,
        *,
        owner: str,
        face: bytes,
        on_disconnect: float,
        id: str | None = None,
    ) -> Generation:
        """A new answer, as a `Following` of its record; plain where it is one record anyway, or
        where the journal takes none."""
        request = await self._source.settle(request)
        generation = await self._source.open_answer(request)
        if generation.single:
            return generation
        operation = "chat" if isinstance(request, ChatRequest) else "generate"
        body = msgspec.json.encode(request)
        header = Header(operation, body, owner, face, on_disconnect, time.time())
        id = id or new_id()
        try:
            log = await self.journal.begin(id, header)
        except (Full, StoreError) as refusal:
            _log.warning("An answer has no record: %s", refusal.message)
            return generation
        except BaseException:
            await generation.aclose()
            raise
        self._write(Writing(id, header, log, generation))
        if (error := await self._failed_at_once(id)) is not None:
            await self.journal.delete(id)
            raise error
        return self._follow(id, Known(header), 0)

    async def attach(self, id: str, owner: str, after: int = 0) -> Following | None:
        """A reader from number `after` on; None where there is no such record for this owner."""
        known = await self.find(id, owner)
        return None if known is None else self._follow(id, known, after)

    async def find(self, id: str, owner: str) -> Known | None:
        known = await self.journal.find(id)
        if known is None or not secrets.compare_digest(known.header.owner, owner):
            return None
        return known

    async def stop(self, id: str, owner: str) -> Known | None:
        """End an answer with `Finish("cancel")`, if it has not ended; what is known then."""
        known = await self.find(id, owner)
        if known is None or known.ended:
            return known
        if running := self._running.get(id):
            await running.stop()
        elif not await self._reviver.cancel(id):
            await self.journal.wish_stop(id)
            return await self._stopped_elsewhere(id, owner)
        return await self.find(id, owner)

    async def _stopped_elsewhere(self, id: str, owner: str) -> Known | None:
        until = time.monotonic() + _ELSEWHERE
        while (known := await self.find(id, owner)) and not known.ended:
            if time.monotonic() > until:
                break
            await asyncio.sleep(0.1)
        return known

    async def forget(self, id: str, owner: str) -> bool:
        """End an answer and delete its record; False where there is none for this owner."""
        if await self.stop(id, owner) is None:
            return False
        await self.journal.delete(id)
        return True

    async def start(self) -> None:
        """Take care of what another server left: go on, or wait for a reader as long as it may."""
        self._keep(self._obey())
        self._keep(self._sweep())
        for id in await self.journal.unfinished():
            known = await self.journal.find(id)
            if known is None:
                continue
            if known.header.on_disconnect < 0:
                await self._reviver.revive(id)
            else:
                self._keep(self._expire(id, known.header.on_disconnect))

    async def close(self) -> None:
        """End all answers, or leave them to the next server where the journal lasts."""
        self._reviver.closing = True
        for task in self._tasks:
            task.cancel()
        for running in list(self._running.values()):
            running.read_again()
            if self.journal.durable:
                await running.leave()
                await self.journal.release(running.id)
                await running.close()
            else:
                await running.stop()
        await self.journal.close()

    # Readers, and what becomes of an answer without any

    def _follow(self, id: str, known: Known, after: int) -> Following:
        self._readers[id] += 1
        if running := self._running.get(id):
            running.read_again()
        return Following(
            self.journal, id, known, after, goes_on=self._reviver.goes_on, left=self._left
        )

    async def _left(self, id: str) -> None:
        self._readers[id] -= 1
        if self._readers[id]:
            return
        del self._readers[id]
        running = self._running.get(id)
        if running is None or self._reviver.closing:
            return
        if (patience := running.header.on_disconnect) == 0:
            await running.stop()
        elif patience > 0:
            loop = asyncio.get_running_loop()
            running.timer = loop.call_later(patience, self._abandon, running)

    def _abandon(self, running: Writing) -> None:
        self._keep(self._stop_unwatched(running))

    async def _stop_unwatched(self, running: Writing) -> None:
        while not self._readers[running.id]:
            if not await self.journal.watched(running.id):
                await running.stop()
                return
            await asyncio.sleep(min(running.header.on_disconnect, 5.0))

    # Inside

    def _write(self, writing: Writing) -> None:
        self._running[writing.id] = writing
        writing.task.add_done_callback(lambda _: self._running.pop(writing.id, None))

    async def _failed_at_once(self, id: str) -> RilletError | None:
        """The error of an answer that ended before it was begun: it still has its own status."""
        try:
            async with asyncio.timeout(_AT_ONCE), aclosing(self.journal.follow(id)) as batches:
                event = (await anext(batches)).events[0]
        except (TimeoutError, StopAsyncIteration):
            return None
        return event.error if isinstance(event, Failure) else None

    async def _expire(self, id: str, seconds: float) -> None:
        """End a record of a former server to which no reader came back."""
        await asyncio.sleep(seconds)
        if id not in self._running:
            await self._reviver.cancel(id)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP)
            try:
                await self.journal.expire()
            except RilletError:
                pass  # whoever needs the journal is told

    async def _obey(self) -> None:
        """Stop what another server was asked to stop."""
        while True:
            for id in await self.journal.stop_wished():
                if running := self._running.get(id):
                    await running.stop()

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def new_id() -> str:
    """A name that nobody guesses: 128 bits by lot."""
    return secrets.token_hex(16)
