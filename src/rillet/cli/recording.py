"""`--record FILE`: an answer with the time of each event, as lines of JSON that `replay` plays.

The first line tells what was asked; each other one is an event as `--events` prints it, with the
seconds since the request as ``at``. An answer that broke ends with the event ``failure``.
"""

import time
from collections.abc import Iterator
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
    """`see(event)` for each when it comes; what was written is there if the process is killed."""

    def __init__(self, path: str, model: str, prompt: str) -> None:
        self._file = OutputFile(path)
        self._began = time.perf_counter()
        self._line({"recording": _FORMAT, "model": model, "prompt": prompt})

    def see(self, event: Event) -> None:
        fields = msgspec.json.decode(record(event))
        self._line({"at": round(time.perf_counter() - self._began, 6), **fields})

    def fail(self, error: RilletError) -> None:
        self.see(Failure(error))

    def close(self) -> None:
        self._file.close()

    def _line(self, fields: dict[str, Any]) -> None:
        self._file.write(msgspec.json.encode(fields).decode() + "\n")


class Recording(msgspec.Struct, frozen=True):
    """`steps` are seconds since the request, and what came then."""

    model: str
    prompt: str
    steps: list[tuple[float, Event]]

    @property
    def whole(self) -> bool:
        return bool(self.steps) and isinstance(self.steps[-1][1], Finish)


def read(path: str) -> Recording:
    """Raises `InvalidRequest` for what is no recording, `OSError`."""
    try:
        lines = Path(path).read_bytes().splitlines()
        head = msgspec.json.decode(lines[0])
        if head["recording"] != _FORMAT:
            raise ValueError(f"its format is {head['recording']}, not {_FORMAT}")
        return Recording(str(head["model"]), str(head["prompt"]), list(_steps(lines[1:])))
    except (msgspec.MsgspecError, ValueError, KeyError, IndexError, TypeError) as error:
        raise InvalidRequest(
            f"'{path}' is no recording: {error}", hint="rillet run --record FILE writes one"
        ) from None


def _steps(lines: list[bytes]) -> Iterator[tuple[float, Event]]:
    for number, line in enumerate(lines):
        try:
            fields = msgspec.json.decode(line)
        except msgspec.DecodeError:
            if number == len(lines) - 1:  # the recorder was killed while it wrote
                return
            raise
        at, kind = float(fields.pop("at")), fields.pop("event")
        if kind == "failure":
            yield at, Failure(RilletError(str(fields["error"])))
        else:
            yield at, msgspec.convert({**_EMPTY.get(kind, {}), **fields}, _KINDS[kind])
