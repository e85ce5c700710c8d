"""Standard output and standard error, each as a `Screen` that is a terminal or a pipe.

What is written is there when `write` returns: nothing is buffered. To a terminal goes only text
that drives nothing; to a pipe go the exact bytes.
"""

import os
import sys
from typing import Protocol

_NAMES = {1: "standard output", 2: "standard error"}
DEFAULT_WIDTH, DEFAULT_HEIGHT = 80, 24  # columns and rows where nobody tells

stops = 0  # how often this process was stopped and went on: others have written meanwhile


class Screen:
    """One of the two. `width()` is in columns; what stands there can be changed if it `moves`."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.is_terminal = os.isatty(descriptor)
        self.moves = self.is_terminal and not is_dumb()
        self.colours = self.moves and not os.environ.get("NO_COLOR")  # https://no-color.org

    def write(self, text: str) -> None:
        """All of it, now, as it stands. Raises `OSError`; `BrokenPipeError` when nobody reads."""
        try:
            write_all(self.descriptor, encoded(text))
        except OSError as error:
            if error.filename is None:  # which says where: "standard output: No space left …"
                error.filename = _NAMES.get(self.descriptor)
            raise

    def line(self, text: str = "") -> None:
        """A line in our words, which may quote a stranger's."""
        if self.is_terminal:
            from rillet.text.terminal import clean

            text = self._fitted(clean(text))
        self.write(f"{text}\n")

    def _fitted(self, text: str) -> str:
        """Lines that are longer than the terminal break between words."""
        columns = self.width()
        if all(len(line) * 2 <= columns for line in text.split("\n")):
            return text  # whatever its characters: none has more than two columns
        from rillet.text.wordwrap import fitted

        return fitted(text, columns)

    def dim(self, text: str) -> None:
        """A line that stands back, where colours are wanted."""
        from rillet.text.terminal import clean

        text = self._fitted(clean(text)) if self.is_terminal else clean(text)
        self.write(self.styled(text, "90") + "\n")

    def json(self, value: object) -> None:
        """A line of JSON; what is not ASCII is escaped in it, so it drives nothing."""
        import json

        self.write(json.dumps(value) + "\n")

    def styled(self, text: str, style: str) -> str:
        """`text` in a style ("1" bold, "90" grey, …) where colours are wanted."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.colours else text

    def width(self) -> int:
        try:
            return os.get_terminal_size(self.descriptor).columns or DEFAULT_WIDTH
        except OSError:
            return DEFAULT_WIDTH

    def height(self) -> int:
        try:
            return os.get_terminal_size(self.descriptor).lines or DEFAULT_HEIGHT
        except OSError:
            return DEFAULT_HEIGHT


class Writer(Protocol):
    """What an answer is written to: a screen, or a file."""

    is_terminal: bool
    colours: bool

    def write(self, text: str) -> None: ...
    def width(self) -> int: ...
    def height(self) -> int: ...


def output() -> Screen:
    return Screen(1)


def notes() -> Screen:
    """Where everything goes that is not a result: standard error."""
    return Screen(2)


def encoded(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which has no bytes, becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:  # another program made the terminal non-blocking
            import select

            select.select([], [descriptor], [])


def is_dumb() -> bool:
    """Whether the terminal is one that only prints, such as a shell in Emacs."""
    return os.environ.get("TERM") in ("dumb", "unknown")


def stdin_is_terminal() -> bool:
    try:
        return sys.stdin is not None and os.isatty(0)
    except OSError:
        return False
