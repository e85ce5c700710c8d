"""The tree that a template is parsed into: small frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from rillet.words.errors import ModelError


class TemplateError(ModelError, ValueError):
    """The template is wrong, or went wrong while it ran. Worded as Go does: `template: :1: ...`."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"template: :{line}: {problem}")
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Dot:
    pass


@dataclass(frozen=True, slots=True)
class Constant:
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Field:
    """`.A.B`: fields of the dot."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """`$x.A.B`; the name is without its dollar, so the root is ""."""

    name: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Function:
    name: str


@dataclass(frozen=True, slots=True)
class Chain:
    """`(pipeline).A.B`."""

    pipe: Pipe
    names: tuple[str, ...]


Operand = Dot | Constant | Field | Variable | Function | Chain


@dataclass(frozen=True, slots=True)
class Command:
    """A value, or a function with its arguments."""

    operands: tuple[Operand, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Pipe:
    """Commands joined by `|`; the value goes to `variables` if there are any."""

    commands: tuple[Command, ...]
    variables: tuple[str, ...] = ()
    assigns: bool = False  # `=` to variables that exist, rather than `:=`


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    pipe: Pipe
    line: int


@dataclass(frozen=True, slots=True)
class Branch:
    kind: Literal["if", "with", "range"]
    pipe: Pipe
    body: Body
    otherwise: Body
    line: int


@dataclass(frozen=True, slots=True)
class Include:
    """`{{template "name" pipeline}}`."""

    name: str
    pipe: Pipe | None
    line: int


@dataclass(frozen=True, slots=True)
class Jump:
    kind: Literal["break", "continue"]


Node = Text | Action | Branch | Include | Jump
Body = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A parsed template and the templates that it defines."""

    body: Body
    defined: Mapping[str, Body]

    def names(self) -> frozenset[str]:
        """Every field that is mentioned anywhere, whatever it is a field of."""
        bodies = (self.body, *self.defined.values())
        return frozenset(name for body in bodies for name in _body_names(body))


def pipe_names(pipe: Pipe) -> Iterator[str]:
    """Every field that a pipeline mentions."""
    for command in pipe.commands:
        for operand in command.operands:
            if isinstance(operand, (Field, Variable, Chain)):
                if isinstance(operand, Chain):
                    yield from pipe_names(operand.pipe)
                yield from operand.names


def _body_names(body: Body) -> Iterator[str]:
    for node in body:
        if isinstance(node, (Action, Branch, Include)) and node.pipe:
            yield from pipe_names(node.pipe)
        if isinstance(node, Branch):
            yield from _body_names(node.body)
            yield from _body_names(node.otherwise)
