"""Ollama's routes for answers: /api/generate, /api/chat, /api/embed and /api/embeddings.

What is checked before the service is asked, and in which order, differs per route, as it does
there; so do the texts. Source: Ollama's API reference and its recorded answers.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from rillet.server import recorded
from rillet.server.dialects import Dialect
from rillet.server.errors import answering
from rillet.server.exchange import JSON, Exchange
from rillet.server.face import (
    NOT_FOUND,
    NOT_FOUND_PULL,
    Face,
    check_top_logprobs,
    known,
    required,
    worded,
)
from rillet.server.go_json import Fields
from rillet.server.ollama_bodies import fields_of
from rillet.server.router import Routes
from rillet.service.images import images_of
from rillet.service.interface import Generation
from rillet.wire.ollama_encoder import ChatEncoder, GenerateEncoder, Timestamp
from rillet.words.errors import ServerError
from rillet.words.models import EmbeddingRequest
from rillet.words.requests import ChatRequest, EmbedRequest, GenerateRequest

MISSING = "missing request body"


class OllamaAnswers:
    """The handlers; `routes` is their table."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self._operations = face.operations

    def routes(self) -> Routes:
        return {
            "/api/generate": {"POST": answering(self.generate, nothing=MISSING)},
            "/api/chat": {"POST": answering(self.chat, nothing=MISSING)},
            "/api/embed": {"POST": answering(self.embed, nothing=MISSING)},
            "/api/embeddings": {"POST": answering(self.embeddings, nothing=MISSING)},
        }

    async def generate(self, exchange: Exchange) -> None:
        fields = await body_fields(self._face, exchange, "GenerateRequest")
        check_top_logprobs(fields.get("top_logprobs"))
        debug = fields.pop("_debug_render_only", False)
        request = GenerateRequest(**{"model": "", **fields})
        encoder = GenerateEncoder(request.model, self._face.clock)
        with worded(NOT_FOUND, request.model):
            _named(request.model)
            if debug and request.prompt:  # without one the model is only loaded
                await self._rendered(exchange, request, {"response": ""})
            else:
                await self._answer(exchange, self._operations.generate, request, encoder)

    async def chat(self, exchange: Exchange) -> None:
        fields = await body_fields(self._face, exchange, "ChatRequest")
        check_top_logprobs(fields.get("top_logprobs"))
        debug = fields.pop("_debug_render_only", False)
        request = ChatRequest(**{"model": "", "messages": [], **fields})
        encoder = ChatEncoder(request.model, self._face.clock)
        known(required(request.model))
        with worded(NOT_FOUND, request.model):
            if debug and request.messages:
                empty = {"message": {"role": "", "content": ""}}
                await self._rendered(exchange, request, empty)
            else:
                await self._answer(exchange, self._operations.chat, request, encoder)

    async def embed(self, exchange: Exchange) -> None:
        fields = await body_fields(self._face, exchange, "EmbedRequest")
        request = EmbedRequest(**{"model": "", **fields, "input": texts(fields.get("input", []))})
        with worded(NOT_FOUND_PULL if request.model else NOT_FOUND, request.model):
            _named(request.model)
            work = self._operations.embed(request)
            found = await self._face.streams.run(exchange, work)
        # The name goes back as it came, and the list is there even where it is empty.
        answer = {**msgspec.to_builtins(found), "model": request.model}
        await exchange.json({"model": "", "embeddings": [], **answer})

    async def embeddings(self, exchange: Exchange) -> None:
        fields = await body_fields(self._face, exchange, "EmbeddingRequest")
        request = EmbeddingRequest(**{"model": "", **fields})
        known(required(request.model))
        with worded(NOT_FOUND_PULL, request.model):
            work = self._operations.embedding(request)
            vector = await self._face.streams.run(exchange, work)
        await exchange.json({"embedding": vector})

    async def _answer(
        self,
        exchange: Exchange,
        operation: Callable[[Any], Awaitable[Generation]],
        request: GenerateRequest | ChatRequest,
        encoder: GenerateEncoder | ChatEncoder,
    ) -> None:
        streams = self._face.streams
        if request.stream is False:
            reply = await streams.whole(exchange, operation(request))
            await exchange.reply(200, encoder.encode_reply(reply), JSON)
        elif recorded.wanted(self._face, exchange):
            kind = "chat" if isinstance(request, ChatRequest) else "generate"
            dialect = Dialect(kind, request.model)
            await recorded.answer(self._face, exchange, request, dialect, encoder.encode_reply)
        else:
            opening = operation(request)
            await streams.stream(exchange, opening, encoder.encode, single=encoder.encode_reply)

    async def _rendered(
        self, exchange: Exchange, request: GenerateRequest | ChatRequest, empty: dict[str, Any]
    ) -> None:
        """The prompt in place of an answer, in a record that is never done."""
        work = self._operations.render(request)
        prompt = await self._face.streams.run(exchange, work)
        stamp = Timestamp().text(self._face.clock())
        record = {"model": request.model, "created_at": stamp, **empty, "done": False}
        info: dict[str, Any] = {"rendered_template": prompt}
        if count := len(images_of(request)):
            info["image_count"] = count
        await exchange.json({**record, "_debug_info": info})


async def body_fields(face: Face, exchange: Exchange, body: str) -> Fields:
    """Read and decode the body of a request; raises `GoJSONError` and `BodyTooLarge`."""
    return fields_of(await exchange.body(face.settings.max_body), body)


def texts(value: Any) -> str | list[str]:
    """The input of embeddings: a text, or several."""
    if type(value) is str:
        return value
    if type(value) is list and all(type(item) is str for item in value):
        return value
    raise ServerError("invalid input type", status=400)


def _named(model: str) -> None:
    """Here a model that is not named is one that is not found."""
    if not model.strip():
        raise ServerError(NOT_FOUND.format(model), status=404)
    known(model)
