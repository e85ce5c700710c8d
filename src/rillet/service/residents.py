"""Loaded models: who is in memory, for how long, and who has to go.

Laws:
* One load at a time; a request for a model that is loaded as wanted does not wait for loads.
* A model stays for the keep_alive of the latest request after the last one ended.
* To make room, the idle model with the shortest keep_alive goes first; a busy one is waited for.
* An engine that died is started again by the next request; after three deaths within a minute the
  next start waits, and says so.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from rillet.engine import EngineProcess, LoadOptions, available_memory, estimate_memory
from rillet.net.address import Target
from rillet.net.aio import AsyncTransport
from rillet.service.library import Model
from rillet.service.slots import Slots
from rillet.words.errors import Busy, EngineDied, ServerError
from rillet.words.events import Progress

OnProgress = Callable[[Progress], None]
#: A model that completes and embeds is loaded twice: the engine does one or the other.
Key = tuple[str, bool]
FOR_EVER = float("inf")
_DEATHS_WINDOW = 60.0  # seconds in which deaths are counted
_DEATHS_LIMIT = 3


class Resident:
    """One model in memory."""

    def __init__(self, model: Model, options: LoadOptions, process: EngineProcess) -> None:
        self.model = model
        self.options = options
        self.process = process
        self.slots = Slots(options.parallel)
        self.users = 0
        self.keep_alive = 0.0
        self.expires_at = FOR_EVER  # on time.time(); while it is used it has no meaning
        self.stopping = False
        self.idle = asyncio.Event()
        self.idle.set()
        endpoint = process.endpoint
        headers = (("authorization", f"Bearer {endpoint.api_key}"),)
        target = Target(
            scheme="http", host="127.0.0.1", port=endpoint.port or 80, unix=endpoint.socket_path
        )
        self.transport = AsyncTransport(target, headers=headers, pool_size=options.parallel + 2)

    @property
    def num_ctx(self) -> int:
        return self.process.num_ctx

    @property
    def key(self) -> Key:
        return _key(self.options)


class Residents:
    """The models that are loaded now, by the path of their file and their kind of work."""

    def __init__(
        self,
        *,
        max_loaded: int,
        max_queue: int,
        load_timeout: float,
        starter: Callable[..., Any] = EngineProcess.start,
    ) -> None:
        self._max_loaded = max_loaded or 3
        self._max_queue = max_queue
        self._load_timeout = load_timeout or None
        self._starter = starter
        self._loaded: dict[Key, Resident] = {}
        self._loading = asyncio.Lock()
        self._pending = 0
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._deaths: dict[Key, list[float]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def all(self) -> list[Resident]:
        """The last to expire first."""
        return sorted(self._loaded.values(), key=lambda each: -each.expires_at)

    def get(self, model: Model, *, embedding: bool = False) -> Resident | None:
        return self._loaded.get((model.path, embedding))

    @asynccontextmanager
    async def use(
        self,
        model: Model,
        options: LoadOptions,
        keep_alive: float,
        on_progress: OnProgress | None = None,
    ) -> AsyncIterator[Resident]:
        """The model, loaded with these options, for as long as the block lasts."""
        resident = self._usable(options) or await self._load_in_turn(model, options, on_progress)
        self._begin(resident, keep_alive)
        try:
            yield resident
        finally:
            self._end(resident)

    async def unload(self, model: Model) -> None:
        """Let it go when its last user is done; returns at once."""
        for embedding in (False, True):
            resident = self.get(model, embedding=embedding)
            if resident is not None:
                resident.keep_alive = 0.0
                if not resident.users:
                    await self._remove(resident)

    async def close(self) -> None:
        for handle in self._timers.values():
            handle.cancel()
        self._timers.clear()
        await asyncio.gather(*(self._remove(each) for each in list(self._loaded.values())))
        await asyncio.gather(*self._closing)

    def _usable(self, options: LoadOptions) -> Resident | None:
        resident = self._loaded.get(_key(options))
        if resident is None or resident.stopping:
            return None
        return resident if resident.process.alive and resident.options == options else None

    async def _load_in_turn(
        self, model: Model, options: LoadOptions, on_progress: OnProgress | None
    ) -> Resident:
        if self._pending >= self._max_queue:
            raise Busy(
                "server busy, please try again.  maximum pending requests exceeded",
                status=503,
                retry_after=1.0,
            )
        self._pending += 1
        try:
            async with self._loading:
                return self._usable(options) or await self._load(model, options, on_progress)
        finally:
            self._pending -= 1

    async def _load(
        self, model: Model, options: LoadOptions, on_progress: OnProgress | None
    ) -> Resident:
        previous = self._loaded.get(_key(options))
        if previous is not None:
            await self._drain(previous)
        self._check_deaths(model, _key(options))
        await self._make_room(model, options)
        process = await self._starter(
            options, header=model.header, load_timeout=self._load_timeout, on_progress=on_progress
        )
        resident = self._loaded[_key(options)] = Resident(model, options, process)
        watching = asyncio.create_task(self._watch(resident))
        self._closing.add(watching)
        watching.add_done_callback(self._closing.discard)
        return resident

    async def _watch(self, resident: Resident) -> None:
        """An engine that dies by itself leaves at once, and is remembered for it."""
        await resident.process.wait()
        if not resident.stopping:
            self._deaths.setdefault(resident.key, []).append(time.monotonic())
            self._forget(resident)
            resident.transport.close()

    def _check_deaths(self, model: Model, key: Key) -> None:
        now = time.monotonic()
        deaths = [at for at in self._deaths.get(key, ()) if now - at < _DEATHS_WINDOW]
        self._deaths[key] = deaths
        pause = 2.0 ** (len(deaths) - _DEATHS_LIMIT) if len(deaths) >= _DEATHS_LIMIT else 0.0
        if deaths and now - deaths[-1] < pause:
            raise Busy(
                f"the engine of {model.name.display()} died {len(deaths)} times within a minute; "
                f"it is started again in {pause:.0f} s",
                status=503,
                retry_after=pause,
            )

    async def _make_room(self, model: Model, options: LoadOptions) -> None:
        needed = estimate_memory(model.header, options)
        while len(self._loaded) >= self._max_loaded or (
            self._loaded and needed > available_memory()
        ):
            await self._drain(min(self._loaded.values(), key=_eviction_order))
        free = available_memory()
        if free and needed > free:
            raise ServerError(
                f"model requires more system memory ({_gib(needed)}) than is available ({_gib(free)})",
                status=500,
                hint="A smaller num_ctx, a smaller quantisation or a smaller model needs less",
            )

    async def _drain(self, resident: Resident) -> None:
        resident.stopping = True  # newcomers wait for the next load
        await resident.idle.wait()
        await self._remove(resident)

    def _begin(self, resident: Resident, keep_alive: float) -> None:
        resident.users += 1
        resident.keep_alive = keep_alive
        resident.idle.clear()
        if handle := self._timers.pop(resident.key, None):
            handle.cancel()

    def _end(self, resident: Resident) -> None:
        resident.users -= 1
        if resident.users:
            return
        resident.idle.set()
        if self._loaded.get(resident.key) is not resident or resident.stopping:
            return
        resident.expires_at = time.time() + resident.keep_alive
        if resident.keep_alive < FOR_EVER:
            loop = asyncio.get_running_loop()
            # A timer of the loop takes no more than some years.
            delay = min(resident.keep_alive, 1e8)
            self._timers[resident.key] = loop.call_later(delay, self._expire, resident)

    def _expire(self, resident: Resident) -> None:
        if not resident.users:
            removing = asyncio.get_running_loop().create_task(self._remove(resident))
            self._closing.add(removing)
            removing.add_done_callback(self._closing.discard)

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


def _key(options: LoadOptions) -> Key:
    return (options.model_path, options.embedding)


def died(resident: Resident) -> EngineDied:
    """What to tell a caller whose engine went away."""
    reason = resident.process.exit_reason() or "it does not answer"
    return EngineDied(f"the engine of {resident.model.name.display()} ended: {reason}")


def _eviction_order(resident: Resident) -> tuple[bool, float, str]:
    return (resident.users > 0, resident.keep_alive, resident.model.path)


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"
