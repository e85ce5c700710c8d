"""Makes the tree of a template from its tokens. Bounded in size and in nesting."""

from __future__ import annotations

from typing import Literal, cast

from .lex import Token, lex
from .literals import number, unquote
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


def parse(source: str, functions: frozenset[str]) -> Program:
    """Parse a template that may call these functions. Raises `TemplateError`."""
    if len(source) > _MAX_SOURCE:
        raise TemplateError(1, f"the template is longer than {_MAX_SOURCE} characters")
    parser = _Parser(list(lex(source)), functions)
    body, ended_by = parser.body(())
    if ended_by != "end of text":
        raise TemplateError(parser.line, f"unexpected {{{{{ended_by}}}}}")
    return Program(body, parser.defined)


class _Parser:
    def __init__(self, tokens: list[Token], functions: frozenset[str]) -> None:
        self.defined: dict[str, Body] = {}
        self._tokens = tokens
        self._at = 0
        self._functions = functions
        self._variables = [""]
        self._loops = 0
        self._depth = 0

    @property
    def line(self) -> int:
        return self._tokens[self._at].line

    def body(self, enders: tuple[str, ...]) -> tuple[Body, str]:
        """Nodes up to one of the words in `enders` (or the end of the text), and that word.

        The action of the word is read up to after the word only.
        """
        nodes: list[Node] = []
        while True:
            token = self._take()
            if token.kind == "text":
                nodes.append(Text(token.text))
                continue
            if token.kind == "end":
                if enders:
                    raise TemplateError(token.line, "unexpected EOF")
                return tuple(nodes), "end of text"
            word = self._word()
            if word in ("end", "else"):
                if word not in enders:
                    raise TemplateError(token.line, f"unexpected {{{{{word}}}}}")
                return tuple(nodes), word
            node = self._node(word, token.line)
            if node is not None:
                nodes.append(node)

    def _node(self, word: str, line: int) -> Node | None:
        if word in _BRANCHES:
            return self._branch(cast(Literal["if", "with", "range"], word), line)
        if word in ("break", "continue"):
            if not self._loops:
                raise TemplateError(line, f"{{{{{word}}}}} outside {{{{range}}}}")
            self._close(word)
            return Jump("break" if word == "break" else "continue")
        if word == "template":
            name = self._name("template clause")
            pipe = None if self._peek().kind == "close" else self._pipe(word)
            self._close(word)
            return Include(name, pipe, line)
        if word == "define":
            self._define(self._name("define clause"))
            return None
        if word == "block":
            name = self._name("block clause")
            pipe = self._pipe(word)
            self._define(name)
            return Include(name, pipe, line)
        pipe = self._pipe("command")
        self._close("command")
        return Action(pipe, line)

    def _define(self, name: str) -> None:
        self._close("define clause")
        kept, self._variables = self._variables, [""]
        loops, self._loops = self._loops, 0
        self._deeper()
        self.defined[name], _ = self.body(("end",))
        self._depth -= 1
        self._variables, self._loops = kept, loops
        self._close("end")

    def _branch(self, kind: Literal["if", "with", "range"], line: int) -> Branch:
        known = len(self._variables)
        self._deeper()
        pipe = self._pipe(kind)
        self._close(kind)
        self._loops += kind == "range"
        body, ender = self.body(("end", "else"))
        self._loops -= kind == "range"
        otherwise: Body = ()
        if ender == "else":
            otherwise = self._otherwise(kind, line)
        self._close("end")
        del self._variables[known:]
        self._depth -= 1
        return Branch(kind, pipe, body, otherwise, line)

    def _otherwise(self, kind: str, line: int) -> Body:
        """After {{else}}; {{else if}} is an {{if}} in it that shares its {{end}}."""
        word = self._word()
        if word and word != kind:
            raise TemplateError(self.line, f'unexpected "{word}" in else')
        if word in ("if", "with"):
            # The inner branch takes the {{end}}; step back so that the outer one sees its close.
            inner = self._branch(cast(Literal["if", "with"], word), line)
            self._at -= 1
            return (inner,)
        self._close("else")
        body, ender = self.body(("end", "else"))
        if ender == "else":
            raise TemplateError(self.line, f"expected end; found {{{{{ender}}}}}")
        return body

    def _pipe(self, context: str) -> Pipe:
        self._deeper()
        variables, assigns = self._declaration(context)
        commands: list[Command] = []
        while True:
            command = self._command()
            if not command.operands:
                raise TemplateError(self.line, f"missing value for {context}")
            if commands and isinstance(command.operands[0], (Constant, Dot)):
                stage = len(commands) + 1
                raise TemplateError(self.line, f"non executable command in pipeline stage {stage}")
            commands.append(command)
            if self._peek().text != "|":
                break
            self._at += 1
        self._depth -= 1
        if not assigns:
            self._variables.extend(variables)
        return Pipe(tuple(commands), variables, assigns)

    def _declaration(self, context: str) -> tuple[tuple[str, ...], bool]:
        """`$x :=`, `$x =`, and in a range `$i, $x :=`; or nothing."""
        start, names = self._at, []
        while self._peek().kind == "variable":
            names.append(self._take().text[1:])
            mark = self._peek()
            if mark.kind == "declare" or mark.text == "=":
                self._at += 1
                self._check_assigned(names, mark)
                return tuple(names), mark.kind != "declare"
            if mark.text != "," or context != "range" or len(names) > 1:
                break
            self._at += 1
        self._at = start
        return (), False

    def _check_assigned(self, names: list[str], mark: Token) -> None:
        for name in names if mark.kind != "declare" else ():
            if name not in self._variables:
                raise TemplateError(mark.line, f'undefined variable "${name}"')

    def _command(self) -> Command:
        operands: list[Operand] = []
        line = self._peek().line
        while True:
            operand = self._operand("operand" if operands else "command")
            if operand is None:
                return Command(tuple(operands), line)
            operands.append(operand)
            after = self._sound(self._tokens[self._at])
            if after.kind not in ("space", "close") and after.text not in ("|", ")"):
                raise TemplateError(after.line, f"unexpected {_show(after)} in operand")

    def _operand(self, context: str) -> Operand | None:
        token = self._peek()
        if token.kind == "close" or token.text in ("|", ")"):
            return None
        self._at += 1
        match token.kind:
            case "string" | "char" | "number":
                return Constant(self._constant(token))
            case "dot":
                return Dot()
            case "field":
                return Field((token.text[1:], *self._fields()))
            case "variable":
                if token.text[1:] not in self._variables:
                    raise TemplateError(token.line, f'undefined variable "{token.text}"')
                return Variable(token.text[1:], self._fields())
            case "word" if token.text in _CONSTANTS:
                return Constant(_CONSTANTS[token.text])
            case "word":
                if token.text not in self._functions:
                    raise TemplateError(token.line, f'function "{token.text}" not defined')
                return Function(token.text)
        if token.text != "(":
            raise TemplateError(token.line, f"unexpected {_show(token)} in {context}")
        pipe = self._pipe("parenthesized pipeline")
        closing = self._peek()
        if closing.text != ")":
            raise TemplateError(closing.line, "unclosed left paren")
        self._at += 1
        return Chain(pipe, self._fields())

    def _constant(self, token: Token) -> str | int | float:
        try:
            if token.kind == "number":
                return number(token.text)
            value = unquote(token.text)
            return value if token.kind == "string" else ord(value)
        except (ValueError, TypeError, OverflowError):
            raise TemplateError(token.line, f"bad {token.kind} syntax: {token.text[:60]}") from None

    def _fields(self) -> tuple[str, ...]:
        names = []
        while self._tokens[self._at].kind == "field":
            names.append(self._take().text[1:])
        return tuple(names)

    def _word(self) -> str:
        """The keyword that an action begins with, taken, or ""."""
        token = self._peek()
        keywords = (*_BRANCHES, "else", "end", "break", "continue", "template", "define", "block")
        if token.kind == "word" and token.text in keywords:
            self._at += 1
            return token.text
        return ""

    def _name(self, context: str) -> str:
        token = self._peek()
        if token.kind != "string":
            raise TemplateError(token.line, f"unexpected {_show(token)} in {context}")
        self._at += 1
        return str(self._constant(token))

    def _close(self, context: str) -> None:
        token = self._peek()
        if token.text == ")":
            raise TemplateError(token.line, "unexpected right paren")
        if token.kind != "close":
            raise TemplateError(token.line, f"unexpected {_show(token)} in {context}")
        self._at += 1

    def _peek(self) -> Token:
        """The next token that is no space."""
        while self._tokens[self._at].kind == "space":
            self._at += 1
        return self._sound(self._tokens[self._at])

    def _take(self) -> Token:
        token = self._sound(self._tokens[self._at])
        self._at += token.kind != "end"
        return token

    def _sound(self, token: Token) -> Token:
        if token.kind == "error":
            raise TemplateError(token.line, token.text)
        return token

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise TemplateError(self.line, "the template is nested too deeply")


def _show(token: Token) -> str:
    return "EOF" if token.kind == "end" else f'"{token.text[:40]}"'
