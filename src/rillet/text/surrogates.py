r"""Joins the halves of a character that was split over two JSON strings.

A server that cuts its text between UTF-16 units sends ``"\ud83d"`` in one record and ``"\ude00"``
in the next. Each decodes to half a character, which no terminal or file takes. A pair is joined
however it was cut; a half that stays alone becomes U+FFFD, once the next character shows that it
is alone or at ``finish()``. At most one character is held back.

This stands in the path of every token, so text without surrogates passes at the price of one
method call and one C-level look.
"""

_HIGH = ("\ud800", "\udbff")  # first and last high surrogate


class SurrogateJoiner:
    """``feed(text) -> text`` without surrogates; ``finish()`` gives what was held back."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """The text as far as it is certain; at most the last character is kept for later."""
        if not self._held:
            if text.isascii():
                return text
            try:
                text.encode()
            except UnicodeEncodeError:  # the only thing UTF-8 refuses is a surrogate
                pass
            else:
                return text
        text = self._held + text
        self._held = ""
        if text and _HIGH[0] <= text[-1] <= _HIGH[1]:
            self._held = text[-1]
            text = text[:-1]
        return _joined(text)

    def finish(self) -> str:
        """What was held back: nothing, or U+FFFD for a half whose partner never came."""
        held, self._held = self._held, ""
        return "\ufffd" if held else ""


def _joined(text: str) -> str:
    """Pairs joined, lone halves replaced: what a round trip through UTF-16 does."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
