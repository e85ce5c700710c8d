"""Several models answer one prompt at once, each in a column of a terminal or a block of a pipe."""

import threading
from collections.abc import Sequence
from typing import Any

from rillet.cli import exits, screen, where
from rillet.cli.chat.numbers import Pace
from rillet.cli.status import described
from rillet.client.stream import Stream
from rillet.text.terminal import TerminalFilter, clean
from rillet.words.errors import ModelNotFound, RilletError
from rillet.words.events import Progress, Text

_TICK = 0.1  # seconds between two looks at all columns
_FRAME = 4  # rows and columns of a panel that are no text


class Contestant:
    """One model and what it said so far; asked in a thread of its own."""

    def __init__(self, model: str, host: str | None, prompt: str, options: dict[str, Any]) -> None:
        self.model = model
        self.text = ""
        self.shown = ""  # the text that may go to a terminal
        self.note = "waiting"
        self.error: RilletError | None = None
        self._stream: Stream | None = None
        self._stopped = False
        self._filter = TerminalFilter()
        self.thread = threading.Thread(
            target=self._run, args=(host, prompt, options), name=model, daemon=True
        )
        self.thread.start()

    @property
    def code(self) -> int:
        if self.error is None:
            return exits.COMPLETE
        return exits.INCOMPLETE if exits.incomplete(self.error) else exits.ERROR

    def stop(self) -> None:
        self._stopped = True
        if self._stream is not None:
            self._stream.stop()

    def _run(self, host: str | None, prompt: str, options: dict[str, Any]) -> None:
        try:
            found = where.find(self.model, host)
            with found.place.client as client:
                if found.missing:
                    raise ModelNotFound(f"model '{self.model}' not found", status=404)
                messages = [{"role": "user", "content": prompt}]
                if (system := options.pop("system", None)) is not None:
                    messages.insert(0, {"role": "system", "content": system})
                self._stream = client.stream_chat(self.model, messages, **options)
                self._read(self._stream)
        except RilletError as error:
            self.error, self.note = error, clean(error.message)
        except Exception as error:  # one that breaks must not be taken for one that waits
            self.error = RilletError(f"{type(error).__name__}: {error}")
            self.note = clean(self.error.message)

    def _read(self, stream: Stream) -> None:
        pace = Pace()
        if self._stopped:
            stream.stop()
        for event in stream:
            pace.see(event)
            if isinstance(event, Text):
                self.text += event.text
                self.shown += self._filter.feed(event.text)
                self.note = ""
            elif isinstance(event, Progress):
                self.note = clean(described(event))
        self.note = "stopped" if stream.stopped else pace.line(stream.partial)


def compare(
    models: Sequence[str], prompt: str, host: str | None, options: dict[str, Any], *, as_json: bool
) -> int:
    """Ask all and show them. The worst of their ends is the exit code."""
    those = [Contestant(model, host, prompt, dict(options)) for model in models]
    out = screen.output()
    try:
        if out.moves and not as_json:
            _show_live(those)
        else:
            for one in those:
                one.thread.join()
                _print(one, out, as_json=as_json)
    finally:
        for one in those:
            one.stop()
    codes = [one.code for one in those]
    return exits.ERROR if exits.ERROR in codes else max(codes)


def _print(one: Contestant, out: screen.Screen, *, as_json: bool) -> None:
    if as_json:
        error = one.error.message if one.error else None
        out.json({"model": one.model, "text": one.text, "note": one.note, "error": error})
        return
    out.write(f"== {one.model} ==\n{one.text.rstrip()}\n\n")
    notes = screen.notes()
    notes.dim(f"{one.model}: {'Error: ' if one.error else ''}{one.note}")


def _show_live(those: Sequence[Contestant]) -> None:
    """While they write, the end of each; at last all of it."""
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    try:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            while any(one.thread.is_alive() for one in those):
                live.update(_columns(those, console.size.width, console.size.height), refresh=True)
                for one in those:
                    if one.thread.is_alive():
                        one.thread.join(_TICK)
                        break
    finally:
        console.print(_columns(those, console.size.width, None))


def _columns(those: Sequence[Contestant], width: int, height: int | None) -> Any:
    """A panel for each, side by side. With a `height` they keep to it and show their ends."""
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text as Plain

    grid = Table.grid(expand=True)
    panels = []
    for one in those:
        grid.add_column(ratio=1)
        text = one.shown.strip()
        if height is not None:
            text = _end(text, max(10, width // len(those) - _FRAME), max(3, height - _FRAME))
        body = Plain(text)
        if one.note:
            body.append(f"{chr(10) * 2 if text else ''}{one.note}", "red" if one.error else "dim")
        panels.append(Panel(body, title=Plain(clean(one.model)), title_align="left"))
    grid.add_row(*panels)
    return grid


def _end(text: str, width: int, rows: int) -> str:
    """About the last `rows` lines of a column."""
    taken: list[str] = []
    left = rows
    for line in reversed(text[-width * rows :].split("\n")):
        left -= 1 + len(line) // width
        if left < 0:
            break
        taken.append(line)
    return "\n".join(reversed(taken))
