"""Streams to play: told by events or recorded, whole or with a fault.

    story = told("Hel", "lo")                      # /api/chat of Ollama, as a server sends it
    story = told("Hi", wire="openai")              # /v1/chat/completions
    story = recorded(Path("answer.ndjson"))        # bytes that were saved, cut into their records

    story.script()                                 # the whole answer, a record a chunk
    story.truncated(after=1)                       # an end of HTTP, no end of the answer
    story.reset(after=1), .hung_up(after=1), .stalled(after=1), .dripping(after=1)
    story.slow(0.05), .split(1), .garbled(after=1), .failed("no memory", after=1)

Each gives a script for `ScriptedServer`. `after` counts records; None is all but the last one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from msgspec import Struct

from rillet.testing.connection import LAST_CHUNK, chunk, head
from rillet.testing.steps import Drip, Hangup, Pause, Reset, Script, Send, Stall
from rillet.wire.decoder import Encoder
from rillet.wire.ollama_encoder import ChatEncoder, GenerateEncoder, ProgressEncoder
from rillet.wire.openai_encoder import ChatChunkEncoder, CompletionChunkEncoder
from rillet.words.errors import ServerError
from rillet.words.events import Event, Failure, Finish, Text, Timings, Usage

WireName = Literal["chat", "generate", "progress", "openai", "openai-completions"]
NDJSON, SSE = "application/x-ndjson", "text/event-stream"
GARBAGE = b"\x00\xff<not a record>\n\n"
_MOMENT = 1_767_225_600_000_000_000  # 2026-01-01, in nanoseconds: a story is always the same


class Story(Struct, frozen=True):
    """The records of one answer, as bytes with their line ends, and how to tell of a failure."""

    records: tuple[bytes, ...]
    media: str = NDJSON

    @property
    def body(self) -> bytes:
        return b"".join(self.records)

    def script(self) -> Script:
        """The whole answer, each record a chunk."""
        return [self._head(), *map(chunk, self.records), LAST_CHUNK]

    def truncated(self, after: int | None = None) -> Script:
        """A proper end of HTTP before the answer said its own."""
        return [*self._until(after), LAST_CHUNK]

    def hung_up(self, after: int | None = None) -> Script:
        """A FIN within a chunk."""
        return [*self._until(after), b"40\r\n{", Hangup()]

    def reset(self, after: int | None = None) -> Script:
        """A RST. It comes a moment later, for it may overtake what was sent before."""
        return [*self._until(after), Pause(0.05), Reset()]

    def stalled(self, after: int | None = None) -> Script:
        """Silence, until the client hangs up."""
        return [*self._until(after), Stall()]

    def dripping(
        self, after: int | None = None, noise: bytes = b"\n", every: float = 0.01
    ) -> Script:
        """Bytes without content, until the client hangs up."""
        return [*self._until(after), Drip(chunk(noise), every)]

    def slow(self, seconds: float) -> Script:
        """The whole answer, with a pause before each record."""
        steps = [step for record in self.records for step in (Pause(seconds), chunk(record))]
        return [self._head(), *steps, LAST_CHUNK]

    def split(self, size: int = 1) -> Script:
        """The whole answer in segments of so many bytes, HTTP's own bytes included."""
        whole = b"".join(map(chunk, self.records)) + LAST_CHUNK
        return [Send(self._head() + whole, size)]

    def garbled(self, after: int | None = None, garbage: bytes | None = None) -> Script:
        """Bytes that are no record, then the rest of the answer."""
        at = self._at(after)
        if garbage is None:  # a line that is no field means nothing in server-sent events
            garbage = b"data: " + GARBAGE if self.media == SSE else GARBAGE
        rest = map(chunk, self.records[at:])
        return [*self._until(after), chunk(garbage), *rest, LAST_CHUNK]

    def failed(self, message: str, after: int | None = None) -> Script:
        """An error record in place of the rest."""
        body = b'{"error":' + _quoted(message) + b"}"
        record = b"data: " + body + b"\n\n" if self.media == SSE else body + b"\n"
        return [*self._until(after), chunk(record), LAST_CHUNK]

    def _head(self) -> bytes:
        fields = [("Content-Type", self.media), ("Transfer-Encoding", "chunked")]
        return head(headers=fields)

    def _at(self, after: int | None) -> int:
        at = len(self.records) - 1 if after is None else after
        if not 0 <= at <= len(self.records):
            raise ValueError(f"after={after}: the story has {len(self.records)} records")
        return at

    def _until(self, after: int | None) -> list[bytes]:
        return [self._head(), *map(chunk, self.records[: self._at(after)])]


def told(*said: str | Event, wire: WireName = "chat", model: str = "model") -> Story:
    """A story of texts and events. Without an end of its own it ends with the reason "stop"."""
    events = [Text(each) if isinstance(each, str) else each for each in said]
    for event in events:
        if not isinstance(event, Event):
            raise ValueError(f"A story is of texts and events, not {event!r}")
    if not events or not isinstance(events[-1], Finish | Failure):
        count = sum(isinstance(event, Text) for event in events)
        events.append(Finish("stop", Usage(1, count), Timings(4, 1, 1, 2)))
    encoder = _encoder(wire, model)
    records = [record for event in events for record in _records(encoder.encode(event))]
    return Story(tuple(records), SSE if wire.startswith("openai") else NDJSON)


def recorded(source: bytes | str | Path) -> Story:
    """A story of bytes, or of a file with them: NDJSON or server-sent events, told apart."""
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    return Story(tuple(_records(data)), SSE if _is_sse(data) else NDJSON)


def failure(message: str) -> Failure:
    """An end for `told` that is an error."""
    return Failure(ServerError(message))


def _encoder(wire: WireName, model: str) -> Encoder:
    match wire:
        case "chat":
            return ChatEncoder(model, lambda: _MOMENT)
        case "generate":
            return GenerateEncoder(model, lambda: _MOMENT)
        case "progress":
            return ProgressEncoder()
        case "openai":
            return ChatChunkEncoder("chatcmpl-1", model, _MOMENT // 10**9, include_usage=True)
        case "openai-completions":
            return CompletionChunkEncoder("cmpl-1", model, _MOMENT // 10**9, include_usage=True)
    raise ValueError(f"wire is one of {', '.join(get_args(WireName))}, not {wire!r}")


def _is_sse(data: bytes) -> bool:
    return data.lstrip().startswith((b"data:", b"event:", b"id:", b"retry:", b":"))


def _records(data: bytes) -> Sequence[bytes]:
    """The records in these bytes, each with its end."""
    end = b"\n\n" if _is_sse(data) else b"\n"
    pieces = data.split(end)
    return [piece + end for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _quoted(text: str) -> bytes:
    import json

    return json.dumps(text).encode()
