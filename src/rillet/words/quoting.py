"""A text in quotes, as Go's error texts show it. Source: strconv.Quote, which is fmt's %q."""

_ESCAPED = dict(
    zip('"\\\a\b\f\n\r\t\v', ('\\"', r"\\", *(rf"\{char}" for char in "abfnrtv")), strict=True)
)


def quoted(text: str) -> str:
    """In double quotes, with what does not print escaped."""
    return '"' + "".join(map(_shown, text)) + '"'


def _shown(char: str) -> str:
    if char in _ESCAPED:
        return _ESCAPED[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
