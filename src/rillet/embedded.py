"""The product in this process: the same client over the embedded engine, without a server.

`local()` runs the service on an event loop in a thread of its own and gives a `Client` whose door
leads there. The way of a token is the server's; only the sockets between are left out.
"""

import asyncio
import os
import queue
import threading
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any, TypeVar

from rillet.client.sync import Client
from rillet.net.http1 import HeaderList
from rillet.service.service import Service
from rillet.words.errors import InvalidRequest, RilletError
from rillet.words.events import Event, Failure, Finish, Progress
from rillet.words.settings import Settings

_T = TypeVar("_T")
_PUT_AWAY = 2.0  # seconds for what is still under way when it is closed
PATIENCE = 0.2  # seconds of silence before progress is told; whoever embeds us sees it at once


def local(settings: Settings | None = None) -> Client:
    """A client of this process itself. A model name may be the path of a GGUF file."""
    return Client.through(LocalDoor(settings or Settings.from_env(os.environ)))


class LocalDoor:
    """To the service in this process, from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="rillet-service", daemon=True
        )
        self._thread.start()
        self._service = self._wait(self._opened(settings))

    @staticmethod
    async def _opened(settings: Settings) -> Service:
        return Service.open(settings, paths=True, patience=PATIENCE)

    def stream(self, operation: str, request: Any, headers: HeaderList = ()) -> "LocalSource":
        if headers:
            raise InvalidRequest("Answers of this process itself have no records to be kept")
        return LocalSource(self._loop, self._service, operation, request)

    def ask(self, operation: str, request: Any) -> Any:
        return self._wait(_asked(self._service, operation, request))

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self._wait(self._ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

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

    def _wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def _asked(service: Service, operation: str, request: Any) -> Any:
    """One operation with a whole answer."""
    match operation:
        case "embed":
            return await service.embed(request)
        case "tags":
            return await service.tags()
        case "ps":
            return await service.ps()
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

    def __init__(
        self, loop: asyncio.AbstractEventLoop, service: Service, operation: str, request: Any
    ) -> None:
        self._batches: queue.SimpleQueue[Sequence[Event]] = queue.SimpleQueue()
        self._ended = False
        self._running = asyncio.run_coroutine_threadsafe(
            self._run(service, operation, request), loop
        )

    def next_batch(self) -> Sequence[Event]:
        if self._ended:
            return []
        batch = self._batches.get()
        self._ended = not batch or isinstance(batch[-1], Finish | Failure)
        return batch

    def close(self) -> None:
        self._running.cancel()  # harmless when it has ended
        self._batches.put([])

    async def _run(self, service: Service, operation: str, request: Any) -> None:
        try:
            if operation in ("generate", "chat"):
                await self._answer(service, operation, request)
            else:
                await self._progress(getattr(service, operation)(request))
        except RilletError as error:
            self._batches.put([Failure(error)])
        finally:
            self._batches.put([])

    async def _answer(self, service: Service, operation: str, request: Any) -> None:
        generation = await (service.generate if operation == "generate" else service.chat)(request)
        try:
            async for batch in generation:
                self._batches.put(batch)
        finally:
            await generation.aclose()

    async def _progress(self, steps: AsyncIterator[Progress]) -> None:
        async for step in steps:
            self._batches.put([step])
        self._batches.put([Finish("success")])
