r"""Markdown on a terminal while it comes: each block is shown as it is typed, and set when it ends.

A block (a paragraph, a list, a fenced code) ends with an empty line or its closing fence. Until
then its source is on the screen; then it is taken back and shown rendered. So every block is
rendered once, and an answer of any length costs in proportion to it. What cannot be taken back,
because it is taller than the window or the window's width has changed, stays as it was typed.
"""

import re
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING

from rillet.cli import screen
from rillet.cli.screen import Writer
from rillet.text.terminal import TerminalFilter
from rillet.text.wordwrap import WordWrap

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from rich.markdown import Markdown

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_SMALLEST = 16  # columns; below, nobody knows where a line ends
_SPARE = 2  # rows of the window that a block must leave free


class MarkdownPen:
    """Writes a stranger's Markdown to a terminal, in pieces. `end()` sets what is still open."""

    def __init__(self, out: Writer) -> None:
        self._out = out
        self._filter = TerminalFilter()
        self._source = ""  # of the block, whole lines
        self._line = ""  # the last one, so far
        self._fence = ""  # that is open
        self._begun = False
        self._gap = ""  # what goes before the next block
        self._start()

    def write(self, text: str) -> None:
        text = self._filter.feed(text)
        while text:
            piece, newline, text = text.partition("\n")
            self._type(piece)
            if newline:
                self._end_line()

    def end(self) -> None:
        if self._begun:
            self._source += self._line
            self._set()

    def _start(self) -> None:
        self._source = self._line = self._fence = ""
        self._begun = False
        self._stays = False  # the block cannot be taken back
        self._stops = screen.stops
        self._wrap = WordWrap(self._out.width())

    def _type(self, piece: str) -> None:
        if not piece:
            return
        if not self._begun:
            self._begun = True
            self._out.write(self._gap)
        self._line += piece
        self._show(piece)

    def _show(self, text: str) -> None:
        self._look()
        self._out.write(self._wrap.feed(text))
        self._stays |= self._wrap.rows >= self._out.height() - _SPARE

    def _look(self) -> None:
        """Where the window has changed nobody knows where the rows are; words wrap at its edge."""
        width = self._out.width()
        moved = width != self._wrap.width or width < _SMALLEST
        self._stays |= moved or self._stops != screen.stops
        self._wrap.width = width

    def _end_line(self) -> None:
        if not self._begun:
            return
        line, self._line = self._line, ""
        self._source += line + "\n"
        fence = _FENCE.match(line)
        if self._fence:
            if fence and fence[1].startswith(self._fence) and not line.strip(" `~"):
                self._set()
                return
        elif fence:
            self._fence = fence[1]
        elif not line.strip():
            self._set()
            return
        self._show("\n")

    def _set(self) -> None:
        """The block is whole: show it rendered in place of its source."""
        self._look()
        if self._stays:
            self._gap = "\n" if self._source.endswith("\n\n") else "\n\n"
        else:
            up = f"\x1b[{self._wrap.rows}A" if self._wrap.rows else ""
            rendered = render(self._source, self._out.width())
            self._out.write(f"\r{up}\x1b[J{rendered}")
            self._gap = "\n\n"
        self._start()


def render(source: str, columns: int) -> str:
    """Markdown as lines for a terminal, without the last newline. Nothing of it gets lost."""
    from rich.console import Console

    file = StringIO()
    console = Console(file=file, width=columns, force_terminal=True, legacy_windows=False)
    console.print(_whole(source))
    return "\n".join(line.rstrip() for line in file.getvalue().strip("\n").split("\n"))


def _whole(source: str) -> "Markdown":
    """As rich sets it, but for what would be hidden or would not be where it was written."""
    from rich.markdown import Markdown

    # A link shows where it leads; its text alone could say anything.
    made = Markdown("", hyperlinks=False, code_theme="ansi_dark")
    made.markup = source
    made.parsed = _parser().parse(source)
    for token in made.parsed:
        if token.children:
            token.children = [_written(each) for each in token.children if not _twice(each)]
    return made


@cache
def _parser() -> "MarkdownIt":
    """Tags, footnotes and images stay in sight: rich has no place for them and leaves them out."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False})
    return parser.enable(["strikethrough", "table"]).disable(["reference", "image"])


def _written(token: "Token") -> "Token":
    """A line that ends there in the source ends there on the screen, as in a poem."""
    if token.type == "softbreak":
        token.type = "hardbreak"
    return token


def _twice(token: "Token") -> bool:
    """The address of a link whose text is its address."""
    return token.markup == "autolink"
