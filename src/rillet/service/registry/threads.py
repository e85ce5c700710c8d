"""Work on the disk beside the event loop."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def settled(work: Callable[..., T], *arguments: Any) -> T:
    """Call in a thread. A cancelled caller leaves only when the call has ended.

    So what it has been working on can be closed then. For short work alone.
    """
    future = asyncio.get_running_loop().run_in_executor(None, work, *arguments)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():
            try:
                await asyncio.wait({future})
            except asyncio.CancelledError:
                pass
        future.exception()  # it has been asked for; the cancellation goes before it
        raise


async def aside(work: Callable[[], T]) -> T:
    """Call in a thread that nobody waits for when the program ends: for long work."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def tell(answer: Callable[[Any], None], value: Any) -> None:
        if not future.done():
            answer(value)

    def run() -> None:
        try:
            told: tuple[Callable[[Any], None], Any] = (future.set_result, work())
        except BaseException as error:
            told = (future.set_exception, error)
        try:
            loop.call_soon_threadsafe(tell, *told)
        except RuntimeError:
            pass  # the loop has ended

    threading.Thread(target=run, name="rillet-verify", daemon=True).start()
    return await future
