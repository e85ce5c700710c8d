"""Both shells behind one face: a situation is written once and read by threads and by asyncio."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rillet.client.aio import AsyncClient
from rillet.client.sync import Client
from rillet.words.errors import RilletError
from rillet.words.events import Event, Finish, Text, Thinking, ToolCall
from rillet.words.timeouts import Timeouts
from tests.client.wires import Wire

SHELLS = ("sync", "async")
QUICK = Timeouts(connect=5, first_token=5, between_tokens=5)


@dataclass
class Outcome:
    """What a reader saw, and when (seconds of the monotonic clock, one for each event)."""

    events: list[Event] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    error: BaseException | None = None
    took: float = 0.0
    see: Callable[[Event], None] = lambda event: None

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Text))

    @property
    def thinking(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Thinking))

    @property
    def calls(self) -> list[ToolCall]:
        return [event for event in self.events if isinstance(event, ToolCall)]

    @property
    def finish(self) -> Finish | None:
        last = self.events[-1] if self.events else None
        return last if isinstance(last, Finish) else None

    @property
    def verdict(self) -> str:
        """The cell of the table."""
        if self.error is not None:
            return type(self.error).__name__
        return "ok" if self.finish else "SILENT"


def read(
    shell: str, wire: Wire, url: str, see: Callable[[Event], None] | None = None, **options: Any
) -> Outcome:
    """Ask once, and read to the end. `see` is told each event as it comes."""
    options.setdefault("timeouts", QUICK)
    options.setdefault("retries", 0)
    outcome = Outcome(see=see or (lambda event: None))
    began = time.monotonic()
    try:
        if shell == "sync":
            _read_sync(wire, url, options, outcome)
        else:
            asyncio.run(_read_async(wire, url, options, outcome))
    except RilletError as error:
        outcome.error = error
    outcome.took = time.monotonic() - began
    return outcome


def _read_sync(wire: Wire, url: str, options: dict[str, Any], outcome: Outcome) -> None:
    with Client(url, api=wire.api, **options) as client:
        for event in wire.start(client):
            outcome.events.append(event)
            outcome.times.append(time.monotonic())
            outcome.see(event)


async def _read_async(wire: Wire, url: str, options: dict[str, Any], outcome: Outcome) -> None:
    async with AsyncClient(url, api=wire.api, **options) as client:
        async for event in wire.start(client):
            outcome.events.append(event)
            outcome.times.append(time.monotonic())
            outcome.see(event)
