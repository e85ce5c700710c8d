"""Thinking that is seen while it comes and folds into one line when the answer begins.

It is never taller than the window: what would scroll away is taken back, and the thinking goes on
from the top. The whole of it stays in the conversation.
"""

import time

from rillet.cli import screen
from rillet.cli.answer import PLAIN, Pen, Thoughts
from rillet.cli.screen import Writer

_SPARE = 2  # rows of the window that the thinking leaves free
_SMALLEST = 16  # columns; below, nobody knows where a line ends
_EARLIER = "... (what came before is folded)\n"


class FoldedThoughts(Thoughts):
    """On a terminal with colours, whose cursor can be moved."""

    def __init__(self, out: Writer) -> None:
        super().__init__(Pen(out, wrap=True, raw=False))
        self._out = out
        self._width = out.width()
        self._stops = screen.stops
        self._began = 0.0

    def begin(self) -> None:
        self._began = time.monotonic()
        super().begin()

    def write(self, text: str) -> None:
        for line in text.splitlines(keepends=True):
            if self._pen.rows >= self._out.height() - _SPARE and self._movable():
                self._take_back()
                self._pen.write(_EARLIER)
            super().write(line)

    def end(self) -> None:
        if not self._movable():
            super().end()
            return
        self._take_back()
        seconds = time.monotonic() - self._began
        self._pen.write(f"Thought for {seconds:.1f} s (Ctrl + t or /thinking shows it)\n\n")
        self._pen.style(PLAIN)

    def _movable(self) -> bool:
        """Whether the rows are where they were written: a window that changed has moved them."""
        same = self._out.width() == self._width and self._stops == screen.stops
        return same and self._width >= _SMALLEST and self._pen.rows < self._out.height()

    def _take_back(self) -> None:
        up = f"\x1b[{self._pen.rows}A" if self._pen.rows else ""
        self._out.write(f"\r{up}\x1b[J")
        self._pen.restart()
