"""A place among the tokens of a template, and the complaint about what stands there."""

from __future__ import annotations

from collections.abc import Sequence

from rillet.words.quoting import quoted

from .lex import Token
from .literals import character, number, unquote
from .nodes import TemplateError

_MAX_DEPTH = 60
_SHOWN = 10  # characters of a token in a complaint


class Cursor:
    """Reads tokens one by one, and back again. Spaces are passed over.

    Raises `TemplateError` where the next token is not the one that is wanted, where it is the
    lexer's complaint, and for deep nesting.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.place = 0  # in the tokens; to go back, set what it was
        self.action = 0  # the line where the last action began
        self._tokens = tokens
        self._line = 1
        self._depth = 0

    def take(self) -> Token:
        """The next token that is no space."""
        token = self.peek()
        self.place += token.kind != "end"
        return token

    def peek(self) -> Token:
        """The same without going on."""
        while self._tokens[self.place].kind == "space":
            self.place += 1
        return self.here()

    def here(self) -> Token:
        """The token at the place, be it a space."""
        token = self._tokens[self.place]
        self._line = token.line
        if token.kind == "error":
            raise self.error(token.text + self._begun(token))
        return token

    @property
    def kind(self) -> str:
        """Of the token at the place, be it a space or the lexer's complaint."""
        return self._tokens[self.place].kind

    def name(self, context: str) -> str:
        token = self.take()
        if token.kind != "string":
            raise self.unexpected(token, context)
        return str(self.constant(token))

    def constant(self, token: Token) -> str | int | float:
        try:
            if token.kind == "number":
                return number(token.text)
            return character(token.text) if token.kind == "char" else unquote(token.text)
        except ValueError as error:
            raise self.error(str(error)) from None

    def close(self, context: str) -> None:
        token = self.take()
        if token.kind != "close":
            raise self.unexpected(token, context)

    def enter(self) -> None:
        """One level of nesting deeper."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self.error("the template is nested too deeply")

    def leave(self) -> None:
        self._depth -= 1

    def error(self, problem: str) -> TemplateError:
        return TemplateError(self._line, problem)

    def unexpected(self, token: Token, context: str) -> TemplateError:
        return self.error(f"unexpected {_show(token)} in {context}")

    def _begun(self, token: Token) -> str:
        """Where the action began that the error is in, if that is another line."""
        if self.action in (0, token.line):
            return ""
        within = "" if token.text.endswith(" action") else " in action"
        return f"{within} started at :{self.action}"


def _show(token: Token) -> str:
    if token.kind == "end":
        return "EOF"
    if token.kind in ("keyword", "dot"):
        return f"<{token.text}>"
    shown = quoted(token.text[:_SHOWN])
    return shown if len(token.text) <= _SHOWN else f"{shown}..."
