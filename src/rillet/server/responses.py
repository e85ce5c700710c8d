"""OpenAI's Responses API: /v1/responses.

Thin: `wire.openai_responses` reads the requests and writes the answers. Those that are to be stored
are kept in memory (`kept_responses`) for requests that go on with them. Those with `background` are
recorded, run to their end whoever reads, and can be had again, from any place (`starting_after`),
ended and deleted by their id.
Source: OpenAI's API reference (responses, background mode), Ollama's recorded answers.
"""

import secrets
from typing import Any
from urllib.parse import parse_qs

import msgspec

from rillet.server import recorded
from rillet.server.compressed import json_body
from rillet.server.dialects import Dialect
from rillet.server.errors import answering
from rillet.server.exchange import BARE_JSON, NO_CACHE, Exchange
from rillet.server.face import NOT_FOUND, Face, able_to_call, known, required, worded
from rillet.server.kept_responses import Keep, KeptResponses
from rillet.server.openai import render
from rillet.server.router import Handler, Routes
from rillet.server.streams import SSE
from rillet.service.following import Following
from rillet.service.recording import Recorder, new_id
from rillet.wire.openai_responses import (
    ResponsesEncoder,
    chat_request_from_responses,
    envelope,
    failed,
    response,
    response_settings,
)
from rillet.words.errors import ServerError
from rillet.words.events import Event, Failure
from rillet.words.models import ShowRequest
from rillet.words.replies import fold
from rillet.words.requests import ChatRequest

_PREFIX = "resp_"


class ResponsesAnswers:
    """The handlers; `routes` is their table."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self._kept = KeptResponses()

    def routes(self) -> Routes:
        kept = {"GET": self.read, "DELETE": self.delete, "POST": self.cancel}
        return {
            "/v1/responses": {"POST": _plain(self.respond)},
            # Other names below are paths that are not here, as those of tokens and of compaction.
            "/v1/responses/resp_{*}": {name: _plain(handler) for name, handler in kept.items()},
        }

    async def respond(self, exchange: Exchange) -> None:
        asked = await json_body(self._face, exchange)
        body, keep = self._kept.remembered(asked, recorded.owner(exchange))
        request, settings = chat_request_from_responses(body), response_settings(asked)
        exchange.json_type = BARE_JSON
        if request.stream:
            exchange.error_headers = NO_CACHE
        known(required(request.model))
        with worded(NOT_FOUND, request.model):
            await able_to_call(self._face, request, body)
            if not request.messages:
                card = await self._face.operations.show(ShowRequest(model=request.model))
                if "completion" in (card.capabilities or ()):  # else it cannot chat at all
                    raise ServerError("input is required", status=400)
            if body.get("background") and self._face.records is not None:
                settings |= {"background": True, "store": True}
                await self._background(exchange, self._face.records, request, settings)
            else:
                await self._at_once(exchange, request, settings, keep)

    async def _at_once(
        self, exchange: Exchange, request: ChatRequest, settings: dict[str, Any], keep: Keep
    ) -> None:
        id, created = f"{_PREFIX}{secrets.token_hex(16)}", self._seconds()
        opening = self._face.operations.chat(request)
        if request.stream:
            encoder = ResponsesEncoder(id, created, settings, self._seconds)

            def encode(event: Event) -> bytes:
                told = encoder.encode(event)
                if encoder.done is not None:
                    keep(encoder.done)
                return told

            await self._face.streams.stream(exchange, opening, encode, SSE)
        else:
            reply = await self._face.streams.whole(exchange, opening)
            told = response(reply, id, created, self._seconds(), settings)
            keep(told)
            await exchange.json(told)

    async def _background(
        self,
        exchange: Exchange,
        records: Recorder,
        request: ChatRequest,
        settings: dict[str, Any],
    ) -> None:
        name, created = new_id(), self._seconds()
        dialect = Dialect("responses", request.model, _PREFIX + name, created, settings=settings)
        opening = records.open(
            request,
            owner=recorded.owner(exchange),
            face=msgspec.json.encode(dialect),
            on_disconnect=recorded.KEEP,
            id=name,
        )
        if request.stream:
            encode = dialect.encode_responses(self._face.clock, -1)
            await self._face.streams.stream(exchange, opening, encode, SSE)
            return
        generation = await self._face.streams.run(exchange, opening)
        await generation.aclose()  # it goes on; only this reader leaves
        waiting = {**envelope(dialect.id, created, settings), "status": "queued"}
        await exchange.json(waiting)

    async def read(self, exchange: Exchange) -> None:
        """As it stands, or as events from a place on."""
        name = exchange.parameter
        query = parse_qs(exchange.scope["query_string"].decode("latin-1"))
        if query.get("stream", [""])[-1] != "true":
            if kept := self._kept.response(_PREFIX + name, recorded.owner(exchange)):
                await exchange.json(kept)
                return
            await exchange.json(await self._standing(exchange, name))
            return
        place = query.get("starting_after", ["-1"])[-1]
        if not (place.removeprefix("-").isdecimal() and len(place) <= 15):
            raise ServerError("starting_after has to be a sequence number", status=400)
        following, dialect = await self._attached(exchange, name)

        async def opening() -> Following:
            return following

        encode = dialect.encode_responses(self._face.clock, int(place))
        await self._face.streams.stream(exchange, opening(), encode, SSE)

    async def cancel(self, exchange: Exchange) -> None:
        name, _, verb = exchange.parameter.partition("/")
        if verb != "cancel" or self._face.records is None:
            raise _unknown(name)
        await self._attached(exchange, name, leave=True)
        await self._face.records.stop(name, recorded.owner(exchange))
        await exchange.json(await self._standing(exchange, name))

    async def delete(self, exchange: Exchange) -> None:
        name, owner = exchange.parameter, recorded.owner(exchange)
        if self._kept.response(_PREFIX + name, owner):
            self._kept.forget(_PREFIX + name)
        else:
            await self._attached(exchange, name, leave=True)
            if self._face.records is not None:
                await self._face.records.forget(name, owner)
        await exchange.json({"id": _PREFIX + name, "object": "response", "deleted": True})

    async def _attached(
        self, exchange: Exchange, name: str, *, leave: bool = False
    ) -> tuple[Following, Dialect]:
        try:
            following = await recorded.attached(self._face, exchange, name)
        except ServerError as error:
            raise _unknown(name) from error
        dialect = recorded.dialect_of(following.known.header.face)
        if leave or dialect.kind != "responses":
            await following.aclose()
        if dialect.kind != "responses":
            raise _unknown(name)
        return following, dialect

    async def _standing(self, exchange: Exchange, name: str) -> dict[str, Any]:
        """The response as far as it has come."""
        following, dialect = await self._attached(exchange, name)
        events: list[Event] = []
        try:
            if following.known.last:
                async for batch in following:
                    events += batch
                    if len(events) >= following.known.last:
                        break
        finally:
            await following.aclose()
        base = envelope(dialect.id, dialect.created, dialect.settings)
        if not following.known.ended:
            return {**base, "status": "in_progress"}
        if isinstance(last := events[-1], Failure):
            return failed(base, last.error)
        reply = fold(events)
        return response(reply, dialect.id, dialect.created, self._seconds(), dialect.settings)

    def _seconds(self) -> int:
        return self._face.clock() // 10**9


def _plain(handler: Handler) -> Handler:
    return answering(handler, render)


def _unknown(name: str) -> ServerError:
    return ServerError(f"Response with id '{_PREFIX}{name}' not found.", status=404)
