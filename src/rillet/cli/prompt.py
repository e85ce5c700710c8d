"""The prompt of a one-shot run: standard input, the words of the command line, images in it."""

import os

from rillet.cli.screen import stdin_is_terminal

_KINDS = ("jpg", "jpeg", "png", "webp", "wav")
# A path with a slash in it; spaces are escaped with a backslash, as a shell writes them.
_FILE = rf"(?i)(?:\.{{0,2}}/|~/)(?:[^\s\\'\"]|\\.)+?\.(?:{'|'.join(_KINDS)})\b"


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


def split_files(prompt: str) -> tuple[str, list[str]]:
    """The prompt without the paths of images and sounds that exist, and those paths."""
    import re

    found = []
    for match in re.finditer(_FILE, prompt):
        path = os.path.expanduser(re.sub(r"\\(.)", r"\1", match[0]))
        if os.path.isfile(path):
            prompt = prompt.replace(f"'{match[0]}'", "").replace(match[0], "")
            found.append(path)
    return prompt.strip() if found else prompt, found
