"""One answer, from the request to its last event: load, take a turn, ask the engine, pass it on.

Every answer goes this way, and no other code touches its tokens. What is added to the engine's
words: durations of the whole and of the load, the context of /api/generate, a typed error when the
engine dies, and after that the rest of the answer from the next one (see `continuing`).
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

import msgspec

from rillet.model.template import Template
from rillet.service import listener, prompts, questions, reading, truncation
from rillet.service.answer import Answer
from rillet.service.continuing import Said, Seam, surviving
from rillet.service.forced_call import forced_call, in_form
from rillet.service.generation import Emit, Produce
from rillet.service.images import closed, images_of
from rillet.service.keep_alive import requested
from rillet.service.model import Model
from rillet.service.options import layered
from rillet.service.output_parser import Split
from rillet.service.resident import Resident
from rillet.service.waiting import Waiting
from rillet.words.events import Event, Finish, Text
from rillet.words.requests import ChatRequest, GenerateRequest

if TYPE_CHECKING:
    from rillet.service.service import Service

Batch = Sequence[Event]


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
            mark = await questions.mark_of(resident, images)
            asked = questions.bounded(request, resident.num_ctx)
            head = await truncation.before(resident, model, asked)
            prompt = await prompts.generate_prompt(resident, model, asked, head, mark)
            prompt = closed(prompt, mark(0), len(images)) if images else prompt
            seam = await questions.seam_of(resident, prompt, said, answer, images)
            written_by = questions.completed(
                resident, seam, answer, template, images, prompt, waiting
            )
            split = await questions.parted(resident, seam, answer, form, prompt)
            written = [await seam.said_text(resident)]  # by the engine, thinking and all
            async with aclosing(written_by) as events:
                async for raw in events:
                    written.append(_text(raw))
                    batch = seam.join(split(raw) if split else raw)
                    if batch and type(last := batch[-1]) is Finish:
                        context = None
                        if not request.raw:
                            shown = prompt.replace(mark(0), "") if images else prompt
                            context = await questions.context_of(resident, shown, "".join(written))
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
    request = prompts.whole(model, request)
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
    if template is None and not model.form:
        request = prompts.begun_anew(request)
        if text := await questions.held_as_text(resident, model, request):
            seam = await questions.seam_of(resident, text, said, answer, ())
            events = questions.completed(resident, seam, answer, None, (), text, waiting)
            return seam, events, None
        call = await questions.jinja_chat(resident, answer, request)
        return Seam.repeated(said), reading.events(resident, call, waiting), None
    request_fitting = await truncation.chat(resident, model, request, template)
    images = images_of(request_fitting)
    mark = await questions.mark_of(resident, images)
    if template is None:
        prompt = await prompts.named_chat(resident, model, request_fitting, mark)
    else:
        prompt = await prompts.rendered_chat(template, model, request_fitting, mark)
    prompt = closed(prompt, mark(0), len(images)) if images else prompt
    seam = await questions.seam_of(resident, prompt, said, answer, images)
    events = questions.completed(resident, seam, answer, template, images, prompt, waiting)
    return seam, events, await questions.parted(resident, seam, answer, template, prompt)


async def _split(
    written_by: AsyncGenerator[Batch, None], split: Split | None
) -> AsyncGenerator[Batch, None]:
    async with aclosing(written_by) as events:
        async for batch in events:
            yield split(batch) if split else batch


async def rendered(service: "Service", model: Model, request: GenerateRequest | ChatRequest) -> str:
    """The prompt as the model would see it."""
    answer = Answer(service, model, request)
    load = service.load_options(model, answer.options, request.shift)
    async with (
        service.residents.use(model, load, requested(request.keep_alive)) as resident,
        resident.asides,
    ):
        if isinstance(request, GenerateRequest):
            head = await truncation.before(resident, model, request)
            return await prompts.generate_prompt(resident, model, request, head)
        request = prompts.whole(model, request)
        template = prompts.template_of(model, request)
        if template is None and not model.form:
            request = prompts.begun_anew(request)
        request = await truncation.chat(resident, model, request, template)
        if template is not None:
            return await prompts.rendered_chat(template, model, request)
        if model.form:
            return await prompts.named_chat(resident, model, request)
        return await listener.apply_template(resident, prompts.chat_template_body(model, request))


async def counted(service: "Service", model: Model, request: ChatRequest) -> int:
    """The number of tokens of the prompt, also of one that does not fit; of images a guess."""
    prompt = await rendered(service, model, msgspec.structs.replace(request, truncate=False))
    load = service.load_options(model, layered(model.params, request.options), request.shift)
    async with service.residents.use(model, load, None) as resident, resident.asides:
        return await listener.count(resident, prompt) + truncation.image_tokens(request)


def _text(batch: Batch) -> str:
    return "".join(event.text for event in batch if type(event) is Text)
