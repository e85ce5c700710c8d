"""The waiting half of a flow, for threads: performs its commands on a `Transport`.

`stop` may be called from any thread or signal handler: it takes no lock and does not wait.
"""

import threading
import time
from collections.abc import Generator
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
    stream_flow,
    whole_flow,
)
from rillet.net.http1 import Request
from rillet.net.sync import Exchange, Transport
from rillet.words.errors import RilletError
from rillet.words.events import Event


class Runner:
    """Performs the commands of one flow."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._exchange: Exchange | None = None
        self._stopped = threading.Event()

    def perform(self, command: Any) -> Any:
        if type(command) is Read:
            assert self._exchange is not None
            return self._exchange.read(command.deadline)
        if type(command) is Release:
            assert self._exchange is not None
            return self._exchange.release()
        if self._stopped.is_set():
            raise Closed
        if type(command) is Open:
            self.close()
            exchange = self._exchange = self._transport.exchange(command.request)
            if self._stopped.is_set():  # stopped between the question above and here
                exchange.close()
            return exchange.head(connect=command.connect, deadline=command.deadline)
        assert type(command) is Pause
        if self._stopped.wait(command.seconds):
            raise Closed
        return None

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
        self._stopped.set()
        self.close()

    def close(self) -> None:
        if self._exchange is not None:
            self._exchange.close()


class StreamSource:
    """The batches of events of one call. `next_batch` returns [] after the end or a stop."""

    def __init__(self, transport: Transport, call: Call, policy: Policy) -> None:
        self._runner = Runner(transport)
        self._flow: Flow = stream_flow(call, policy, time.monotonic)

    def next_batch(self) -> list[Event]:
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


def ask(transport: Transport, request: Request, policy: Policy, *, model: str | None, limit: int) -> bytes:
    """One whole answer. Raises `RilletError`."""
    runner = Runner(transport)
    try:
        end = runner.step(whole_flow(request, model, policy, time.monotonic, limit))
    finally:
        runner.close()
    body: bytes = end.value
    return body
