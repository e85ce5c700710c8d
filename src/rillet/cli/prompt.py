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
    return " ".join([stdin, *words] if stdin else words)
