"""What one answer is made from, and its way to an engine: the model loaded, and a turn at it."""

import copy
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from rillet.service.model import Model
from rillet.service.options import Options, check_answering, layered, settled
from rillet.service.resident import Resident
from rillet.service.waiting import Waiting
from rillet.words.events import Finish, Progress, Timings
from rillet.words.requests import ChatRequest, GenerateRequest

if TYPE_CHECKING:
    from rillet.service.service import Service


class Answer:
    """What one answer is made from."""

    def __init__(
        self, service: "Service", model: Model, request: GenerateRequest | ChatRequest
    ) -> None:
        self.service = service
        self.model = model
        self.request = request
        self.options: Options = settled(layered(model.params, request.options))
        check_answering(self.options)
        self.begun = time.perf_counter_ns()
        self.loaded = self.begun

    def again(self, request: ChatRequest) -> "Answer":
        """The same answer, asked otherwise."""
        other = copy.copy(self)
        other.request = request
        return other

    @asynccontextmanager
    async def engine(self, keep_alive: float | None, waiting: Waiting) -> AsyncIterator[Resident]:
        """The model, loaded, and a turn at it; again where the engine died before the turn came."""
        residents = self.service.residents
        while True:
            load = self.service.load_options(self.model, self.options, self.request.shift)
            async with residents.use(self.model, load, keep_alive, waiting.tell) as resident:
                self.loaded = time.perf_counter_ns()
                async with resident.slots.turn(waiting.tell):
                    if resident.process.alive:
                        waiting.progress(Progress("prompt"))
                        yield resident
                        return

    def finish(self, finish: Finish, context: tuple[int, ...] | None = None) -> Finish:
        """The engine's end with our clocks."""
        timings = finish.timings or Timings()
        total = time.perf_counter_ns() - self.begun
        timings = msgspec.structs.replace(timings, total=total, load=self.loaded - self.begun)
        # Ollama has no word for an answer that calls tools; OpenAI's faces see the calls.
        reason = "stop" if finish.reason == "tool_calls" else finish.reason
        return msgspec.structs.replace(finish, reason=reason, timings=timings, context=context)
