"""The line below an answer of a talk: how fast it came, and how long its beginning took."""

import time

from rillet.words.events import Event, Text, Thinking, ToolCall
from rillet.words.replies import Reply


class Pace:
    """`see(event)` for each when it comes, `line(reply)` at the end."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._first = self._last = 0.0  # seconds until the first and the last piece
        self._pieces = 0

    def see(self, event: Event) -> None:
        if isinstance(event, Text | Thinking | ToolCall):
            self._last = time.perf_counter() - self._began
            self._first = self._first or self._last
            self._pieces += 1

    def line(self, reply: Reply) -> str:
        """``61.2 tokens/s, first token after 0.31 s, 128 tokens``; only what is known."""
        tokens = reply.usage.completion_tokens if reply.usage else None
        rate = self._rate(reply, tokens)
        parts = [
            f"{rate:.1f} tokens/s" if rate else "",
            f"first token after {self._first:.2f} s" if self._pieces else "",
            f"{tokens} token{'s' * (tokens != 1)}" if tokens else "",
        ]
        return ", ".join(part for part in parts if part)

    def _rate(self, reply: Reply, tokens: int | None) -> float:
        """By the server's own clock; by ours where it only counts."""
        if not tokens:
            return 0.0
        if reply.timings and reply.timings.completion:
            return tokens / reply.timings.completion * 1e9
        seconds = self._last - self._first
        return (tokens - 1) / seconds if seconds > 0 else 0.0
