"""The product in this process: the same client over the embedded engine, without a server.

`local()` runs the service on an event loop in a thread of its own and gives a `Client` whose door
leads there. The way of a token is the server's; only the sockets between are left out.
"""

import asyncio
import os
import queue
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from rillet.client.sync import Client
from rillet.net.http1 import HeaderList
from rillet.service.service import Service
from rillet.words.errors import InvalidRequest, RilletError
from rillet.words.events import Event, Failure, Finish, Progress
from rillet.words.settings import Settings

_T = TypeVar("_T")
Put = Callable[[Sequence[Event]], None]
_PUT_AWAY = 2.0  # seconds for what is still under way when it is closed
PATIENCE = 0.2  # seconds of silence before progress is told; whoever embeds us sees it at once


def local(settings: Settings | None = None) -> Client:
    """A client of this process itself. A model name may be the path of a GGUF file."""
    return Client.through(LocalDoor(settings or Settings.from_env(os.environ)))


class LocalDoor:
    """To the service in this process, from any thread. A copy of it, and what a fork leaves of it
    in a child, has a service and engines of its own."""

    _loop: asyncio.AbstractEventLoop
    _thread: threading.Thread
    _pid: int
    _closed: bool

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._beginning = threading.Lock()
        self._begin()

    def __reduce__(self) -> tuple[type, tuple[Settings]]:
        return type(self), (self._settings,)

    def stream(
        self, operation: str, request: Any, headers: HeaderList = (), put: Put | None = None
    ) -> "LocalSource":
        """`put` gets the batches, from another thread, in place of `next_batch`."""
        if headers:
            raise InvalidRequest("Answers of this process itself have no records to be kept")
        source = LocalSource(put)
        source.running = self._submit(source.run(self._here(), operation, request))
        return source

    def ask(self, operation: str, request: Any) -> Any:
        try:
            return self._submit(_asked(self._here(), operation, request)).result()
        except CancelledError:
            raise _closed() from None

    def close(self) -> None:
        """Any number of times, from any thread; returns when the engines have ended."""
        if self._pid != os.getpid():
            return  # after a fork it is the parent's
        with self._lock:
            first, self._closed = not self._closed, True
        if first:
            try:
                asyncio.run_coroutine_threadsafe(self._ended(), self._loop).result()
            finally:  # also where Ctrl-C does not wait for it
                self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        with self._lock:
            self._loop.close()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="rillet-service", daemon=True
        )
        self._thread.start()
        self._service = self._submit(self._opened()).result()
        self._pid = os.getpid()

    def _here(self) -> Service:
        """The service. After a fork the thread is the parent's, and nobody would answer."""
        if self._pid != os.getpid():
            with self._beginning:
                if self._pid != os.getpid():
                    self._of_parent = self._loop, self._service  # not ours to close or collect
                    self._begin()
        return self._service

    def _submit(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        """What is begun before `close` is seen by it; afterwards nobody would run it."""
        with self._lock:
            if not self._closed:
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        work.close()
        raise _closed()

    async def _opened(self) -> Service:
        return Service.open(self._settings, paths=True, patience=PATIENCE)

    async def _ended(self) -> None:
        """What breaks off, such as a download, still needs the loop to put its things away."""
        await self._service.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if not others:
            return
        _, late = await asyncio.wait(others, timeout=_PUT_AWAY)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=_PUT_AWAY)


def _closed() -> InvalidRequest:
    return InvalidRequest("This client is closed", hint="Make another one: rillet.local()")


async def _asked(service: Service, operation: str, request: Any) -> Any:
    """One operation with a whole answer."""
    match operation:
        case "embed":
            return await service.embed(request)
        case "tags":
            return await service.tags()
        case "ps":
            return await service.ps()
        case "upstreams":
            return await service.health()
        case "show":
            return await service.show(request)
        case "copy":
            return await service.copy(request["source"], request["destination"])
        case "delete":
            return await service.delete(request["model"])
        case "version":
            return service.settings.api_version
        case "has_blob":
            return await service.has_blob(request)
        case "put_blob":
            return await _put_file(service, request)
    raise InvalidRequest(f"There is no operation {operation}")


async def _put_file(service: Service, path: str | os.PathLike[str]) -> str:
    digest = f"sha256:{await asyncio.to_thread(_sha256, path)}"

    async def chunks() -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(open, path, "rb")
        with file:
            while chunk := await asyncio.to_thread(file.read, 1 << 20):
                yield chunk

    await service.put_blob(digest, chunks())
    return digest


def _sha256(path: str | os.PathLike[str]) -> str:
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class LocalSource:
    """The batches of one answer, from the service's loop to the caller's thread.

    The wait is in a plain queue, so that Ctrl-C interrupts it; `close` may come from anywhere.
    """

    running: Future[None]

    def __init__(self, put: Put | None = None) -> None:
        self._batches: queue.SimpleQueue[Sequence[Event]] = queue.SimpleQueue()
        self._put = put or self._batches.put
        self._ended = False

    def next_batch(self) -> Sequence[Event]:
        if self._ended:
            return []
        batch = self._batches.get()
        self._ended = not batch or isinstance(batch[-1], Finish | Failure)
        return batch

    def close(self) -> None:
        self.running.cancel()  # harmless when it has ended
        self._put([])

    async def run(self, service: Service, operation: str, request: Any) -> None:
        try:
            if operation in ("generate", "chat"):
                await self._answer(service, operation, request)
            else:
                await self._progress(getattr(service, operation)(request))
        except RilletError as error:
            self._put([Failure(error)])
        finally:
            self._put([])

    async def _answer(self, service: Service, operation: str, request: Any) -> None:
        generation = await (service.generate if operation == "generate" else service.chat)(request)
        try:
            async for batch in generation:
                self._put(batch)
        finally:
            await generation.aclose()

    async def _progress(self, steps: AsyncIterator[Progress]) -> None:
        async for step in steps:
            self._put([step])
        self._put([Finish("success")])
