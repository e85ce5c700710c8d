"""One answer, from the request to its last event: load, take a turn, ask the engine, pass it on.

Every answer goes this way, and no other code touches its tokens. What is added to the engine's
words: durations of the whole and of the load, the context of /api/generate, and a typed error
when the engine dies.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from rillet.net.flow import Call
from rillet.net.http1 import Request
from rillet.net.run_aio import AsyncStreamSource
from rillet.service import fitting, listener, prompts
from rillet.service.generation import Emit, Produce
from rillet.service.library import Model
from rillet.service.options import Options, layered
from rillet.service.resident import Resident
from rillet.service.waiting import Waiting
from rillet.text.thinking import ThinkingSplitter
from rillet.wire import llamacpp
from rillet.words.errors import EngineDied, StreamTruncated, Unreachable
from rillet.words.events import Event, Failure, Finish, Progress, Text, Thinking, Timings
from rillet.words.requests import ChatRequest, GenerateRequest

if TYPE_CHECKING:
    from rillet.service.service import Service

Batch = Sequence[Event]
Split = Callable[[Batch], Batch]
STREAM = (*listener.JSON, ("accept", "text/event-stream"))


class Answer:
    """What one answer is made from."""

    def __init__(
        self, service: "Service", model: Model, request: GenerateRequest | ChatRequest
    ) -> None:
        self.service = service
        self.model = model
        self.request = request
        self.options: Options = layered(model.params, request.options)
        self.begun = time.perf_counter_ns()
        self.loaded = self.begun

    @asynccontextmanager
    async def engine(self, keep_alive: float, waiting: Waiting) -> AsyncIterator[Resident]:
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


def generate(
    service: "Service", model: Model, request: GenerateRequest, keep_alive: float
) -> Produce:
    """Complete one prompt."""
    answer = Answer(service, model, request)

    async def produce(emit: Emit) -> None:
        await _twice(write, emit, service.patience)

    async def write(emit: Emit, waiting: Waiting) -> None:
        async with answer.engine(keep_alive, waiting) as resident:
            prompt = await prompts.generate_prompt(resident, model, request)
            fitted = await fitting.prompt(resident, prompt, answer.options, request)
            call = _completion(resident, fitted, answer)
            pieces: list[str] = []

            async for batch in _events(resident, call, waiting):
                pieces += [event.text for event in batch if type(event) is Text]
                last = batch[-1]
                if type(last) is Finish:
                    context = None
                    if not request.raw:
                        context = await _context(resident, prompt, pieces)
                    batch = [*batch[:-1], answer.finish(last, context)]
                emit(batch)

    return produce


def chat(service: "Service", model: Model, request: ChatRequest, keep_alive: float) -> Produce:
    """The next message of a chat."""
    answer = Answer(service, model, request)
    template = prompts.template_of(model, request)

    async def produce(emit: Emit) -> None:
        await _twice(write, emit, service.patience)

    async def write(emit: Emit, waiting: Waiting) -> None:
        async with answer.engine(keep_alive, waiting) as resident:
            if template is None:
                call = await _jinja_chat(resident, answer, request)
                split: Split = _as_it_is
            else:
                request_fitting = await fitting.chat(resident, model, request, template)
                prompt = prompts.rendered_chat(template, model, request_fitting)
                fitted = await fitting.prompt(resident, prompt, answer.options, request)
                call = _completion(resident, fitted, answer)
                split = _thinking(prompt) if prompts.thinks(model, request.think) else _as_it_is
            async for raw in _events(resident, call, waiting):
                batch = split(raw)
                if batch and type(batch[-1]) is Finish:
                    batch = [*batch[:-1], answer.finish(batch[-1])]
                if batch:
                    emit(batch)

    return produce


async def rendered(service: "Service", model: Model, request: GenerateRequest | ChatRequest) -> str:
    """The prompt as the model would see it."""
    answer = Answer(service, model, request)
    load = service.load_options(model, answer.options, request.shift)
    async with (
        service.residents.use(model, load, service.keep_alive(request.keep_alive)) as resident,
        resident.asides,
    ):
        if isinstance(request, GenerateRequest):
            return await prompts.generate_prompt(resident, model, request)
        template = prompts.template_of(model, request)
        if template is not None:
            return prompts.rendered_chat(template, model, request)
        return await listener.apply_template(resident, prompts.chat_template_body(model, request))


async def counted(service: "Service", model: Model, request: ChatRequest) -> int:
    """The number of tokens of the prompt."""
    prompt = await rendered(service, model, request)
    load = service.load_options(model, layered(model.params, request.options), request.shift)
    keep_alive = service.keep_alive(None)
    async with service.residents.use(model, load, keep_alive) as resident, resident.asides:
        return len(await listener.tokenize(resident, prompt))


async def _jinja_chat(resident: Resident, answer: Answer, request: ChatRequest) -> Call:
    model = answer.model
    fitted = await fitting.chat(resident, model, request, None)
    body = llamacpp.chat_body(
        prompts.messages_of(model, fitted.messages),
        msgspec.structs.asdict(answer.options),
        num_ctx=resident.num_ctx,
        tools=request.tools or (),
        format=request.format,
        think=prompts.thought(model, request.think),
        logprobs=bool(request.logprobs),
        top_logprobs=request.top_logprobs or 0,
    )
    sent = Request("POST", "/v1/chat/completions", STREAM, msgspec.json.encode(body))
    return Call(sent, llamacpp.ChatDecoder)


def _completion(resident: Resident, prompt: str | list[int], answer: Answer) -> Call:
    request = answer.request
    top = request.top_logprobs or 0
    body = llamacpp.completion_body(
        prompt,
        msgspec.structs.asdict(answer.options),
        num_ctx=resident.num_ctx,
        format=request.format,
        logprobs=bool(request.logprobs),
        top_logprobs=top,
    )
    sent = Request("POST", "/completion", STREAM, msgspec.json.encode(body))
    return Call(sent, lambda: llamacpp.CompletionDecoder(top_logprobs=top))


async def _context(resident: Resident, prompt: str, pieces: list[str]) -> tuple[int, ...]:
    """Ollama's `context`: the tokens of the prompt and of the text that came."""
    return tuple(await listener.tokenize(resident, prompt + "".join(pieces), special=False))


async def _twice(
    write: Callable[[Emit, Waiting], Awaitable[None]], emit: Emit, patience: float
) -> None:
    """Where the engine dies before the answer has begun, nobody has to know: it is asked again.

    Once, for the question may be what kills it.
    """
    with Waiting(emit, patience) as waiting:
        try:
            await write(emit, waiting)
        except EngineDied:
            await write(emit, waiting)


async def _events(resident: Resident, call: Call, waiting: Waiting) -> AsyncIterator[Batch]:
    """The engine's events. Leaving early closes the connection, and the engine stops.

    Raises `EngineDied` where it died before the first of them.
    """
    begun = False
    source = AsyncStreamSource(resident.transport, call, listener.PATIENT)
    try:
        while came := await source.next_batch():
            batch: Batch = came
            if type(came[0]) is Progress:
                batch = _without_progress(came, waiting)
                if not batch:
                    continue
            waiting.over()
            last = batch[-1]
            if type(last) is Failure and isinstance(last.error, Unreachable | StreamTruncated):
                error = await listener.verdict(resident, last.error)
                if not begun and len(batch) == 1:
                    raise error
                batch = [*batch[:-1], Failure(error)]
            begun = True
            yield batch
    finally:
        source.close()


def _without_progress(batch: Batch, waiting: Waiting) -> Batch:
    kept: list[Event] = []
    for event in batch:
        if type(event) is Progress:
            waiting.progress(event)
        else:
            kept.append(event)
    return kept


def _as_it_is(batch: Batch) -> Batch:
    return batch


def _thinking(prompt: str) -> Split:
    """Tells thinking from answer in the text of a template that we rendered ourselves."""
    splitter = ThinkingSplitter(starts_inside=prompt.rstrip().endswith("<think>"))

    def split(batch: Batch) -> Batch:
        found: list[Event] = []
        for event in batch:
            if type(event) is Text:
                pieces = splitter.feed(event.text)
            elif type(event) is Finish:
                pieces = splitter.finish()
            else:
                pieces = []
            found += [Thinking(text) if kind == "thinking" else Text(text) for kind, text in pieces]
            if type(event) is not Text:
                found.append(event)
        return found

    return split
