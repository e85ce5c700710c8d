"""OpenAI's Responses API: /v1/responses.

Thin: `wire.openai_responses` reads the requests and writes the answers. Nothing is kept between
requests. Source: OpenAI's API reference, Ollama's recorded answers.
"""

import secrets

from rillet.server.compressed import json_body
from rillet.server.errors import answering
from rillet.server.exchange import Exchange
from rillet.server.face import NOT_FOUND, Face, known, worded
from rillet.server.openai import render
from rillet.server.router import Routes
from rillet.server.streams import SSE
from rillet.wire.openai_responses import (
    ResponsesEncoder,
    chat_request_from_responses,
    response,
    response_settings,
)

_NO_CACHE = [(b"cache-control", b"no-cache")]


class ResponsesAnswers:
    """The handler; `routes` is its table."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> Routes:
        handler = answering(self.respond, render, headers=_NO_CACHE)
        return {"/v1/responses": {"POST": handler}}

    async def respond(self, exchange: Exchange) -> None:
        body = await json_body(self._face, exchange)
        request, settings = chat_request_from_responses(body), response_settings(body)
        known(request.model)
        id, created = f"resp_{secrets.randbelow(10**9)}", self._seconds()
        with worded(NOT_FOUND, request.model):
            opening = self._face.operations.chat(request)
            if request.stream:
                encoder = ResponsesEncoder(id, created, settings, self._seconds)
                await self._face.streams.stream(exchange, opening, encoder.encode, SSE)
            else:
                reply = await self._face.streams.whole(exchange, opening)
                await exchange.json(response(reply, id, created, self._seconds(), settings))

    def _seconds(self) -> int:
        return self._face.clock() // 10**9
