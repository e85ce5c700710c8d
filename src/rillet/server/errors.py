"""Errors as answers: which status and text a client gets, in the form of its dialect.

A dialect is a function (status, message) -> bytes. `answering` puts it around a handler, so that
handlers only raise. Messages go out without their hints, for clients compare them.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from rillet.model.names import InvalidDigest
from rillet.server.exchange import ClientGone, Exchange, Headers
from rillet.server.router import Handler
from rillet.wire.go_scanner import NOTHING, GoJSONError
from rillet.words.errors import (
    Busy,
    InvalidName,
    InvalidRequest,
    RilletError,
    ServerError,
    Stalled,
    StreamError,
    Unauthorized,
    Unreachable,
)

Render = Callable[[int, str], bytes]

CANCELED = "request canceled"

log = logging.getLogger("rillet.server")


class Refusal(NamedTuple):
    """What a client is told."""

    status: int
    message: str
    headers: Headers = ()


class ServerStopping(ServerError):
    """The server was told to end while it answered."""

    def __init__(self) -> None:
        super().__init__("the server is shutting down", status=503)


def refusal(error: Exception) -> Refusal:
    """The status and text for an error. One that is not ours says nothing of our insides."""
    if isinstance(error, GoJSONError):
        return Refusal(400, str(error))
    if isinstance(error, ClientGone):  # who has only stopped sending reads it
        return Refusal(499, CANCELED)
    if not isinstance(error, RilletError):
        return Refusal(500, "internal server error")
    headers: Headers = ()
    if isinstance(error, Busy) and error.retry_after is not None:
        headers = [(b"retry-after", b"%d" % max(1, round(error.retry_after)))]
    return Refusal(_status(error), error.message, headers)


def native(status: int, message: str) -> bytes:
    """An error in Ollama's form."""
    return msgspec.json.encode({"error": message})


def answering(handler: Handler, render: Render = native, nothing: str = NOTHING) -> Handler:
    """The handler with its errors turned into answers; `nothing` is said of an empty body."""

    async def handle(exchange: Exchange) -> None:
        try:
            await handler(exchange)
        except Exception as error:
            if not isinstance(error, RilletError | GoJSONError | ClientGone):
                log.exception("%s %s", exchange.scope["method"], exchange.scope["path"])
            if exchange.started:
                if isinstance(error, ClientGone):
                    return
                raise
            status, message, own = refusal(error)
            if message == NOTHING:
                message = nothing
            answer = render(status, message)
            headers = [*exchange.error_headers, *own]
            await exchange.reply(status, answer, exchange.json_type, headers)

    return handle


def _status(error: RilletError) -> int:
    if isinstance(error, ServerError) and error.status is not None:
        return error.status
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return status
    return 500


_STATUSES = (
    (Busy, 503),
    (Unauthorized, 401),
    (InvalidRequest, 400),
    (InvalidName, 400),
    (InvalidDigest, 400),
    (Stalled, 504),
    (StreamError, 502),
    (Unreachable, 502),
)
