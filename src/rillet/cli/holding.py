"""An answer that is held until it is whole: for `--no-stream`, and to take its code out of it."""

import re

from rillet.cli.screen import Writer

# A fence, what is said of its language, the code, and the fence again.
_BLOCK = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[^`\n]*\n(?P<code>.*?)(?:^ {0,3}(?P=fence)|\Z)", re.M | re.S
)


class Held:
    """A `Writer` that writes at the end: the first or last fenced block, else all that came."""

    colours = False

    def __init__(self, out: Writer, *, first: bool = False, last: bool = False) -> None:
        self._out = out
        self._first, self._last = first, last
        self._text = ""
        self.is_terminal = out.is_terminal

    def write(self, text: str) -> None:
        self._text += text

    def width(self) -> int:
        return self._out.width()

    def height(self) -> int:
        return self._out.height()

    def release(self) -> None:
        text, self._text = self._text, ""
        if self._first or self._last:
            text = code_of(text, last=self._last) or text
            text = text.rstrip("\n") + "\n"
        self._out.write(text)

    def release_all(self) -> None:
        """As it came: the answer broke off, and nothing of it is to be lost."""
        self._first = self._last = False
        self.release()


def code_of(text: str, *, last: bool = False) -> str | None:
    """The first fenced block of a Markdown text, without its fences; None if there is none."""
    blocks = [match["code"] for match in _BLOCK.finditer(text)]
    if not blocks:
        return None
    return blocks[-1] if last else blocks[0]
