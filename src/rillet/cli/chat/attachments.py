"""Files that a message of a talk names by their paths: texts go into it, images beside it.

A path has a slash in it (``./notes.txt``, ``~/a.py``, ``/etc/hosts``); spaces in it are escaped
with a backslash, as a shell writes them. What is no file stays the words that it was.
"""

import os
import re
from collections.abc import Sequence

from msgspec import Struct

from rillet.cli.prompt import split_files
from rillet.words.errors import InvalidRequest

_PATH = re.compile(r"(?<!\S)(?:\.{0,2}/|~/)(?:[^\s\\]|\\.)+")
_LIMIT = 1 << 20  # bytes of one text
_SENSES = ("vision", "audio")


class Attached(Struct, frozen=True):
    """A message with its files. `notes` tell the person what was done with them."""

    text: str
    media: tuple[str, ...] = ()  # paths of images and sounds
    notes: tuple[str, ...] = ()


def attach(line: str, abilities: Sequence[str]) -> Attached:
    """Raises `InvalidRequest` for a text that is too long to be meant, `OSError`."""
    rest, media = split_files(line)
    notes: list[str] = []
    if media and not any(sense in abilities for sense in _SENSES):
        notes = [f"Note: this model cannot see '{path}'" for path in media]
        rest, media = line, []
    notes += [f"Added image '{path}'" for path in media]
    blocks = []
    for path in _paths(rest):
        text = _text(path)
        if text is not None:
            blocks.append(_fenced(path, text))
            notes.append(f"Added text '{path}'")
    return Attached("\n\n".join([rest, *blocks]), tuple(media), tuple(notes))


def _paths(line: str) -> list[str]:
    """Each that is a file, once."""
    found = []
    for match in _PATH.finditer(line):
        said = match[0] if os.path.isfile(_path(match[0])) else match[0].rstrip(".,;:!?)\"'")
        if os.path.isfile(_path(said)):
            found.append(_path(said))
    return list(dict.fromkeys(found))


def _path(said: str) -> str:
    return os.path.expanduser(re.sub(r"\\(.)", r"\1", said))


def _text(path: str) -> str | None:
    """None where it is no text in UTF-8."""
    with open(path, "rb") as file:
        data = file.read(_LIMIT + 1)
    try:
        text = data[:_LIMIT].decode()
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    if len(data) > _LIMIT:
        raise InvalidRequest(
            f"'{path}' has more than {_LIMIT >> 20} MB of text",
            hint="Cut it; or name the part that matters",
        )
    return text


def _fenced(path: str, text: str) -> str:
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{path}:\n{fence}\n{text.rstrip()}\n{fence}"
