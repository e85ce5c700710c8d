"""One engine process: started, watched, ended. It belongs to the event loop it was started in.

However it ends - by `stop`, by a crash, by a signal - `_ended` runs once: the process is reaped,
the pipes are closed, the folder goes, and only then `died` is set. So nobody who saw `died` finds
anything left. The child in turn ends when we do; `child.end_with_parent` says how.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from rillet.engine import (
    command,
    exits,
    listener,
    load_progress,
    preflight,
    survey,
    watch,
)
from rillet.engine.batch import processor_alone
from rillet.engine.endpoint import Endpoint, free_port
from rillet.engine.folder import PrivateFolder
from rillet.engine.load_progress import OnProgress
from rillet.engine.memory_limit import default_memory_limit
from rillet.engine.options import LoadOptions
from rillet.model.gguf import GgufHeader
from rillet.words.errors import EngineError, LoadFailed

#: Seconds between two questions to a llama-server whether it is ready. It cannot tell by itself.
_ASK_EVERY = 0.02
#: Seconds for a child that reported a failure to print the rest and leave.
_LAST_WORDS = 1.0
#: Seconds to wait for a killed process. One that hangs in a driver is left to its watcher.
_REAP = 5.0


class EngineProcess:
    """An engine with one model loaded, listening at `endpoint`. Made by `start`."""

    def __init__(self, options: LoadOptions, memory_limit: int | None, port: int | None) -> None:
        self.options = options
        self.memory_limit = memory_limit
        self.load_ns = 0  # from the first step of the start until it answered
        self.props: dict[str, Any] = {}  # what the engine says of itself (GET /props)
        self.died = asyncio.Event()
        self._reason = ""
        self._name = Path(options.model_path).name
        self._loaded: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._kernel_kills = watch.kernel_kills()
        self._folder = _folder()
        self.endpoint = self._choose_endpoint(port)
        self._watched: watch.Watched
        self.is_wheel = True  # the engine inside, not a llama-server of the user's

    @classmethod
    async def start(
        cls,
        options: LoadOptions,
        *,
        header: GgufHeader | None = None,
        load_timeout: float = 300,
        memory_limit: int | None = None,
        env: Mapping[str, str] | None = None,
        on_progress: OnProgress | None = None,
        unix_socket: bool = True,
        name: str = "",
    ) -> "EngineProcess":
        """Check the options and files, load the model, return when requests are answered.

        `header`: from `read_model_header`, where the files were checked already. `load_timeout` in
        seconds. `memory_limit` in bytes of private memory; None is twice the estimate and some
        gigabytes (none with a GPU), 0 none. `env` goes on top of our environment. `on_progress`
        gets per mille. `name` is what errors call the model; by default the name of its file.
        Raises `InvalidRequest`, `InvalidModelFile`, `LoadFailed` (with what the engine printed) and
        `EngineError` where there is no engine. When cancelled it leaves no process behind.
        """
        started = time.monotonic_ns()
        if header is None:
            header = await asyncio.to_thread(preflight.inspect, options)
        else:
            options.check()
        variables = {**os.environ, **(env or {})}
        binary = command.server_binary(variables)
        if memory_limit is None:
            gpu = not processor_alone() and await asyncio.to_thread(survey.has_gpu)
            # The driver of a GPU maps as much as it likes.
            memory_limit = 0 if gpu else default_memory_limit(header, options)
        process = cls(options, memory_limit, port=None if unix_socket else 0)
        process._name = name or process._name
        process.is_wheel = binary is None
        try:
            process._spawn(header, binary, variables)
            async with asyncio.timeout(load_timeout):
                await process._become_ready(binary, on_progress)
        except TimeoutError:
            await process.stop()
            raise LoadFailed(
                f"{process._name} was not loaded within {load_timeout:g} s",
                hint="A longer load timeout or a smaller model may help",
            ) from None
        except BaseException:
            await process.stop()
            raise
        process.load_ns = time.monotonic_ns() - started
        return process

    @property
    def pid(self) -> int:
        return self._watched.process.pid

    @property
    def alive(self) -> bool:
        return not self.died.is_set()

    @property
    def num_ctx(self) -> int:
        """Tokens of context that a slot really has: a model may have been made for fewer."""
        value = self.props.get("default_generation_settings", {}).get("n_ctx")
        return value if isinstance(value, int) else self.options.num_ctx

    async def wait(self) -> None:
        """Return when it has ended."""
        await self.died.wait()

    def exit_reason(self) -> str:
        """Why it ended, in one sentence; "" while it lives."""
        return self._reason

    def stderr_tail(self) -> str:
        """The last it printed, some 64 KiB at most, without control characters."""
        return exits.clean(bytes(self._watched.printed[-watch.KEPT :]))

    async def answers(self, seconds: float) -> bool:
        """Whether its listener answers within that time, or it ended meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await listener.get(self.endpoint, "/health")
        except TimeoutError:
            return not self.alive
        except OSError:
            pass  # too many connections are an answer, too
        return True

    def kill(self, reason: str = "stopped") -> None:
        """End it now, without waiting. What is left to do is done when its end is seen."""
        if self.alive:
            self._reason = self._reason or reason
            self._watched.kill()

    async def stop(self) -> None:
        """Kill it and wait until nothing is left of it. May be called at any time, any number of
        times; it is over within some milliseconds, so streams should have ended before."""
        if not hasattr(self, "_watched"):
            self._leave()
            self.died.set()
            return
        self.kill()
        try:
            async with asyncio.timeout(_REAP):
                await self.died.wait()
        except TimeoutError:
            self._leave()

    # Starting

    def _choose_endpoint(self, port: int | None) -> Endpoint:
        """A unix socket, unless a port is wanted or there is no place for a socket."""
        path = self._folder.socket_path() if self._folder and port is None else None
        return Endpoint(
            api_key=os.urandom(24).hex(), socket_path=path, port=None if path else port or 0
        )

    def _spawn(self, header: GgufHeader, binary: str | None, variables: Mapping[str, str]) -> None:
        if binary and self.endpoint.port == 0:
            # The wheel tells which port it got; a llama-server only prints it.
            self.endpoint = msgspec.structs.replace(self.endpoint, port=free_port())
        options = self.options.fitted(header.context_length)
        order = command.load_order(options, header, self.endpoint, binary, self.memory_limit)
        surroundings = command.surroundings(options, self.endpoint, binary, variables)
        child = command.spawn(order, surroundings, self._name)
        self._watched = watch.Watched(child, self._reported, self._ended)

    async def _become_ready(self, binary: str | None, on_progress: OnProgress | None) -> None:
        ticker = (
            asyncio.create_task(load_progress.tell(self.pid, self.options.files, on_progress))
            if on_progress
            else None
        )
        try:
            said = await self._loaded
            if binary and not said:
                await self._answers()
            elif "ready" not in said:
                await self._fail(str(said.get("failed", "")))
            elif self.endpoint.port == 0:
                port = int(said["ready"]["address"].rpartition(":")[2])
                self.endpoint = msgspec.structs.replace(self.endpoint, port=port)
            self.props = await self._ask_props()
        finally:
            if ticker:
                ticker.cancel()

    async def _fail(self, said: str) -> None:
        """Raise `LoadFailed`: with what the child `said`, or with the reason of its end."""
        if self.alive:
            try:
                async with asyncio.timeout(_LAST_WORDS):
                    await self.died.wait()
            except TimeoutError:
                pass
        why = self._reason
        if said:
            why = exits.load_failure(said, self.stderr_tail(), self.memory_limit)
        if gone := _missing(self.options.files):
            why = f"{gone} is missing"
        # Callers may pass this on to strangers, whom our folders do not concern.
        for path in self.options.files:
            why = why.replace(path, Path(path).name)
        raise LoadFailed(
            f"The engine could not load {self._name}: {why or 'it does not answer'}",
            hint=exits.remedy(why),
        )

    async def _answers(self) -> None:
        """Ask until a llama-server answers that it is healthy."""
        while self.alive:
            try:
                status, _ = await listener.get(self.endpoint, "/health")
                if status == 200:
                    return
            except OSError:
                pass
            await _first(self.died.wait(), _ASK_EVERY)
        await self._fail("")

    async def _ask_props(self) -> dict[str, Any]:
        try:
            status, body = await listener.get(self.endpoint, "/props")
            if status == 200:
                return msgspec.json.decode(body, type=dict[str, Any])
            raise LoadFailed(f"The engine answered {status} where it should describe {self._name}")
        except (OSError, msgspec.DecodeError) as error:
            why = self._reason or str(error)
            raise LoadFailed(f"The engine loaded {self._name} and then failed: {why}") from error

    # What the child does

    def _reported(self, line: bytes | None) -> None:
        if self._loaded.done():
            return
        if line is None:
            # It became a llama-server, or it died; then its end is seen within a moment.
            self._loaded.set_result({})
            return
        try:
            self._loaded.set_result(msgspec.json.decode(line, type=dict[str, Any]))
        except msgspec.DecodeError:
            self._loaded.set_result({"failed": exits.clean(line)})

    def _ended(self, returncode: int) -> None:
        self._reason = self._reason or exits.explain(
            returncode,
            self.stderr_tail(),
            killed_by_kernel=watch.kernel_kills() > self._kernel_kills,
            limit=self.memory_limit,
        )
        self._leave()
        self.died.set()

    def _leave(self) -> None:
        if self._folder:
            self._folder.remove()


def _folder() -> PrivateFolder | None:
    """None where nothing can be written, as in a container that may only read; a port of
    127.0.0.1 does as well, for it wants the key, too."""
    try:
        return PrivateFolder()
    except EngineError:
        return None


async def _first(awaitable: Any, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await awaitable
    except TimeoutError:
        pass


def _missing(paths: tuple[str, ...]) -> str:
    """The first file that is not there any more; "" for none."""
    return next((path for path in paths if not os.path.exists(path)), "")
