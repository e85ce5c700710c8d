"""The answer to one request as its bytes arrive: HTTP parser and content decoders as one machine.

Pure, and the only such machine: the two shells feed it what a socket gives and hand on what it has.
"""

from typing import TYPE_CHECKING

from rillet.net.faults import Cut
from rillet.net.http1 import Head, ResponseParser
from rillet.words.errors import MalformedStream

if TYPE_CHECKING:
    from rillet.net.encoding import Decoder


class Reception:
    def __init__(self, method: str, place: str) -> None:
        self._parser = ResponseParser(method)
        self._place = place
        self._decoder: Decoder | None = None
        self._decoding_known = False
        self.feed = self._parser.feed
        self.feed_eof = self._parser.feed_eof

    @property
    def started(self) -> bool:
        """Whether any byte of an answer has come."""
        return self._parser.started

    @property
    def ready(self) -> bool:
        """Whether there is something to say without more bytes: content, an end, or a fault."""
        parser = self._parser
        return parser.buffered or parser.complete or parser.fault is not None

    def head(self) -> Head | None:
        """The head, or None while it is not whole.

        Raises `Cut` if the connection ended first, `MalformedStream` if this is no HTTP.
        """
        parser = self._parser
        if parser.head is None and parser.fault is not None:
            if "closed the connection" in parser.fault:
                raise Cut(parser.fault)
            raise MalformedStream(f"The answer of {self._place} cannot be read: {parser.fault}")
        return parser.head

    def take(self) -> bytes | None:
        """Decoded content that is there; b"" at the proper end; None while more bytes are needed.

        Raises `Cut` at an improper end, after all content before it has been taken.
        """
        parser = self._parser
        if self._decoding_known and self._decoder is None:
            data = parser.take()
        else:
            data = self._decoded()
        if data:
            return data
        if parser.fault is not None:
            raise Cut(parser.fault)
        if not parser.complete:
            return None
        if self._decoder is not None and not self._decoder.finished:
            raise Cut("its compressed content ended early")
        return b""

    @property
    def complete(self) -> bool:
        """Whether the framing said its end; content may still wait to be taken."""
        return self._parser.complete

    @property
    def ended(self) -> bool:
        """Whether more bytes would change nothing: the end was said, or a fault came."""
        return self._parser.complete or self._parser.fault is not None

    @property
    def keep_alive(self) -> bool:
        return self._parser.keep_alive

    def _decoded(self) -> bytes:
        head = self._parser.head
        assert head is not None, "take() comes after head()"
        try:
            if not self._decoding_known:
                coding = head.headers.get("content-encoding", "")
                from rillet.net.encoding import make_decoder  # few answers are encoded

                self._decoder = make_decoder(coding)
                self._decoding_known = True
            decoder = self._decoder
            if decoder is None:
                return self._parser.take()
            made = decoder.pull()
            if not made and (data := self._parser.take()):
                decoder.push(data)
                made = decoder.pull()
            return made
        except ValueError as error:
            raise MalformedStream(f"The answer of {self._place} cannot be read: {error}") from None
