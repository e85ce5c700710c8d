"""The prompt of a one-shot run: standard input and the words of the command line."""

import os

from rillet.cli.screen import stdin_is_terminal


def read_stdin() -> str:
    """All of standard input if it is no terminal, else nothing."""
    if stdin_is_terminal():
        return ""
    pieces = []
    try:
        while piece := os.read(0, 1 << 20):
            pieces.append(piece)
    except OSError:  # closed, or a folder
        pass
    return b"".join(pieces).decode(errors="replace")


def joined(words: list[str], stdin: str) -> str:
    """As Ollama joins them: standard input first, single spaces between."""
    return " ".join([stdin, *map(as_text, words)] if stdin else map(as_text, words))


def as_text(word: str) -> str:
    """An argument whose bytes are no UTF-8 has U+FFFD there, as standard input has."""
    return word.encode("utf-8", "surrogateescape").decode(errors="replace")
