"""The waiting half of a flow, for threads: performs its commands on a `Transport`.

`stop` may be called from any thread or signal handler: it takes no lock and does not wait.
"""

import os
import time
from collections.abc import Generator
from queue import Empty, SimpleQueue
from typing import Any

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
from rillet.net.parting import part, stop_at_exit
from rillet.net.resuming import Parting, Place
from rillet.net.sync import Exchange, Transport
from rillet.net.turns import Turn
from rillet.words.errors import RilletError
from rillet.words.events import Event


class Runner:
    """Performs the commands of one flow."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._pid = os.getpid()
        self._exchange: Exchange | None = None
        self._stopped = False
        self._pausing: SimpleQueue[None] | None = None
        self._parting: Parting | None = None
        self.place: Place | None = None  # in the answer's record on the server, if it has one

    def perform(self, command: Any) -> Any:
        if type(command) is Read:
            assert self._exchange is not None
            return self._exchange.read(command.deadline)
        if type(command) is Release:
            assert self._exchange is not None
            self._parting = None
            return self._exchange.release()
        if type(command) is Parting:
            self._parting = command
            self.place = command.place
            stop_at_exit(self)
            if self._stopped:  # before there was anything to tell
                self.stop()
        if self._stopped:
            raise Closed
        if type(command) is Parting:
            return None
        if type(command) is Open:
            self.close()
            exchange = self._exchange = self._transport.exchange(command.request)
            if self._stopped:  # stopped between the question above and here
                exchange.close()
            return exchange.head(connect=command.connect, deadline=command.deadline)
        if type(command) is Work:
            return command.function()
        assert type(command) is Pause
        return self._pause(command.seconds)

    def _pause(self, seconds: float) -> None:
        # No Event: its set() takes a lock, which a signal handler may find taken by its own thread.
        waking = self._pausing = SimpleQueue()
        if self._stopped:
            raise Closed
        try:
            waking.get(timeout=seconds)
        except Empty:
            return
        raise Closed

    def step(self, flow: Generator[Any, Any, Any]) -> Any:
        """Drive the flow to its next list of events, or to its end: `End` with what it returned."""
        try:
            step = flow.send(None)
            while type(step) is not list:
                try:
                    result = self.perform(step)
                except (Fault, RilletError) as fault:
                    step = flow.throw(fault)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            return End(end.value)
        return step

    def stop(self) -> None:
        self._stopped = True
        if self._pausing is not None:
            self._pausing.put(None)
        self.close()
        parting, self._parting = self._parting, None
        if parting is not None and self._pid == os.getpid():  # a fork does not speak for us
            part(self._transport, parting)

    def leave(self) -> None:
        self._parting = None
        self.stop()

    def close(self) -> None:
        if self._exchange is not None:
            self._exchange.close()


class StreamSource:
    """The batches of events of one call. `next_batch` returns [] after the end or a stop."""

    def __init__(self, transport: Transport, call: Call, policy: Policy) -> None:
        self._runner = Runner(transport)
        self._flow: Flow = stream_flow(call, policy, time.monotonic)
        self._turn = Turn()

    @classmethod
    def over(cls, transport: Transport, flow: Flow) -> "StreamSource":
        """The same of a flow that is not one call alone."""
        source = cls.__new__(cls)
        source._runner = Runner(transport)
        source._flow = flow
        source._turn = Turn()
        return source

    def next_batch(self) -> list[Event]:
        with self._turn:
            return self._next()

    def _next(self) -> list[Event]:
        try:
            batch = self._runner.step(self._flow)
        except Closed:
            batch = End(None)
        except BaseException:  # Ctrl-C while waiting: the server is told at once
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


def ask(
    transport: Transport, request: Request, policy: Policy, *, model: str | None, limit: int
) -> bytes:
    """One whole answer. Raises `RilletError`."""
    body: bytes = run(transport, whole_flow(request, model, policy, time.monotonic, limit))
    return body


def run(transport: Transport, flow: Generator[Any, Any, Any]) -> Any:
    """Drive a flow that yields no events to its end: what it returns."""
    runner = Runner(transport)
    try:
        end = runner.step(flow)
    finally:
        runner.close()
    return end.value
