"""What the engine is asked for one answer, and how what it writes is read.

Two ways: a prompt made here (`completed`, with the `seam` where it goes on, and `parted` where its
thoughts and calls are taken out of its text), or a chat that the engine renders itself.
"""

from collections.abc import AsyncGenerator, Sequence

import msgspec

from rillet.model.template import Template
from rillet.net.flow import Call
from rillet.net.http1 import Request
from rillet.service import listener, prompts, reading, truncation
from rillet.service.answer import Answer
from rillet.service.continuing import Replay, Said, Seam
from rillet.service.images import Mark
from rillet.service.model import Model
from rillet.service.options import Options
from rillet.service.output_parser import Split, form_parser, output_parser, special_texts, tags_of
from rillet.service.resident import Resident
from rillet.service.thought_first import thought_first
from rillet.service.waiting import Waiting
from rillet.text import forms
from rillet.wire import llamacpp
from rillet.words.events import Event
from rillet.words.requests import ChatRequest, GenerateRequest

Batch = Sequence[Event]
STREAM = (*listener.JSON, ("accept", "text/event-stream"))


def bounded(request: GenerateRequest, num_ctx: int) -> GenerateRequest:
    """The request with its texts cut to what may fit into the context, before they are tokenized.

    Not where it has images, whose places are anywhere in the text.
    """
    if request.truncate is False or request.images:
        return request
    return msgspec.structs.replace(
        request,
        prompt=truncation.bounded(request.prompt, num_ctx),
        system=request.system and truncation.bounded(request.system, num_ctx),
        context=request.context and truncation.bounded_tokens(request.context, num_ctx),
    )


async def held_as_text(resident: Resident, model: Model, request: ChatRequest) -> str | None:
    """The prompt of a chat in a format that can be asked as a completion; None for other chats.

    In a chat the engine parses the whole answer again at its end, and fails where it cannot, as
    with bytes that are of no character: then all of the answer is lost. A completion has no such
    end.
    """
    if not prompts.is_plain(model, request) or llamacpp.has_free_numbers(request.format):
        return None
    fitted = await truncation.chat(resident, model, request, None)
    body = prompts.chat_template_body(model, fitted)
    text = await listener.apply_template(resident, body)
    return text if truncation.most_tokens(text) < resident.num_ctx else None


async def jinja_chat(resident: Resident, answer: Answer, request: ChatRequest) -> Call:
    model = answer.model
    top = request.top_logprobs or 0
    fitted = await truncation.chat(resident, model, request, None)
    body = llamacpp.chat_body(
        prompts.spaced(model, fitted.messages),
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


async def mark_of(resident: Resident, images: Sequence[str]) -> Mark:
    """What the engine takes for an image."""
    marker = await listener.media_marker(resident) if images else ""
    return lambda _: marker


async def seam_of(
    resident: Resident, prompt: str, said: Said, answer: Answer, images: Sequence[str]
) -> Seam:
    """The prompt as it fits, and where the answer goes on. Images have no tokens to be cut."""
    if images:
        return Seam(prompt, said, replay=Replay(said.events) if said.events else None)
    fitted = await truncation.prompt(resident, prompt, answer.options, answer.request)
    return await Seam.at(resident, fitted, said, answer.request, answer.options)


async def parted(
    resident: Resident, seam: Seam, answer: Answer, template: Template | None, prompt: str
) -> Split | None:
    """How the engine's text is read, by the template that its prompt was made with."""
    request, model = answer.request, answer.model
    said = await seam.said_text(resident)
    if model.form and not getattr(request, "raw", False):
        think = bool(prompts.thought(model, request.think))
        begun = isinstance(request, ChatRequest) and prompts.is_begun(request)
        return form_parser(model.form, request, said, think=think, begun=begun)
    if template is None:
        return None
    return output_parser(
        template,
        prompt,
        said,
        thinks=prompts.parts_thoughts(answer.model, request),
        tools=request.tools or () if isinstance(request, ChatRequest) else (),
    )


def completed(
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
    form = answer.model.form
    shown: Sequence[str] = forms.marks(form) if form else ()
    if template and not form:
        shown = special_texts(template)

    async def ask(more: str, options: Options, in_form: bool) -> AsyncGenerator[Batch, None]:
        start = await _behind(resident, seam.prompt, more)
        call = _completion(resident, start, answer, options, in_form, images, shown)
        return reading.events(resident, call, waiting)

    tags = forms.thought_tags(form) if form else tags_of(template) if template else None
    if request.format and tags and prompts.parts_thoughts(answer.model, request):
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
        batch=resident.options.batch,
        format=request.format if in_form else None,
        images=images,
        logprobs=bool(request.logprobs),
        top_logprobs=top,
        shown=shown,
        lark=resident.process.is_wheel,
    )
    sent = Request("POST", "/completion", STREAM, msgspec.json.encode(body))
    return Call(sent, lambda: llamacpp.CompletionDecoder(top_logprobs=top))


async def context_of(resident: Resident, prompt: str, text: str) -> tuple[int, ...]:
    """Ollama's `context`: the tokens of the prompt and of the text that came."""
    return tuple(await listener.tokenize(resident, prompt + text, special=False))
