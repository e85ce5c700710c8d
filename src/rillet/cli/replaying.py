"""A recorded answer as a server of Ollama's and OpenAI's APIs, with the faults of bad networks.

For trying out clients: every request for an answer gets the recorded one, as a stream or whole, as
the request wants it.
"""

import json
from typing import Any

from rillet.cli.dialects import FACES, Form
from rillet.cli.recording import Recording
from rillet.testing import (
    LAST_CHUNK,
    Connection,
    Hangup,
    Pause,
    Reset,
    ScriptedServer,
    Send,
    Stall,
    Step,
    answer,
    chunk,
    head,
)
from rillet.wire import openai
from rillet.words.errors import RilletError
from rillet.words.replies import fold

_SLOW = 10.0  # times the recorded pauses
_DRIP = 0.02  # seconds between two bytes
_ABILITIES = {"capabilities": ["completion"], "details": {}, "model_info": {}}


class Answers:
    """The step that looks at the request and plays what belongs to it."""

    def __init__(self, recording: Recording, fault: str | None, speed: float) -> None:
        self._recording = recording
        self._fault = fault
        self._speed = speed / _SLOW if fault == "slow" else speed

    def play(self, connection: Connection) -> bool:
        request = connection.request
        path = request.path.partition("?")[0].rstrip("/")
        return any(step.play(connection) for step in self._script(path, _fields(request.body)))

    def _script(self, path: str, asked: dict[str, Any]) -> list[Step]:
        face = FACES.get(path)
        if face is None:
            return self._about(path)
        form = face.coded(self._recording.model, asked)
        if not asked.get("stream", face.streams):
            return self._whole(form)
        kind = [("Content-Type", face.kind), ("Transfer-Encoding", "chunked")]
        if self._recording.dialect == face.dialect:  # the bytes as they were
            pieces = self._recording.raw
            end: Step = Send(LAST_CHUNK) if self._recording.whole else Hangup()
        else:
            coded = ((at, form.event(event)) for at, event in self._recording.steps)
            pieces, end = [(at, data) for at, data in coded if data], Send(LAST_CHUNK)
        return self._timed(head(headers=kind), [(at, chunk(data)) for at, data in pieces], end)

    def _whole(self, form: Form) -> list[Step]:
        """The answer in one object, when the last of it came; a fault cuts it in the middle."""
        last = self._recording.steps[-1][0] if self._recording.steps else 0.0
        try:
            reply = fold(event for _, event in self._recording.steps)
        except RilletError as error:
            wrong = json.dumps({"error": error.message}).encode()
            return [Send(answer(wrong, status="500 Internal Server Error", headers=_TYPED))]
        body = form.reply(reply)
        half = len(body) // 2
        sized = [*_TYPED, ("Content-Length", str(len(body)))]
        pieces = [(last, body[:half]), (last, body[half:])]
        if not self._recording.whole:
            return self._timed(head(headers=sized), pieces[:1], Hangup())
        return self._timed(head(headers=sized), pieces, Pause(0.0))

    def _about(self, path: str) -> list[Step]:
        model = self._recording.model
        entry = {"name": model, "model": model, "size": 0, "digest": ""}
        known: dict[str, Any] = {
            "/api/tags": {"models": [entry]},
            "/api/version": {"version": "0.33.0"},
            "/api/show": _ABILITIES,
            "/v1/models": openai.model_list([openai.model_entry(model, 0)]),
        }
        if path in known:
            return [Send(answer(json.dumps(known[path]).encode(), headers=_TYPED))]
        return [Send(answer(b'{"error":"not found"}', status="404 Not Found", headers=_TYPED))]

    def _timed(self, begin: bytes, pieces: list[tuple[float, bytes]], end: Step) -> list[Step]:
        steps: list[Step] = [Send(begin)]
        before = 0.0
        for number, (at, data) in enumerate(pieces):
            if self._fault in _ENDS and number >= len(pieces) // 2:
                return [*steps, _ENDS[self._fault]]
            steps.append(Pause(max(0.0, at - before) / self._speed if self._speed else 0.0))
            before = at
            steps += self._sent(data)
        return [*steps, end]

    def _sent(self, data: bytes) -> list[Step]:
        if self._fault != "drip":
            return [Send(data)]
        return [step for byte in data for step in (Send(bytes([byte])), Pause(_DRIP))]


_TYPED = [("Content-Type", "application/json")]
_ENDS: dict[str | None, Step] = {"truncate": Hangup(), "stall": Stall(), "reset": Reset()}


def server(recording: Recording, fault: str | None, speed: float, port: int) -> ScriptedServer:
    """One that listens on this machine, for any number of clients. `speed` 0 knows no pauses."""
    return ScriptedServer([Answers(recording, fault, speed)], port=port)


def _fields(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
