"""Bounds what stands upon one character: marks, joiners and selectors that have no place of theirs.

Hundreds of marks upon a letter run over the lines around it; hundreds of invisible characters
behind it carry a text that nobody sees, and that is copied along. Words of all scripts and emoji
need few. So at most eight pass in a row, of variation selectors one in a row, and those of the
supplement (ideographic variations) behind an ideograph alone.
"""

from unicodedata import category

MOST = 8  # a flag of a region has seven
_NO_PLACE = frozenset(("Mn", "Me", "Cf"))


class Marks:
    """``feed(text) -> text`` of printable characters, tabs and newlines."""

    __slots__ = ("_count", "_last")

    def __init__(self) -> None:
        self._count = 0
        self._last = ""

    def plain(self, text: str) -> None:
        """A text has gone by that has none of them."""
        self._count, self._last = 0, text[-1:]

    def feed(self, text: str) -> str:
        out = []
        for char in text:
            if char.isascii() or category(char) not in _NO_PLACE:
                self._count = 0
            elif self._count >= MOST or not self._fits(char):
                continue
            else:
                self._count += 1
            out.append(char)
            self._last = char
        return "".join(out)

    def _fits(self, char: str) -> bool:
        if "\ufe00" <= char <= "\ufe0f":
            return not "\ufe00" <= self._last <= "\ufe0f"
        if "\U000e0100" <= char <= "\U000e01ef":
            return _is_ideograph(self._last)
        return True


def _is_ideograph(char: str) -> bool:
    return (
        "\u3400" <= char <= "\u9fff"
        or "\uf900" <= char <= "\ufaff"
        or "\U00020000" <= char <= "\U0003ffff"
    )
