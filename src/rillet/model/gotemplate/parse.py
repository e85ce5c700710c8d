"""Makes the tree of a template from its tokens. Bounded in size and in nesting."""

from __future__ import annotations

from typing import Literal

from rillet.words.quoting import quoted

from .lex import Token, lex
from .literals import character, number, unquote
from .nodes import (
    Action,
    Body,
    Branch,
    Chain,
    Command,
    Constant,
    Dot,
    Field,
    Function,
    Include,
    Jump,
    Node,
    Operand,
    Pipe,
    Program,
    TemplateError,
    Text,
    Variable,
)

#: Characters: some times more than the longest in use. To read them takes a tenth of a second, in
#: which a server does nothing else.
_MAX_SOURCE = 1 << 16
_MAX_DEPTH = 60
_BRANCHES = ("if", "with", "range")
_CONSTANTS = {"true": True, "false": False, "nil": None}
_LITERALS = ("string", "char", "number")
#: What an operand of a pipeline begins with.
_OPERANDS = (*_LITERALS, "dot", "field", "variable", "word")
_SHOWN = 10  # characters of a token in a complaint

Kind = Literal["if", "with", "range"]


def parse(source: str, functions: frozenset[str]) -> Program:
    """Parse a template that may call these functions. Raises `TemplateError`, worded as Go does."""
    if len(source) > _MAX_SOURCE:
        raise TemplateError(1, f"the template is longer than {_MAX_SOURCE} characters")
    parser = _Parser(list(lex(source)), functions)
    return Program(parser.program(), parser.defined)


class _Parser:
    def __init__(self, tokens: list[Token], functions: frozenset[str]) -> None:
        self.defined: dict[str, Body] = {}
        self._tokens = tokens
        self._at = 0
        self._functions = functions
        self._variables = [""]
        self._loops = 0
        self._depth = 0
        self._line = 1
        self._action = 0  # the line where the last one began

    def program(self) -> Body:
        """All of the text; templates can be defined in it, but not within others."""
        nodes: list[Node] = []
        while self._peek().kind != "end":
            if self._defines():
                self._define()
                continue
            node = self._node()
            if isinstance(node, str):
                raise self._error(f"unexpected {{{{{node}}}}}")
            nodes.append(node)
        return tuple(nodes)

    def _defines(self) -> bool:
        start = self._at
        if self._take().kind == "open" and self._take().text == "define":
            return True
        self._at = start
        return False

    def _body(self) -> tuple[Body, str]:
        """Nodes up to {{end}} or {{else}}, and which of the two it was."""
        nodes: list[Node] = []
        while self._peek().kind != "end":
            node = self._node()
            if isinstance(node, str):
                return tuple(nodes), node
            nodes.append(node)
        raise self._error("unexpected EOF")

    def _whole_body(self, context: str) -> Body:
        """The body of a template that is defined, with variables and loops of its own."""
        kept, self._variables = self._variables, [""]
        loops, self._loops = self._loops, 0
        self._deeper()
        body, ender = self._body()
        if ender != "end":
            raise self._error(f"unexpected {{{{{ender}}}}} in {context}")
        self._depth -= 1
        self._variables, self._loops = kept, loops
        return body

    def _node(self) -> Node | Literal["end", "else"]:
        token = self._take()
        if token.kind == "text":
            return Text(token.text)
        if token.kind != "open":
            raise self._unexpected(token, "input")
        line = self._action = token.line
        word = self._take()
        match word.text if word.kind == "keyword" else "":
            case "end":
                self._close("end")
                return "end"
            case "else":
                if self._peek().text not in ("if", "with"):
                    self._close("else")
                return "else"
            case "if" | "with" | "range" as kind:
                return self._branch(kind, line)
            case "break" | "continue" as kind:
                return self._jump(kind)
            case "template":
                name = self._name("template clause")
                pipe = None if self._peek().kind == "close" else self._pipe("template clause")
                return self._closed(Include(name, pipe, line), "template clause")
            case "block":
                name = self._name("block clause")
                pipe = self._pipe("block clause")
                self._close("block clause")
                self.defined[name] = self._whole_body("block clause")
                return Include(name, pipe, line)
        self._at -= 1
        return self._closed(Action(self._pipe("command"), line), "command")

    def _closed(self, node: Node, context: str) -> Node:
        self._close(context)
        return node

    def _jump(self, kind: Literal["break", "continue"]) -> Jump:
        self._close(f"{{{{{kind}}}}}")
        if not self._loops:
            raise self._error(f"{{{{{kind}}}}} outside {{{{range}}}}")
        return Jump(kind)

    def _define(self) -> None:
        name = self._name("define clause")
        self._close("define clause")
        self.defined[name] = self._whole_body("define clause")

    def _branch(self, kind: Kind, line: int) -> Branch:
        known = len(self._variables)
        self._deeper()
        pipe = self._pipe(kind)
        self._close(kind)
        self._loops += kind == "range"
        body, ender = self._body()
        self._loops -= kind == "range"
        otherwise = self._otherwise(kind, line) if ender == "else" else ()
        del self._variables[known:]
        self._depth -= 1
        return Branch(kind, pipe, body, otherwise, line)

    def _otherwise(self, kind: Kind, line: int) -> Body:
        """After {{else}}; {{else if}} is an {{if}} in it that shares its {{end}}."""
        if kind != "range" and self._peek().text == kind:
            self._at += 1
            return (self._branch(kind, line),)
        body, ender = self._body()
        if ender == "else":
            raise self._error("expected end; found {{else}}")
        return body

    def _pipe(self, context: str) -> Pipe:
        """A pipeline up to what ends it, which is left."""
        self._deeper()
        variables, assigns = self._declaration(context)
        commands: list[Command] = []
        while (token := self._peek()).kind != "close" and token.text != ")":
            if token.kind not in _OPERANDS and token.text not in ("(", "nil"):
                raise self._unexpected(token, context)
            commands.append(self._command())
        if not commands:
            raise self._error(f"missing value for {context}")
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.operands[0], (Constant, Dot)):
                raise self._error(f"non executable command in pipeline stage {stage}")
        self._depth -= 1
        return Pipe(tuple(commands), variables, assigns)

    def _declaration(self, context: str) -> tuple[tuple[str, ...], bool]:
        """`$x :=`, `$x =`, and in a range `$i, $x :=`; or nothing."""
        names: list[str] = []
        while self._peek().kind == "variable":
            start, name = self._at, self._take().text[1:]
            mark = self._peek()
            if mark.kind != "declare" and mark.text not in ("=", ","):
                self._at = start
                break
            self._at += 1
            names.append(name)
            self._variables.append(name)
            if mark.text != ",":
                return tuple(names), mark.text == "="
            if context != "range" or len(names) > 1:
                raise self._error(f"too many declarations in {context}")
            if (after := self._peek()).kind not in ("variable", "close") and after.text != ")":
                raise self._error("range can only initialize variables")
        return tuple(names), False

    def _command(self) -> Command:
        """Operands up to the end of the pipeline or behind a `|`."""
        operands: list[Operand] = []
        line = self._peek().line
        while True:
            token = self._peek()
            if token.kind in _OPERANDS or token.text in ("(", "nil"):
                operands.append(self._operand())
            after = self._sound(self._tokens[self._at])
            if after.kind == "close" or after.text == ")":
                break
            self._at += 1
            if after.text == "|":
                break
            if after.kind != "space":
                raise self._unexpected(after, "operand")
        if not operands:
            raise self._error("empty command")
        return Command(tuple(operands), line)

    def _operand(self) -> Operand:
        token = self._take()
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
                raise self._error(f"unexpected . after term {quoted(token.text)}")
            case Chain(pipe, ()):
                return Chain(pipe, fields)
        return Chain(Pipe((Command((term,), token.line),)), fields)

    def _term(self, token: Token) -> Operand:
        match token.kind:
            case "string" | "char" | "number":
                return Constant(self._constant(token))
            case "dot":
                return Dot()
            case "field":
                return Field((token.text[1:],))
            case "variable":
                if token.text[1:] not in self._variables:
                    raise self._error(f'undefined variable "{token.text}"')
                return Variable(token.text[1:], ())
        if token.text in _CONSTANTS:
            return Constant(_CONSTANTS[token.text])
        if token.kind == "word":
            if token.text not in self._functions:
                raise self._error(f'function "{token.text}" not defined')
            return Function(token.text)
        pipe = self._pipe("parenthesized pipeline")
        if (closing := self._take()).text != ")":
            raise self._unexpected(closing, "parenthesized pipeline")
        return Chain(pipe, ())

    def _constant(self, token: Token) -> str | int | float:
        try:
            if token.kind == "number":
                return number(token.text)
            return character(token.text) if token.kind == "char" else unquote(token.text)
        except ValueError as error:
            raise self._error(str(error)) from None

    def _fields(self) -> tuple[str, ...]:
        names = []
        while self._tokens[self._at].kind == "field":
            names.append(self._take().text[1:])
        return tuple(names)

    def _name(self, context: str) -> str:
        token = self._take()
        if token.kind != "string":
            raise self._unexpected(token, context)
        return str(self._constant(token))

    def _close(self, context: str) -> None:
        token = self._take()
        if token.kind != "close":
            raise self._unexpected(token, context)

    def _take(self) -> Token:
        """The next token that is no space."""
        token = self._peek()
        self._at += token.kind != "end"
        return token

    def _peek(self) -> Token:
        while self._tokens[self._at].kind == "space":
            self._at += 1
        return self._sound(self._tokens[self._at])

    def _sound(self, token: Token) -> Token:
        self._line = token.line
        if token.kind == "error":
            raise self._error(token.text + self._begun(token))
        return token

    def _begun(self, token: Token) -> str:
        """Where the action began that the error is in, if that is another line."""
        if self._action in (0, token.line):
            return ""
        within = "" if token.text.endswith(" action") else " in action"
        return f"{within} started at :{self._action}"

    def _error(self, problem: str) -> TemplateError:
        return TemplateError(self._line, problem)

    def _unexpected(self, token: Token, context: str) -> TemplateError:
        return self._error(f"unexpected {_show(token)} in {context}")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error("the template is nested too deeply")


def _show(token: Token) -> str:
    if token.kind == "end":
        return "EOF"
    if token.kind in ("keyword", "dot"):
        return f"<{token.text}>"
    shown = quoted(token.text[:_SHOWN])
    return shown if len(token.text) <= _SHOWN else f"{shown}..."
