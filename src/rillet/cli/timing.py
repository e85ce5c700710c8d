"""`--stats`: where the time of an answer went, as it was seen here and as the server tells it."""

import time
from itertools import pairwise
from math import ceil

from rillet.cli.screen import Screen
from rillet.text.durations import format_duration
from rillet.words.events import Event, Progress, Text, Thinking, Timings
from rillet.words.replies import Reply

_PHASES = {"queued": "queue", "loading": "load", "prompt": "prompt"}
_PACE = 0.005  # seconds between two pieces, below which a server itself may send heaps
_BURST = 0.001  # seconds between two pieces that came together
_BUFFERED = 0.8  # part of the pieces that came so, from which on something on the way collects them
_ENOUGH = 20  # pieces to judge by
_ADVICE = "a proxy that buffers? (nginx: proxy_buffering off)"


class Stopwatch:
    """`see(event)` when it comes, `tell()` at the end."""

    def __init__(self, connect: float = 0.0) -> None:
        """`connect`: seconds that it took to reach the server and have the card of the model."""
        self._connect = connect
        self._began = time.perf_counter()
        self._arrivals: list[float] = []
        self._waits: dict[str, float] = {}  # status -> when it was first seen

    def see(self, event: Event) -> None:
        now = time.perf_counter() - self._began
        if isinstance(event, Text | Thinking):
            self._arrivals.append(now)
        elif isinstance(event, Progress):
            self._waits.setdefault(event.status, now)

    def tell(self, reply: Reply, notes: Screen) -> None:
        for name, value in self.rows(reply):
            notes.line(f"{name + ':':<21} {value}")

    def rows(self, reply: Reply) -> list[tuple[str, str]]:
        """What is known, in the order in which it happened."""
        rows = [("connect", _shown(self._connect))] if self._connect else []
        rows += self._phases()
        timings, usage = reply.timings, reply.usage
        if timings and timings.load:
            rows.append(("load (server)", format_duration(timings.load)))
        if timings and timings.prompt:
            rows.append(("prompt (server)", format_duration(timings.prompt)))
        if self._arrivals:
            rows += self._pieces()
        if usage and usage.completion_tokens and timings and timings.completion:
            rate = usage.completion_tokens / timings.completion * 1e9
            rows.append(("speed (server)", f"{rate:.2f} tokens/s"))
        if timings and timings.total and self._arrivals:
            outside = self._arrivals[-1] - timings.total / 1e9
            rows.append(("in the server", format_duration(timings.total)))
            rows.append(("on the way", _shown(max(0.0, outside))))
        if self._connect and (note := self._held(timings)):
            rows.append(("note", f"{note}: {_ADVICE}"))
        return rows

    def _phases(self) -> list[tuple[str, str]]:
        """How long each of the waits was, that the server told of."""
        ends = [*self._waits.values(), *self._arrivals[:1]][1:]
        return [
            (_PHASES.get(status, status), _shown(end - began))
            for (status, began), end in zip(self._waits.items(), ends, strict=False)
        ]

    def _pieces(self) -> list[tuple[str, str]]:
        arrivals = self._arrivals
        rows = [("first token", _shown(arrivals[0]))]
        gaps = sorted(b - a for a, b in pairwise(arrivals))
        if not gaps:
            return rows
        shown = " ".join(f"p{part} {_shown(_at(gaps, part))}" for part in (50, 95, 99))
        rows += [("between tokens", shown), ("longest gap", _shown(gaps[-1]))]
        seconds = arrivals[-1] - arrivals[0]
        if seconds:
            rows.append(("speed", f"{len(gaps) / seconds:.2f} pieces/s"))
        return rows

    def _held(self, timings: Timings | None) -> str:
        """What the pattern of the arrivals says about the way; "" where it says nothing."""
        gaps = [b - a for a, b in pairwise(self._arrivals)]
        written = timings.completion / 1e9 if timings and timings.completion else 0.0  # seconds
        if len(gaps) < _ENOUGH or (written and written < _PACE * len(gaps)):
            return ""
        if sum(gaps) < written / 4:
            span = _shown(sum(gaps))
            return f"the server wrote for {_shown(written)}, and all tokens came in {span}"
        together = sum(gap < _BURST for gap in gaps)
        if together >= _BUFFERED * len(gaps) and max(gaps) > 0.2:
            return "the tokens came in heaps, as something on the way collects them"
        return ""


def _at(ordered: list[float], part: int) -> float:
    """The value below which `part` per cent lie (nearest rank)."""
    return ordered[max(0, ceil(len(ordered) * part / 100) - 1)]


def _shown(seconds: float) -> str:
    return format_duration(round(seconds * 1e6) * 1000)
