"""Ollama's routes for models and for the server itself: lists, cards, copies, blobs, transfers.

There is no cloud behind this server, so the routes that need one answer as Ollama does with its
cloud switched off. Source: Ollama's API reference and its recorded answers.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from rillet import __version__
from rillet.model.names import Digest, ModelName
from rillet.server.errors import answering, native, refusal
from rillet.server.exchange import TEXT, BodyTooShort, Exchange
from rillet.server.face import (
    DETAILS_OFF,
    NOT_FOUND,
    Face,
    known,
    named,
    plain,
    required,
    worded,
)
from rillet.server.ollama import MISSING, body_fields
from rillet.server.router import Handler, Routes
from rillet.server.transfer import transfer
from rillet.service.uploaded import NO_SOURCE, check_names
from rillet.wire.ollama_encoder import ProgressEncoder
from rillet.words.errors import ModelNotFound, RilletError, ServerError
from rillet.words.events import Progress
from rillet.words.models import CreateRequest, ModelInfo, ShowRequest, TransferRequest
from rillet.words.quoting import quoted

#: Ollama's answers out of an operation have no charset.
PLAIN_JSON = b"application/json"
SUCCESS = b'{"status":"success"}'
_NO_SIGNOUT = "there was an error signing out"


class OllamaModels:
    """The handlers; `routes` is their table."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self._operations = face.operations

    def routes(self) -> Routes:
        root, version, tags = map(_plain, (self.root, self.version, self.tags))
        return {
            "/": {"HEAD": root, "GET": root},
            "/api/version": {"HEAD": version, "GET": version},
            "/api/tags": {"HEAD": tags, "GET": tags},
            "/api/ps": {"GET": _plain(self.ps)},
            "/api/upstreams": {"GET": _plain(self.upstreams)},
            "/api/status": {"GET": _plain(self.status)},
            "/api/show": {"POST": _plain(self.show)},
            "/api/copy": {"POST": _plain(self.copy)},
            "/api/delete": {"DELETE": _plain(self.delete)},
            "/api/create": {"POST": _plain(self.create)},
            "/api/pull": {"POST": _plain(self.pull)},
            "/api/push": {"POST": _plain(self.push)},
            "/api/blobs/{}": {"HEAD": _plain(self.has_blob), "POST": _plain(self.put_blob)},
            "/api/me": {"POST": _refusing(503, "account unavailable")},
            "/api/signout": {"POST": _refusing(500, _NO_SIGNOUT)},
            "/api/user/keys/{}": {"DELETE": _refusing(500, _NO_SIGNOUT)},
            "/api/experimental/web_search": {"POST": _plain(self.off("web search is unavailable"))},
            "/api/experimental/web_fetch": {"POST": _plain(self.off("web fetch is unavailable"))},
            "/api/experimental/model-recommendations": {"GET": _plain(self.recommendations)},
        }

    async def root(self, exchange: Exchange) -> None:
        """The text by which clients know that something of this API is there."""
        await exchange.reply(200, b"Ollama is running", TEXT, _own_version())

    async def version(self, exchange: Exchange) -> None:
        # Clients compare it with Ollama's versions; ours stands in a header.
        await exchange.json({"version": self._face.settings.api_version}, headers=_own_version())

    async def status(self, exchange: Exchange) -> None:
        source = "env" if self._face.settings.no_cloud else "config"
        await exchange.json({"cloud": {"disabled": True, "source": source}})

    async def tags(self, exchange: Exchange) -> None:
        models = await self._face.streams.run(exchange, self._operations.tags(), patient=True)
        await exchange.json({"models": [_listed(model) for model in models]})

    async def ps(self, exchange: Exchange) -> None:
        await exchange.json({"models": await self._operations.ps()})

    async def upstreams(self, exchange: Exchange) -> None:
        """How the servers behind this one are. Ollama has no such route."""
        found = await self._face.streams.run(exchange, self._operations.health())
        await exchange.json({"upstreams": found})

    async def show(self, exchange: Exchange) -> None:
        fields = await body_fields(self._face, exchange, "ShowRequest")
        fields.pop("template", None)  # Ollama does not look at it either
        request = ShowRequest(**{"model": "", **fields})
        name = known(required(request.model), DETAILS_OFF)
        try:
            work = self._operations.show(request)
            card = await self._face.streams.run(exchange, work, patient=True)
        except ModelNotFound as error:
            others = [ModelName.parse(one.name) for one in await self._operations.tags()]
            text = NOT_FOUND.format(name.spelled_like(others).display())
            raise ModelNotFound(text, status=404, hint=error.hint) from None
        always = {"details": msgspec.to_builtins(card.details), "model_info": card.model_info}
        answer = {**msgspec.to_builtins(card), **always}
        if card.messages:
            answer["messages"] = [{"role": m.role, "content": m.content} for m in card.messages]
        if exchange.header(b"user-agent").startswith("GitHubCopilotChat/"):
            answer["model_info"] = {**card.model_info, "general.basename": request.model}
        await exchange.json(answer)

    async def copy(self, exchange: Exchange) -> None:
        fields = await body_fields(self._face, exchange, "CopyRequest")
        names = [fields.get(key, "") for key in ("source", "destination")]
        for key, name in zip(("source", "destination"), names, strict=True):
            plain(name, f"{key} {quoted(name)} is invalid")
        with worded('model "{}" not found', names[0]):
            await self._operations.copy(*names)
        await exchange.reply(200)

    async def delete(self, exchange: Exchange) -> None:
        fields = await body_fields(self._face, exchange, "DeleteRequest")
        model = required(fields.get("model", ""))
        named(model, f"name {quoted(model)} is invalid")
        with worded(NOT_FOUND, model):
            await self._operations.delete(model)
        await exchange.reply(200)

    async def create(self, exchange: Exchange) -> None:
        fields = await body_fields(self._face, exchange, "CreateRequest")
        drafts = fields.get("draft_files")
        check_names(fields.get("files"), drafts, adapters=fields.get("adapters"))
        if fields.pop("draft_quantize", "") and not drafts:
            raise ServerError("--draft-quantize requires a DRAFT model", status=400)
        if other := fields.pop("quantization", None):
            fields.setdefault("quantize", other)
        fields["from_"] = fields.pop("from", None)
        request = CreateRequest(**{"model": "", **fields})
        plain(request.model)
        if not request.from_ and request.files is None:
            await exchange.reply(400, native(400, NO_SOURCE), PLAIN_JSON)
            return
        lines = self._operations.create(request)
        await self._transfer(exchange, lines, request.stream, patient=True)

    async def pull(self, exchange: Exchange) -> None:
        request = await self._transfer_request(exchange, "PullRequest")
        known(request.model)
        await self._transfer(exchange, self._operations.pull(request), request.stream)

    async def push(self, exchange: Exchange) -> None:
        request = await self._transfer_request(exchange, "PushRequest")
        known(required(request.model))
        await self._transfer(exchange, self._operations.push(request), request.stream)

    def off(self, what: str) -> Handler:
        """A route of the cloud that this server does not have."""

        async def refuse(exchange: Exchange) -> None:
            if not await exchange.body(self._face.settings.max_body):
                raise ServerError(MISSING, status=400)
            raise ServerError(f"ollama cloud is disabled: {what}", status=403)

        return refuse

    async def recommendations(self, exchange: Exchange) -> None:
        """None: nothing is asked outside."""
        await exchange.json({"recommendations": []})

    async def has_blob(self, exchange: Exchange) -> None:
        asked = exchange.parameter
        digest = str(Digest.parse(asked))
        if _has_capitals(asked) or not await self._operations.has_blob(digest):
            raise ServerError(f"blob {asked} is not there", status=404)
        await exchange.reply(200)

    async def put_blob(self, exchange: Exchange) -> None:
        """Only bytes that are there can be told by a digest with a dash, none by one in capitals.

        So Ollama has it, which compares texts: what was sent is kept all the same.
        """
        asked = exchange.parameter
        digest = str(Digest.parse(asked))
        try:
            new = await self._operations.put_blob(digest, exchange.chunks())
        except BodyTooShort as error:  # only here it is the server's fault, as there
            raise ServerError(error.message, status=500) from None
        except ServerError as error:
            message = error.message.replace(digest, asked, 1)
            raise ServerError(message, status=error.status) from None
        if _has_capitals(asked) or (new and asked != digest):
            raise ServerError(f'digest mismatch, expected "{asked}", got "{digest}"', status=400)
        await exchange.reply(201 if new else 200)

    async def _transfer_request(self, exchange: Exchange, body: str) -> TransferRequest:
        return TransferRequest(**{"model": "", **await body_fields(self._face, exchange, body)})

    async def _transfer(
        self,
        exchange: Exchange,
        lines: AsyncIterator[Progress],
        stream: bool | None,
        patient: bool = False,
    ) -> None:
        """Its steps as they come, or the last one alone; an error of it is plain JSON."""
        try:
            if stream is not False:
                encode = ProgressEncoder().encode
                await self._face.streams.stream(exchange, transfer(lines), encode, patient=patient)
                return
            await self._face.streams.whole(exchange, transfer(lines), patient)
            status, body = 200, SUCCESS
        except RilletError as error:
            if exchange.started:
                raise
            status, message, _ = refusal(error)
            body = native(status, message)
        await exchange.reply(status, body, PLAIN_JSON)


def _has_capitals(digest: str) -> bool:
    return digest != digest.lower()


def _plain(handler: Handler) -> Handler:
    return answering(handler, nothing=MISSING)


def _refusing(status: int, message: str) -> Handler:
    """A route to an account, of which this server has none."""

    async def refuse(exchange: Exchange) -> None:
        raise ServerError(message, status=status)

    return answering(refuse)


def _own_version() -> list[tuple[bytes, bytes]]:
    return [(b"rillet-version", __version__.encode())]


def _listed(model: ModelInfo) -> dict[str, Any]:
    """An entry of the list without what is not known of the model."""
    said = {key: value for key, value in msgspec.to_builtins(model).items() if value != ""}
    if not model.capabilities:
        del said["capabilities"]
    lengths = ("context_length", "embedding_length")
    details = said["details"].items()
    said["details"] = {key: value for key, value in details if value or key not in lengths}
    return said
