r"""Paths that stand in a message, in the forms in which terminals paste what is dropped on them.

A path begins with ``/``, ``./``, ``../``, ``~/`` or ``file://``. It is bare, its blanks escaped
with backslashes as a shell writes them; or it stands between quotes; or it is the address of a
file, with ``%20`` for a blank. The path of an image may have bare blanks. What is no file is words.
"""

import os
import re
from collections.abc import Iterator

from msgspec import Struct

KINDS = ("jpg", "jpeg", "png", "webp", "wav")  # of images and sounds

_BEGIN = r"(?:file://|\.{0,2}/(?!/)|~/)"
_START = re.compile(
    rf"""'(?P<single>{_BEGIN}(?:[^'\n]|'\\'')+)'"""
    rf"""|"(?P<double>{_BEGIN}(?:[^"\\\n]|\\.)+)\""""
    rf"""|(?<![A-Za-z0-9_/.~\\])(?P<bare>{_BEGIN}(?:[^\s\\'"]|\\.)+)"""
)
_KIND = rf"\.(?i:{'|'.join(KINDS)})(?![A-Za-z0-9_])"
_MEDIA = re.compile(rf".+?{_KIND}", re.S)
_LONGEST = 1024  # characters of a path with bare blanks
_SPACED = re.compile(rf"[^\n'\"]{{1,{_LONGEST}}}?{_KIND}")
_BEHIND = ".,;:!?)]}>"  # what ends a sentence rather than a path


class Named(Struct, frozen=True):
    """A path in a text, and where it stands there, its quotes included."""

    path: str
    start: int
    end: int
    there: bool = True  # False: it has the name of an image, and there is no such file

    @property
    def is_media(self) -> bool:
        return is_media(self.path)


def is_media(path: str) -> bool:
    return path.lower().endswith(tuple(f".{kind}" for kind in KINDS))


def named(text: str) -> Iterator[Named]:
    """Each file that a text names, and each image that is not there."""
    at = 0
    while match := _START.search(text, at):
        found = _quoted(match) or _bare(text, match)
        if found is not None:
            yield found
            at = found.end
        else:  # another path may begin within the quotes
            at = match.end() if match["bare"] else match.start() + 1


def without(text: str, places: list[Named]) -> str:
    """The text without these paths."""
    for place in reversed(places):
        text = text[: place.start] + text[place.end :]
    return text.strip()


def _quoted(match: "re.Match[str]") -> Named | None:
    if match["bare"]:
        return None
    said = match["single"] or match["double"]
    inner = said.replace("'\\''", "'") if match["single"] else re.sub(r'\\([\\"$`])', r"\1", said)
    if path := _file(inner, said):
        return Named(path, match.start(), match.end())
    if is_media(said) and not _START.search(said, 1):
        return Named(_shown(inner), match.start(), match.end(), there=False)
    return None


def _bare(text: str, match: "re.Match[str]") -> Named | None:
    said = match["bare"]
    if not said:
        return None
    start = match.start("bare")
    media = _MEDIA.match(said)
    ends = [said, said.rstrip(_BEHIND), media[0] if media else ""]
    for each in dict.fromkeys(ends):
        if each and (path := _file(_unescaped(each))):
            return Named(path, start, start + len(each))
    spaced = _SPACED.match(text, start)
    if spaced and (path := _file(spaced[0])):
        return Named(path, start, spaced.end())
    if media:
        return Named(_shown(_unescaped(media[0])), start, start + len(media[0]), there=False)
    return None


def _unescaped(said: str) -> str:
    return re.sub(r"\\(.)", r"\1", said)


def _file(*forms: str) -> str | None:
    """The first that is a file, as a path of the system."""
    for form in forms:
        for path in dict.fromkeys((_shown(form), _decoded(form))):
            try:
                if os.path.isfile(path):
                    return path
            except ValueError:  # a NUL in it
                pass
    return None


def _shown(form: str) -> str:
    if form.startswith("file://"):
        return _decoded(form)
    return os.path.expanduser(form)


def _decoded(form: str) -> str:
    if "%" in form:
        from urllib.parse import unquote

        form = unquote(form)
    form = re.sub(r"^file://(?:localhost)?(?=/)", "", form)
    return os.path.expanduser(form)
