"""An answer of another server ends as one of our own, also where that keeps no time."""

import time
from collections.abc import Sequence

from msgspec.structs import replace

from rillet.words.events import Event, Finish, Timings


class Clock:
    """Measures an answer from the question to its end, for servers that tell no times."""

    def __init__(self) -> None:
        self._begun = self._first = time.perf_counter_ns()
        self._answering = False

    def timed(self, batch: Sequence[Event]) -> Sequence[Event]:
        now = time.perf_counter_ns()
        if not self._answering:
            self._answering, self._first = True, now
        if not batch or type(last := batch[-1]) is not Finish:
            return batch
        # An answer that came in one piece took some time, too: zeros are left out of Ollama's
        # records, and clients divide by it.
        timings = last.timings or Timings(
            prompt=self._first - self._begun, completion=max(1, now - self._first)
        )
        if timings.total is None:
            timings = replace(timings, total=now - self._begun)
        # Ollama has no word for an answer that calls tools; OpenAI's faces see the calls.
        reason = "stop" if last.reason == "tool_calls" else last.reason
        return [*batch[:-1], replace(last, reason=reason, timings=timings)]
