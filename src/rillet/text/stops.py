"""Stop strings: text ends where one of them is complete, and never shows the start of one.

The first stop string to be *complete* wins, as it would if the text were looked at after every
character; of two that end at the same character the longer wins. So the result does not depend
on how the text was cut into tokens, and a hit is known at the earliest moment.

Held back is the longest end of the text with which a stop string may begin, and no more. The cost
of a piece is bounded by its own length plus that of the longest stop string, times their number;
whoever takes stop strings from a stranger limits both.
"""

import re
from collections.abc import Sequence


def overlap(text: str, marker: str) -> int:
    """Length of the longest end of ``text`` that is a beginning of ``marker``, but not all of it.

    >>> overlap("Hello </th", "</think>")
    4
    """
    if not marker:
        return 0
    start = text.find(marker[0], max(0, len(text) - len(marker) + 1))
    while start >= 0:
        if text.endswith(marker[: len(text) - start]):
            return len(text) - start
        start = text.find(marker[0], start + 1)
    return 0


class StopStrings:
    """``feed(text) -> (text to show, the stop string that was hit or None)``.

    After a hit nothing more comes out. Empty stop strings are ignored.
    """

    __slots__ = ("_held", "_hit", "_may_begin", "_stops")

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(dict.fromkeys(stop for stop in stops if stop))
        firsts = "".join(re.escape(stop[0]) for stop in self._stops)
        self._may_begin = re.compile(f"[{firsts}]").search if firsts else None
        self._held = ""
        self._hit: str | None = None

    def feed(self, text: str) -> tuple[str, str | None]:
        """What may be shown now, and the stop string if this piece completed one."""
        if self._may_begin is None:
            return text, None
        if self._hit is not None:
            return "", self._hit
        if not self._held and not self._may_begin(text):  # most tokens
            return text, None
        text = self._held + text
        end, stop = self._first(text)
        if stop is not None:
            self._held, self._hit = "", stop
            return text[: end - len(stop)], stop
        held = max(overlap(text, stop) for stop in self._stops)
        self._held = text[len(text) - held :]
        return text[: len(text) - held], None

    def finish(self) -> str:
        """The text ended without a hit: what was held back is ordinary text after all."""
        held, self._held = self._held, ""
        return held

    def _first(self, text: str) -> tuple[int, str | None]:
        """Where the first complete stop string ends, and which it is."""
        best, hit = len(text) + 1, None
        for stop in self._stops:
            start = text.find(stop)
            end = start + len(stop)
            if start >= 0 and (end < best or (end == best and len(stop) > len(hit or ""))):
                best, hit = end, stop
        return best, hit
