"""Thoughts between tags, calls between tags, and text: the form of most models, in its variants."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from rillet.text.forms.tool import Call, Tools
from rillet.text.stops import overlap
from rillet.words.events import ToolCall

Piece = tuple[Literal["thinking", "text"], str] | ToolCall
#: Calls within a pair of tags; None where they cannot be read. `whole`: the closing tag has come.
Read = Callable[[str, Tools, bool], list[Call] | None]


@dataclass(frozen=True)
class Form:
    """How a model writes. White space around tags belongs to no text, unless it is kept."""

    call: tuple[str, str] | None
    read: Read
    also_call: tuple[str, str] | None = None  # stand around calls of tools on offer, too
    thought: tuple[str, str] | None = ("<think>", "</think>")
    thought_name: str = ""  # stands behind the opening tag
    call_ends_thought: bool = False  # without the closing tag of the thought
    opens_anywhere: bool = False  # a thought may come later in the text
    trims_start: bool = False  # white space at the very beginning, and stray tags behind thoughts
    keeps_space: bool = False  # white space before and behind calls
    keeps_end: bool = False  # white space at the end of all
    reads_unclosed: bool = False  # a call at the end may lack its closing tag
    noise: tuple[str, ...] = ()  # dropped behind a call


class _State(Enum):
    START = "nothing yet that tells a thought from text"
    THOUGHT = "in a thought"
    TEXT = "in the text"
    CALL = "behind the opening tag of a call"


class TaggedReader:
    """`within`: the prompt has opened a thought. `looks`: a thought is opened by its tag, at the
    beginning. `shown`: thoughts are told; else they are left out."""

    def __init__(self, form: Form, tools: Tools, *, within: bool, looks: bool, shown: bool) -> None:
        self._form, self._tools, self._shown = form, tools, shown
        self._held = ""
        self._calls = 0
        self._sought = 0  # up to here there is no end of the call that is read
        self._tags = form.call or ("", "")  # around the call that is read
        self._skips = form.trims_start  # white space that comes next
        self._echo = within  # the opening tag may be said again
        self._named = False
        self._noisy = False
        self._state = _State.THOUGHT if within else _State.START if looks else _State.TEXT

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain now, in order."""
        self._held += text
        return self._pieces()

    def finish(self) -> list[Piece]:
        """The rest. Nothing may be fed afterwards."""
        found: list[Piece] = []
        if self._state is _State.START:
            self._state = _State.TEXT
            found = self._pieces()
        held, self._held = self._held, ""
        if self._state is _State.CALL:
            return found + self._unclosed(held)
        if self._state is _State.THOUGHT or not self._form.keeps_end:
            held = held.rstrip()
        kind: Literal["thinking", "text"] = "text"
        if self._state is _State.THOUGHT:
            kind = "thinking"
        return found + self._said(kind, held)

    def _pieces(self) -> list[Piece]:
        found: list[Piece] = []
        before = None
        while before != (self._state, len(self._held)):
            before = (self._state, len(self._held))
            if self._skipped():
                found += self._step()
        return found

    def _step(self) -> list[Piece]:
        match self._state:
            case _State.TEXT:
                return self._text()
            case _State.THOUGHT:
                return self._thought()
            case _State.CALL:
                return self._call()
            case _:
                return self._start()

    def _skipped(self) -> bool:
        """Drops white space where it belongs to nothing; whether there is anything else."""
        if self._skips:
            self._held = self._held.lstrip()
            if self._noisy and self._in_noise():
                return False
            self._skips = not self._held
            self._noisy = self._noisy and self._skips
        return bool(self._held)

    def _in_noise(self) -> bool:
        for mark in self._form.noise:
            if self._held.startswith(mark):
                self._held = self._held[len(mark) :].lstrip()
                return self._in_noise()
        return any(mark.startswith(self._held) for mark in self._form.noise)

    def _start(self) -> list[Piece]:
        opening = self._form.thought[0] if self._form.thought else ""
        said = self._held.lstrip()
        if said.startswith(opening):
            self._open(said[len(opening) :])
        elif not opening.startswith(said):
            self._held = self._held if self._form.trims_start is False else said
            self._state = _State.TEXT
        return []

    def _open(self, rest: str) -> None:
        self._state, self._held = _State.THOUGHT, rest
        self._echo, self._skips = False, not self._form.thought_name
        self._named = bool(self._form.thought_name)

    def _thought(self) -> list[Piece]:
        assert self._form.thought is not None
        opening, closing = self._form.thought
        if (self._echo and self._echoed(opening)) or (self._named and self._name()):
            return []
        ends = [closing]
        if self._form.call and self._form.call_ends_thought:
            ends.append(self._form.call[0])
        said, tag = self._taken(ends, keeps=False)
        if tag == closing:
            self._state, self._skips = _State.TEXT, True
        elif tag and self._form.call:
            self._state, self._tags = _State.CALL, self._form.call
        return self._said("thinking", said)

    def _echoed(self, opening: str) -> bool:
        said = self._held.lstrip()
        if said.startswith(opening):
            self._open(said[len(opening) :])
            return True
        self._echo = opening.startswith(said)
        return self._echo

    def _name(self) -> bool:
        """Takes the name of a thought away; whether more must come first."""
        name = self._form.thought_name
        if name.startswith(self._held) and self._held != name:
            return True
        self._held = self._held.removeprefix(name)
        self._named = False
        return False

    def _text(self) -> list[Piece]:
        form = self._form
        calls = [tags for tags in (form.call, form.also_call if self._tools else None) if tags]
        starts = [tags[0] for tags in calls]
        if form.thought and form.opens_anywhere:
            starts += form.thought if form.trims_start else form.thought[:1]
        said, tag = self._taken(starts, keeps=form.keeps_space)
        for tags in calls:
            if tag == tags[0]:
                self._state, self._tags = _State.CALL, tags
        if form.thought and tag == form.thought[0]:
            self._open(self._held)
        elif form.thought and tag == form.thought[1]:
            self._skips = True  # it ends a thought that never began
        return self._said("text", said)

    def _taken(self, tags: list[str], *, keeps: bool) -> tuple[str, str]:
        """What stands before the first of the tags, and that; or what is certain to be before none.

        `keeps`: white space before a tag, too.
        """
        places = [(place, tag) for tag in tags if (place := self._held.find(tag)) >= 0]
        place, tag = min(places, default=(len(self._held), ""))
        if not tag:
            place -= max((overlap(self._held, each) for each in tags), default=0)
        said = self._held[:place]
        said = said if keeps else said.rstrip()
        self._held = self._held[place + len(tag) if tag else len(said) :]
        return said, tag

    def _call(self) -> list[Piece]:
        closing = self._tags[1]
        end = self._held.find(closing, self._sought)
        if end < 0:  # a call may be long: what was looked through is not again
            self._sought = max(0, len(self._held) - len(closing))
            return []
        raw, self._held = self._held[:end], self._held[end + len(closing) :]
        self._state, self._sought = _State.TEXT, 0
        self._skips = not self._form.keeps_space
        self._noisy = self._skips and bool(self._form.noise)
        found = self._read(raw, True)
        if found is None:
            return self._said("text", raw.join(self._tags))
        return self._called(found)

    def _read(self, raw: str, whole: bool) -> list[Call] | None:
        found = self._form.read(raw, self._tools, whole)
        if found and self._tags == self._form.also_call:
            return found if all(name in self._tools for name, _ in found) else None
        return found

    def _unclosed(self, raw: str) -> list[Piece]:
        opening, closing = self._tags
        if self._form.reads_unclosed:
            cut = raw[: len(raw) - overlap(raw, closing)]
            if found := self._read(cut, False):
                return self._called(found)
        return self._said("text", opening + raw)

    def _called(self, found: list[Call]) -> list[Piece]:
        calls: list[Piece] = []
        for name, arguments in found:
            calls.append(ToolCall(name, arguments, index=self._calls))
            self._calls += 1
        return calls

    def _said(self, kind: Literal["thinking", "text"], text: str) -> list[Piece]:
        if not text or (kind == "thinking" and not self._shown):
            return []
        return [(kind, text)]
