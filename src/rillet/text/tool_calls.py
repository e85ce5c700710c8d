"""Finds the calls of tools in what a model writes: JSON after a mark, as its template shows them.

Models differ in the mark (`<tool_call>`, `[TOOL_CALLS]`, or none: bare JSON) and in the JSON. What
counts as a call is an object that
* names a tool (`name`, `tool_name`, `function`) and has its `arguments` or `parameters`, as an
  object or as a text with one in it; also one level or more inside of other objects or lists;
* has the name of a tool as its one key, and the arguments there;
* follows the name of a tool in the text: then it is the arguments.
Only tools that were offered are called. Anything else is what it is: text.

* What stands before the mark is text, at once. Bare JSON counts only at the very beginning.
* Behind a call nothing more is text: what comes are closing tags, commas, the next call.
* Where no call comes after all, what was held back is text when that is certain, at the latest at
  the end. So nothing that a model says is lost because it looked like a call.

Work is linear in the text but for the JSON of each object, which is read once when it is whole.
Source of the forms: the chat templates of the models themselves.
"""

import re
from collections.abc import Sequence
from typing import Any

from rillet.text.said_json import said_json
from rillet.text.stops import overlap
from rillet.words.events import ToolCall

_NAMES = ("name", "tool_name", "function")
_ARGUMENTS = ("arguments", "parameters", "args")
_AROUND = {"type", "id"}
_BARE_BEGINS = re.compile(r"\s*(?:\{|\[\s*(?:\{|$)|$)")
_MAX_LEADING = 4096
_MAX_BEFORE = 512  # characters before the arguments, in which a name may stand
_MAX_DEPTH = 64
_STRUCTURE = re.compile(r'["{}]')
_STRING_END = re.compile(r'["\\]')

Piece = str | ToolCall
Call = tuple[str, dict[str, Any]]


class ToolCallSplitter:
    """``feed(text) -> [text or ToolCall, ...]``; the calls are numbered and have no ids.

    `mark` is what stands before calls, "{" if nothing does; `names` are the tools on offer.
    """

    __slots__ = (
        "_at",
        "_bare",
        "_calls",
        "_depth",
        "_held",
        "_mark",
        "_named",
        "_names",
        "_start",
        "_state",
        "_string",
    )

    def __init__(self, mark: str, names: Sequence[str]) -> None:
        self._bare = mark in ("", "{", "[")
        self._mark = mark
        self._names = frozenset(name for name in names if name)
        ordered = sorted(self._names, key=len, reverse=True)
        either = "|".join(map(re.escape, ordered)) or "(?!)"
        self._named = re.compile(rf"(?<![A-Za-z0-9_-])(?:{either})(?![A-Za-z0-9_-])")
        self._state = "seeking"
        self._held = ""
        self._calls = 0
        self._start = -1
        self._forget()

    def feed(self, text: str) -> list[Piece]:
        """What is certain now, in order; never an empty text."""
        if self._state == "text":
            return [text] if text else []
        self._held += text
        pieces: list[Piece] = []
        if self._state == "seeking":
            self._seek(pieces)
        if self._state == "calls":
            self._read(pieces)
        return pieces

    def finish(self) -> list[Piece]:
        """The answer ended: what was held back is text, unless calls had come."""
        held, self._held = self._held, ""
        return [held] if held and not self._calls else []

    def _seek(self, pieces: list[Piece]) -> None:
        if self._bare:
            self._seek_bare(pieces)
            return
        before, mark, _ = self._held.partition(self._mark)
        if mark:
            self._state = "calls"
            self._held = self._held[len(before) :]
            self._at = len(mark) if "{" not in mark else 0
        else:
            before = before[: len(before) - overlap(before, self._mark)]
            self._held = self._held[len(before) :]
        if before:
            pieces.append(before)

    def _seek_bare(self, pieces: list[Piece]) -> None:
        match = _BARE_BEGINS.match(self._held)
        if match is not None and match[0].endswith("{"):
            self._state = "calls"
        elif match is None or len(self._held) > _MAX_LEADING:
            self._as_text(pieces)

    def _as_text(self, pieces: list[Piece]) -> None:
        """It was no call: all of it is text, and so is whatever follows."""
        self._state = "text"
        if self._held:
            pieces.append(self._held)
        self._held = ""

    def _read(self, pieces: list[Piece]) -> None:
        """Goes on to the end of each whole object, and takes the calls out."""
        while self._state == "calls" and (end := self._next_object()) is not None:
            found = self._calls_in(self._held[: self._start], self._held[self._start : end])
            for name, arguments in found:
                pieces.append(ToolCall(name, arguments, index=self._calls))
                self._calls += 1
            if found:
                self._held = self._held[end:]
                self._forget()
            elif self._bare and not self._calls:
                self._as_text(pieces)
            else:
                self._start = -1

    def _forget(self) -> None:
        self._at, self._depth, self._start, self._string = 0, 0, -1, False

    def _next_object(self) -> int | None:
        """Where the next outermost object ends; None where it has not come to its end."""
        text = self._held
        while self._at < len(text):
            match = (_STRING_END if self._string else _STRUCTURE).search(text, self._at)
            if match is None:
                self._at = len(text)
                return None
            char, self._at = match[0], match.end()
            if char == "\\":
                if self._at == len(text):
                    self._at -= 1  # what is escaped comes with the next piece
                    return None
                self._at += 1
            elif char == '"':
                self._string = self._depth > 0 and not self._string
            elif char == "{":
                if self._depth == 0:
                    self._start = match.start()
                self._depth += 1
            elif self._depth:
                self._depth -= 1
                if self._depth == 0:
                    return self._at
        return None

    def _calls_in(self, before: str, text: str) -> list[Call]:
        value = said_json(text)
        if not isinstance(value, dict):
            return []
        if found := self._explicit(value, 0):
            return found
        named = self._named.findall(before[-_MAX_BEFORE:])
        return [(named[-1], value)] if named else []

    def _explicit(self, value: Any, depth: int) -> list[Call]:
        """The calls that an object tells by itself."""
        if depth > _MAX_DEPTH:
            return []
        if isinstance(value, list):
            return [call for item in value for call in self._explicit(item, depth + 1)]
        if not isinstance(value, dict):
            return []
        for key in _NAMES:
            name = value.get(key)
            if isinstance(name, str) and name in self._names:
                arguments = _arguments(value, key)
                return [] if arguments is None else [(name, arguments)]
        if _is_call(value):  # of a tool that was not offered: what it would be given calls nothing
            return []
        if len(value) == 1:
            ((key, only),) = value.items()
            if key in self._names and isinstance(only, dict):
                return [(key, only)]
        return [call for item in value.values() for call in self._explicit(item, depth + 1)]


def _is_call(value: dict[str, Any]) -> bool:
    named = any(isinstance(value.get(key), str) for key in _NAMES)
    return named and any(key in value for key in _ARGUMENTS)


def _arguments(value: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Those beside a name; none at all are no arguments, others than objects are None."""
    for key in _ARGUMENTS:
        given = value.get(key)
        if isinstance(given, str):
            given = said_json(given)
        if isinstance(given, dict):
            return given
        if key in value and given in (None, "", []):
            return {}
    return {} if value.keys() <= {name, *_AROUND} else None
