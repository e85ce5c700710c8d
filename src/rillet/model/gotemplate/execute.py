"""Runs a parsed template over a value.

Every node, argument and byte of output is paid for from a budget, so that a template that never
ends does end here, with a `TemplateError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from .functions import FunctionError
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
from .values import Missing, Value, as_text, get_field, is_true

_MAX_DEPTH = 100


@dataclass(slots=True)
class Budget:
    """What one run may use."""

    steps: int = 2_000_000
    output: int = 64 << 20  # characters


def execute(
    program: Program,
    data: Value,
    functions: Mapping[str, Callable[..., Value]],
    budget: Budget,
) -> str:
    """The text that the template makes of `data`. Raises `TemplateError`."""
    run = _Run(program, functions, budget)
    try:
        run.body(program.body, data, [("", data)], 1)
    except RecursionError:
        raise TemplateError(1, "the data is nested too deeply") from None
    return "".join(run.output)


class _Run:
    def __init__(
        self, program: Program, functions: Mapping[str, Callable[..., Value]], budget: Budget
    ) -> None:
        self.output: list[str] = []
        self._program = program
        self._functions = functions
        self._budget = budget
        self._depth = 0
        self._line = 1

    def body(self, body: Body, dot: Value, scope: list[tuple[str, Value]], line: int) -> str:
        """Run nodes; says "break" or "continue" where one of these ended them, else ""."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise TemplateError(line, "exceeded maximum template depth")
        jump = ""
        for node in body:
            jump = self._node(node, dot, scope)
            if jump:
                break
        self._depth -= 1
        return jump

    def _node(self, node: Node, dot: Value, scope: list[tuple[str, Value]]) -> str:
        self._spend(1)
        match node:
            case Text():
                self._write(node.text)
            case Action():
                self._line = node.line
                value = self._pipe(node.pipe, dot, scope)
                if not node.pipe.variables:
                    self._write(as_text(value))
            case Branch():
                self._line = node.line
                return self._branch(node, dot, scope)
            case Include():
                self._line = node.line
                self._include(node, dot, scope)
            case Jump():
                return node.kind
        return ""

    def _include(self, node: Include, dot: Value, scope: list[tuple[str, Value]]) -> None:
        body = self._program.defined.get(node.name)
        if body is None:
            raise TemplateError(node.line, f'template "{node.name}" not defined')
        value = self._pipe(node.pipe, dot, scope) if node.pipe else None
        self.body(body, value, [("", value)], node.line)

    def _branch(self, node: Branch, dot: Value, scope: list[tuple[str, Value]]) -> str:
        inner = len(scope)
        value = self._pipe(node.pipe, dot, scope, bind=node.kind != "range")
        if node.kind == "range":
            jump = self._range(node, value, dot, scope)
        elif is_true(value):
            jump = self.body(node.body, value if node.kind == "with" else dot, scope, node.line)
        else:
            jump = self.body(node.otherwise, dot, scope, node.line)
        del scope[inner:]
        return jump

    def _range(self, node: Branch, value: Value, dot: Value, scope: list[tuple[str, Value]]) -> str:
        inner = len(scope)
        empty = True
        for key, item in _pairs(value, node.line):
            empty = False
            self._spend(1)
            self._bind_item(node.pipe, key, item, scope)
            jump = self.body(node.body, item, scope, node.line)
            del scope[inner:]
            if jump == "break":
                break
        return self.body(node.otherwise, dot, scope, node.line) if empty else ""

    def _bind_item(
        self, pipe: Pipe, key: Value, item: Value, scope: list[tuple[str, Value]]
    ) -> None:
        values = (item,) if len(pipe.variables) == 1 else (key, item)
        for name, value in zip(pipe.variables, values, strict=False):
            self._bind(name, value, pipe.assigns, scope)

    def _bind(self, name: str, value: Value, assigns: bool, scope: list[tuple[str, Value]]) -> None:
        if not assigns:
            scope.append((name, value))
            return
        for place in range(len(scope) - 1, -1, -1):
            if scope[place][0] == name:
                scope[place] = (name, value)
                return
        raise TemplateError(self._line, f"undefined variable: ${name}")

    def _pipe(
        self, pipe: Pipe, dot: Value, scope: list[tuple[str, Value]], bind: bool = True
    ) -> Value:
        value: tuple[Value, ...] = ()
        for command in pipe.commands:
            value = (self._command(command, value, dot, scope),)
        if bind:
            for name in pipe.variables:
                self._bind(name, value[0], pipe.assigns, scope)
        return value[0]

    def _command(
        self,
        command: Command,
        piped: tuple[Value, ...],
        dot: Value,
        scope: list[tuple[str, Value]],
    ) -> Value:
        first, *rest = command.operands
        self._line = command.line
        if not isinstance(first, Function):
            if rest or piped:
                raise TemplateError(command.line, "can't give argument to non-function")
            return self._operand(first, dot, scope)
        if first.name in ("and", "or"):
            return self._choose(first.name, rest, piped, dot, scope)
        values = [self._operand(operand, dot, scope) for operand in rest]
        return self._call(first.name, (*values, *piped))

    def _choose(
        self,
        name: str,
        operands: list[Operand],
        piped: tuple[Value, ...],
        dot: Value,
        scope: list[tuple[str, Value]],
    ) -> Value:
        """`and` and `or` stop at the first argument that decides, and are its value."""
        if not operands and not piped:
            raise TemplateError(self._line, f"wrong number of args for {name}: want at least 1")
        value: Value = None
        for operand in operands:
            value = self._operand(operand, dot, scope)
            if is_true(value) == (name == "or"):
                return value
        return piped[0] if piped else value

    def _operand(self, operand: Operand, dot: Value, scope: list[tuple[str, Value]]) -> Value:
        self._spend(1)
        match operand:
            case Constant():
                return operand.value
            case Dot():
                return dot
            case Field():
                return self._fields(dot, operand.names)
            case Variable():
                return self._fields(self._variable(operand.name, scope), operand.names)
            case Chain():
                return self._fields(self._pipe(operand.pipe, dot, scope), operand.names)
            case Function():
                return self._call(operand.name, ())

    def _variable(self, name: str, scope: list[tuple[str, Value]]) -> Value:
        for known, value in reversed(scope):
            if known == name:
                return value
        raise TemplateError(self._line, f'undefined variable "${name}"')

    def _fields(self, value: Value, names: Iterable[str]) -> Value:
        for name in names:
            try:
                value = get_field(value, name)
            except Missing as missing:
                raise TemplateError(self._line, str(missing)) from None
        return value

    def _call(self, name: str, values: tuple[Value, ...]) -> Value:
        if name in ("and", "or"):
            raise TemplateError(self._line, f"wrong number of args for {name}: want at least 1")
        self._spend_text(values)
        try:
            result = self._functions[name](*values)
        except FunctionError as error:
            raise TemplateError(self._line, f"error calling {name}: {error}") from None
        except TypeError:
            raise TemplateError(
                self._line, f"wrong number of args for {name}: got {len(values)}"
            ) from None
        self._spend_text((result,))
        return result

    def _spend(self, steps: int) -> None:
        self._budget.steps -= steps
        if self._budget.steps < 0:
            raise TemplateError(self._line, "the template takes too long")

    def _spend_text(self, values: tuple[Value, ...]) -> None:
        """Long texts and lists cost more than one step to work on."""
        for value in values:
            if isinstance(value, (str, list, dict)):
                self._spend(1 + len(value) // 256)

    def _write(self, text: str) -> None:
        self._budget.output -= len(text)
        if self._budget.output < 0:
            raise TemplateError(self._line, "the template writes too much")
        self.output.append(text)


def _pairs(value: Value, line: int) -> Iterable[tuple[Value, Value]]:
    """What a range goes over, each with its index or key; maps in the order of their keys."""
    match value:
        case None:
            return ()
        case list():
            return enumerate(value)
        case dict():
            return [(key, value[key]) for key in sorted(value, key=str)]
        case int() if not isinstance(value, bool):
            return ((number, number) for number in range(value))
    raise TemplateError(line, f"range can't iterate over {as_text(value)[:60]}")
