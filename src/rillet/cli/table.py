"""Tables as Ollama prints them: columns padded to their widest cell and four spaces, no lines."""

import unicodedata
from collections.abc import Iterable, Sequence

from rillet.text.terminal import clean

_PADDING = "    "


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    safe: bool = True,
    trimmed: bool = False,
) -> str:
    """Lines with newlines.

    `safe` lets only text through: cells are words of strangers. `trimmed` leaves out the blanks at
    the end of a line, which become a line of their own in a narrow window.
    """
    lines = [list(header), *(list(row) for row in rows)] if header else [list(row) for row in rows]
    if safe:
        lines = [[clean(cell).replace("\n", " ") for cell in line] for line in lines]
    if not lines:
        return ""
    widths = [max(_columns(line[at]) for line in lines) for at in range(len(lines[0]))]
    text = "".join(_line(line, widths) for line in lines)
    if trimmed:
        return "".join(f"{line.rstrip()}\n" for line in text.split("\n")[:-1])
    if not header:
        return text
    first, _, rest = text.partition("\n")  # behind the last header Ollama has one space
    return first.removesuffix(_PADDING) + " \n" + rest


def cut(text: str, columns: int) -> str:
    """What of a text fits, with an ellipsis where that is not all."""
    if _columns(text) <= columns:
        return text
    kept = text
    while kept and _columns(kept) > columns - 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell + " " * (width - _columns(cell)) + _PADDING
        for cell, width in zip(cells, widths, strict=True)
    )
    return "".join(padded) + "\n"


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
