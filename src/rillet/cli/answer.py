"""Shows an answer while it comes: its text, its thinking apart, and a status until it begins.

To a terminal the text passes the filter and is wrapped; to a pipe go its bytes. Thinking is shown
on a terminal before the answer; where the output is a pipe it goes to standard error, so that what
the next program reads is the answer alone.
"""

from typing import Protocol

from rillet.cli.screen import Screen, Writer, is_dumb
from rillet.cli.status import Status
from rillet.text.terminal import TerminalFilter
from rillet.text.wordwrap import WordWrap
from rillet.words.events import Event, Finish, Progress, Reconnected, Text, Thinking, ToolCall

# Styles of a terminal.
GREY = "\x1b[90m"
PLAIN = "\x1b[0m"


class AnswerView:
    """`show(event)` for each event, then `end()`, however it ended."""

    def __init__(
        self,
        out: Writer,
        notes: Screen,
        status: Status,
        *,
        wrap: bool = True,
        raw: bool = False,
        hide_thinking: bool = False,
        pen: "TextPen | None" = None,
        thoughts: "Thoughts | None" = None,
    ) -> None:
        self._status = status
        self._notes = notes
        self._text: TextPen = pen or Pen(out, wrap=wrap, raw=raw)
        beside: Writer = out if out.is_terminal else notes
        shown = thoughts or Thoughts(Pen(beside, wrap=wrap, raw=raw))
        self._thoughts = None if hide_thinking else shown
        self._thinking = False

    def show(self, event: Event) -> None:
        if isinstance(event, Text):
            self._answer(event.text)
        elif isinstance(event, Thinking):
            self._think(event.text)
        elif isinstance(event, Progress):
            self._status.progress(event)
        elif isinstance(event, ToolCall):
            self._aside(f"[the model calls the tool {event.name} with {event.arguments}]")
        elif isinstance(event, Reconnected):
            self._aside(f"[the connection was lost and is back: {event.cause}]")
        elif isinstance(event, Finish):
            self._status.clear()

    def end(self) -> None:
        """Leaves the terminal as it was found."""
        self._status.clear()
        self._stop_thinking()
        self._text.end()

    def _answer(self, text: str) -> None:
        if not text:
            return
        self._status.clear()
        if self._thinking:
            self._stop_thinking()
        self._text.write(text)

    def _think(self, text: str) -> None:
        if self._thoughts is None:
            self._status.say("Thinking")
            return
        self._status.clear()
        if not self._thinking:
            self._thinking = True
            self._thoughts.begin()
        self._thoughts.write(text)

    def _stop_thinking(self) -> None:
        if not self._thinking or self._thoughts is None:
            return
        self._thinking = False
        self._thoughts.end()

    def _aside(self, text: str) -> None:
        self._status.clear()
        self._notes.line(text)


class Thoughts:
    """Thinking between two lines that say so, greyed where colours are wanted."""

    def __init__(self, pen: "Pen") -> None:
        self._pen = pen
        self._last = ""  # that was written

    def begin(self) -> None:
        self._pen.style(GREY)
        self._pen.write("Thinking...\n")

    def write(self, text: str) -> None:
        self._pen.write(text)
        self._last = text or self._last

    def end(self) -> None:
        self._pen.write(("" if self._last.endswith("\n") else "\n") + "...done thinking.\n\n")
        self._pen.style(PLAIN)


class TextPen(Protocol):
    """What writes the text of an answer."""

    def write(self, text: str) -> None: ...
    def end(self) -> None: ...


class Pen:
    """Writes a stranger's text to one place, in pieces."""

    def __init__(self, out: Writer, *, wrap: bool, raw: bool) -> None:
        self._out = out
        guarded = out.is_terminal and not raw
        self._filter = TerminalFilter() if guarded else None
        self._wrap = WordWrap(out.width()) if guarded and wrap and not is_dumb() else None

    def write(self, text: str) -> None:
        if self._filter is not None:
            text = self._filter.feed(text)
        if self._wrap is not None:
            self._wrap.width = self._out.width()  # the window may have changed
            text = self._wrap.feed(text)
        if text:
            self._out.write(text)

    @property
    def rows(self) -> int:
        """How many rows of it stand above the cursor, where it is wrapped."""
        return self._wrap.rows if self._wrap is not None else 0

    def restart(self) -> None:
        """The cursor stands in a first column again, and nothing above it is of this pen."""
        if self._wrap is not None:
            self._wrap = WordWrap(self._out.width())

    def end(self) -> None:
        """Nothing is owed: all was written when it came."""

    def style(self, sequence: str) -> None:
        if self._out.colours:
            self._out.write(sequence)
