"""Answers that outlive a connection: each is written into the journal, and readers follow it there.

Laws:
* One writer a record, as many readers as like. A reader that leaves is counted, no more; when the
  last one has left, the record's `on_disconnect` decides what becomes of the answer.
* A record belongs to the key that began it. To everybody else it is as unknown as one that never
  was.
* A record ends with one terminal event. The one exception: where the journal outlives the process,
  a server that is told to end leaves its records open, and the next one goes on with them.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, Protocol

import msgspec

from rillet.journal.interface import Full, Header, Journal, Known, Log
from rillet.journal.tail import ends
from rillet.service.interface import Generation
from rillet.words.errors import EngineError, RilletError
from rillet.words.events import Event, Failure, Finish
from rillet.words.requests import ChatRequest, GenerateRequest

Request = GenerateRequest | ChatRequest
_AT_ONCE = 0.02  # seconds: a queue that is full, an engine that may not start
_SWEEP = 30.0  # seconds between two looks for what is past its retention
_AGAIN = 0.2  # seconds until a record whose writer is gone, and which cannot be had, is looked at


class Source(Protocol):
    """Where answers come from."""

    async def open_answer(self, request: Request) -> Generation:
        """Raises what can be said before the first event."""

    async def settle(self, request: Any) -> Any:
        """The request with all that would be left to chance, so that it can be asked again."""

    async def reopen(self, request: Request, events: Sequence[Event]) -> Generation:
        """The rest of an answer of which these events are there."""


class _Running:
    """A record that is being written here."""

    def __init__(self, id: str, header: Header, log: Log, generation: Generation) -> None:
        self.id = id
        self.header = header
        self.log = log
        self.generation = generation
        self.timer: asyncio.TimerHandle | None = None
        self.writing: asyncio.Task[None] | None = None


class Following:
    """One reader of a record: batches of events behind number `after`, to the end.

    It looks like a generation, but closing it only ends the reading.
    """

    single = False

    def __init__(self, recorder: "Recorder", id: str, known: Known, after: int) -> None:
        self.id = id
        self.after = after
        self.known = known
        self.survives = recorder.durable
        self._recorder = recorder
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[Sequence[Event]]:
        after = self.after
        while True:
            async for batch in self._recorder.journal.follow(self.id, after):
                after = batch.first + len(batch.events) - 1
                yield batch.events
                if ends(batch.events):
                    return
            if not await self._recorder.goes_on(self.id, after):
                return

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            await self._recorder.left(self.id)


class Recorder:
    """All records of one server."""

    def __init__(self, journal: Journal, source: Source) -> None:
        self.journal = journal
        self._source = source
        self._running: dict[str, _Running] = {}
        self._readers: Counter[str] = Counter()
        self._reviving = asyncio.Lock()
        self._closing = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def durable(self) -> bool:
        return self.journal.durable

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
        where the journal is full."""
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
        except Full:
            return generation
        except BaseException:
            await generation.aclose()
            raise
        self._write(_Running(id, header, log, generation))
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
            await self._stop(running)
        elif log := await self.journal.take_over(id):
            log.append((Finish("cancel"),))
            await log.settled()
        else:
            await self.journal.wish_stop(id)
        return await self.find(id, owner)

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
                await self._revive(id)
            else:
                self._keep(self._expire(id, known.header.on_disconnect))

    async def close(self) -> None:
        """End all answers, or leave them to the next server where the journal lasts."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        for running in list(self._running.values()):
            if running.timer is not None:
                running.timer.cancel()
            if not self.durable:
                await self._stop(running)
            elif running.writing is not None:
                running.writing.cancel()
                await asyncio.wait((running.writing,))
                await self.journal.release(running.id)
                await running.generation.aclose()
        await self.journal.close()

    # What a reader tells

    async def goes_on(self, id: str, after: int) -> bool:
        """Nobody writes this record: make somebody. False where nothing comes behind `after`."""
        while not self._closing:
            known = await self.journal.find(id)
            if known is None:
                return False
            if known.ended:
                return known.last > after
            if await self._revive(id):
                return True
            if not self.durable:
                return False
            await asyncio.sleep(_AGAIN)  # another server may be at it
            if (again := await self.journal.find(id)) and again.last > known.last:
                return True
        return False

    async def left(self, id: str) -> None:
        self._readers[id] -= 1
        if self._readers[id]:
            return
        del self._readers[id]
        running = self._running.get(id)
        if running is None or self._closing or (patience := running.header.on_disconnect) < 0:
            return
        if patience == 0:
            await self._stop(running)
        else:
            loop = asyncio.get_running_loop()
            running.timer = loop.call_later(patience, self._abandon, running)

    # Inside

    def _follow(self, id: str, known: Known, after: int) -> Following:
        self._readers[id] += 1
        running = self._running.get(id)
        if running is not None and running.timer is not None:
            running.timer.cancel()
            running.timer = None
        return Following(self, id, known, after)

    async def _failed_at_once(self, id: str) -> RilletError | None:
        """The error of an answer that ended before it was begun: it still has its own status."""
        try:
            async with asyncio.timeout(_AT_ONCE), aclosing(self.journal.follow(id)) as batches:
                event = (await anext(batches)).events[0]
        except (TimeoutError, StopAsyncIteration):
            return None
        return event.error if isinstance(event, Failure) else None

    def _abandon(self, running: _Running) -> None:
        self._keep(self._stop_unwatched(running))

    async def _stop_unwatched(self, running: _Running) -> None:
        while not self._readers[running.id]:
            if not await self.journal.watched(running.id):
                await self._stop(running)
                return
            await asyncio.sleep(min(running.header.on_disconnect, 5.0))

    async def _stop(self, running: _Running) -> None:
        await running.generation.aclose()
        if running.writing is not None:
            await asyncio.wait((running.writing,))
        await running.log.settled()

    def _write(self, running: _Running) -> None:
        self._running[running.id] = running
        running.writing = asyncio.create_task(self._pump(running))

    async def _pump(self, running: _Running) -> None:
        log = running.log
        try:
            async for batch in running.generation:
                log.append(batch)
            ending: Event = Failure(EngineError("the answer ended without saying so"))
        except Full as error:
            ending = Failure(error)
            await running.generation.aclose()
        except RilletError as error:
            ending = Failure(error)
        except Exception as error:
            ending = Failure(EngineError(f"internal error: {type(error).__name__}: {error}"))
        finally:
            del self._running[running.id]
        log.append((ending,))  # nothing comes behind an end that is there already

    async def _revive(self, id: str) -> bool:
        """Write on where another writer stopped; False where that is not possible now."""
        async with self._reviving:
            if id in self._running:
                return True
            log = await self.journal.take_over(id)
            known = await self.journal.find(id)
            if log is None or known is None:
                return False
            try:
                generation = await self._source.reopen(
                    _request(known.header), await self._events(id, log.last)
                )
            except RilletError as error:
                log.append((Failure(error),))
            else:
                self._write(_Running(id, known.header, log, generation))
            return True

    async def _events(self, id: str, last: int) -> list[Event]:
        found: list[Event] = []
        if last:
            async for batch in self.journal.follow(id):
                found += batch.events
                if len(found) >= last:
                    break
        return found

    async def _expire(self, id: str, seconds: float) -> None:
        """End a record of a former server to which no reader came back."""
        await asyncio.sleep(seconds)
        if id not in self._running and (log := await self.journal.take_over(id)):
            log.append((Finish("cancel"),))

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
                    await self._stop(running)

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def new_id() -> str:
    """A name that nobody guesses: 128 bits by lot."""
    return secrets.token_hex(16)


def _request(header: Header) -> Request:
    kind: type[Request] = ChatRequest if header.operation == "chat" else GenerateRequest
    return msgspec.json.decode(header.request, type=kind)
