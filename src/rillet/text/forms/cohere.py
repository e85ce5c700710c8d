"""Command A's answers of 2026: a thought, then blocks of text or of calls, each between its marks.

    They ask.<|END_THINKING|><|START_ACTION|>[{"tool_name": "f", "parameters": {}}]<|END_ACTION|>

A block of text may lack its marks, and an older template has others for it.
"""

import json
from typing import Literal

from rillet.text.forms.tagged import Piece
from rillet.text.forms.tool import Call, json_object
from rillet.text.stops import overlap
from rillet.words.events import ToolCall

_END_THINKING = "<|END_THINKING|>"
_TEXTS = ("<|START_TEXT|>", "<|START_RESPONSE|>")
_TEXT_ENDS = ("<|END_TEXT|>", "<|END_RESPONSE|>", "<|END_OF_TURN_TOKEN|>")
_ACTION, _ACTION_END = "<|START_ACTION|>", "<|END_ACTION|>"
_BETWEEN = (*_TEXTS, _ACTION, "<|END_OF_TURN_TOKEN|>")
_State = Literal["thought", "between", "text", "action"]


class CohereReader:
    """`inside`: the prompt has opened a thought; `begun`: it has begun the text."""

    THOUGHT = ("<|START_THINKING|>", _END_THINKING)
    MARKS = (*THOUGHT, *_TEXTS, *_TEXT_ENDS[:2], _ACTION, _ACTION_END)

    def __init__(self, *, inside: bool, begun: bool) -> None:
        self._state: _State = "thought" if inside else "text" if begun else "between"
        self._held = ""
        self._calls = 0

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain now, in order."""
        self._held += text
        found: list[Piece] = []
        before = None
        while self._held and before != (self._state, len(self._held)):
            before = (self._state, len(self._held))
            found += self._step()
        return found

    def finish(self) -> list[Piece]:
        """The rest. Nothing may be fed afterwards."""
        held, self._held = self._held, ""
        if self._state == "action":
            return self._called(held) or _said("text", _ACTION + held)
        if self._state == "thought":
            return _said("thinking", held.rstrip())
        return _said("text", held.lstrip() if self._state == "between" else held)

    def _step(self) -> list[Piece]:
        if self._state == "thought":
            said, ended = self._up_to((_END_THINKING,))
            if ended:
                self._state = "between"
                said = said.rstrip()
            else:  # white space may stand before the end
                kept = said.rstrip()
                self._held = said[len(kept) :] + self._held
                said = kept
            return _said("thinking", said)
        if self._state == "text":
            said, ended = self._up_to(_TEXT_ENDS)
            self._state = "between" if ended else "text"
            return _said("text", said)
        if self._state == "action":
            raw, closed, rest = self._held.partition(_ACTION_END)
            if not closed:
                return []
            self._state, self._held = "between", rest
            return self._called(raw) or _said("text", _ACTION + raw + _ACTION_END)
        self._enter()
        return []

    def _enter(self) -> None:
        said = self._held.lstrip()
        for mark in _BETWEEN:
            if said.startswith(mark):
                self._held = said[len(mark) :]
                self._state = (
                    "action" if mark == _ACTION else "text" if mark in _TEXTS else "between"
                )
                return
        if said and not any(mark.startswith(said) for mark in _BETWEEN):
            self._held, self._state = said, "text"

    def _up_to(self, marks: tuple[str, ...]) -> tuple[str, bool]:
        """What stands before the first mark, and whether one came."""
        places = [(at, mark) for mark in marks if (at := self._held.find(mark)) >= 0]
        if places:
            at, mark = min(places)
            said, self._held = self._held[:at], self._held[at + len(mark) :]
            return said, True
        end = len(self._held) - max(overlap(self._held, mark) for mark in marks)
        said, self._held = self._held[:end], self._held[end:]
        return said, False

    def _called(self, raw: str) -> list[Piece]:
        calls: list[Piece] = []
        for name, arguments in _actions(raw):
            calls.append(ToolCall(name, arguments, index=self._calls))
            self._calls += 1
        return calls


def _actions(raw: str) -> list[Call]:
    """The calls of a list; of one that is no JSON those that are whole."""
    try:
        values = json.loads(raw)
    except (ValueError, RecursionError):
        values = [json_object(text) for text in _objects(raw)]
    calls: list[Call] = []
    for value in values if isinstance(values, list) else [values]:
        name = value.get("tool_name") if isinstance(value, dict) else None
        if isinstance(name, str) and name and isinstance(value.get("parameters") or {}, dict):
            calls.append((name, value.get("parameters") or {}))
    return calls


def _objects(text: str) -> list[str]:
    """The outermost objects in a text of JSON that is not whole."""
    found: list[str] = []
    depth, start, quoted, escaped = 0, 0, False, False
    for at, char in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif not quoted and char == "{":
            start = at if depth == 0 else start
            depth += 1
        elif not quoted and char == "}" and depth:
            depth -= 1
            if depth == 0:
                found.append(text[start : at + 1])
    return found


def _said(kind: Literal["thinking", "text"], text: str) -> list[Piece]:
    return [(kind, text)] if text else []
