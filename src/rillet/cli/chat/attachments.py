"""Files that a message names by their paths: texts go into it, images beside it.

How a path may be written tells `rillet.cli.paths`. What is no file stays the words that it was.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from rillet.cli.paths import Named, is_media, named, without
from rillet.words.errors import InvalidRequest

_LIMIT = 1 << 20  # bytes of one text
_IMAGES = (b"\x89PNG", b"\xff\xd8\xff")  # how they begin
_SENSES = ("vision", "audio")


class Attached(Struct, frozen=True):
    """A message with its files. `notes` tell the person what was done with them."""

    text: str
    media: tuple[str, ...] = ()  # paths of images and sounds
    notes: tuple[str, ...] = ()


def attach(line: str, abilities: Sequence[str]) -> Attached:
    """Raises `InvalidRequest` for a text that is too long to be meant, `OSError`."""
    found = list(named(line))
    seen = attach_media(line, abilities, found)
    blocks, notes = [], list(seen.notes)
    for path in dict.fromkeys(each.path for each in found if not each.is_media):
        text = text_of(path)
        if text is not None:
            blocks.append(fenced(path, text))
            notes.append(f"Added text '{path}'")
    return Attached("\n\n".join([seen.text, *blocks]), seen.media, tuple(notes))


def attach_media(
    line: str, abilities: Sequence[str], found: Sequence[Named] | None = None
) -> Attached:
    """Images and sounds alone, as `ollama run` does with a prompt.

    Raises `InvalidRequest` for a file that is neither, `OSError`.
    """
    found = [each for each in (named(line) if found is None else found) if each.is_media]
    files = [each for each in found if each.there]
    if not sees(abilities):
        blind = tuple(f"Note: this model cannot see '{each.path}'" for each in files)
        return Attached(line, notes=blind)
    notes = [f"Added {_kind(each.path)} '{each.path}'" for each in files]
    notes += [
        f"Note: there is no file '{each.path}'; the model gets its name alone"
        for each in found
        if not each.there
    ]
    text = without(line, files) if files else line
    return Attached(text, tuple(each.path for each in files), tuple(notes))


def _kind(path: str) -> str:
    """``image`` or ``audio``, by what is in the file. Raises `InvalidRequest`, `OSError`."""
    with open(path, "rb") as file:
        head = file.read(12)
    if head.startswith(_IMAGES) or (head[:4], head[8:]) == (b"RIFF", b"WEBP"):
        return "image"
    if (head[:4], head[8:]) == (b"RIFF", b"WAVE"):
        return "audio"
    raise InvalidRequest(
        f"'{path}' is no image and no sound", hint="A model takes JPEG, PNG, WebP and WAV"
    )


def attach_files(files: Sequence[str], abilities: Sequence[str], *, known: bool) -> Attached:
    """Files that were given for themselves. Raises `InvalidRequest`, `OSError`.

    Where it is not `known` what the model can, the server says it.
    """
    for path in files:
        if path.startswith(("http://", "https://")):
            raise InvalidRequest(
                f"'{path}' is an address, not a file", hint=f"Fetch it first: curl -O {path}"
            )
    texts = {path: None if is_media(path) else text_of(path) for path in files}
    media = tuple(path for path, text in texts.items() if text is None)
    for path in media:
        with open(path, "rb"):  # it is there, and may be read
            if known and not sees(abilities):
                raise InvalidRequest(f"This model cannot see '{path}'", hint="Take one with vision")
    blocks = [fenced(path, text) for path, text in texts.items() if text is not None]
    return Attached("\n\n".join(blocks), media)


def sees(abilities: Sequence[str]) -> bool:
    return any(sense in abilities for sense in _SENSES)


def text_of(path: str) -> str | None:
    """None where it is no text in UTF-8."""
    with open(path, "rb") as file:
        data = file.read(_LIMIT + 1)
    try:
        text = data[:_LIMIT].decode()
    except UnicodeDecodeError as error:
        if len(data) <= _LIMIT or error.start < _LIMIT - 3:  # else the limit cut a character
            return None
        text = ""
    if "\0" in text:
        return None
    if len(data) > _LIMIT:
        raise InvalidRequest(
            f"'{path}' has more than {_LIMIT >> 20} MB of text",
            hint="Cut it; or name the part that matters",
        )
    return text


def fenced(path: str, text: str) -> str:
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{path}:\n{fence}\n{text.rstrip()}\n{fence}"
