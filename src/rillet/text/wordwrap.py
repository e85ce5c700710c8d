r"""Wraps words on a terminal while they are still being written.

A token is shown at once, so a word may begin on a line that turns out too short for it. Then it
is taken back and begun again on the next line: ``ESC [ n D`` to its start, ``ESC [ K`` to erase
it, newline. Where the whole word lies in the piece at hand, a newline before it does. The rules
are those of ``ollama run``:

* A line breaks when the next character would stand beyond ``width - 5``.
* A word that is wider than ``width - 10`` by then stays where it is and flows on: a long address
  can still be copied in one piece. The terminal breaks it at its edge.
* White space ends a word; a character of two columns is a word by itself, as in Chinese.

The input must have passed ``TerminalFilter``: the sequences in the output are then the only ones.
Widths are those of ``wcwidth``, of whole clusters: a base with its combining marks, an emoji with
what is joined to it. The first character is taken to stand in the first column.
"""

import re
from functools import lru_cache

_MARGIN = 5  # columns at the right that only the end of a long word uses
_SMALLEST = 16  # columns; below, nothing is wrapped
_TAB = 8
_MAX_CLUSTER = 32  # characters; the longest emoji in use have ten
_PIECE = re.compile(r"[!-~]+| +|[^!-~ ]")
_JOINER = "\u200d"


class WordWrap:
    """``feed(text) -> text`` with line breaks. ``width`` may be set anew when the window changes.

    Nothing is held back, so there is nothing to finish. Below 16 columns nothing is wrapped.
    `rows` counts the ends of lines so far, those that the terminal made at its edge included: so
    many rows stand above the cursor, as long as the window has kept its width of 16 or more.
    """

    __slots__ = (
        "_cluster",
        "_column",
        "_fixed",
        "_mark",
        "_out",
        "_shown",
        "_word",
        "rows",
        "width",
    )

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows = 0
        self._column = 0
        self._cluster = ""  # the last character and what has joined it
        self._word = ("", 0)  # the word at the end, and its columns
        self._fixed = False  # the word is too long to be moved
        self._out: list[str] = []  # of the piece at hand
        self._mark = 0  # where in _out the word begins
        self._shown = 0  # columns of the word that are on the screen already

    def feed(self, text: str) -> str:
        """What to print for ``text``."""
        if self.width < _SMALLEST:
            self.rows += text.count("\n")
            return text
        self._mark, self._shown = 0, self._word[1]
        for piece in _PIECE.findall(text):
            if piece == "\n" or piece == "\t" or piece[0] == " ":
                self._space(piece)
            elif piece.isascii():
                self._grow(piece, len(piece))
                self._cluster = piece[-1]
            elif self._joins(piece):
                self._join(piece)
            else:
                self._cluster = piece
                self._character(piece, _width(piece))
        out, self._out = self._out, []
        return "".join(out)

    def _space(self, piece: str) -> None:
        """Spaces, a tab or a newline. Spaces at the end of a line stay on it."""
        self._out.append(piece)
        self._end_word()
        self._cluster = piece[-1]
        if piece == "\n":
            self.rows += 1
            self._column = 0
        elif piece == "\t":
            self._column = min(self._column + _TAB - self._column % _TAB, self.width - 1)
        else:
            self._advance(len(piece))

    def _character(self, char: str, width: int) -> None:
        if width < 2:
            return self._grow(char, width)
        self._end_word()
        self._grow(char, width)
        return self._end_word()

    def _grow(self, text: str, width: int) -> None:
        """More of the word: ASCII of any length, or one other character."""
        limit = self.width - _MARGIN
        if self._column + width > limit and not self._fixed:
            start = self._column - self._word[1]
            before_break = max(self._column, limit) - start  # columns of the word by then
            if before_break > limit - _MARGIN:
                self._fixed, self._word = True, ("", 0)
            else:
                self._move()
        self._append(text, width)

    def _move(self) -> None:
        """Begins the word again on the next line, and takes back what is shown of it."""
        word, columns = self._word
        back = f"\x1b[{self._shown}D\x1b[K" if self._shown else ""
        self._out[self._mark :] = [back + "\n", word]
        self.rows += 1
        self._mark += 1
        self._shown = 0
        self._column = columns

    def _append(self, text: str, width: int) -> None:
        self._out.append(text)
        if not self._fixed:
            word, columns = self._word
            self._word = (word + text, columns + width)
        self._advance(width)

    def _advance(self, columns: int) -> None:
        """The terminal breaks a line at its edge, once something stands beyond it."""
        self._column += columns
        if self._column > self.width:
            self.rows += (self._column - 1) // self.width
            self._column = (self._column - 1) % self.width + 1

    def _end_word(self) -> None:
        self._word = ("", 0)
        self._fixed = False
        self._shown = 0
        self._mark = len(self._out)

    def _joins(self, char: str) -> bool:
        """Whether ``char`` becomes part of the character before it."""
        last = self._cluster
        if not last or len(last) >= _MAX_CLUSTER:
            return _width(char) == 0
        if last[-1] == _JOINER or _width(char) == 0:
            return True
        if _is_flag_half(char):
            return _is_flag_half(last)
        return "\U0001f3fb" <= char <= "\U0001f3ff" and _width(last) == 2  # tone of skin

    def _join(self, char: str) -> None:
        """One more part of the last character: it may widen it, and never breaks a line."""
        before = _width(self._cluster)
        self._cluster = (self._cluster + char)[:_MAX_CLUSTER]
        widened = max(0, _width(self._cluster) - before)
        self._append(char, widened)
        word = self._word[0]
        if word == char:  # it joined a character that is no part of a word
            self._end_word()
        elif len(word) > 4 * self.width:  # marks upon marks: bounds what is kept
            self._fixed, self._word = True, ("", 0)


def fitted(text: str, columns: int) -> str:
    """A whole text of which the lines that are wider than ``columns`` break between words."""
    limit = columns - 1  # a space at the end of a line has room
    lines = text.split("\n")
    return "\n".join(
        WordWrap(limit + _MARGIN).feed(line) if _columns(line) > columns else line for line in lines
    )


def _columns(text: str) -> int:
    return len(text) if text.isascii() else _width(text)


def _is_flag_half(text: str) -> bool:
    return len(text) == 1 and "\U0001f1e6" <= text <= "\U0001f1ff"


@lru_cache(maxsize=4096)
def _width(text: str) -> int:
    from wcwidth import wcswidth  # its tables cost what a start can do without

    if _is_flag_half(text):  # one column before wcwidth 0.6, though it is shown as wide as a flag
        return 2
    return max(0, wcswidth(text))
