"""Cuts a template into text and the tokens of its actions. Linear in the source."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import NamedTuple

from rillet.words.quoting import quoted

from .nodes import TemplateError

#: The white space that `{{-` and `-}}` take away.
_SPACE = " \t\r\n"

_DIGITS = r"(?:0[xX][0-9a-fA-F_]*|0[bB][01_]*|0[oO][0-7_]*|[0-9_]*)"
#: As Go scans one; whether it is a number is seen later.
_NUMBER = rf"[+-]?{_DIGITS}(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?i?"
_TOKEN = re.compile(
    rf"""
    (?P<trim_close>[ \t\r\n]+-\}}\}})
  | (?P<close>\}}\}})
  | (?P<space>[ \t\r\n]+)
  | (?P<string>"(?:\\[^\n]|[^"\\\n])*"|`[^`]*`)
  | (?P<char>'(?:\\[^\n]|[^'\\\n])*')
  | (?P<declare>:=)
  | (?P<mark>[=|()])
  | (?P<number>(?:[+-]|(?=\.?[0-9])){_NUMBER})
  | (?P<variable>\$\w*)
  | (?P<field>\.\w+)
  | (?P<dot>\.)
  | (?P<word>\w+)
    """,
    re.VERBOSE,
)
_NAMES = ("field", "dot", "word", "variable")
#: What may stand right behind a name.
_TERMINATOR = re.compile(r"[ \t\r\n.,|:()]|\}\}|\Z")
_IN_NUMBER = re.compile(r"\w|[+-][0-9]*")
_KEYWORDS = frozenset(
    (
        "block",
        "break",
        "continue",
        "define",
        "else",
        "end",
        "if",
        "nil",
        "range",
        "template",
        "with",
    )
)
_TRIM_OPEN = re.compile(r"\{\{-[ \t\r\n]")
_COMMENT_END = re.compile(r"\*/([ \t\r\n]+-)?\}\}")


class Token(NamedTuple):
    kind: str
    text: str
    line: int


def lex(source: str) -> Iterator[Token]:
    """The tokens: `text`, and within each action `open`, its tokens, `close`; at last `end`.

    Where it cannot go on, the last one is `error`, and its text the complaint: the parser may
    have one of its own before.
    """
    try:
        yield from _tokens(source)
    except TemplateError as error:
        yield Token("error", error.problem, error.line)


def _tokens(source: str) -> Iterator[Token]:
    place, line = 0, 1
    trimmed = False
    while True:
        start = source.find("{{", place)
        text = source[place:] if start < 0 else source[place:start]
        trims = start >= 0 and _TRIM_OPEN.match(source, start) is not None
        shown = text.lstrip(_SPACE) if trimmed else text
        shown = shown.rstrip(_SPACE) if trims else shown
        if shown:
            yield Token("text", shown, line)
        line += text.count("\n")
        if start < 0:
            yield Token("end", "", line)
            return
        place = start + (3 if trims else 2)
        body = _skip_space(source, place) if trims else place
        if source.startswith("/*", body):
            place, trimmed, line = _comment(source, place, body, line)
            continue
        yield Token("open", "{{", line)
        place, trimmed, line = yield from _action(source, place, line)


def _skip_space(source: str, place: int) -> int:
    while place < len(source) and source[place] in _SPACE:
        place += 1
    return place


def _comment(source: str, start: int, body: int, line: int) -> tuple[int, bool, int]:
    close = source.find("*/", body + 2)
    if close < 0:
        raise TemplateError(line, "unclosed comment")
    end = _COMMENT_END.match(source, close)
    if not end:
        raise TemplateError(line, "comment ends before closing delimiter")
    return end.end(), bool(end[1]), line + source.count("\n", start, end.end())


def _action(source: str, place: int, line: int) -> Generator[Token, None, tuple[int, bool, int]]:
    """The tokens up to the close of an action; returns the place after it, its trim, the line."""
    inside = 0  # parentheses
    while True:
        found = _TOKEN.match(source, place)
        if not found:
            char = source[place : place + 1]
            if not char.isascii() or not char.isprintable() or char in "\"'`:":
                raise TemplateError(line, _complaint(source, place))
            yield Token("other", char, line)  # the parser says what it stands in
            place += 1
            continue
        kind, text = str(found.lastgroup), found[0]
        place = found.end()
        if kind in ("close", "trim_close"):
            if inside:
                raise TemplateError(line, "unclosed left paren")
            yield Token("close", "}}", line)
            return place, kind == "trim_close", line + text.count("\n")
        inside += (text == "(") - (text == ")")
        if inside < 0:
            raise TemplateError(line, "unexpected right paren")
        _check_end(source, place, kind, text, line)
        yield Token("keyword" if kind == "word" and text in _KEYWORDS else kind, text, line)
        line += text.count("\n")


def _check_end(source: str, place: int, kind: str, text: str, line: int) -> None:
    """What stands behind a name or a number has to end it."""
    if kind == "number" and (behind := _IN_NUMBER.match(source, place)):
        raise TemplateError(line, f"bad number syntax: {quoted(text + behind[0])}")
    if kind in _NAMES and not _TERMINATOR.match(source, place):
        raise TemplateError(line, f"bad character {_described(source[place])}")


def _complaint(source: str, place: int) -> str:
    if place >= len(source):
        return "unclosed action"
    match source[place]:
        case '"':
            return "unterminated quoted string"
        case "`":
            return "unterminated raw quoted string"
        case "'":
            return "unterminated character constant"
        case ":":
            return "expected :="
        case char:
            return f"unrecognized character in action: {_described(char)}"


def _described(char: str) -> str:
    return f"U+{ord(char):04X} {char!r}"
