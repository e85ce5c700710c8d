"""The waiting half of a flow, for asyncio: performs its commands on an `AsyncTransport`.

`close` does not wait; a cancelled task leaves nothing open.
"""

import asyncio
import time
from collections.abc import Generator
from typing import Any

from rillet.net.aio import AsyncExchange, AsyncTransport
from rillet.net.faults import Closed, Fault
from rillet.net.flow import (
    Call,
    End,
    Flow,
    Open,
    Pause,
    Policy,
    Read,
    Release,
    Work,
    stream_flow,
    whole_flow,
)
from rillet.net.http1 import Request
from rillet.net.parting import part
from rillet.net.resuming import Parting, Place
from rillet.net.turns import Turn
from rillet.words.errors import RilletError
from rillet.words.events import Event


class AsyncRunner:
    """Performs the commands of one flow."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self._exchange: AsyncExchange | None = None
        self._stopped = False
        self._pausing: asyncio.Future[None] | None = None
        self._parting: Parting | None = None
        self.place: Place | None = None  # in the answer's record on the server, if it has one

    async def perform(self, command: Any) -> Any:
        if type(command) is Read:
            assert self._exchange is not None
            return await self._exchange.read(command.deadline)
        if type(command) is Release:
            assert self._exchange is not None
            self._parting = None
            return await self._exchange.release()
        if type(command) is Parting:
            self._parting = command
            self.place = command.place
            if self._stopped:  # before there was anything to tell
                self.stop()
        if self._stopped:
            raise Closed
        if type(command) is Parting:
            return None
        if type(command) is Open:
            self.close()
            self._exchange = self._transport.exchange(command.request)
            return await self._exchange.head(connect=command.connect, deadline=command.deadline)
        if type(command) is Work:
            return await asyncio.to_thread(command.function)
        assert type(command) is Pause
        return await self._pause(command.seconds)

    async def _pause(self, seconds: float) -> None:
        self._pausing = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await self._pausing
        except TimeoutError:
            return
        finally:
            self._pausing = None
        raise Closed

    async def step(self, flow: Generator[Any, Any, Any]) -> Any:
        """Drive the flow to its next list of events, or to its end: `End` with what it returned."""
        try:
            step = flow.send(None)
            while type(step) is not list:
                try:
                    result = await self.perform(step)
                except (Fault, RilletError) as fault:
                    step = flow.throw(fault)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            return End(end.value)
        return step

    def stop(self) -> None:
        self._stopped = True
        if self._pausing is not None and not self._pausing.done():
            self._pausing.set_result(None)
        self.close()
        parting, self._parting = self._parting, None
        if parting is not None:
            part(self._transport, parting)

    def leave(self) -> None:
        self._parting = None
        self.stop()

    def close(self) -> None:
        if self._exchange is not None:
            self._exchange.close()


class AsyncStreamSource:
    """The batches of events of one call. `next_batch` returns [] after the end or a stop."""

    def __init__(self, transport: AsyncTransport, call: Call, policy: Policy) -> None:
        self._runner = AsyncRunner(transport)
        self._flow: Flow = stream_flow(call, policy, time.monotonic)
        self._turn = Turn()

    @classmethod
    def over(cls, transport: AsyncTransport, flow: Flow) -> "AsyncStreamSource":
        """The same of a flow that is not one call alone."""
        source = cls.__new__(cls)
        source._runner = AsyncRunner(transport)
        source._flow = flow
        source._turn = Turn()
        return source

    async def next_batch(self) -> list[Event]:
        with self._turn:
            return await self._next()

    async def _next(self) -> list[Event]:
        try:
            batch = await self._runner.step(self._flow)
        except Closed:
            batch = End(None)
        except BaseException:  # cancelled while waiting: the server is told at once
            self._runner.stop()
            raise
        if type(batch) is End:
            self._runner.close()
            return []
        events: list[Event] = batch
        return events

    def close(self) -> None:
        self._runner.stop()

    def leave(self) -> None:
        """As `close`, but the answer is not stopped where the server keeps a record of it."""
        self._runner.leave()

    @property
    def place(self) -> Place | None:
        """The place in the answer's record on the server, by which others may follow it."""
        return self._runner.place


async def ask(
    transport: AsyncTransport, request: Request, policy: Policy, *, model: str | None, limit: int
) -> bytes:
    """One whole answer. Raises `RilletError`."""
    body: bytes = await run(transport, whole_flow(request, model, policy, time.monotonic, limit))
    return body


async def run(transport: AsyncTransport, flow: Generator[Any, Any, Any]) -> Any:
    """Drive a flow that yields no events to its end: what it returns."""
    runner = AsyncRunner(transport)
    try:
        end = await runner.step(flow)
    finally:
        runner.close()
    return end.value
