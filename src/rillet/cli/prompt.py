"""The prompt of a one-shot run: standard input and the words of the command line."""

import os
import select

from rillet.cli.screen import stdin_is_terminal


def read_stdin() -> str:
    """All of standard input if it is no terminal, else nothing."""
    if stdin_is_terminal():
        return ""
    pieces = []
    while piece := _piece():
        pieces.append(piece)
    return b"".join(pieces).decode(errors="replace")


def _piece() -> bytes:
    """What comes next, nothing at the end."""
    while True:
        try:
            return os.read(0, 1 << 20)
        except BlockingIOError:  # who started us, such as Node.js, shares a pipe that does not wait
            select.select([0], [], [])
        except OSError:  # closed, or a folder
            return b""


def joined(words: list[str], stdin: str) -> str:
    """As Ollama joins them: standard input first, single spaces between."""
    return " ".join([stdin, *map(as_text, words)] if stdin else map(as_text, words))


def as_text(word: str) -> str:
    """An argument whose bytes are no UTF-8 has U+FFFD there, as standard input has."""
    return word.encode("utf-8", "surrogateescape").decode(errors="replace")
