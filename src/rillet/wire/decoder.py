"""What every dialect is: a decoder, bytes to events, and an encoder, events to bytes.

Laws of a decoder:
* It is total: whatever bytes come, `feed` and `eof` raise nothing. The peer's faults are events.
* The events do not depend on how the bytes are cut into pieces (only what is sent *after* the end
  is different: it is not looked at). Text events may be cut differently by nothing but the peer.
* It ends with exactly one `Finish` or `Failure`, after which `finished` is true and every call
  returns [].
* `growing` is honest: keep-alives, comments and blank lines never set it.
"""

from typing import Protocol

from rillet.words.errors import StreamTruncated
from rillet.words.events import Event, Failure


class Decoder(Protocol):
    """Turns the body of one answer into events. `finished` is true once the end has been said."""

    @property
    def finished(self) -> bool: ...

    @property
    def growing(self) -> bool:
        """Whether the last `feed` took in content that no event tells of yet.

        A piece of a tool's arguments, a part of a long record, half a character: the peer is at
        work, whoever measures the time between tokens should know.
        """
        ...

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete. Pieces of any size, also empty ones."""
        ...

    def eof(self, cause: str = "") -> list[Event]:
        """The connection ended, by `cause` ("" for a clean end): what was left, and the verdict.

        [] if the stream was finished before; else the last events and their `Finish`, or a
        `Failure` with `StreamTruncated` that tells the cause.
        """
        ...


class Encoder(Protocol):
    """Turns events into the bytes of one answer."""

    def encode(self, event: Event) -> bytes:
        """The bytes to send for one event; b"" where the dialect has no word for it."""
        ...


def truncated(cause: str = "") -> Failure:
    """The verdict on a stream that ended before its end was said."""
    if cause:
        return Failure(StreamTruncated(f"The stream broke off: {cause}"))
    error = StreamTruncated("The stream ended without saying that it is complete")
    error.unsaid = True
    return Failure(error)
