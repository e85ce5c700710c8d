"""Splits a model's raw output into its thinking and its answer, as Ollama's server does.

Used where raw model output is turned into events, on the engine's side. A client never does this:
there a literal ``<think>`` in an answer is text that someone asked for.

* Only an opening tag at the very start counts, after white space; a later one is text.
* The first closing tag ends the thinking; a later one is text.
* White space after either tag is dropped. White space before an answer without thinking stays.

Held back is white space that may stand before an opening tag (up to 4,096 characters), and an end
of the text that may be the beginning of a tag.
"""

from enum import Enum
from typing import Literal

from rillet.text.stops import overlap

Piece = tuple[Literal["thinking", "text"], str]

_MAX_LEADING = 4096


class _State(Enum):
    START = "nothing but white space so far"
    OPENED = "after the opening tag, nothing but white space since"
    THINKING = "in the thinking"
    CLOSED = "after the closing tag, nothing but white space since"
    TEXT = "in the answer, to the end"


class ThinkingSplitter:
    """``feed(text) -> [("thinking" | "text", text), ...]``, never with an empty text.

    ``starts_inside`` says that the prompt already ended with the opening tag.
    """

    __slots__ = ("_close", "_held", "_open", "_state")

    def __init__(
        self,
        open_tag: str = "<think>",
        close_tag: str = "</think>",
        starts_inside: bool = False,
    ) -> None:
        if not open_tag.strip() or not close_tag.strip():
            raise ValueError("the tags around thinking must not be empty")
        self._open = open_tag
        self._close = close_tag
        self._held = ""
        self._state = _State.OPENED if starts_inside else _State.START

    @property
    def close_tag(self) -> str:
        return self._close

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain now, in order."""
        if self._state is _State.TEXT:
            return [("text", text)] if text else []
        if self._state is _State.THINKING and not self._held and self._close[0] not in text:
            return [("thinking", text)] if text else []  # most tokens
        text = self._held + text
        self._held = ""
        pieces: list[Piece] = []
        if self._state is _State.START:
            text = self._start(text)
        if self._state is _State.OPENED:
            text = text.lstrip()
            if text:
                self._state = _State.THINKING
        if self._state is _State.THINKING:
            thought, text = self._thinking(text)
            if thought:
                pieces.append(("thinking", thought))
        if self._state is _State.CLOSED:
            text = text.lstrip()
            if text:
                self._state = _State.TEXT
        if self._state is _State.TEXT and text:
            pieces.append(("text", text))
        return pieces

    def finish(self) -> list[Piece]:
        """The output ended: a beginning of a tag that was held back is ordinary after all."""
        held, self._held = self._held, ""
        if not held:
            return []
        return [("thinking" if self._state is _State.THINKING else "text", held)]

    def _start(self, text: str) -> str:
        """Decides whether there is thinking at all; gives back what follows the decision."""
        content = text.lstrip()
        if len(text) - len(content) <= _MAX_LEADING:
            if content.startswith(self._open):
                self._state = _State.OPENED
                return content[len(self._open) :]
            if self._open.startswith(content):
                self._held = text
                return ""
        self._state = _State.TEXT
        return text

    def _thinking(self, text: str) -> tuple[str, str]:
        """The thinking that is certain, and what follows the closing tag if it has come."""
        thought, closed, rest = text.partition(self._close)
        if closed:
            self._state = _State.CLOSED
            return thought, rest
        held = overlap(text, self._close)
        self._held = text[len(text) - held :]
        return text[: len(text) - held], ""
