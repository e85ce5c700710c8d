"""Makes the tree of a template from its tokens. Bounded in size and in nesting."""

from __future__ import annotations

from typing import Literal

from .cursor import Cursor
from .lex import lex
from .nodes import Action, Body, Branch, Include, Jump, Node, Program, TemplateError, Text
from .pipelines import PipelineParser

#: Characters: some times more than the longest in use. To read them takes a tenth of a second, in
#: which a server does nothing else.
_MAX_SOURCE = 1 << 16

Kind = Literal["if", "with", "range"]


def parse(source: str, functions: frozenset[str]) -> Program:
    """Parse a template that may call these functions. Raises `TemplateError`, worded as Go does."""
    if len(source) > _MAX_SOURCE:
        raise TemplateError(1, f"the template is longer than {_MAX_SOURCE} characters")
    parser = _Parser(Cursor(list(lex(source))), functions)
    return Program(parser.program(), parser.defined)


class _Parser:
    def __init__(self, cursor: Cursor, functions: frozenset[str]) -> None:
        self.defined: dict[str, Body] = {}
        self._cursor = cursor
        self._pipelines = PipelineParser(cursor, functions)
        self._loops = 0

    def program(self) -> Body:
        """All of the text; templates can be defined in it, but not within others."""
        nodes: list[Node] = []
        while self._cursor.peek().kind != "end":
            if self._defines():
                self._define()
                continue
            node = self._node()
            if isinstance(node, str):
                raise self._cursor.error(f"unexpected {{{{{node}}}}}")
            nodes.append(node)
        return tuple(nodes)

    def _defines(self) -> bool:
        start = self._cursor.place
        if self._cursor.take().kind == "open" and self._cursor.take().text == "define":
            return True
        self._cursor.place = start
        return False

    def _body(self) -> tuple[Body, str]:
        """Nodes up to {{end}} or {{else}}, and which of the two it was."""
        nodes: list[Node] = []
        while self._cursor.peek().kind != "end":
            node = self._node()
            if isinstance(node, str):
                return tuple(nodes), node
            nodes.append(node)
        raise self._cursor.error("unexpected EOF")

    def _whole_body(self, context: str) -> Body:
        """The body of a template that is defined, with variables and loops of its own."""
        kept, self._pipelines.variables = self._pipelines.variables, [""]
        loops, self._loops = self._loops, 0
        self._cursor.enter()
        body, ender = self._body()
        if ender != "end":
            raise self._cursor.error(f"unexpected {{{{{ender}}}}} in {context}")
        self._cursor.leave()
        self._pipelines.variables, self._loops = kept, loops
        return body

    def _node(self) -> Node | Literal["end", "else"]:
        token = self._cursor.take()
        if token.kind == "text":
            return Text(token.text)
        if token.kind != "open":
            raise self._cursor.unexpected(token, "input")
        line = self._cursor.action = token.line
        word = self._cursor.take()
        match word.text if word.kind == "keyword" else "":
            case "end":
                self._cursor.close("end")
                return "end"
            case "else":
                if self._cursor.peek().text not in ("if", "with"):
                    self._cursor.close("else")
                return "else"
            case "if" | "with" | "range" as kind:
                return self._branch(kind, line)
            case "break" | "continue" as kind:
                return self._jump(kind)
            case "template":
                name = self._cursor.name("template clause")
                bare = self._cursor.peek().kind == "close"
                pipe = None if bare else self._pipelines.pipe("template clause")
                return self._closed(Include(name, pipe, line), "template clause")
            case "block":
                name = self._cursor.name("block clause")
                pipe = self._pipelines.pipe("block clause")
                self._cursor.close("block clause")
                self.defined[name] = self._whole_body("block clause")
                return Include(name, pipe, line)
        self._cursor.place -= 1
        return self._closed(Action(self._pipelines.pipe("command"), line), "command")

    def _closed(self, node: Node, context: str) -> Node:
        self._cursor.close(context)
        return node

    def _jump(self, kind: Literal["break", "continue"]) -> Jump:
        self._cursor.close(f"{{{{{kind}}}}}")
        if not self._loops:
            raise self._cursor.error(f"{{{{{kind}}}}} outside {{{{range}}}}")
        return Jump(kind)

    def _define(self) -> None:
        name = self._cursor.name("define clause")
        self._cursor.close("define clause")
        self.defined[name] = self._whole_body("define clause")

    def _branch(self, kind: Kind, line: int) -> Branch:
        known = len(self._pipelines.variables)
        self._cursor.enter()
        pipe = self._pipelines.pipe(kind)
        self._cursor.close(kind)
        self._loops += kind == "range"
        body, ender = self._body()
        self._loops -= kind == "range"
        otherwise = self._otherwise(kind, line) if ender == "else" else ()
        del self._pipelines.variables[known:]
        self._cursor.leave()
        return Branch(kind, pipe, body, otherwise, line)

    def _otherwise(self, kind: Kind, line: int) -> Body:
        """After {{else}}; {{else if}} is an {{if}} in it that shares its {{end}}."""
        if kind != "range" and self._cursor.peek().text == kind:
            self._cursor.place += 1
            return (self._branch(kind, line),)
        body, ender = self._body()
        if ender == "else":
            raise self._cursor.error("expected end; found {{else}}")
        return body
