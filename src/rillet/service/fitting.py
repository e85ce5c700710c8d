"""Making a prompt fit the context: whole messages go first, then tokens from the middle.

Counting tokens costs a question to the engine; it is asked only where the text is so long that it
might not fit (a token is at least one byte).
"""

from typing import Any

import msgspec

from rillet.model.template import Template
from rillet.service import listener, prompts
from rillet.service.library import Model
from rillet.service.options import Options
from rillet.service.residents import Resident
from rillet.words.errors import ServerError
from rillet.words.requests import ChatRequest, GenerateRequest

TOO_LONG = (
    "the prompt is longer than the context length currently available to the model; shorten the prompt, "
    "adjust the context length in settings, or use a model with a longer context length"
)
_TURN_OVERHEAD = 64  # bytes that a template adds around a message, at the most usual


async def prompt(
    resident: Resident, text: str, options: Options, request: GenerateRequest | ChatRequest
) -> str | list[int]:
    """The prompt, or its tokens without a middle part where it was too long.

    Kept are `num_keep` tokens at the beginning and the end, so that half of the context is free.
    With `truncate` false the engine says itself that it does not fit; without `shift` we do.
    """
    limit = resident.num_ctx
    if request.truncate is False or len(text.encode()) < limit:
        return text
    tokens = await listener.tokenize(resident, text)
    if len(tokens) < limit:
        return tokens
    if request.shift is False:
        raise ServerError(TOO_LONG, status=400)
    keep = max(0, min(options.num_keep, limit // 2))
    tail = max(1, limit - keep - (limit - keep) // 2)
    return tokens[:keep] + tokens[-tail:]


async def chat(
    resident: Resident, model: Model, request: ChatRequest, template: Template | None
) -> ChatRequest:
    """The chat without its oldest messages where it was too long; system and last message stay."""
    if request.truncate is False or _bytes(request) < resident.num_ctx:
        return request
    kept = request
    while await _tokens(resident, model, kept, template) >= resident.num_ctx:
        oldest = next(
            (at for at, turn in enumerate(kept.messages[:-1]) if turn.role.lower() != "system"),
            None,
        )
        if oldest is None:
            break
        turns = [turn for at, turn in enumerate(kept.messages) if at != oldest]
        kept = msgspec.structs.replace(kept, messages=turns)
    return kept


def _bytes(request: ChatRequest) -> int:
    texts: list[Any] = [request.tools or "", *(turn.tool_calls or "" for turn in request.messages)]
    written = sum(len(turn.content.encode()) + _TURN_OVERHEAD for turn in request.messages)
    return written + len(msgspec.json.encode(texts))


async def _tokens(
    resident: Resident, model: Model, request: ChatRequest, template: Template | None
) -> int:
    if template is not None:
        text = prompts.rendered_chat(template, model, request)
    else:
        body = prompts.chat_template_body(model, request)
        text = await listener.apply_template(resident, body)
    return len(await listener.tokenize(resident, text))
