"""The progress of pull, push and create: bars on a terminal, plain lines elsewhere."""

import time
from typing import TYPE_CHECKING

from rillet.cli import screen
from rillet.cli.screen import Screen
from rillet.text.human import human_size
from rillet.text.terminal import clean
from rillet.words.events import Finish, Progress
from rillet.words.timeouts import Timeouts

if TYPE_CHECKING:
    from rillet.client.stream import Stream

PATIENT = Timeouts(first_token=None, between_tokens=None)  # verifying is a long silence
_EVERY = 0.1  # seconds between two looks of the bar
_BAR = 24  # columns


def show_transfer(stream: "Stream", *, as_json: bool = False) -> None:
    """Show every step on standard error until the end. Raises `RilletError`.

    With `as_json` the steps go to standard output, one JSON object a line, as Ollama has them.
    """
    if as_json:
        return _print_steps(stream)
    view = TransferView(screen.notes())
    try:
        with stream:
            for event in stream:
                if isinstance(event, Progress):
                    view.show(event)
                elif isinstance(event, Finish):
                    view.show(Progress("success"))
    finally:
        view.end()


def _print_steps(stream: "Stream") -> None:
    import msgspec

    out = screen.output()
    with stream:
        for event in stream:
            if isinstance(event, Progress):
                fields = msgspec.to_builtins(event)
                out.json({name: value for name, value in fields.items() if value is not None})
            elif isinstance(event, Finish):
                out.json({"status": "success"})


class TransferView:
    """One line a step; the last one moves while it counts."""

    def __init__(self, notes: Screen) -> None:
        self._notes = notes
        self._status = ""
        self._open = False  # the last line has no newline yet
        self._drawn = 0.0
        self._began: tuple[float, int] | None = None  # of the layer: when, and from how many bytes
        self._last: Progress | None = None

    def show(self, event: Progress) -> None:
        if event.status != self._status:
            self.end()
            self._status, self._began = event.status, None
            if not self._notes.moves or not event.total:
                self._notes.line(event.status)
        if event.total and self._notes.moves:
            self._count(event)

    def _count(self, event: Progress) -> None:
        now = time.monotonic()
        if self._began is None:
            self._began = (now, event.completed or 0)
        self._last = event
        if now - self._drawn >= _EVERY:
            self._draw(event, now)

    def _draw(self, event: Progress, now: float) -> None:
        self._drawn, self._open = now, True
        assert self._began is not None
        text = bar(event, self._began[1], now - self._began[0], self._notes.width() - 1)
        self._notes.write(f"\r\x1b[K{text}")

    def end(self) -> None:
        """Finish the line, with its last numbers."""
        if self._last is not None and self._began is not None:
            self._draw(self._last, time.monotonic())
        if self._open:
            self._notes.write("\n")
        self._open, self._last = False, None


def bar(event: Progress, start: int, seconds: float, columns: int = 200) -> str:
    """``pulling 4e8b1c627efb  42 % ▕████      ▏ 1.2 GB/3 GB  24 MB/s  1m15s``

    Where that is too long for the columns, the bar is shorter, then numbers are left out from
    the right; the percentage stays.
    """
    done, total = event.completed or 0, event.total or 1
    part = min(1.0, done / total)
    share = f" {part:4.0%}"
    status = clean(event.status)[: max(0, columns - len(share))]
    counted = f" {human_size(done)}/{human_size(total)}"
    speed = (done - start) / seconds if seconds > 0 else 0.0
    pace = ""
    if speed >= 1 and done < total:
        pace = f"  {human_size(int(speed))}/s  {_left((total - done) / speed)}"
    for numbers in (counted + pace, counted, ""):
        room = columns - len(status + share + " ▕▏" + numbers)
        if room >= 0:
            room = min(_BAR, room)
            return f"{status}{share} ▕{'█' * round(part * room):<{room}}▏{numbers}"
    return (status + share)[:columns]


def _left(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"
