"""Calls in the form of Python's: `name(key="value", other=[1, 2])`."""

import re
from typing import Any

from rillet.text.forms.tool import Call, Tools, bare

_NAME = re.compile(r"[\w.-]+")
_WORDS = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
    "None": None,
    "nil": None,
}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_DEPTH = 64


def read_olmo3(raw: str, tools: Tools, whole: bool) -> list[Call] | None:
    """One call a line."""
    return _calls(raw, escapes=True)


def read_lfm2(raw: str, tools: Tools, whole: bool) -> list[Call] | None:
    """A list of calls; what is escaped in a text of theirs stays so."""
    text = raw.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    return _calls(text, escapes=False)


def _calls(text: str, *, escapes: bool) -> list[Call] | None:
    scanner = _Scanner(text, escapes)
    calls: list[Call] = []
    try:
        while scanner.more():
            calls.append(scanner.call())
    except (ValueError, IndexError):
        return None
    return calls or None


class _Scanner:
    """Raises ValueError or IndexError where the text is no call."""

    def __init__(self, text: str, escapes: bool) -> None:
        self._text, self._at, self._escapes = text, 0, escapes

    def more(self) -> bool:
        while self._at < len(self._text) and (self._text[self._at] in ", " or self._blank()):
            self._at += 1
        return self._at < len(self._text)

    def call(self) -> Call:
        match = _NAME.match(self._text, self._at)
        if match is None:
            raise ValueError("no name")
        self._at = match.end()
        self._expect("(")
        return match[0], self._pairs("=", ")", 0)

    def _blank(self) -> bool:
        return self._text[self._at].isspace()

    def _skip(self) -> str:
        while self._blank():
            self._at += 1
        return self._text[self._at]

    def _expect(self, char: str) -> None:
        if self._skip() != char:
            raise ValueError(f"no {char}")
        self._at += 1

    def _pairs(self, between: str, end: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._skip() != end:
            if self._text[self._at] == ",":
                self._at += 1
                continue
            quoted = self._text[self._at] in "\"'"
            key = self._string() if quoted else self._until(between)
            if not key:
                raise ValueError("no key")
            self._expect(between)
            found[str(key)] = self._value(end, depth)
        self._at += 1
        return found

    def _value(self, end: str, depth: int) -> Any:
        char = self._skip()
        if depth > _DEPTH:
            raise ValueError("too deep")
        if char in "\"'":
            return self._string(inner=depth > 0)
        if char == "{":
            self._at += 1
            return self._pairs(":", "}", depth + 1)
        if char == "[":
            self._at += 1
            return self._items(depth + 1)
        return bare(self._until("," + end), _WORDS)

    def _items(self, depth: int) -> list[Any]:
        found: list[Any] = []
        while self._skip() != "]":
            if self._text[self._at] == ",":
                self._at += 1
            else:
                found.append(self._value("]", depth))
        self._at += 1
        return found

    def _string(self, inner: bool = False) -> str:
        quote, pieces = self._text[self._at], []
        self._at += 1
        while (char := self._text[self._at]) != quote:
            if char == "\\":
                self._at += 1
                after = self._text[self._at]
                known = _ESCAPES.get(after) or (after if after in "\\\"'" else "\\" + after)
                char = known if self._escapes or inner else "\\" + after
            pieces.append(char)
            self._at += 1
        self._at += 1
        return "".join(pieces)

    def _until(self, ends: str) -> str:
        """A bare word, with what stands in brackets of its own."""
        start, depth = self._at, 0
        while depth or self._text[self._at] not in ends:
            depth += (self._text[self._at] in "([{") - (self._text[self._at] in ")]}")
            self._at += 1
        return self._text[start : self._at].strip()
