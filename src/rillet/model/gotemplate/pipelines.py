"""Parses a pipeline: `$x := .Messages | len`, its commands and their operands."""

from __future__ import annotations

from rillet.words.quoting import quoted

from .cursor import Cursor
from .lex import Token
from .nodes import Chain, Command, Constant, Dot, Field, Function, Operand, Pipe, Variable

_CONSTANTS = {"true": True, "false": False, "nil": None}
#: What an operand begins with.
_OPERANDS = ("string", "char", "number", "dot", "field", "variable", "word")


class PipelineParser:
    """Parses pipelines at the cursor. `variables`: those that are in scope, without the dollar."""

    def __init__(self, cursor: Cursor, functions: frozenset[str]) -> None:
        self.variables = [""]
        self._cursor = cursor
        self._functions = functions

    def pipe(self, context: str) -> Pipe:
        """A pipeline up to what ends it, which is left."""
        self._cursor.enter()
        variables, assigns = self._declaration(context)
        commands: list[Command] = []
        while (token := self._cursor.peek()).kind != "close" and token.text != ")":
            if token.kind not in _OPERANDS and token.text not in ("(", "nil"):
                raise self._cursor.unexpected(token, context)
            commands.append(self._command())
        if not commands:
            raise self._cursor.error(f"missing value for {context}")
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.operands[0], (Constant, Dot)):
                raise self._cursor.error(f"non executable command in pipeline stage {stage}")
        self._cursor.leave()
        return Pipe(tuple(commands), variables, assigns)

    def _declaration(self, context: str) -> tuple[tuple[str, ...], bool]:
        """`$x :=`, `$x =`, and in a range `$i, $x :=`; or nothing."""
        names: list[str] = []
        while self._cursor.peek().kind == "variable":
            start, name = self._cursor.place, self._cursor.take().text[1:]
            mark = self._cursor.peek()
            if mark.kind != "declare" and mark.text not in ("=", ","):
                self._cursor.place = start
                break
            self._cursor.place += 1
            names.append(name)
            self.variables.append(name)
            if mark.text != ",":
                return tuple(names), mark.text == "="
            if context != "range" or len(names) > 1:
                raise self._cursor.error(f"too many declarations in {context}")
            after = self._cursor.peek()
            if after.kind not in ("variable", "close") and after.text != ")":
                raise self._cursor.error("range can only initialize variables")
        return tuple(names), False

    def _command(self) -> Command:
        """Operands up to the end of the pipeline or behind a `|`."""
        operands: list[Operand] = []
        line = self._cursor.peek().line
        while True:
            token = self._cursor.peek()
            if token.kind in _OPERANDS or token.text in ("(", "nil"):
                operands.append(self._operand())
            after = self._cursor.here()
            if after.kind == "close" or after.text == ")":
                break
            self._cursor.place += 1
            if after.text == "|":
                break
            if after.kind != "space":
                raise self._cursor.unexpected(after, "operand")
        if not operands:
            raise self._cursor.error("empty command")
        return Command(tuple(operands), line)

    def _operand(self) -> Operand:
        token = self._cursor.take()
        term = self._term(token)
        fields = self._fields()
        if not fields:
            return term
        match term:
            case Field(names):
                return Field((*names, *fields))
            case Variable(name, names):
                return Variable(name, (*names, *fields))
            case Constant() | Dot():
                raise self._cursor.error(f"unexpected . after term {quoted(token.text)}")
            case Chain(pipe, ()):
                return Chain(pipe, fields)
        return Chain(Pipe((Command((term,), token.line),)), fields)

    def _term(self, token: Token) -> Operand:
        match token.kind:
            case "string" | "char" | "number":
                return Constant(self._cursor.constant(token))
            case "dot":
                return Dot()
            case "field":
                return Field((token.text[1:],))
            case "variable":
                if token.text[1:] not in self.variables:
                    raise self._cursor.error(f'undefined variable "{token.text}"')
                return Variable(token.text[1:], ())
        if token.text in _CONSTANTS:
            return Constant(_CONSTANTS[token.text])
        if token.kind == "word":
            if token.text not in self._functions:
                raise self._cursor.error(f'function "{token.text}" not defined')
            return Function(token.text)
        pipe = self.pipe("parenthesized pipeline")
        if (closing := self._cursor.take()).text != ")":
            raise self._cursor.unexpected(closing, "parenthesized pipeline")
        return Chain(pipe, ())

    def _fields(self) -> tuple[str, ...]:
        names = []
        while self._cursor.kind == "field":
            names.append(self._cursor.take().text[1:])
        return tuple(names)
