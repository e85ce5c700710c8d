r"""Lets only text reach a terminal: what a model writes must not drive the screen it is shown on.

A terminal obeys what it prints: a sequence can retitle the window, write the clipboard, hide or
overwrite lines, make a link point elsewhere, or ask the terminal to type an answer. A model can be
talked into writing one, and so can the author of a model's name or of an error text. The rules:

* Out come newline, tab and printable characters of all scripts; combining marks, joiners and
  variation selectors stay, since words and emoji are made of them.
* Escape sequences go whole (ECMA-48 and what terminals add): CSI, OSC, DCS, SOS, PM, APC, titles,
  charset selections, two-character escapes; also in their 8-bit forms.
* So go other control characters, directional overrides and marks (they reorder what a reader
  sees), deprecated format characters, and tag characters outside of the emoji of a flag.
* No character carries more marks and invisible followers than words and emoji need (`marks`).
* ``\r\n`` is a newline and so is a lone ``\r``: it must not overwrite what stands before it.
  U+2028 and U+2029 are newlines too. A lone surrogate is U+FFFD.
* The 8-bit forms are also what is left of text in a wrong encoding (``ß`` as ``Ã`` and U+009F).
  They begin a string only where the next character is one that such a string begins with; else
  the one character goes. SOS and PM, which no terminal obeys, are never strings in that form.
* A sequence that never ends must not swallow an answer. A control string ends at a newline at the
  latest, any sequence after 4,096 characters, and text goes on from there. A character that
  cannot be part of a sequence ends it and is read as text.

Safety does not rest on reading sequences right: whatever the state, only characters of the first
rule are let through. Reading them right only keeps their remains from being shown.
"""

import re
from enum import Enum

from rillet.text.marks import Marks

_LIMIT = 4096  # characters of one sequence
_FLAG = "\U0001f3f4"  # black flag: with tag characters behind it, the flag of a region
_FLAG_END = "\U000e007f"
_MIN_REGION, _MAX_REGION = 3, 6  # letters of a region's code, such as gbeng or usca

# Characters that never come out: C0, DEL and C1; bidi marks, embeddings, overrides and isolates;
# line and paragraph separators; deprecated format characters; interlinear annotation, the byte
# order mark; tags; surrogates.
_UNSAFE = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f"
    r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f"
)
_PLAIN = re.compile(f"[^{_UNSAFE}{_FLAG}]+")
_TAG_SPEC = re.compile("[\U000e0030-\U000e0039\U000e0061-\U000e007a]+")
_NEWLINES = frozenset("\r\n\u2028\u2029")


class _State(Enum):
    TEXT = "text"
    RETURN = "after a carriage return"
    FLAG = "after a black flag"
    ESCAPE = "after ESC"
    CHARSET = "ESC and intermediate characters: a charset selection and its kin"
    CSI = "control sequence"
    OSC = "operating system command: a control string that BEL may end"
    STRING = "DCS, SOS, PM, APC or title: a control string that only ST ends"


# What belongs into a sequence before its end.
_BODY = {
    _State.CHARSET: re.compile(r"[ -/]+"),
    _State.CSI: re.compile(r"[ -?]+"),
    _State.OSC: re.compile(r"[^\n\x07\x18\x1a\x1b\x80-\x9f\u2028\u2029]+"),
    _State.STRING: re.compile(r"[^\n\x18\x1a\x1b\x80-\x9f\u2028\u2029]+"),
}
# The one character that ends it and goes with it. ST as ESC \ needs no entry: ESC ends any
# sequence, and ESC \ alone is a two-character escape.
_END = {
    _State.ESCAPE: re.compile(r"[0-~]"),
    _State.CHARSET: re.compile(r"[0-~]"),
    _State.CSI: re.compile(r"[@-~]"),
    _State.OSC: re.compile(r"[\x07\x9c]"),
    _State.STRING: re.compile(r"\x9c"),
}
_INTRODUCERS = {
    "\x1b": _State.ESCAPE,
    "\x90": _State.STRING,
    "\x9b": _State.CSI,
    "\x9d": _State.OSC,
    "\x9f": _State.STRING,
}
# What must come next for the 8-bit forms of DCS (a parameter, a sixel), OSC (a number, or what
# Linux and Sun terminals have in its place) and APC (an image of kitty).
_FIRST = {"\x90": "0123456789;<=>?$+!q", "\x9d": "0123456789;PRlLI", "\x9f": "G"}
# After ESC; "k" is the title of a screen or tmux window.
_ESCAPED = {
    "[": _State.CSI,
    "]": _State.OSC,
    "P": _State.STRING,
    "X": _State.STRING,
    "^": _State.STRING,
    "_": _State.STRING,
    "k": _State.STRING,
} | dict.fromkeys(" !\"#$%&'()*+,-./", _State.CHARSET)


def clean(text: str) -> str:
    """All of ``text`` filtered at once: for names, titles and error texts of a stranger."""
    return TerminalFilter().feed(text)


class TerminalFilter:
    """``feed(text) -> text`` that is safe to print; sequences may be cut anywhere."""

    __slots__ = ("_first", "_length", "_marks", "_state", "_tags")

    def __init__(self) -> None:
        self._state = _State.TEXT
        self._length = 0  # of the sequence so far
        self._first = ""  # what may come next, where not everything may
        self._tags = ""  # tag characters that may become a flag
        self._marks = Marks()

    def feed(self, text: str) -> str:
        """The printable part of ``text``, given what was fed before."""
        if self._state is _State.TEXT and text.isprintable() and _FLAG not in text:
            return self._marked(text)
        out: list[str] = []
        pos = 0
        while pos < len(text):
            if self._state is _State.TEXT:
                pos = self._text(text, pos, out)
            elif self._state is _State.RETURN:
                self._state = _State.TEXT
                pos += text[pos] == "\n"
            elif self._state is _State.FLAG:
                pos = self._flag(text, pos, out)
            else:
                pos = self._sequence(text, pos)
        return self._marked("".join(out))

    def finish(self) -> str:
        """Ends the text; nothing is ever owed, what was open is dropped. Ready for another."""
        self._enter(_State.TEXT)
        self._tags = ""
        self._marks = Marks()
        return ""

    def _marked(self, text: str) -> str:
        if not text.isascii():
            return self._marks.feed(text)
        if text:
            self._marks.plain(text)
        return text

    def _text(self, text: str, pos: int, out: list[str]) -> int:
        if plain := _PLAIN.match(text, pos):
            out.append(plain[0])
            return plain.end()
        char = text[pos]
        if char in _NEWLINES:
            out.append("\n")
            if char == "\r":
                self._state = _State.RETURN
        elif char == _FLAG:
            out.append(char)
            self._state = _State.FLAG
        elif "\ud800" <= char <= "\udfff":
            out.append("\ufffd")
        elif char in _INTRODUCERS:
            self._enter(_INTRODUCERS[char], _FIRST.get(char, ""))
        return pos + 1

    def _flag(self, text: str, pos: int, out: list[str]) -> int:
        """Tag characters pass when they are a region's code and its end, else they go."""
        room = _MAX_REGION - len(self._tags)
        if tags := _TAG_SPEC.match(text, pos, pos + room):
            self._tags += tags[0]
            return tags.end()
        if text[pos] == _FLAG_END and len(self._tags) >= _MIN_REGION:
            out.append(self._tags + _FLAG_END)
            pos += 1
        self._tags = ""
        self._state = _State.TEXT
        return pos

    def _sequence(self, text: str, pos: int) -> int:
        """Takes what belongs to the sequence; whatever does not is left to be read as text."""
        if self._state is _State.ESCAPE and text[pos] in _ESCAPED:
            self._enter(_ESCAPED[text[pos]])
            return pos + 1
        if self._first and text[pos] not in self._first:
            self._enter(_State.TEXT)
            return pos
        self._first = ""
        body = _BODY.get(self._state)
        room = pos + _LIMIT - self._length
        if body and (match := body.match(text, pos, room)):
            self._length += match.end() - pos
            return match.end()
        if pos < room and _END[self._state].match(text, pos):
            pos += 1
        self._state = _State.TEXT
        return pos

    def _enter(self, state: _State, first: str = "") -> None:
        self._state = state
        self._first = first
        self._length = 0
