"""Making a prompt fit the context: whole messages go first, then tokens from the middle.

Counting tokens costs a question to the engine; it is asked only where the text is so long that it
might not fit (see `most_tokens`).
"""

import msgspec

from rillet.model.template import Template
from rillet.service import listener, prompts
from rillet.service.model import Model
from rillet.service.options import Options
from rillet.service.resident import Resident
from rillet.words.errors import ServerError
from rillet.words.requests import ChatRequest, GenerateRequest, Message

TOO_LONG = (
    "the prompt is longer than the context length currently available to the model; "
    "shorten the prompt, adjust the context length in settings, "
    "or use a model with a longer context length"
)
#: Characters of the longest token that a vocabulary may be expected to have.
LONGEST_TOKEN = 256
_GREETING = 1024  # bytes that a template says by itself, at the most usual
_INDENTED = 3  # times as long is JSON at the most usual, where a template writes it over many lines
_PIECES = 4  # tokens of a caller that may become one of the tokenizer's
_TURN_OVERHEAD = 64  # bytes that a template adds around a message, at the most usual
#: Tokens that an image counts for, as with Ollama. How many it really takes, the engine knows only
#: when it has read it.
_IMAGE = 768


async def prompt(
    resident: Resident, text: str, options: Options, request: GenerateRequest | ChatRequest
) -> str | list[int]:
    """The prompt, or its tokens without a middle part where it was too long.

    Kept are `num_keep` tokens at the beginning, not counting the mark that the model itself puts
    there, and the end, so that half of the rest is free. With `truncate` false the engine says
    itself that it does not fit; without `shift` we do.
    """
    limit = resident.num_ctx
    if request.truncate is False or most_tokens(text) < limit:
        return text
    keep = limit if options.num_keep < 0 else options.num_keep
    keep = min(keep + _adds_mark(resident.model), limit - 1)
    tokens = await listener.tokenize(resident, shortened(text, head=keep, tail=limit))
    if len(tokens) < limit:
        return tokens
    if request.shift is False:
        raise ServerError(TOO_LONG, status=400)
    tail = limit - keep - max(1, (limit - keep) // 2)
    return tokens[:keep] + tokens[len(tokens) - tail :]


def _adds_mark(model: Model) -> bool:
    """Whether a prompt begins with a token that is not in its text; read as Ollama reads it."""
    known = model.header.metadata
    makers = {known.get("tokenizer.ggml.pre"), known.get("tokenizer.ggml.model")}
    if known.get("tokenizer.ggml.pre") == "lfm2" or "gemma4" in makers:
        return True
    return known.get("tokenizer.ggml.add_bos_token") is True


def most_tokens(text: str) -> int:
    """A token is at least one byte; but vocabularies write a space as ▁, of three bytes, and put
    one and a mark at the beginning."""
    return len(text.encode()) + 2 * text.count(" ") + 4


def shortened(text: str, *, head: int, tail: int) -> str:
    """The text, without a middle part that is too far from both ends to be among the first `head`
    or the last `tail` tokens. It is never cut to fewer than `head + tail` tokens.

    Megabytes of which nothing is kept would only cost the engine time and memory.
    """
    first, last = (head + 1) * LONGEST_TOKEN, tail * LONGEST_TOKEN
    if len(text) <= first + last:
        return text
    return text[:first] + text[len(text) - last :]


def bounded(text: str, num_ctx: int) -> str:
    """A text of a request without what cannot be within the context, wherever it will stand."""
    return shortened(text, head=num_ctx, tail=num_ctx)


def bounded_tokens(tokens: list[int], num_ctx: int) -> list[int]:
    """The tokens of an earlier talk without what cannot be within the context.

    They become text and tokens again, perhaps fewer, for others than the model's own may have
    been written in smaller pieces.
    """
    kept = num_ctx * _PIECES
    return tokens if len(tokens) <= 2 * kept else tokens[:kept] + tokens[-kept:]


async def chat(
    resident: Resident, model: Model, request: ChatRequest, template: Template | None
) -> ChatRequest:
    """The chat without its oldest messages where it was too long; system and last message stay.

    As few go as must. How many is found by halves, for each guess is a rendering and a count.
    """
    around = _around(model, request, template)
    if request.truncate is False or _bytes(request) + around < resident.num_ctx:
        return request
    turns = [_bounded(turn, resident.num_ctx) for turn in request.messages]
    request = msgspec.structs.replace(request, messages=turns)
    droppable = [at for at, turn in enumerate(turns[:-1]) if turn.role.lower() != "system"]
    least, most = 0, len(droppable)
    while least < most:
        middle = (least + most) // 2
        tried = _without(request, droppable[:middle])
        if await _tokens(resident, model, tried, template) <= resident.num_ctx:
            most = middle
        else:
            least = middle + 1
    return _without(request, droppable[:least])


async def before(resident: Resident, model: Model, request: GenerateRequest) -> list[Message]:
    """`prompts.before`, without the oldest messages of the model where they were too long."""
    head = prompts.before(model, request)
    if request.raw or request.suffix or request.template or not model.messages:
        return head
    turns = [*head, Message("user", request.prompt)]
    talk = ChatRequest(
        model=request.model, messages=turns, think=request.think, truncate=request.truncate
    )
    fitted = await chat(resident, model, talk, prompts.template_of(model, request))
    return list(fitted.messages[:-1])


def _bounded(turn: Message, num_ctx: int) -> Message:
    content = turn.content if turn.images else bounded(turn.content, num_ctx)
    if content is turn.content:
        return turn
    return msgspec.structs.replace(turn, content=content)


def _without(request: ChatRequest, places: list[int]) -> ChatRequest:
    if not places:
        return request
    gone = set(places)
    kept = [turn for at, turn in enumerate(request.messages) if at not in gone]
    return msgspec.structs.replace(request, messages=kept)


def _bytes(request: ChatRequest) -> int:
    calls = [turn.tool_calls for turn in request.messages if turn.tool_calls]
    written = sum(most_tokens(turn.content) + _TURN_OVERHEAD for turn in request.messages)
    told = len(msgspec.json.encode(calls)) + _INDENTED * len(msgspec.json.encode(request.tools))
    return written + told + image_tokens(request)


def _around(model: Model, request: ChatRequest, template: Template | None) -> int:
    """Bytes of what a template itself may say: how tools are called takes some two thousand."""
    text = template.source if template else model.header.chat_template
    return len(text) if request.tools else min(len(text), _GREETING)


def image_tokens(request: ChatRequest) -> int:
    """What the images of a chat count for, beside its text."""
    return _IMAGE * sum(len(turn.images or ()) for turn in request.messages)


async def _tokens(
    resident: Resident, model: Model, request: ChatRequest, template: Template | None
) -> int:
    if template is not None:
        text = await prompts.rendered_chat(template, model, request)
    elif model.form:
        text = await prompts.named_chat(resident, model, request)
    else:
        body = prompts.chat_template_body(model, request)
        text = await listener.apply_template(resident, body)
    text = shortened(text, head=0, tail=resident.num_ctx + 1)
    tokens = await listener.tokenize(resident, text, special=False)  # as Ollama counts them
    return len(tokens) + image_tokens(request)
