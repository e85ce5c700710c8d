"""Anthropic's routes: /v1/messages and /v1/messages/count_tokens.

Thin: `wire.anthropic` reads the requests and writes the answers. As with Ollama, thinking that is
asked of a model which cannot is no error here: Anthropic's clients ask every model for it.
Source: Anthropic's API reference, Ollama's recorded answers.
"""

import secrets

import msgspec

from rillet.server import recorded
from rillet.server.compressed import json_body
from rillet.server.dialects import Dialect
from rillet.server.errors import answering
from rillet.server.exchange import BARE_JSON, NO_CACHE, Exchange
from rillet.server.face import NOT_FOUND, Face, able_to_call, known, worded
from rillet.server.router import Handler, Routes
from rillet.server.streams import SSE
from rillet.service.interface import Generation
from rillet.wire.anthropic import (
    MessagesEncoder,
    chat_request_from_anthropic,
    error_object,
    message,
)
from rillet.words.models import ShowRequest
from rillet.words.requests import ChatRequest

_CHARACTERS_PER_TOKEN = 4  # roughly, for a number that is wanted before anything is counted


class AnthropicAnswers:
    """The handlers; `routes` is their table."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self._operations = face.operations

    def routes(self) -> Routes:
        return {
            "/v1/messages": {"POST": _plain(self.messages)},
            "/v1/messages/count_tokens": {"POST": _plain(self.count_tokens)},
        }

    async def messages(self, exchange: Exchange) -> None:
        body = await json_body(self._face, exchange)
        request = chat_request_from_anthropic(body)
        exchange.json_type = BARE_JSON
        if request.stream:
            exchange.error_headers = NO_CACHE
        known(request.model)
        id = f"msg_{secrets.token_hex(12)}"
        with worded(NOT_FOUND, request.model):
            await able_to_call(self._face, request, body)
            if request.stream and recorded.wanted(self._face, exchange):
                request = await self._thinkable(request)
                tokens = _estimate(request)
                dialect = Dialect("anthropic", request.model, id, prompt_tokens=tokens)
                await recorded.answer(self._face, exchange, request, dialect)
            elif request.stream:
                encoder = MessagesEncoder(id, request.model, _estimate(request))
                opening = self._open(request)
                await self._face.streams.stream(exchange, opening, encoder.encode, SSE)
            else:
                reply = await self._face.streams.whole(exchange, self._open(request))
                await exchange.json(message(reply, id, request.model))

    async def count_tokens(self, exchange: Exchange) -> None:
        body = await json_body(self._face, exchange)
        request = chat_request_from_anthropic(body, limit_required=False)
        exchange.json_type = BARE_JSON
        known(request.model)
        with worded(NOT_FOUND, request.model):
            request = await self._thinkable(request)
            count = await self._face.streams.run(exchange, self._operations.count_tokens(request))
        await exchange.json({"input_tokens": count})

    async def _open(self, request: ChatRequest) -> Generation:
        return await self._operations.chat(await self._thinkable(request))

    async def _thinkable(self, request: ChatRequest) -> ChatRequest:
        if request.think:
            card = await self._operations.show(ShowRequest(model=request.model))
            if "thinking" not in (card.capabilities or ()):
                request.think = None
        return request


def render(status: int, message: str) -> bytes:
    """An error in Anthropic's form."""
    return msgspec.json.encode(error_object(status, message, f"req_{secrets.token_hex(12)}"))


def _plain(handler: Handler) -> Handler:
    return answering(handler, render)


def _estimate(request: ChatRequest) -> int:
    turns = request.messages
    length = sum(len(turn.role) + len(turn.content) + len(turn.thinking or "") for turn in turns)
    calls = [turn.tool_calls for turn in turns if turn.tool_calls]
    if request.tools or calls:
        length += len(msgspec.json.encode((request.tools, calls)))
    return max(1, length // _CHARACTERS_PER_TOKEN)
