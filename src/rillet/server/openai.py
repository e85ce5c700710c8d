"""OpenAI's routes: chat completions, completions, embeddings, models (Anthropic's too).

Thin: `wire.openai` reads the requests and writes the answers. Errors have OpenAI's form, with the
texts that Ollama's /v1 routes give. Source: OpenAI's API reference, Ollama's recorded answers.
"""

import secrets
from datetime import datetime
from typing import Any

import msgspec

from rillet.model.names import ModelName
from rillet.server import recorded
from rillet.server.compressed import json_body
from rillet.server.dialects import Dialect
from rillet.server.errors import answering
from rillet.server.exchange import BARE_JSON, Exchange
from rillet.server.face import (
    DETAILS_OFF,
    NOT_FOUND,
    NOT_FOUND_PULL,
    Face,
    able_to_call,
    check_top_logprobs,
    known,
    required,
    worded,
)
from rillet.server.ollama import texts
from rillet.server.router import Handler, Routes
from rillet.server.streams import SSE
from rillet.wire.anthropic import model_info, model_page
from rillet.wire.openai import (
    ChatChunkEncoder,
    CompletionChunkEncoder,
    chat_completion,
    chat_request_from_openai,
    completion_prompts,
    embed_request_from_openai,
    embedding_encoding,
    embedding_list,
    error_body,
    generate_request_from_openai,
    model_entry,
    model_list,
    text_completion,
    text_completions,
    usage_wanted,
)
from rillet.words.errors import ModelNotFound, RilletError, ServerError
from rillet.words.models import ShowRequest


class OpenAIAnswers:
    """The handlers; `routes` is their table."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self._operations = face.operations

    def routes(self) -> Routes:
        return {
            "/v1/chat/completions": {"POST": _plain(self.chat)},
            "/v1/completions": {"POST": _plain(self.completion)},
            "/v1/embeddings": {"POST": _plain(self.embeddings)},
            "/v1/models": {"GET": _plain(self.models)},
            "/v1/models/{*}": {"GET": _plain(self.model)},
        }

    async def chat(self, exchange: Exchange) -> None:
        body = await json_body(self._face, exchange)
        request = chat_request_from_openai(body)
        exchange.json_type = BARE_JSON
        check_top_logprobs(request.top_logprobs)
        id, created = self._stamp("chatcmpl")
        known(required(request.model))
        with worded(NOT_FOUND, request.model):
            await able_to_call(self._face, request, body)
            if request.stream and recorded.wanted(self._face, exchange):
                usage = usage_wanted(body)
                dialect = Dialect("openai.chat", request.model, id, created, usage)
                await recorded.answer(self._face, exchange, request, dialect)
            elif request.stream:
                encoder = ChatChunkEncoder(id, request.model, created, usage_wanted(body))
                opening = self._operations.chat(request)
                await self._face.streams.stream(exchange, opening, encoder.encode, SSE)
            else:
                reply = await self._face.streams.whole(exchange, self._operations.chat(request))
                await exchange.json(chat_completion(reply, id, request.model, created))

    async def completion(self, exchange: Exchange) -> None:
        body = await json_body(self._face, exchange)
        if prompts := completion_prompts(body):
            await self._completions(exchange, body, prompts)
            return
        request = generate_request_from_openai(body)
        exchange.json_type = BARE_JSON
        check_top_logprobs(request.top_logprobs)
        id, created = self._stamp("cmpl")
        _named(request.model)
        with worded(NOT_FOUND, request.model):
            opening = self._operations.generate
            if request.stream and recorded.wanted(self._face, exchange):
                usage = usage_wanted(body)
                dialect = Dialect("openai.completion", request.model, id, created, usage)
                await recorded.answer(self._face, exchange, request, dialect)
            elif request.stream:
                encoder = CompletionChunkEncoder(id, request.model, created, usage_wanted(body))
                await self._face.streams.stream(exchange, opening(request), encoder.encode, SSE)
            else:
                reply = await self._face.streams.whole(exchange, opening(request))
                await exchange.json(text_completion(reply, id, request.model, created))

    async def _completions(self, exchange: Exchange, body: Any, prompts: list[str]) -> None:
        """Several prompts, one after another."""
        requests = [generate_request_from_openai({**body, "prompt": text}) for text in prompts]
        exchange.json_type = BARE_JSON
        check_top_logprobs(requests[0].top_logprobs)
        model = requests[0].model
        if requests[0].stream:
            raise ServerError("a stream completes one prompt, not several", status=400)
        id, created = self._stamp("cmpl")
        _named(model)
        with worded(NOT_FOUND, model):
            opening, whole = self._operations.generate, self._face.streams.whole
            replies = [await whole(exchange, opening(request)) for request in requests]
        await exchange.json(text_completions(replies, id, model, created))

    async def embeddings(self, exchange: Exchange) -> None:
        body = await json_body(self._face, exchange)
        request, encoding = embed_request_from_openai(body), embedding_encoding(body)
        exchange.json_type = BARE_JSON
        _named(request.model)
        texts(request.input)
        with worded(NOT_FOUND_PULL, request.model):
            found = await self._face.streams.run(exchange, self._operations.embed(request))
        count, vectors = found.prompt_eval_count, found.embeddings
        await exchange.json(embedding_list(request.model, vectors, count, encoding))

    async def models(self, exchange: Exchange) -> None:
        exchange.json_type = BARE_JSON
        models = await self._face.streams.run(exchange, self._operations.tags(), patient=True)
        entries = [
            _entry(exchange, model.name, _owner(model.name), model.modified_at) for model in models
        ]
        page = model_page(entries) if _to_anthropic(exchange) else {}
        # An empty list is one, not null, which clients cannot loop over.
        await exchange.json({**model_list(entries), "data": entries, **page})

    async def model(self, exchange: Exchange) -> None:
        exchange.json_type = BARE_JSON
        name = known(exchange.parameter, DETAILS_OFF)
        with worded(NOT_FOUND, name.display()):
            card = await self._operations.show(ShowRequest(model=exchange.parameter))
        told = _entry(exchange, exchange.parameter, name.namespace, card.modified_at)
        await exchange.json(told)

    def _stamp(self, kind: str) -> tuple[str, int]:
        """An id, and the time in seconds."""
        return f"{kind}-{secrets.randbelow(10**9)}", self._face.clock() // 10**9


def render(status: int, message: str) -> bytes:
    """An error in OpenAI's form."""
    return msgspec.json.encode(error_body(ServerError(message, status=status)))


def _plain(handler: Handler) -> Handler:
    return answering(handler, render)


def _named(model: str) -> None:
    if not model:
        raise ModelNotFound(NOT_FOUND.format(model), status=404)
    known(model)


def _to_anthropic(exchange: Exchange) -> bool:
    """Both APIs list models under one path; Anthropic's clients send their version always."""
    return bool(exchange.header(b"anthropic-version"))


def _entry(exchange: Exchange, id: str, owner: str, modified_at: str) -> dict[str, Any]:
    entry = model_entry(id, _seconds(modified_at), owner)
    return model_info(entry, modified_at) if _to_anthropic(exchange) else entry


def _owner(model: str) -> str:
    """The namespace; servers behind ours have names that we would not take."""
    try:
        return ModelName.parse(model).namespace
    except RilletError:
        return ""


def _seconds(time: str) -> int:
    """RFC 3339 as Unix time; 0 where there is none."""
    try:
        return int(datetime.fromisoformat(time).timestamp())
    except ValueError:
        return 0
