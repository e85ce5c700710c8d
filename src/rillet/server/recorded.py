"""Answers that can be resumed: the header `Rillet-Resume`, and the routes /api/streams/{id}.

The protocol is in docs/resume.md. Without the header nothing here is reached.

Laws:
* The head of an answer goes out at once, with the name of its record, before any queue or load;
  so what goes wrong later is a record of the stream and not a status.
* Unknown, expired and somebody else's are one and the same 404.
"""

import hashlib
import re
from collections.abc import Callable
from urllib.parse import parse_qs

import msgspec

from rillet.journal.interface import Known
from rillet.server.dialects import Dialect
from rillet.server.errors import answering
from rillet.server.exchange import Exchange
from rillet.server.face import Face
from rillet.server.router import Routes
from rillet.service.following import Following
from rillet.service.interface import Generation
from rillet.service.recording import Recorder
from rillet.service.recovery import Request
from rillet.words.errors import ServerError, StoreError
from rillet.words.events import Event
from rillet.words.replies import Reply

DETACHED = 60.0  # seconds that an answer goes on without a reader, where the request says nothing
MOST_DETACHED = 86_400.0
KEEP = -1.0

_ID = re.compile(r"[0-9a-f]{32}")
_DETACH = re.compile(r"detach=([0-9]{1,6})")


class RecordedAnswers:
    """Begins recorded answers for the other faces, and serves the routes of records."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> Routes:
        methods = {"GET": self.read, "HEAD": self.state, "DELETE": self.stop}
        return {"/api/streams/{}": {name: answering(one) for name, one in methods.items()}}

    async def read(self, exchange: Exchange) -> None:
        """The rest of an answer, in the dialect in which it was begun."""
        following = await attached(self._face, exchange, exchange.parameter)
        dialect = dialect_of(following.known.header.face)
        after = _after(exchange)
        last = following.known.last
        if after > last or (after == last and following.known.ended):
            await following.aclose()
            if after == last:  # this reader has it all
                await _nothing_more(exchange, following, dialect)
                return
            raise ServerError(f"the stream has {last} records, there is none {after}", status=409)
        following.after = dialect.first(after)
        encode = dialect.encode(self._face.clock, after)
        opening = _begun(exchange, following, dialect)
        await self._face.streams.stream(exchange, opening, encode, dialect.frame)

    async def state(self, exchange: Exchange) -> None:
        known = await self._found(exchange)
        headers = [(b"rillet-state", _state(known)), (b"rillet-last", b"%d" % known.last)]
        await exchange.reply(200, headers=[_name(exchange.parameter), *headers])

    async def stop(self, exchange: Exchange) -> None:
        id = checked(exchange.parameter)
        records = self._face.records
        known = await records.stop(id, owner(exchange)) if records else None
        if known is None:
            raise missing()
        state = _state(known).decode()
        await exchange.json({"stream": id, "state": state, "last": known.last})

    async def _found(self, exchange: Exchange) -> Known:
        records = self._face.records
        id = checked(exchange.parameter)
        known = await records.find(id, owner(exchange)) if records else None
        if known is None:
            raise missing()
        return known


def wanted(face: Face, exchange: Exchange) -> bool:
    """Whether this answer is to be recorded."""
    return face.records is not None and exchange.header(b"rillet-resume") == "1"


async def answer(
    face: Face,
    exchange: Exchange,
    request: Request,
    dialect: Dialect,
    single: Callable[[Reply], bytes] | None = None,
) -> None:
    """Begin a recorded answer and send it as it comes. Raises what `Streams.stream` raises."""
    records = face.records
    assert records is not None
    patience = _patience(exchange)
    encode = dialect.encode(face.clock)

    async def opening() -> Generation:
        nonlocal encode
        generation = await _open(exchange, records, request, dialect, patience)
        if not isinstance(generation, Following):  # there is no record, so it has no numbers
            encode = dialect.encode_plain(face.clock)
        return generation

    def encoded(event: Event) -> bytes:
        return encode(event)

    await face.streams.stream(exchange, opening(), encoded, dialect.frame, single)


async def attached(face: Face, exchange: Exchange, id: str) -> Following:
    """A reader of a record. Raises the one 404."""
    checked(id)
    following = await face.records.attach(id, owner(exchange)) if face.records else None
    if following is None:
        raise missing()
    return following


def owner(exchange: Exchange) -> str:
    """Whose records these are: a digest of the key, which itself is not kept; "" for none.

    One key is one owner, as a bearer token (OpenAI) and as x-api-key (Anthropic).
    """
    said = exchange.header(b"authorization")
    scheme, _, token = said.partition(" ")
    key = token.strip() if scheme.lower() == "bearer" else said
    key = key or exchange.header(b"x-api-key")
    return hashlib.sha256(key.encode()).hexdigest() if key else ""


def checked(id: str) -> str:
    """A name as we give them. Raises the one 404."""
    if not _ID.fullmatch(id):
        raise missing()
    return id


def dialect_of(face: bytes) -> Dialect:
    """Raises `StoreError` where the disk has damaged it."""
    try:
        return msgspec.json.decode(face, type=Dialect)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError("The record of this answer is damaged") from error


def missing() -> ServerError:
    return ServerError("stream not found", status=404)


async def _open(
    exchange: Exchange, records: Recorder, request: Request, dialect: Dialect, patience: float
) -> Generation:
    face = msgspec.json.encode(dialect)
    generation = await records.open(
        request, owner=owner(exchange), face=face, on_disconnect=patience
    )
    if isinstance(generation, Following):
        return await _begun(exchange, generation, dialect)
    return generation


async def _begun(exchange: Exchange, following: Following, dialect: Dialect) -> Following:
    frame = dialect.frame
    try:
        headers = [*frame.headers, *_names(following, dialect)]
        await exchange.start(200, frame.content_type, headers)
    except BaseException:
        await following.aclose()
        raise
    return following


async def _nothing_more(exchange: Exchange, following: Following, dialect: Dialect) -> None:
    """The rest of an answer of which the reader has all."""
    more = [(b"rillet-state", b"done"), (b"content-length", b"0")]
    headers = [*_names(following, dialect), *more]
    await exchange.start(200, dialect.frame.content_type, headers)
    await exchange.send({"type": "http.response.body", "body": b""})


def _names(following: Following, dialect: Dialect) -> list[tuple[bytes, bytes]]:
    return [_name(following.id), (b"rillet-dialect", dialect.kind.encode())]


def _name(id: str) -> tuple[bytes, bytes]:
    return (b"rillet-stream", id.encode())


def _state(known: Known) -> bytes:
    return b"done" if known.ended else b"running"


def _after(exchange: Exchange) -> int:
    """`?after=n`, else `Last-Event-ID: n`, else 0."""
    asked = parse_qs(exchange.scope["query_string"].decode("latin-1")).get("after", [""])[-1]
    value = asked or exchange.header(b"last-event-id") or "0"
    if not (value.isascii() and value.isdecimal() and len(value) <= 15):
        raise ServerError("after has to be the number of a record", status=400)
    return int(value)


def _patience(exchange: Exchange) -> float:
    """`Rillet-On-Disconnect`: cancel, detach=SECONDS or keep."""
    value = exchange.header(b"rillet-on-disconnect").strip().lower()
    if not value:
        return DETACHED
    if value == "cancel":
        return 0.0
    if value == "keep":
        return KEEP
    if (found := _DETACH.fullmatch(value)) and float(found[1]) <= MOST_DETACHED:
        return float(found[1])
    raise ServerError("Rillet-On-Disconnect has to be cancel, keep, or detach=SECONDS", status=400)
