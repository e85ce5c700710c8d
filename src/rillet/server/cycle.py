"""One request and its answer: uvicorn's, and what it does not do for two kinds of clients: those
that end their half of the connection behind a request, and those of HTTP/1.0.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from rillet.server.exchange import HALF_CLOSED


class Cycle(RequestResponseCycle):
    """A request and its answer. The application is told once, in order, that no more is sent."""

    _half_closed = False
    _taken = False  # the application has the whole body

    def half_close(self) -> None:
        """The client sends no more."""
        self._half_closed = True
        self.message_event.set()

    async def receive(self) -> Any:
        message = await super().receive()
        if message["type"] != "http.request":
            return message
        is_news = bool(message["body"]) or (not message["more_body"] and not self._taken)
        self._taken = not message["more_body"]
        if self._half_closed:
            if not is_news:
                return {"type": HALF_CLOSED}
            self.message_event.set()  # again, for the next time
        return message


class UntilClose(Cycle):
    """An answer to HTTP/1.0, which knows no chunks: a stream ends with its connection."""

    _is_stream = False

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._is_stream = all(name != b"content-length" for name, _ in message["headers"])
            if self._is_stream:
                self.chunked_encoding = self.keep_alive = False
            elif self.keep_alive:  # there it has to be said
                headers = [*message["headers"], (b"connection", b"keep-alive")]
                message = {**message, "headers": headers}
        elif self._is_stream:
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)
