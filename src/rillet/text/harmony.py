"""Splits the channels in which gpt-oss writes into its thinking, calls of tools and answer.

    <|channel|>analysis<|message|>They greet.<|end|><|start|>assistant<|channel|>final<|message|>Hi

A message is a header, up to `<|message|>`, and its content. Who is called stands in the header, as
`to=functions.NAME`; the content then is the arguments. A message of the channel `analysis` is
thinking, any other that calls nobody is part of the answer. Source: OpenAI's description of the
format ("harmony").

Held back are headers, the arguments of a call until they are whole, and an end of the text that may
be the beginning of a mark. What never becomes a message is text in the end: nothing is lost.
"""

import json
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Literal

from rillet.text.stops import overlap
from rillet.words.events import ToolCall

START, CHANNEL, MESSAGE = "<|start|>", "<|channel|>", "<|message|>"
_CONSTRAIN = "<|constrain|>"
_ENDS = ("<|end|>", "<|call|>", "<|return|>")
MARKS = (START, CHANNEL, MESSAGE, _CONSTRAIN, *_ENDS)

Piece = tuple[Literal["thinking", "text"], str] | ToolCall


class _State(Enum):
    BETWEEN = "after a message, before the next one's start"
    HEADER = "in the header of a message"
    CONTENT = "in its content"


class HarmonySplitter:
    """``feed(text) -> [("thinking" | "text", text) or ToolCall, ...]``; calls have no ids.

    `prompt` is what the model goes on from: it may have begun a message. `names` are the tools on
    offer; a call of another one is text.
    """

    def __init__(self, prompt: str, names: Sequence[str] = ()) -> None:
        self._names = frozenset(names)
        self._held = ""
        self._calls = 0
        self._thinks = False
        self._called: str | None = None
        self._state = _State.HEADER
        _, started, begun = prompt.rpartition(START)
        if started:
            list(self._take(begun))  # its own words are the prompt's
        self._begun = self._held

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain now, in order."""
        return list(self._take(text))

    def finish(self) -> list[Piece]:
        """The rest. Nothing may be fed afterwards."""
        held, self._held = self._held, ""
        if self._state is _State.CONTENT:
            return list(self._content(held, whole=True))
        said = held.removeprefix(self._begun)
        bare = said and not any(mark in said for mark in MARKS)
        return [("text", said)] if bare else []

    def _take(self, text: str) -> Iterator[Piece]:
        self._held += text
        moving = True
        while moving:
            before = self._state
            if self._state is _State.CONTENT:
                yield from self._through_content()
            else:
                self._through_header()
            moving = self._state is not before

    def _through_header(self) -> None:
        if self._state is _State.BETWEEN:
            _, started, behind = self._held.partition(START)
            if started:
                self._held, self._state = behind, _State.HEADER
            return
        header, ended, behind = self._held.partition(MESSAGE)
        if ended:
            self._read(header)
            self._begun = ""
            self._held, self._state = behind, _State.CONTENT

    def _read(self, header: str) -> None:
        before, _, behind = header.replace(_CONSTRAIN, f" {_CONSTRAIN}").partition(CHANNEL)
        channel = behind.split(maxsplit=1)[0] if behind.split() else ""
        words = [*before.split(), *behind.split()]
        to = next((word[3:] for word in words if word.startswith("to=")), None)
        self._called = to.removeprefix("functions.") if to else None
        self._thinks = channel == "analysis" and to is None

    def _through_content(self) -> Iterator[Piece]:
        found = [(at, end) for end in _ENDS if (at := self._held.find(end)) >= 0]
        if found:
            at, end = min(found)
            content, self._held = self._held[:at], self._held[at + len(end) :]
            self._state = _State.BETWEEN
            yield from self._content(content, whole=True)
        elif self._called is None:
            keep = max(overlap(self._held, end) for end in _ENDS)
            certain = len(self._held) - keep
            content, self._held = self._held[:certain], self._held[certain:]
            yield from self._content(content, whole=False)

    def _content(self, text: str, *, whole: bool) -> Iterator[Piece]:
        if self._called is None:
            if text:
                yield ("thinking" if self._thinks else "text", text)
        elif whole:
            if (piece := self._call(self._called, text)) != ("text", ""):
                yield piece
            self._called = None

    def _call(self, name: str, text: str) -> Piece:
        try:
            arguments = json.loads(text, strict=False) if text.strip() else {}
        except (ValueError, RecursionError):
            arguments = None
        if name not in self._names or not isinstance(arguments, dict):
            return ("text", text)
        self._calls += 1
        return ToolCall(name, arguments, index=self._calls - 1)
