"""Calls of tools that come in pieces, put together.

Rules:
* Several calls may be in the making at once, their pieces in any order: the index tells them apart,
  then the id. A new id on the same index begins a new call, for some servers number every call 0.
  A piece without either belongs to the last call unless it brings a name. A name and arguments
  after whole arguments begin a new call, for some servers give all calls one index and no id.
* A call is handed on as soon as its arguments are a whole object and another call or text follows,
  so that the order is kept; the rest when the message ends. Half-written JSON never is.
* No arguments are an empty object, but for the last call of a message that was cut at its limit.
"""

from typing import Any

import msgspec

from rillet.wire import lenient
from rillet.wire.openai_records import ToolCallDelta
from rillet.words.events import ToolCall

_MOST_LOOKS = 8  # at one call, whether it is whole: each look costs its length
_CALL_SIZE = 100  # characters that a call counts for by being there


class _Call:
    """A call in the making."""

    def __init__(self, number: int, index: int | None) -> None:
        self.number = number
        self.index = index
        self.id: str | None = None
        self.name = ""
        self.pieces: list[str] = []
        self.object: dict[str, Any] | None = None
        self.looks = 0

    def add(self, delta: ToolCallDelta) -> int:
        """Take a piece; how many characters it had."""
        self.id = self.id or delta.id or None
        function = delta.function
        if function is None:
            return 0
        self._add_name(function.name or "")
        if isinstance(function.arguments, dict):
            self.object = function.arguments
        elif function.arguments:
            self.pieces.append(function.arguments)
            return len(function.arguments) + len(self.name)
        return len(self.name)

    def _add_name(self, name: str) -> None:
        """Some servers repeat it with each piece, some send it in pieces."""
        if name.startswith(self.name):
            self.name = name
        elif name and not self.pieces:
            self.name += name

    @property
    def ends_object(self) -> bool:
        """Whether the arguments may be whole, at a glance."""
        return self.object is not None or (self.pieces[-1:] != [] and self.pieces[-1][-1:] == "}")

    def is_whole(self) -> bool:
        self.looks += 1
        if self.object is not None:
            return True
        text = "".join(self.pieces)
        return bool(text) and self.looks <= _MOST_LOOKS and parse_arguments(text)[1] is None

    def value(self, cut: bool = False) -> ToolCall:
        arguments, raw = self.object, None
        if cut and arguments is None and not self.pieces:
            arguments, raw = {}, ""
        if arguments is None:
            arguments, raw = parse_arguments("".join(self.pieces))
        return ToolCall(self.name, arguments, self.id, self.number, raw)


class ToolCalls:
    """Takes deltas, gives calls. `open`: the calls in the making; `size`: their characters."""

    def __init__(self) -> None:
        self.open: list[_Call] = []
        self.size = 0
        self._count = 0

    def add(self, delta: ToolCallDelta) -> list[ToolCall]:
        """Take a piece; the calls before it that are whole, if it begins another one."""
        call = self._call_of(delta)
        done: list[ToolCall] = []
        if call is None:
            if _says_nothing(delta):
                return done
            done = self.close_whole()
            call = _Call(self._count, delta.index)
            self.open.append(call)
            self._count += 1
            self.size += _CALL_SIZE
        self.size += call.add(delta)
        return done

    def close(self, cut: bool = False) -> list[ToolCall]:
        """All calls in the making, for the message has ended; `cut`: at its limit."""
        calls = [call.value(cut and call is self.open[-1]) for call in self.open]
        self.open = []
        self.size = 0
        return calls

    def close_whole(self) -> list[ToolCall]:
        """The calls that are complete, up to the first one that is not."""
        count = 0
        while count < len(self.open) and self.open[count].is_whole():
            count += 1
        calls = [call.value() for call in self.open[:count]]
        del self.open[:count]
        if not self.open:
            self.size = 0
        return calls

    def _call_of(self, delta: ToolCallDelta) -> _Call | None:
        """The call in the making to which a piece belongs."""
        for call in reversed(self.open):
            if delta.index is None:
                if delta.id and call.id:
                    if delta.id != call.id:
                        continue
                    return call
                named = bool(delta.function and delta.function.name)
                return None if named else call
            if delta.index == call.index:
                other = delta.id != call.id if delta.id and call.id else _begins_behind(delta, call)
                return None if other else call
        return None


def _begins_behind(delta: ToolCallDelta, call: _Call) -> bool:
    """Whether a piece with no id of its own begins another call, for this one is whole."""
    function = delta.function
    if delta.id or function is None or not function.name or not function.arguments:
        return False
    return call.ends_object and call.is_whole()


def _says_nothing(delta: ToolCallDelta) -> bool:
    """What some servers send after a call that was whole."""
    function = delta.function
    if delta.id or (function and function.name):
        return False
    arguments = function.arguments if function else None
    return not (arguments.strip() if isinstance(arguments, str) else arguments)


def parse_arguments(text: str) -> tuple[dict[str, Any], str | None]:
    """The JSON object of a call, or an empty one and the text as it came; no text, no argument."""
    if not text.strip():
        return {}, None
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        value = _sloppy(text)
    return (value, None) if isinstance(value, dict) else ({}, text)


def _sloppy(text: str) -> Any:
    try:
        return lenient.wholly(lenient.parse(lenient.whole(text).encode()))
    except ValueError:
        return None
