"""The line on a terminal that says what one waits for, and vanishes when it comes.

Nothing is shown for waits that are shorter than a blink, nor to anything but a terminal whose lines
can change.
"""

import threading
import time

from rillet.cli.screen import Screen
from rillet.words.events import Progress

_BLINK = 0.2  # seconds
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TICK = 0.1


class Status:
    """`say()` changes the text, `clear()` ends it for good. A thread of its own turns the wheel."""

    def __init__(self, notes: Screen, text: str = "") -> None:
        self._notes = notes
        self._text = text
        self._over = threading.Event()
        self._shown = False
        self._lock = threading.Lock()
        self._began = time.monotonic()
        if notes.moves:
            threading.Thread(target=self._turn, daemon=True).start()

    def say(self, text: str) -> None:
        self._text = text

    def progress(self, event: Progress) -> None:
        self.say(described(event))

    def clear(self) -> None:
        """Take the line away. Cheap when it is gone already."""
        if self._over.is_set():
            return
        self._over.set()
        with self._lock:
            if self._shown:
                self._shown = False
                self._notes.write("\r\x1b[K")

    def _turn(self) -> None:
        frame = 0
        wait = _BLINK
        while not self._over.wait(wait):
            wait = _TICK
            with self._lock:
                if self._over.is_set():
                    return
                self._show(_FRAMES[frame % len(_FRAMES)])
            frame += 1

    def _show(self, wheel: str) -> None:
        from rillet.text.terminal import clean

        seconds = int(time.monotonic() - self._began)
        text = f"{wheel} {clean(self._text)} {f'{seconds} s' if seconds >= 2 else ''}"
        try:
            self._notes.write(f"\r\x1b[K{text[: self._notes.width() - 1]}")
        except OSError:
            self._over.set()
            return
        self._shown = True


def described(event: Progress) -> str:
    """What a `Progress` means, for people."""
    if event.queue_position is not None:
        return f"Waiting in line, place {event.queue_position}"
    if event.status == "queued":
        return "Waiting in line"
    if event.status == "waiting":
        return "Waiting for the server behind this one"
    part = event.completed / event.total if event.completed and event.total else None
    if event.status == "loading":
        return f"Loading the model{f' {part:.0%}' if part else ''}"
    if event.status == "prompt":
        return "Reading the prompt" + (f" {event.completed}/{event.total} tokens" if part else "")
    return event.status
