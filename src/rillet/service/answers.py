"""One answer, from the request to its last event: load, take a turn, ask the engine, pass it on.

Every answer goes this way, and no other code touches its tokens. What is added to the engine's
words: durations of the whole and of the load, the context of /api/generate, a typed error when the
engine dies, and after that the rest of the answer from the next one (see `continuing`).
"""

import copy
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from rillet.model.template import Template
from rillet.net.flow import Call
from rillet.net.http1 import Request
from rillet.service import fitting, listener, prompts, reading
from rillet.service.continuing import Replay, Said, Seam, surviving
from rillet.service.forced_call import forced_call, in_form
from rillet.service.generation import Emit, Produce
from rillet.service.library import Model
from rillet.service.lifetime import told
from rillet.service.options import Options, check_answering, layered
from rillet.service.parting import Split, parting, special_texts, tags_of
from rillet.service.pictures import Mark, images_of
from rillet.service.resident import Resident
from rillet.service.thought_first import thought_first
from rillet.service.waiting import Waiting
from rillet.wire import llamacpp
from rillet.words.events import Event, Finish, Progress, Text, Timings
from rillet.words.requests import ChatRequest, GenerateRequest

if TYPE_CHECKING:
    from rillet.service.service import Service

Batch = Sequence[Event]
STREAM = (*listener.JSON, ("accept", "text/event-stream"))


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


def generate(
    service: "Service",
    model: Model,
    request: GenerateRequest,
    keep_alive: float | None,
    before: Batch = (),
) -> Produce:
    """Complete one prompt; go on from what was said `before`."""
    answer = Answer(service, model, request)
    template = None if request.raw else prompts.template_of(model, request)
    form = model.go  # tells how thoughts are written, whichever is rendered

    async def attempt(emit: Emit, said: Said) -> None:
        with Waiting(emit, service.patience) as waiting:
            await write(emit, waiting, said)

    async def write(emit: Emit, waiting: Waiting, said: Said) -> None:
        async with answer.engine(keep_alive, waiting) as resident:
            images = images_of(request)
            mark = await _mark(resident, images)
            asked = _bounded(request, resident.num_ctx)
            prompt = await prompts.generate_prompt(resident, model, asked, mark)
            seam = await _seam(resident, prompt, said, answer, images)
            written_by = _completed(resident, seam, answer, template, images, prompt, waiting)
            split = await _parting(resident, seam, answer, form, prompt)
            written = [await seam.said_text(resident)]  # by the engine, thinking and all
            async with aclosing(written_by) as events:
                async for raw in events:
                    written.append(_text(raw))
                    batch = seam.join(split(raw) if split else raw)
                    if batch and type(last := batch[-1]) is Finish:
                        context = None
                        if not request.raw:
                            shown = prompt.replace(mark(0), "") if images else prompt
                            context = await _context(resident, shown, "".join(written))
                        batch = [*batch[:-1], answer.finish(seam.finish(last), context)]
                    emit(batch)

    return surviving(attempt, before)


def chat(
    service: "Service",
    model: Model,
    request: ChatRequest,
    keep_alive: float | None,
    before: Batch = (),
) -> Produce:
    """The next message of a chat; go on from what was said `before`."""
    answer = Answer(service, model, request)
    template = prompts.template_of(model, request)

    async def attempt(emit: Emit, said: Said) -> None:
        with Waiting(emit, service.patience) as waiting:
            await write(emit, waiting, said)

    async def write(emit: Emit, waiting: Waiting, said: Said) -> None:
        async with answer.engine(keep_alive, waiting) as resident:
            seam, written_by, split = await _chat(resident, answer, template, said, waiting)
            if form := in_form(request):
                second = answer.again(form)

                async def again() -> AsyncGenerator[Batch, None]:
                    _, events, split = await _chat(resident, second, template, Said(), waiting)
                    return _split(events, split)

                written_by, split = forced_call(_split(written_by, split), again), None
            async with aclosing(written_by) as events:
                async for raw in events:
                    batch = seam.join(split(raw) if split else raw)
                    if batch and type(last := batch[-1]) is Finish:
                        batch = [*batch[:-1], answer.finish(seam.finish(last))]
                    emit(batch)

    return surviving(attempt, before)


async def _chat(
    resident: Resident, answer: Answer, template: Template | None, said: Said, waiting: Waiting
) -> tuple[Seam, AsyncGenerator[Batch, None], Split | None]:
    """What the engine writes, how it joins what was said, and how it is taken apart."""
    request, model = answer.request, answer.model
    assert isinstance(request, ChatRequest)
    if template is None:
        call = await _jinja_chat(resident, answer, request)
        return Seam.repeated(said), reading.events(resident, call, waiting), None
    request_fitting = await fitting.chat(resident, model, request, template)
    images = images_of(request_fitting)
    mark = await _mark(resident, images)
    prompt = await prompts.rendered_chat(template, model, request_fitting, mark)
    seam = await _seam(resident, prompt, said, answer, images)
    events = _completed(resident, seam, answer, template, images, prompt, waiting)
    return seam, events, await _parting(resident, seam, answer, template, prompt)


async def _split(
    written_by: AsyncGenerator[Batch, None], split: Split | None
) -> AsyncGenerator[Batch, None]:
    async with aclosing(written_by) as events:
        async for batch in events:
            yield split(batch) if split else batch


def settled(options: Options) -> Options:
    """A seed drawn here where the engine would draw one, so that the same can be asked again."""
    if options.seed != -1:
        return options
    return msgspec.structs.replace(options, seed=random.randrange(1 << 31))


async def rendered(service: "Service", model: Model, request: GenerateRequest | ChatRequest) -> str:
    """The prompt as the model would see it."""
    answer = Answer(service, model, request)
    load = service.load_options(model, answer.options, request.shift)
    async with (
        service.residents.use(model, load, told(request.keep_alive)) as resident,
        resident.asides,
    ):
        if isinstance(request, GenerateRequest):
            return await prompts.generate_prompt(resident, model, request)
        template = prompts.template_of(model, request)
        if template is not None:
            return await prompts.rendered_chat(template, model, request)
        return await listener.apply_template(resident, prompts.chat_template_body(model, request))


async def counted(service: "Service", model: Model, request: ChatRequest) -> int:
    """The number of tokens of the prompt."""
    prompt = await rendered(service, model, request)
    load = service.load_options(model, layered(model.params, request.options), request.shift)
    async with service.residents.use(model, load, None) as resident, resident.asides:
        return len(await listener.tokenize(resident, prompt))


def _bounded(request: GenerateRequest, num_ctx: int) -> GenerateRequest:
    """Without the megabytes of which the engine will see nothing. Images stand anywhere."""
    if request.truncate is False or request.images:
        return request
    text = fitting.bounded(request.prompt, num_ctx)
    return request if text is request.prompt else msgspec.structs.replace(request, prompt=text)


async def _jinja_chat(resident: Resident, answer: Answer, request: ChatRequest) -> Call:
    model = answer.model
    top = request.top_logprobs or 0
    fitted = await fitting.chat(resident, model, request, None)
    body = llamacpp.chat_body(
        prompts.messages_of(model, fitted.messages),
        msgspec.structs.asdict(answer.options),
        num_ctx=resident.num_ctx,
        tools=request.tools or (),
        format=request.format,
        think=prompts.thought(model, request.think),
        logprobs=bool(request.logprobs),
        top_logprobs=top,
    )
    sent = Request("POST", "/v1/chat/completions", STREAM, msgspec.json.encode(body))
    return Call(sent, lambda: llamacpp.ChatDecoder(top_logprobs=top))


async def _mark(resident: Resident, images: Sequence[str]) -> Mark:
    """What the engine takes for an image."""
    marker = await listener.media_marker(resident) if images else ""
    return lambda _: marker


async def _seam(
    resident: Resident, prompt: str, said: Said, answer: Answer, images: Sequence[str]
) -> Seam:
    """The prompt as it fits, and where the answer goes on. Images have no tokens to be cut."""
    if images:
        return Seam(prompt, said, replay=Replay(said.events) if said.events else None)
    fitted = await fitting.prompt(resident, prompt, answer.options, answer.request)
    return await Seam.at(resident, fitted, said, answer.request, answer.options)


async def _parting(
    resident: Resident, seam: Seam, answer: Answer, template: Template | None, prompt: str
) -> Split | None:
    """How the engine's text is read, by the template that its prompt was made with."""
    if template is None:
        return None
    request = answer.request
    return parting(
        template,
        prompt,
        await seam.said_text(resident),
        thinks=prompts.parts_thoughts(answer.model, request),
        tools=request.tools or () if isinstance(request, ChatRequest) else (),
    )


def _completed(
    resident: Resident,
    seam: Seam,
    answer: Answer,
    template: Template | None,
    images: Sequence[str],
    prompt: str,
    waiting: Waiting,
) -> AsyncGenerator[Batch, None]:
    """What the engine writes behind a prompt of our own."""
    request = answer.request
    options = seam.limited(answer.options)
    if options is None:  # the answer has all its tokens already
        return reading.events(resident, None, waiting)
    shown = special_texts(template) if template else ()

    async def ask(more: str, options: Options, in_form: bool) -> AsyncGenerator[Batch, None]:
        start = await _behind(resident, seam.prompt, more)
        call = _completion(resident, start, answer, options, in_form, images, shown)
        return reading.events(resident, call, waiting)

    if request.format and template and prompts.parts_thoughts(answer.model, request):
        tags = tags_of(template)
        inside = prompt.rstrip().endswith(tags[0])
        return thought_first(ask, options, tags, inside=inside)
    call = _completion(resident, seam.prompt, answer, options, True, images, shown)
    return reading.events(resident, call, waiting)


async def _behind(resident: Resident, prompt: str | list[int], more: str) -> str | list[int]:
    if isinstance(prompt, str) or not more:
        return prompt + more if isinstance(prompt, str) else prompt
    return prompt + await listener.tokenize(resident, more, special=False)


def _completion(
    resident: Resident,
    prompt: str | list[int],
    answer: Answer,
    options: Options,
    in_form: bool,
    images: Sequence[str],
    shown: Sequence[str],
) -> Call:
    """The question for a prompt of our own."""
    request = answer.request
    top = request.top_logprobs or 0
    body = llamacpp.completion_body(
        prompt,
        msgspec.structs.asdict(options),
        num_ctx=resident.num_ctx,
        format=request.format if in_form else None,
        images=images,
        logprobs=bool(request.logprobs),
        top_logprobs=top,
        shown=shown,
    )
    sent = Request("POST", "/completion", STREAM, msgspec.json.encode(body))
    return Call(sent, lambda: llamacpp.CompletionDecoder(top_logprobs=top))


async def _context(resident: Resident, prompt: str, text: str) -> tuple[int, ...]:
    """Ollama's `context`: the tokens of the prompt and of the text that came."""
    return tuple(await listener.tokenize(resident, prompt + text, special=False))


def _text(batch: Batch) -> str:
    return "".join(event.text for event in batch if type(event) is Text)
