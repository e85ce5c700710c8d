"""What is wrong with a JSON text, in the words of Go's encoding/json.

Clients of Ollama have seen these sentences for years, and some look for them. This runs only after
a fast decoder has refused a body, so it is written for exact words, not for speed; the caller
bounds the size. It looks at bytes, as Go does, and at the first value only.
"""

import re

NOTHING = "EOF"  # the text for a body without any value
MAX_DEPTH = 500  # levels of arrays and objects; Go has 10,000, but no request needs them

_SPACE = re.compile(rb"[ \t\r\n]*")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_DIGITS = re.compile(rb"[0-9]*")
_LITERALS = {0x74: b"true", 0x66: b"false", 0x6E: b"null"}
_ESCAPES = b'bfnrt\\/"'
_EOF = "unexpected EOF"
_END = -1
_BEGIN, _KEY = "looking for beginning of value", "looking for beginning of object key string"


class GoJSONError(ValueError):
    """A body that Go's decoder refuses; the text is Go's."""


def complain(data: bytes) -> None:
    """Raise `GoJSONError` for what is wrong with the first value; return if nothing is."""
    scanner = _Scanner(data)
    if scanner.peek() == _END:
        raise GoJSONError(NOTHING)
    scanner.value()


def unmarshal_fault(text: str) -> str | None:
    """What Go says where a text should be one JSON value and nothing else; None where it is."""
    data = text.encode("utf-8", "surrogatepass")
    scanner = _Scanner(data + b" ")  # so the end of a word or of a number is seen, as there
    try:
        scanner.peek()
        scanner.value()
        scanner.end()
    except GoJSONError as error:
        said = str(error)
        return "unexpected end of JSON input" if said == _EOF else said
    return None


def depth_exceeded() -> GoJSONError:
    return GoJSONError("exceeded max depth")


class _Scanner:
    """One pass over a text, with the open brackets on a stack of its own: no recursion."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._pos = 0

    def peek(self) -> int:
        """The next byte after white space, or `_END`."""
        self._skip(_SPACE)
        return self._data[self._pos] if self._pos < len(self._data) else _END

    def value(self) -> None:
        """The first whole value, scalars and brackets alike."""
        open_brackets: list[int] = []
        while True:
            self._begin(open_brackets)
            while open_brackets and self._close_or_comma(open_brackets):
                pass
            if not open_brackets:
                return

    def end(self) -> None:
        """Nothing may follow."""
        if self.peek() != _END:
            raise self._unexpected("after top-level value")

    def _begin(self, stack: list[int]) -> None:
        """A scalar, or opening brackets up to the first place where a value or its end stands."""
        while True:
            byte = self.peek()
            if byte not in (0x5B, 0x7B):
                return self._scalar(byte)
            if len(stack) >= MAX_DEPTH:
                raise depth_exceeded()
            stack.append(byte)
            self._pos += 1
            closing = 0x5D if byte == 0x5B else 0x7D
            if self.peek() == closing:
                return None  # empty: the caller closes it
            if byte == 0x7B:
                self._key()

    def _close_or_comma(self, stack: list[int]) -> bool:
        """After a value in a bracket. True where the bracket closed, which ends a value too."""
        byte, opened = self.peek(), stack[-1]
        if byte == (0x5D if opened == 0x5B else 0x7D):
            stack.pop()
            self._pos += 1
            return True
        where = "array element" if opened == 0x5B else "object key:value pair"
        if byte != 0x2C:
            raise self._unexpected(f"after {where}")
        self._pos += 1
        if opened == 0x7B:
            self._key()
        return False

    def _key(self) -> None:
        if self.peek() != 0x22:
            raise self._unexpected(_KEY)
        self._string()
        if self.peek() != 0x3A:
            raise self._unexpected("after object key")
        self._pos += 1

    def _scalar(self, byte: int) -> None:
        if byte == 0x22:
            self._string()
        elif byte in _LITERALS:
            self._literal(_LITERALS[byte])
        elif byte == 0x2D or 0x30 <= byte <= 0x39:
            self._number()
        else:
            raise self._unexpected(_BEGIN)

    def _string(self) -> None:
        self._pos += 1
        while True:
            self._skip(_PLAIN)
            byte = self._here()
            self._pos += 1
            if byte == 0x22:
                return
            if byte != 0x5C:
                self._pos -= 1
                raise self._unexpected("in string literal")
            escape = self._here()
            if escape == 0x75:
                self._unicode_escape()
            elif escape not in _ESCAPES:
                raise self._unexpected("in string escape code")
            else:
                self._pos += 1

    def _unicode_escape(self) -> None:
        self._pos += 1
        for _ in range(4):
            if chr(self._here()) not in "0123456789abcdefABCDEF":
                raise self._unexpected("in \\u hexadecimal character escape")
            self._pos += 1

    def _literal(self, word: bytes) -> None:
        for byte in word:
            if self._here() != byte:
                text, expected = word.decode(), chr(byte)
                raise self._unexpected(f"in literal {text} (expecting '{expected}')")
            self._pos += 1

    def _number(self) -> None:
        if self._here() == 0x2D:
            self._pos += 1
        if self._here() == 0x30:
            self._pos += 1
        else:
            self._digits("in numeric literal")
        if self._data[self._pos : self._pos + 1] == b".":
            self._pos += 1
            self._digits("after decimal point in numeric literal")
        if self._data[self._pos : self._pos + 1] in (b"e", b"E"):
            self._pos += 1
            if self._here() in b"+-":
                self._pos += 1
            self._digits("in exponent of numeric literal")

    def _digits(self, where: str) -> None:
        if not 0x30 <= self._here() <= 0x39:
            raise self._unexpected(where)
        self._skip(_DIGITS)

    def _skip(self, pattern: re.Pattern[bytes]) -> None:
        match = pattern.match(self._data, self._pos)
        assert match is not None  # each pattern matches nothing as well
        self._pos = match.end()

    def _here(self) -> int:
        if self._pos >= len(self._data):
            raise GoJSONError(_EOF)
        return self._data[self._pos]

    def _unexpected(self, where: str) -> GoJSONError:
        return GoJSONError(f"invalid character {_quoted(self._here())} {where}")


def _quoted(byte: int) -> str:
    """One byte as Go shows it in these errors: read as Latin-1, in single quotes."""
    if byte == 0x27:
        return "'\\''"
    if byte == 0x5C:
        return "'\\\\'"
    named = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r"}.get(byte)
    if named:
        return f"'\\{named}'"
    char = chr(byte)
    if char.isprintable():
        return f"'{char}'"
    return f"'\\x{byte:02x}'" if byte < 0x80 else f"'\\u{byte:04x}'"
