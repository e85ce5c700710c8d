"""One request and the one answer to it: what a handler gets.

A thin layer over ASGI (https://asgi.readthedocs.io): bodies are bounded while they come, answers
that are not streams go out whole, and a client that hangs up is noticed by `gone()`. A body that
was not read to its end is thrown away by the HTTP server while it comes, so that a client which is
still sending gets to see the answer.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec

from rillet.server.asgi import Receive, Scope, Send
from rillet.words.errors import ServerError

JSON = b"application/json; charset=utf-8"
BARE_JSON = b"application/json"  # so Ollama calls what comes out of an operation
HTML = b"text/html; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"
PLAIN = b"text/plain"
Headers = Iterable[tuple[bytes, bytes]]
HALF_CLOSED = "rillet.half_closed"  # the message of a client that sends no more
NO_CACHE: Headers = [(b"cache-control", b"no-cache")]


class ClientGone(Exception):
    """The client hung up, or sends no more, which looks the same: perhaps nobody reads."""


class BodyTooLarge(ServerError):
    """The request has more bytes than the server takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"the request body is larger than {limit} bytes",
            status=413,
            hint="The server's limit is RILLET_MAX_BODY",
        )


class BodyTooShort(ServerError):
    """The client stopped sending before the end of its body."""

    def __init__(self) -> None:
        super().__init__("unexpected EOF", status=400)


class Exchange:
    """Reads one request, sends one answer. `parameter` is what the path had in place of `{}`.

    `json_type` is how an answer in JSON is called, be it an error. `error_headers` go with errors.
    """

    __slots__ = (
        *("_receive", "_taken", "error_headers", "json_type", "parameter", "scope", "send"),
        "started",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, parameter: str = "") -> None:
        self.scope = scope
        self._receive = receive
        self._taken = False
        self.send = send
        self.parameter = parameter
        self.started = False
        self.json_type = JSON
        self.error_headers: Headers = ()

    def header(self, name: bytes) -> str:
        """The first value of a request header (`name` in lower case), or ""."""
        return header(self.scope, name)

    async def body(self, limit: int) -> bytes:
        """The whole body. Raises `BodyTooLarge` as soon as it is, `ClientGone` on a hang-up."""
        announced = self.header(b"content-length")
        if announced.isdecimal() and int(announced) > limit:
            raise BodyTooLarge(limit)
        total, parts = 0, []
        while not self._taken:
            part = await self._part()
            total += len(part)
            if total > limit:
                raise BodyTooLarge(limit)
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, of any length."""
        while not self._taken:
            if part := await self._part():
                yield part

    async def _part(self) -> bytes:
        message = await self._receive()
        if message["type"] == HALF_CLOSED:
            raise BodyTooShort
        if message["type"] == "http.disconnect":
            raise ClientGone
        self._taken = not message.get("more_body", False)
        part: bytes = message.get("body", b"")
        return part

    async def gone(self, patient: bool = False) -> bool:
        """Return when the client has hung up. What is left of a body is thrown away.

        A hang-up is not told from an end of sending alone before something is written to the
        client: True where it may be that. Who is `patient` waits for more.
        """
        ends = ("http.disconnect",) if patient else ("http.disconnect", HALF_CLOSED)
        while (kind := (await self._receive())["type"]) not in ends:
            pass
        return bool(kind == HALF_CLOSED)

    async def start(self, status: int, content_type: bytes | None, headers: Headers = ()) -> None:
        """Send the head of the answer."""
        sent = list(headers)
        if content_type:
            sent.append((b"content-type", content_type))
        self.started = True
        await self.send({"type": "http.response.start", "status": status, "headers": sent})

    async def reply(
        self,
        status: int,
        body: bytes = b"",
        content_type: bytes | None = JSON,
        headers: Headers = (),
    ) -> None:
        """Send the whole answer. One in bare JSON ends its line, as Ollama's do."""
        if content_type is BARE_JSON:
            body += b"\n"
        length = (b"content-length", str(len(body)).encode())
        await self.start(status, content_type if body else None, [*headers, length])
        await self.send({"type": "http.response.body", "body": body})

    async def json(self, value: Any, status: int = 200, headers: Headers = ()) -> None:
        """Send a value as JSON, which is the whole answer."""
        await self.reply(status, msgspec.json.encode(value), self.json_type, headers)


def expects_continue(expect: str) -> bool:
    """Whether a client waits to be told that it may send its body."""
    return "100-continue" in (one.strip(" \t") for one in expect.lower().split(","))


def header(scope: Scope, name: bytes) -> str:
    """The first value of a header (`name` in lower case), or ""."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1").strip(" \t")  # type: ignore[no-any-return]
    return ""
