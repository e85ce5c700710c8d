"""How a recorded answer is written, as a value that is kept with it.

Whoever resumes an answer gets the very records that were missed, so the dialect, the ids and the
times of its beginning have to be known again, perhaps in another process.

Laws:
* An NDJSON record has the number of its event as `seq`.
* On SSE the last record of each event has it as `id:`. Its other records come again when the
  connection was cut between them; comments have none, for some readers make an event of an id.
* The encoders of SSE remember what they have said, so they are always fed from the first event,
  and what the reader has is left out.
"""

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from rillet.server.streams import NDJSON, SSE, Encode, Frame
from rillet.words.events import Event


class Dialect(Struct, frozen=True, omit_defaults=True):
    """`kind` is one of `KINDS`; the rest is what its encoder is made from."""

    kind: str
    model: str
    id: str = ""
    created: int = 0
    usage: bool = False
    prompt_tokens: int = 0
    settings: dict[str, Any] = {}

    @property
    def frame(self) -> Frame:
        return NDJSON if self.kind in _NDJSON else SSE

    def first(self, after: int) -> int:
        """From which number on events are to be read, for a reader who has `after`."""
        return after if self.kind in _NDJSON else 0

    def encode(self, clock: Callable[[], int], after: int = 0) -> Encode:
        """Bytes for each event from `first(after)` on; nothing for those up to `after`."""
        encoder = _encoder(self, clock)
        if self.kind in _NDJSON:
            return _Numbered(encoder, after).encode
        return _Identified(encoder, after).encode

    def encode_plain(self, clock: Callable[[], int]) -> Encode:
        """Bytes for each event, without numbers: of an answer that has no record."""
        encode: Encode = _encoder(self, clock).encode
        return encode

    def encode_responses(self, clock: Callable[[], int], starting_after: int) -> Encode:
        """For OpenAI's cursor, which counts records: those behind `starting_after`."""
        return _Behind(_encoder(self, clock), starting_after + 1).encode


class _Encoder(Protocol):
    def encode(self, event: Event) -> bytes: ...


class _Numbered:
    def __init__(self, encoder: Any, after: int) -> None:
        self._encode = encoder.encode
        self._number = after

    def encode(self, event: Event) -> bytes:
        self._number += 1
        data: bytes = self._encode(event, self._number)
        return data


class _Identified:
    def __init__(self, encoder: _Encoder, after: int) -> None:
        self._encode = encoder.encode
        self._number = 0
        self._after = after

    def encode(self, event: Event) -> bytes:
        data = self._encode(event)
        self._number += 1
        if self._number <= self._after:
            return b""
        last = data.rfind(b"\n\n", 0, -2)
        at = 0 if last < 0 else last + 2
        if not data or data.startswith(b":", at):
            return data
        return b"%bid: %d\n%b" % (data[:at], self._number, data[at:])


class _Behind:
    def __init__(self, encoder: _Encoder, count: int) -> None:
        self._encode = encoder.encode
        self._left = count

    def encode(self, event: Event) -> bytes:
        data = self._encode(event)
        if self._left <= 0:
            return data
        kept = b""
        for record in data.split(b"\n\n")[:-1]:
            if record.startswith(b":"):
                continue
            if self._left > 0:
                self._left -= 1
            else:
                kept += record + b"\n\n"
        return kept


_NDJSON = ("generate", "chat")


def _encoder(dialect: Dialect, clock: Callable[[], int]) -> Any:
    model, id, created = dialect.model, dialect.id, dialect.created
    match dialect.kind:
        case "generate" | "chat":
            from rillet.wire import ollama_encoder as ollama

            made = ollama.ChatEncoder if dialect.kind == "chat" else ollama.GenerateEncoder
            return made(model, clock)
        case "openai.chat" | "openai.completion":
            from rillet.wire import openai

            chat = dialect.kind == "openai.chat"
            chunks = openai.ChatChunkEncoder if chat else openai.CompletionChunkEncoder
            return chunks(id, model, created, dialect.usage)
        case "anthropic":
            from rillet.wire.anthropic import MessagesEncoder

            return MessagesEncoder(id, model, dialect.prompt_tokens)
        case "responses":
            from rillet.wire.openai_responses import ResponsesEncoder

            return ResponsesEncoder(id, created, dialect.settings, lambda: clock() // 10**9)
        case kind:
            raise ValueError(f"there is no dialect {kind}")
