r"""Reads a JSON document while it is still being written, one piece of text at a time.

For an answer in JSON mode or the arguments of a tool call: ``value`` is at each moment what the
document says for certain so far. The rules:

* A string grows as it comes, without a dangling escape or half a surrogate pair.
* A number appears when its end is certain: at the delimiter, or at ``finish()``.
* ``true``, ``false`` and ``null`` appear when they are complete.
* A key appears when its value does; containers appear at their bracket.

So each value is a prefix of the one after it, and after the last piece ``value`` is what
``json.loads`` makes of the document (RFC 8259: no NaN, no Infinity), save that half a surrogate
pair in an escape becomes U+FFFD, since no file, terminal or peer takes one. With duplicate keys the
last one wins, as there.

White space before the document and anything after it are ignored; ``end`` says where it ended.
What is not JSON sets ``failed`` and raises nothing; ``value`` stays at what was certain by then.
Work is linear in the text. Memory is that of the value, which the caller limits by what it feeds.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_MAX_NUMBER = 4300  # digits; where int() stops too
_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]+')
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_ESCAPE_BEGUN = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?")
_NUMBER_PART = re.compile(r"[-+.0-9eE]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_SIMPLE = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: dict[str, tuple[str, bool | None]] = {
    "t": ("true", True),
    "f": ("false", False),
    "n": ("null", None),
}


@dataclass(frozen=True, slots=True)
class MalformedJson:
    """Why and where (in characters from the beginning) the text stopped being JSON."""

    position: int
    reason: str


class PartialJson:
    """``feed(text)``, then look at ``value``, ``complete`` and ``failed``.

    ``value`` is the living object, not a copy: it grows with the next piece, so read it and leave
    it as it is. Until something is certain it is ``None``. A document nested deeper than
    ``max_depth`` counts as malformed.
    """

    def __init__(self, max_depth: int = 128) -> None:
        self.complete = False
        self.failed: MalformedJson | None = None
        self.end: int | None = None
        """Where the complete document ended, in characters from the beginning."""
        self._max_depth = max_depth
        self._root: Any = None
        self._open: list[Any] = []  # containers that are not closed, outermost first
        self._key = ""  # of the value that comes next, in an object
        self._parts: list[str] | None = None  # of the string that is open
        self._in_key = False
        self._high = ""  # high surrogate from an escape, until its partner shows
        self._number = ""
        self._offset = 0  # of the text now being read
        self._tail = ""  # begun escape or literal: at most five characters
        self._expect: Callable[[PartialJson, str, int], int] = PartialJson._value

    @property
    def value(self) -> Any:
        """What is certain so far. Joins the pieces of the open string: read it when you show it."""
        if self._parts is not None and not self._in_key:
            self._parts = ["".join(self._parts)]
            self._put(self._parts[0])
        return self._root

    def feed(self, text: str) -> None:
        """Reads the next piece."""
        if self.complete or self.failed:
            return
        text = self._tail + text
        self._tail = ""
        pos = 0
        while pos < len(text) and not self.complete and not self.failed:
            pos = self._expect(self, text, pos)
        self._offset += len(text) - len(self._tail)

    def finish(self) -> None:
        """The text ended: a number alone is certain now. ``complete`` says if all of it came."""
        if self._number and not self._open and not self.failed:
            self._offset -= len(self._number)
            self._number_end(0, len(self._number))

    # Each state reads at text[pos], where a character is, and returns where to go on.

    def _value(self, text: str, pos: int) -> int:
        pos = _skip(text, pos)
        if pos == len(text):
            return pos
        char = text[pos]
        if char in "{[":
            return self._container(char, pos)
        if char == '"':
            return self._string_start(pos, in_key=False)
        if char in _LITERALS:
            return self._literal(text, pos)
        if char in "-0123456789":
            self._expect = PartialJson._number_more
            return pos
        return self._fail(pos, "expected a value")

    def _first_item(self, text: str, pos: int) -> int:
        pos = _skip(text, pos)
        if pos == len(text):
            return pos
        if text[pos] == "]":
            return self._close(pos)
        self._expect = PartialJson._value
        return pos

    def _first_key(self, text: str, pos: int) -> int:
        pos = _skip(text, pos)
        if text.startswith("}", pos):
            return self._close(pos)
        return self._next_key(text, pos)

    def _next_key(self, text: str, pos: int) -> int:
        pos = _skip(text, pos)
        if pos == len(text):
            return pos
        if text[pos] == '"':
            return self._string_start(pos, in_key=True)
        return self._fail(pos, "expected a key in quotes")

    def _colon(self, text: str, pos: int) -> int:
        pos = _skip(text, pos)
        if pos == len(text):
            return pos
        if text[pos] != ":":
            return self._fail(pos, "expected a colon")
        self._expect = PartialJson._value
        return pos + 1

    def _comma(self, text: str, pos: int) -> int:
        pos = _skip(text, pos)
        if pos == len(text):
            return pos
        is_array = isinstance(self._open[-1], list)
        if text[pos] == ("]" if is_array else "}"):
            return self._close(pos)
        if text[pos] != ",":
            return self._fail(pos, "expected a comma or the closing bracket")
        self._expect = PartialJson._value if is_array else PartialJson._next_key
        return pos + 1

    def _string(self, text: str, pos: int) -> int:
        if plain := _PLAIN.match(text, pos):
            self._add(plain[0])
            return plain.end()
        if text[pos] == '"':
            return self._string_end(pos)
        if text[pos] != "\\":
            return self._fail(pos, "a control character in a string")
        if escape := _ESCAPE.match(text, pos):
            self._escaped(escape[1], escape[2])
            return escape.end()
        if _ESCAPE_BEGUN.fullmatch(text, pos):
            self._tail = text[pos:]
            return len(text)
        return self._fail(pos, "an escape that JSON does not have")

    def _number_more(self, text: str, pos: int) -> int:
        part = _NUMBER_PART.match(text, pos)
        assert part is not None  # the pattern matches nothing as well
        self._number += part[0]
        end = part.end()
        if len(self._number) > _MAX_NUMBER:
            start = end - len(self._number)
            return self._fail(start, f"a number of more than {_MAX_NUMBER} characters")
        if end == len(text):
            return end
        return self._number_end(end - len(self._number), end)

    # What the states do.

    def _container(self, bracket: str, pos: int) -> int:
        if len(self._open) >= self._max_depth:
            return self._fail(pos, f"nested deeper than {self._max_depth}")
        container: Any = {} if bracket == "{" else []
        self._append(container)
        self._open.append(container)
        self._expect = PartialJson._first_key if bracket == "{" else PartialJson._first_item
        return pos + 1

    def _close(self, pos: int) -> int:
        self._open.pop()
        return self._value_end(pos + 1)

    def _value_end(self, pos: int) -> int:
        self._expect = PartialJson._comma
        if not self._open:
            self.complete = True
            self.end = self._offset + pos
        return pos

    def _literal(self, text: str, pos: int) -> int:
        word, value = _LITERALS[text[pos]]
        got = text[pos : pos + len(word)]
        if got == word:
            self._append(value)
            return self._value_end(pos + len(word))
        if word.startswith(got):
            self._tail = got
            return len(text)
        return self._fail(pos, "expected a value")

    def _number_end(self, start: int, end: int) -> int:
        number = _NUMBER.fullmatch(self._number)
        if number is None:
            return self._fail(start, "a number that JSON does not have")
        text, self._number = self._number, ""
        self._append(float(text) if number[1] or number[2] else int(text))
        return self._value_end(end)

    def _string_start(self, pos: int, in_key: bool) -> int:
        self._in_key = in_key
        self._parts = []
        if not in_key:
            self._append("")
        self._expect = PartialJson._string
        return pos + 1

    def _add(self, text: str) -> None:
        assert self._parts is not None
        if self._high:
            self._parts.append("\ufffd")
            self._high = ""
        if text:
            self._parts.append(text)

    def _escaped(self, code: str | None, simple: str) -> None:
        """One escape: four hexadecimal digits, or one of the simple ones."""
        if code is None:
            return self._add(_SIMPLE[simple])
        unit = int(code, 16)
        if 0xDC00 <= unit < 0xE000 and self._high:
            pair = (self._high + chr(unit)).encode("utf-16", "surrogatepass").decode("utf-16")
            self._high = ""
            return self._add(pair)
        if 0xD800 <= unit < 0xDC00:
            self._add("")
            self._high = chr(unit)
            return None
        return self._add("\ufffd" if 0xDC00 <= unit < 0xE000 else chr(unit))

    def _string_end(self, pos: int) -> int:
        self._add("")
        assert self._parts is not None
        text = "".join(self._parts)
        self._parts = None
        if self._in_key:
            self._key = text
            self._expect = PartialJson._colon
            return pos + 1
        self._put(text)
        return self._value_end(pos + 1)

    def _append(self, value: Any) -> None:
        """A new value in its place: the root, the next item, or under the key that was read."""
        if self._open and isinstance(self._open[-1], list):
            self._open[-1].append(value)
        else:
            self._put(value)

    def _put(self, value: Any) -> None:
        """The newest value replaced."""
        if not self._open:
            self._root = value
        else:
            container = self._open[-1]
            container[-1 if isinstance(container, list) else self._key] = value

    def _fail(self, pos: int, reason: str) -> int:
        self.failed = MalformedJson(self._offset + pos, reason)
        return pos


def _skip(text: str, pos: int) -> int:
    space = _SPACE.match(text, pos)
    assert space is not None  # the pattern matches nothing as well
    return space.end()
