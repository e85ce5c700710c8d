"""`--record FILE`: an answer and when it came, as lines of JSON that `replay` plays.

The first line tells what was asked. An answer of a server is kept raw: each other line is a piece
of its body as it came, as ``data`` (``base64`` where it is no text), with the seconds since the
request as ``at``; a line with ``body`` names the dialect, where a body begins. The engine inside
sends no bytes: its events are kept, as `--events` prints them. An answer that broke ends with the
event ``failure``.
"""

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from rillet.cli.files import OutputFile
from rillet.cli.records import record
from rillet.words import events
from rillet.words.errors import InvalidRequest, RilletError
from rillet.words.events import Event, Failure, Finish

_FORMAT = 1
# What a record leaves out where it is empty, though an event has it always.
_EMPTY: dict[str, dict[str, Any]] = {
    "text": {"text": ""},
    "thinking": {"text": ""},
    "progress": {"status": ""},
    "finish": {"reason": None},
}
_KINDS: dict[str, type[Any]] = {
    "text": events.Text,
    "thinking": events.Thinking,
    "tool_call": events.ToolCall,
    "progress": events.Progress,
    "reconnected": events.Reconnected,
    "finish": events.Finish,
}


class Recorder:
    """`see(event)` for each when it comes; what was written is there if the process is killed.

    It is the `Tap` of a client as well: once a body has begun, its bytes stand for the events.
    """

    def __init__(self, path: str, model: str, prompt: str) -> None:
        self._file = OutputFile(path)
        self._began = time.perf_counter()
        self._raw = False
        self._body = ""  # the dialect of one that has begun and is not told yet
        self._line({"recording": _FORMAT, "model": model, "prompt": prompt})

    def see(self, event: Event) -> None:
        if not self._raw or isinstance(event, Failure):
            self._now(msgspec.json.decode(record(event)))

    def body(self, dialect: str) -> None:
        self._body = dialect

    def data(self, data: bytes) -> None:
        self._raw = True
        if self._body:
            self._now({"body": self._body})
            self._body = ""
        try:
            self._now({"data": data.decode()})
        except UnicodeDecodeError:
            self._now({"base64": base64.b64encode(data).decode()})

    def fail(self, error: RilletError) -> None:
        self.see(Failure(error))

    def close(self) -> None:
        self._file.close()

    def _now(self, fields: dict[str, Any]) -> None:
        self._line({"at": round(time.perf_counter() - self._began, 6), **fields})

    def _line(self, fields: dict[str, Any]) -> None:
        self._file.write(msgspec.json.encode(fields).decode() + "\n")


class Recording(msgspec.Struct, frozen=True):
    """`steps` are seconds since the request, and what came then.

    `raw` are the same as bytes of `dialect`, where the answer was kept so and came in one body.
    """

    model: str
    prompt: str
    steps: list[tuple[float, Event]]
    raw: list[tuple[float, bytes]] = []
    dialect: str = ""

    @property
    def whole(self) -> bool:
        return bool(self.steps) and isinstance(self.steps[-1][1], Finish)


def read(path: str) -> Recording:
    """Raises `InvalidRequest` for what is no recording, `OSError`."""
    try:
        lines = Path(path).read_bytes().splitlines()
        head = msgspec.json.decode(lines[0])
        if not isinstance(head, dict) or "recording" not in head:
            raise ValueError("its first line is that of something else")
        if head["recording"] != _FORMAT:
            raise ValueError(f"its format is {head['recording']}, not {_FORMAT}")
        reader = _Reader()
        for fields in _fields(lines[1:]):
            reader.read(float(fields.pop("at")), fields)
        reader.end()
        raw, dialect = (reader.raw, reader.dialect) if reader.bodies == 1 else ([], "")
        return Recording(str(head["model"]), str(head["prompt"]), reader.steps, raw, dialect)
    except (msgspec.MsgspecError, ValueError, KeyError, IndexError, TypeError) as error:
        raise InvalidRequest(
            f"'{path}' is no recording: {error}", hint="rillet run --record FILE writes one"
        ) from None


def _fields(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines):
        try:
            yield msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError:
            if number == len(lines) - 1:  # the recorder was killed while it wrote
                return
            raise


class _Reader:
    """The lines of a recording as events."""

    def __init__(self) -> None:
        self.steps: list[tuple[float, Event]] = []
        self.raw: list[tuple[float, bytes]] = []
        self.dialect = ""
        self.bodies = 0
        self._decoder: Any = None
        self._at = 0.0

    def read(self, at: float, fields: dict[str, Any]) -> None:
        self._at = at
        if "body" in fields:
            self._begin(str(fields["body"]))
        elif "data" in fields:
            self._feed(str(fields["data"]).encode())
        elif "base64" in fields:
            self._feed(base64.b64decode(fields["base64"]))
        else:
            self._event(fields)

    def end(self) -> None:
        """What the bytes say about their own end, unless the recorder has said it."""
        if self._decoder is not None and not isinstance(self._last, Failure):
            self._take(self._decoder.eof())

    @property
    def _last(self) -> Event | None:
        return self.steps[-1][1] if self.steps else None

    def _begin(self, dialect: str) -> None:
        before = getattr(self._decoder, "seq", None)
        self._decoder = decoder_of(dialect)
        if before is not None:  # had again, from there
            self._decoder.seq = before
        self.dialect = dialect
        self.bodies += 1

    def _feed(self, data: bytes) -> None:
        self.raw.append((self._at, data))
        if self._decoder is None:
            raise ValueError("bytes before their dialect")
        self._take(self._decoder.feed(data))

    def _event(self, fields: dict[str, Any]) -> None:
        kind = fields.pop("event")
        if kind == "failure":
            if not isinstance(self._last, Failure):
                self._take([Failure(RilletError(str(fields["error"])))])
        else:
            self._take([msgspec.convert({**_EMPTY.get(kind, {}), **fields}, _KINDS[kind])])

    def _take(self, events: list[Event]) -> None:
        self.steps += [(self._at, event) for event in events]


def decoder_of(dialect: str) -> Any:
    """What reads a body of it. Raises `ValueError`."""
    from rillet.wire import ollama, openai

    decoders: dict[str, Callable[[], Any]] = {
        "ollama chat": ollama.ChatDecoder,
        "ollama generate": ollama.GenerateDecoder,
        "openai chat": openai.ChatChunkDecoder,
        "openai generate": openai.CompletionChunkDecoder,
    }
    if dialect not in decoders:
        raise ValueError(f"its dialect is {dialect!r}")
    return decoders[dialect]()
