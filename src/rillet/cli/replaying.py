"""A recorded answer as a server of Ollama's API, with the faults of bad networks on demand.

For trying out clients: every request for an answer gets the recorded one.
"""

import json
import time
from typing import TYPE_CHECKING

from rillet.cli.recording import Recording
from rillet.testing.server import (
    CHUNKED,
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
)
from rillet.wire.ollama_encoder import ChatEncoder, GenerateEncoder

if TYPE_CHECKING:
    from rillet.wire.ollama_encoder import AnswerEncoder

_SLOW = 10.0  # times the recorded pauses
_DRIP = 0.02  # seconds between two bytes
_ABILITIES = {"capabilities": ["completion"], "details": {}, "model_info": {}}


class Answers:
    """The step that looks at the path of the request and plays what belongs to it."""

    def __init__(self, recording: Recording, fault: str | None, speed: float) -> None:
        self._recording = recording
        self._fault = fault
        self._speed = speed / _SLOW if fault == "slow" else speed
        self.server: ScriptedServer | None = None

    def play(self, connection: Connection) -> bool:
        assert self.server is not None
        path = self.server.requests[-1].path.partition("?")[0]
        return any(step.play(connection) for step in self._script(path))

    def _script(self, path: str) -> list[Step]:
        model = self._recording.model
        if self._recording.dialect == _DIALECTS.get(path):
            return self._raw()
        if path == "/api/chat":
            return self._answer(ChatEncoder(model, time.time_ns))
        if path == "/api/generate":
            return self._answer(GenerateEncoder(model, time.time_ns))
        if path == "/api/tags":
            return _json({"models": [{"name": model, "model": model, "size": 0, "digest": ""}]})
        known = {"/api/version": {"version": "0.33.0"}, "/api/show": _ABILITIES}
        if path in known:
            return _json(known[path])
        return [Send(answer(b'{"error":"not found"}', status="404 Not Found"))]

    def _raw(self) -> list[Step]:
        """The bytes of the recording; what broke off there does so here."""
        pieces = [(at, chunk(data)) for at, data in self._recording.raw]
        return self._timed(pieces, Send(LAST_CHUNK) if self._recording.whole else Hangup())

    def _answer(self, encoder: "AnswerEncoder") -> list[Step]:
        coded = ((at, encoder.encode(event)) for at, event in self._recording.steps)
        return self._timed([(at, chunk(data)) for at, data in coded if data], Send(LAST_CHUNK))

    def _timed(self, pieces: list[tuple[float, bytes]], end: Step) -> list[Step]:
        steps: list[Step] = [Send(CHUNKED)]
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


_DIALECTS = {"/api/chat": "ollama chat", "/api/generate": "ollama generate"}
_ENDS: dict[str | None, Step] = {"truncate": Hangup(), "stall": Stall(), "reset": Reset()}


def _json(value: object) -> list[Step]:
    head = [("Content-Type", "application/json")]
    return [Send(answer(json.dumps(value).encode(), headers=head))]


def server(recording: Recording, fault: str | None, speed: float, port: int) -> ScriptedServer:
    """One that listens on this machine, for one client after another. `speed` 0 knows no pauses."""
    answers = Answers(recording, fault, speed)
    made = ScriptedServer([answers], port=port)
    answers.server = made
    return made
