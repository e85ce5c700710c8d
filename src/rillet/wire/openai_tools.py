"""Calls of tools that come in pieces, put together.

Rules:
* A call is whole when the next one begins or the message ends; also when its arguments are a whole
  object and text follows, so that the order is kept. Half-written JSON is never handed on.
* A new index begins a new call; so does a new id on the same index, for some servers number every
  call 0. A call without an index belongs to the one at hand unless it brings a name.
"""

from typing import Any

import msgspec

from rillet.wire import lenient
from rillet.wire.openai_records import ToolCallDelta
from rillet.words.events import ToolCall

_MOST_LOOKS = 8


class ToolCalls:
    """Takes deltas, gives calls. `open`: one is at hand, of `size` characters."""

    def __init__(self) -> None:
        self._index: int | None = None
        self._id: str | None = None
        self._name = ""
        self._pieces: list[str] = []
        self._whole: dict[str, Any] | None = None
        self.open = False
        self._count = 0
        self._looks = 0
        self.size = 0

    def add(self, delta: ToolCallDelta) -> ToolCall | None:
        """The call before, if this piece begins another one."""
        done = self.close() if self._begins_another(delta) else None
        function = delta.function
        name = function.name if function else None
        if not self.open:
            self.open = True
            self._index = delta.index
        self._id = self._id or delta.id or None
        self._name = self._name or name or ""
        arguments = function.arguments if function else None
        if isinstance(arguments, dict):
            self._whole = arguments
        elif arguments:
            self._pieces.append(arguments)
            self.size += len(arguments) + len(self._name)
        return done

    def close(self) -> ToolCall | None:
        """The call at hand, now whole; None if there is none."""
        if not self.open:
            return None
        text = "".join(self._pieces)
        arguments, raw = parse_arguments(text) if self._whole is None else (self._whole, None)
        call = ToolCall(self._name, arguments, self._id, self._count, raw)
        self._count += 1
        self.open = False
        self._index = self._id = self._whole = None
        self._name, self._pieces, self.size, self._looks = "", [], 0, 0
        return call

    def close_if_whole(self) -> ToolCall | None:
        """The call at hand if its arguments are complete. It looks a few times only: each costs."""
        self._looks += 1
        if not self.open or self._looks > _MOST_LOOKS:
            return None
        if self._whole is None:
            text = "".join(self._pieces)
            if not text or parse_arguments(text)[1] is not None:
                return None
        return self.close()

    def _begins_another(self, delta: ToolCallDelta) -> bool:
        if not self.open:
            return False
        if delta.index is not None and delta.index != self._index:
            return True
        if delta.id and self._id and delta.id != self._id:
            return True
        named = bool(delta.function and delta.function.name)
        return delta.index is None and named and (not delta.id or delta.id != self._id)


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
