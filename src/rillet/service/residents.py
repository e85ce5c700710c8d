"""Loaded models: who is in memory, for how long, and who has to go.

Laws:
* One load at a time; a request for a model that is loaded as wanted does not wait for loads.
* After the last request ended a model stays for the keep_alive of the latest that said one; who
  says none does not change it.
* To make room, the idle model with the shortest keep_alive goes first, of several the one that was
  used last the longest ago; a busy one is waited for.
* An engine that died is started again by the next request; see `crashes`.
* One load serves all who wait for it, and ends when the last of them has left; then everything is
  as it was before.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from msgspec.structs import replace

from rillet.engine import EngineProcess, LoadOptions, MachineMemory, machine_memory, processor_alone
from rillet.service.crashes import Deaths
from rillet.service.model import Model
from rillet.service.relaid import loadable
from rillet.service.resident import FOR_EVER, Key, Resident, closed, key_of
from rillet.service.room import Room, needs
from rillet.service.shared_load import SharedLoad
from rillet.service.slots import Slots, Tell
from rillet.service.watchdog import end_when_hanging
from rillet.words.errors import LoadFailed
from rillet.words.events import Progress

log = logging.getLogger("rillet.service")

#: A timer of the loop takes no more than some years.
_LONGEST = 1e8
#: Seconds that a model stays that was loaded for somebody who left just then.
_UNUSED = 1.0
#: Seconds that engines may take to be seen ended; one can hang in a driver.
_LAST = 6.0
#: What nobody waits to hear.
_NOBODY: Tell = lambda now: None  # noqa: E731


class Residents:
    """The models that are loaded now, by the path of their file and their kind of work."""

    def __init__(
        self,
        *,
        max_loaded: int,
        max_queue: int,
        load_timeout: float,
        keep_alive: float = 300.0,
        starter: Callable[..., Any] = EngineProcess.start,
        memory: Callable[[], MachineMemory] = machine_memory,
    ) -> None:
        self._max_loaded = max_loaded or 3
        self._max_queue = max_queue
        self._load_timeout = load_timeout or None
        self._keep_alive = keep_alive
        self._starter = starter
        self._memory = memory
        self._loaded: dict[Key, Resident] = {}
        self._loads = Slots(1, max_queue)
        self._waited_for: dict[LoadOptions, SharedLoad] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._deaths = Deaths()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def all(self) -> list[Resident]:
        """The last to expire first."""
        return sorted(self._loaded.values(), key=lambda each: (-each.expires_at, -each.idle_since))

    def get(self, model: Model, *, embedding: bool = False) -> Resident | None:
        return self._loaded.get((model.path, embedding))

    def options(self, model: Model, *, embedding: bool = False) -> LoadOptions | None:
        """Those that it is being loaded with, or is loaded with."""
        key = (model.path, embedding)
        for load in reversed(self._waited_for.values()):
            if load.open and key_of(load.options) == key:
                return load.options
        resident = self._loaded.get(key)
        return resident.options if resident else None

    @asynccontextmanager
    async def use(
        self, model: Model, options: LoadOptions, keep_alive: float | None, tell: Tell = _NOBODY
    ) -> AsyncIterator[Resident]:
        """The model, loaded with these options, for as long as the block lasts.

        `keep_alive`: seconds that it stays then; None leaves that as it is.
        """
        resident = self._usable(options)
        while resident is None:
            await self._deaths.wait(key_of(options), model.name.display())
            await self._load(model, options).wait(tell)
            resident = self._usable(options)
        self._begin(resident, keep_alive)
        try:
            yield resident
            if resident.process.alive:
                self._deaths.make_up(resident.key)
        finally:
            self._end(resident)

    async def unload(self, model: Model) -> None:
        """Let it go when its last user is done; returns at once."""
        for embedding in (False, True):
            resident = self.get(model, embedding=embedding)
            if resident is not None:
                resident.keep_alive = 0.0
                if not resident.users and not resident.stopping:
                    await self._remove(resident)

    async def close(self) -> None:
        """End every engine, also one that is being loaded. Nothing can be loaded afterwards."""
        self._closed = True
        await asyncio.gather(*(load.cancel() for load in list(self._waited_for.values())))
        left = list(self._loaded.values())
        for resident in left:
            resident.closing = True
        await asyncio.gather(*map(self._remove, left))
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_LAST)
            for task in late:
                task.cancel()

    def _usable(self, options: LoadOptions) -> Resident | None:
        if self._closed:
            raise closed()
        resident = self._loaded.get(key_of(options))
        if resident is None or resident.stopping:
            return None
        return resident if resident.process.alive and resident.options == options else None

    def _load(self, model: Model, options: LoadOptions) -> SharedLoad:
        """The load that somebody waits for already, or a new one."""
        load = self._waited_for.get(options)
        if load is None or not load.open:
            load = self._waited_for[options] = SharedLoad(options, self._max_queue)
            load.begin(self._serve(load, model))
        return load

    async def _serve(self, load: SharedLoad, model: Model) -> None:
        try:
            async with self._loads.turn(load.tell):
                if self._usable(load.options) is None:
                    await self._make(model, load.options, load.tell)
                await load.hand_over()
        finally:
            if self._waited_for.get(load.options) is load:
                del self._waited_for[load.options]

    async def _make(self, model: Model, options: LoadOptions, tell: Tell) -> None:
        key = key_of(options)
        previous = self._loaded.get(key)
        if previous is not None:
            await self._drain(previous, tell)
        self._deaths.check(key, model.name.display())
        await self._make_room(model, options, tell)
        process = await self._start(model, options, tell)
        resident = self._loaded[key] = Resident(model, options, process, self._max_queue)
        self._spawn(self._watch(resident))
        self._spawn(end_when_hanging(resident))
        self._rest(resident, least=_UNUSED)  # its callers may not come to use it

    async def _start(self, model: Model, options: LoadOptions, tell: Tell) -> EngineProcess:
        loaded, header = await loadable(options, model.header, tell)
        start = partial(
            self._starter,
            header=header,
            load_timeout=self._load_timeout,
            on_progress=lambda progress: tell(lambda: progress),
            name=model.name.display(),
        )
        try:
            process: EngineProcess = await start(loaded)
        except LoadFailed as error:
            if loaded.projector_path == options.projector_path:
                raise
            # What sees was taken out of the model's own file; the model may read without it.
            log.warning("%s: %s", model.name.display(), error)
            process = await start(replace(loaded, projector_path=options.projector_path))
        return process

    async def _watch(self, resident: Resident) -> None:
        """An engine that dies by itself leaves at once, and is remembered for it."""
        await resident.process.wait()
        if self._loaded.get(resident.key) is resident:
            self._deaths.note(resident.key)
            self._forget(resident)
            resident.transport.close()

    async def _make_room(self, model: Model, options: LoadOptions, tell: Tell) -> None:
        wanted = needs(model.header, options)
        room = await self._room()
        room.check_without_others(wanted)
        while len(self._loaded) >= self._max_loaded or (self._loaded and not room.holds(wanted)):
            await self._drain(min(self._loaded.values(), key=_eviction_order), tell)
            room = await self._room()
        room.check(wanted)

    async def _room(self) -> Room:
        memory = self._memory() if processor_alone() else await asyncio.to_thread(self._memory)
        return Room(memory, (needs(each.model.header, each.options) for each in self.all()))

    async def _drain(self, resident: Resident, tell: Tell) -> None:
        """Wait for its users, without letting in new ones, and remove it."""
        resident.stopping = True
        try:
            if resident.users:
                tell(lambda: Progress("queued", queue_position=1))
                await resident.idle.wait()
        except asyncio.CancelledError:
            resident.stopping = False
            if not resident.users and self._loaded.get(resident.key) is resident:
                self._rest(resident)
            raise
        await self._remove(resident)

    def _begin(self, resident: Resident, keep_alive: float | None) -> None:
        resident.users += 1
        if keep_alive is not None:
            resident.keep_alive = keep_alive
        elif resident.keep_alive is None:
            resident.keep_alive = self._keep_alive
        resident.idle.clear()
        if handle := self._timers.pop(resident.key, None):
            handle.cancel()

    def _end(self, resident: Resident) -> None:
        resident.users -= 1
        if resident.users:
            return
        resident.idle.set()
        if self._loaded.get(resident.key) is resident and not resident.stopping:
            self._rest(resident)

    def _rest(self, resident: Resident, least: float = 0.0) -> None:
        """It is idle from now on, and stays for its keep_alive."""
        keep_alive = resident.keep_alive or 0.0
        resident.idle_since = time.monotonic()
        resident.expires_at = time.time() + keep_alive
        if keep_alive < FOR_EVER:
            loop = asyncio.get_running_loop()
            delay = min(max(keep_alive, least), _LONGEST)
            self._timers[resident.key] = loop.call_later(delay, self._expire, resident)

    def _expire(self, resident: Resident) -> None:
        if not resident.users and not resident.stopping:
            resident.stopping = True  # at once: before the task begins, somebody could take it
            self._spawn(self._remove(resident))

    async def _remove(self, resident: Resident) -> None:
        resident.stopping = True
        self._forget(resident)
        resident.transport.close()
        await resident.process.stop()

    def _forget(self, resident: Resident) -> None:
        if self._loaded.get(resident.key) is resident:
            del self._loaded[resident.key]
            if handle := self._timers.pop(resident.key, None):
                handle.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _eviction_order(resident: Resident) -> tuple[bool, float, float]:
    """The last is when it was used last, for those of one keep_alive."""
    return (resident.users > 0, resident.keep_alive or 0.0, resident.idle_since)
