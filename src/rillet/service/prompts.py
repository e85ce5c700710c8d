"""From a request to what the engine is asked: which template, which messages, what fits.

Two ways, as Ollama's server has them: a model's TEMPLATE in Go's language (or the request's) is
rendered here; else the engine applies the Jinja template that stands in the GGUF file.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from rillet.model.chat_templates import END
from rillet.model.chatml import chatml, is_known
from rillet.model.gotemplate import Budget, TemplateError
from rillet.model.template import Template
from rillet.service import listener
from rillet.service.images import Mark, before_words, marked, numbered, placed, placed_raw
from rillet.service.model import Model
from rillet.service.resident import Resident
from rillet.wire import llamacpp
from rillet.words.errors import ServerError
from rillet.words.requests import ChatRequest, GenerateRequest, JsonObject, Message

if TYPE_CHECKING:
    from concurrent.futures import Executor

Thought = bool | str | None
#: Steps that a template may take while all others wait: some hundredths of a second, and a talk of
#: a thousand turns.
_QUICK = 40_000


def is_load(model: Model, request: GenerateRequest) -> bool:
    """Whether there is nothing to answer: the model is loaded and no more."""
    return not request.prompt and not (request.images and model.can("vision"))


def whole(model: Model, request: ChatRequest) -> ChatRequest:
    """The chat with the model's own system and messages before those of the request."""
    turns = request.messages
    first = turns[0].role.lower() if turns else ""
    head = [Message("system", model.system)] if model.system and first != "system" else []
    if not head and not model.messages:
        return request
    return msgspec.structs.replace(request, messages=[*head, *model.messages, *turns])


def template_of(model: Model, request: GenerateRequest | ChatRequest) -> Template | None:
    """The Go template to render, or None where the engine's Jinja template is used."""
    text = getattr(request, "template", None)
    if _only_jinja_shows_tools(model, request):
        return None
    if not text:  # what stands before and after a gap is shown by the Go template alone
        if getattr(request, "suffix", None):
            return model.go
        return model.template or _chatml(model, request) or _bare(model, request)
    try:
        return Template.parse(text)
    except TemplateError as error:
        raise ServerError(str(error), status=400) from error


def _chatml(model: Model, request: GenerateRequest | ChatRequest) -> Template | None:
    """A template of ours for ChatML, with which chats work that the engine itself would refuse.

    None where the engine is to render the chat: also where the last message is the beginning of the
    answer, which it continues. In a format it cannot do that; then the answer begins anew, as with
    Ollama.
    """
    if not isinstance(request, ChatRequest) or not request.messages:
        return None
    if model.go is not None and not is_known(model.go, model.header.chat_template):
        return None
    *before, last = request.messages
    answered = bool(before) and before[-1].role == "assistant"
    # Behind an empty answer, or an image, the engine would not know who speaks.
    words = last.content and not (last.tool_calls or last.images)
    begun = last.role == "assistant" and words and not answered
    # Numbers without bounds end in the engine's own grammar alone.
    if not request.format if begun else llamacpp.has_free_numbers(request.format):
        return None
    return chatml(model.header.chat_template)


def _bare(model: Model, request: GenerateRequest | ChatRequest) -> Template | None:
    """For a model that knows no talks: the texts alone, with what the model was given before."""
    if model.header.chat_template or not isinstance(request, GenerateRequest):
        return None
    return Template.parse("{{ if .System }}{{ .System }}\n\n{{ end }}{{ .Prompt }}")


def begun_anew(request: ChatRequest) -> ChatRequest:
    """A chat that an engine renders, whose last message does not begin the wanted form.

    The engine would go on with that message, in which the form has no place. Behind a turn in which
    nothing is said it writes an answer of its own.
    """
    if not request.format or not request.messages:
        return request
    last = request.messages[-1]
    if last.role != "assistant" or last.tool_calls or _begins_json(last.content):
        return request
    return msgspec.structs.replace(request, messages=[*request.messages, Message("user")])


def _begins_json(text: str) -> bool:
    """Whether a text may be the beginning of a value: not all of one, and nothing else."""
    if text.strip()[:1] not in ("", "{", "[", '"'):
        return False
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return True
    return False


def is_plain(model: Model, request: ChatRequest) -> bool:
    """Whether an answer in a form is all that can come: no thoughts, no calls, nothing begun."""
    able = model.can("thinking") or any(turn.images for turn in request.messages)
    begun = not request.messages or request.messages[-1].role == "assistant"
    return bool(request.format) and not (able or request.tools or begun)


def _only_jinja_shows_tools(model: Model, request: GenerateRequest | ChatRequest) -> bool:
    """Tools would be lost in a Go template that has no place for them."""
    tools = isinstance(request, ChatRequest) and request.tools
    go = model.template
    return bool(tools and go and model.header.chat_template and "Tools" not in go.variables())


def thinks(model: Model, think: Thought) -> bool:
    """A model that can think does so unless told not to."""
    return model.can("thinking") and think is not False


def parts_thoughts(model: Model, request: GenerateRequest | ChatRequest) -> bool:
    """Whether thoughts are told apart in the text of a prompt that was rendered here.

    For a prompt without a talk that is told by the model's own template in Go's language alone.
    """
    if not thinks(model, request.think):
        return False
    if isinstance(request, ChatRequest) or model.form:
        return True
    return model.go is not None and model.go.thinking_tags() is not None


def thought(model: Model, think: Thought) -> Thought:
    """What the template is told: nothing, for a model that cannot think. One that Ollama renders by
    name is told not to all the same."""
    if not model.can("thinking"):
        return False if model.named_template and think is False else None
    return True if think is None else think


def before(model: Model, request: GenerateRequest) -> list[Message]:
    """What stands before the prompt of a generate request, where it is one turn of a talk."""
    system = request.system or model.system
    own = model.messages if request.context is None else ()
    return [*([Message("system", system)] if system else []), *own]


async def generate_prompt(
    resident: Resident,
    model: Model,
    request: GenerateRequest,
    head: Sequence[Message],
    mark: Mark = numbered,
) -> str:
    """The whole prompt of a generate request behind `head`, the given context put before all."""
    marks = [mark(at) for at in range(len(request.images or ()))]
    if request.raw:
        return placed_raw(request.prompt, marks)
    said = placed(_spaced(model, request.prompt, len(marks)), marks)
    template = template_of(model, request)
    turns = [*head, Message("user", said)]
    think = thought(model, request.think)
    if template is not None:
        text = await _rendered(template, turns, suffix=request.suffix, think=think)
    else:
        body = llamacpp.template_body(turns, think=think)
        text = await listener.apply_template(resident, body)
    if request.context:
        text = await listener.detokenize(resident, request.context) + text
    return text


def is_begun(request: ChatRequest) -> bool:
    """Whether the last message is the beginning of the answer."""
    *before, last = request.messages or [Message("")]
    answered = bool(before) and before[-1].role == "assistant"
    words = bool(last.content) and not last.tool_calls
    return last.role == "assistant" and words and not answered


async def named_chat(
    resident: Resident, model: Model, request: ChatRequest, mark: Mark = numbered
) -> str:
    """The prompt of a chat by the template of a name, which the engine renders.

    An answer that is begun has no thought any more.
    """
    begun = is_begun(request)
    turns = [replace(turn, images=None) for turn in marked(spaced(model, request.messages), mark)]
    if not begun and turns and turns[-1].role == "assistant" and model.named_template:
        last = turns[-1]
        said = last.content or last.thinking or last.tool_calls
        turns[-1:] = [last, Message(END)] if said else []
    think = False if begun else thought(model, request.think)
    body = llamacpp.template_body(turns, tools=request.tools or (), think=think)
    return await listener.apply_template(resident, body)


async def rendered_chat(
    template: Template, model: Model, request: ChatRequest, mark: Mark = numbered
) -> str:
    """The prompt of a chat by a Go template."""
    turns = marked(request.messages, mark)
    return await _rendered(
        template, turns, tools=request.tools or (), think=thought(model, request.think)
    )


async def _rendered(template: Template, turns: Sequence[Message], **values: Any) -> str:
    """Render in the event loop; a template that takes long, or fails, again in a thread, so that
    the streams of others go on."""
    render = partial(template.render, messages=turns, now=datetime.now(), **values)
    try:
        return render(budget=Budget(steps=_QUICK))
    except TemplateError:
        pass
    try:
        return await asyncio.get_running_loop().run_in_executor(_aside(), render)
    except TemplateError as error:
        raise ServerError(str(error), status=400) from error


@cache
def _aside() -> "Executor":
    """One thread: more of them would take the processor from the streams."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(1, "rillet-template")


def _spaced(model: Model, text: str, images: int) -> str:
    return before_words(text, images) if model.named_template else text


def spaced(model: Model, turns: Sequence[Message]) -> list[Message]:
    """As the engine's template gets them: with images where Ollama's renderer has them."""
    return [
        replace(turn, content=_spaced(model, turn.content, len(turn.images)))
        if turn.images
        else turn
        for turn in turns
    ]


def chat_template_body(model: Model, request: ChatRequest) -> JsonObject:
    """What /apply-template is asked for a chat by the model's own template."""
    return llamacpp.template_body(
        spaced(model, request.messages),
        tools=request.tools or (),
        think=thought(model, request.think),
    )
