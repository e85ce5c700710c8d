"""A proxy that cuts connections at random bytes: the worst network there is, on loopback."""

import asyncio
import random
import threading
from types import TracebackType
from typing import Self

HEAD = 400  # bytes that always pass: before the head of an answer has come it has no name yet


class CuttingProxy:
    """Passes connections on to `port`; each is reset after some bytes of its answer, most of them.

    `cuts` of all connections are cut, as a share. Runs in a thread of its own.
    """

    def __init__(self, port: int, *, cuts: float = 0.8, most: int = 4000, seed: int = 1) -> None:
        self.port = port
        self.cuts = cuts
        self.most = most
        self.count = 0
        self.place = ""
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.place = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self._random.randrange(HEAD, self.most) if self._random.random() < self.cuts else -1
        try:
            inner, outer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.transport.abort()
            return
        asking = asyncio.create_task(_copy(reader, outer))
        try:
            while data := await inner.read(65536):
                if 0 <= left <= len(data):
                    writer.write(data[:left])
                    await writer.drain()
                    self.count += 1
                    break
                left -= len(data) if left >= 0 else 0
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            asking.cancel()
            writer.close()
            outer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        pass
