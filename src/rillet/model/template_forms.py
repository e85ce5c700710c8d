"""What a Go template tells of the form in which its model writes: calls of tools, thinking.

Nothing else says it. A template shows how earlier calls and thoughts are put before the model, and
the model writes them the same way. So:
* The mark of a call is the first text inside the branch on `.ToolCalls`, up to the first brace;
  a template with none has calls that are bare JSON.
* The tags of thinking are the texts around `.Thinking` inside the loop over `.Messages`.
Source: Ollama's documentation of templates, and how its server reads models' answers.
"""

from __future__ import annotations

import re

from .gotemplate import Program
from .gotemplate.nodes import Action, Body, Branch, Field, Pipe, Text, Variable, pipe_names

#: The mark where calls are bare JSON.
BARE = "{"

#: A bracket of the list which the calls stand in: models leave it out, or the space before it.
_LIST = re.compile(r"(?<=[\s\]>`])\[$")
_TAG_AT_END = re.compile(r"(<[^<>\s]+>|\[[A-Z_]+\])\s*$")
_TAG_AT_START = re.compile(r"^\s*(<[^<>\s]+>|\[/?[A-Z_]+\])")


def call_mark(program: Program) -> str:
    """The text that a model begins its calls with; `BARE` where there is none."""
    for body in (program.body, *program.defined.values()):
        if (branch := _calls(body)) is not None:
            mark = (_first_text(branch.body) or "").replace("\r\n", "\n").partition("{")[0].strip()
            mark = _LIST.sub("", mark).strip()
            return BARE if mark in ("", "[") else mark
    return BARE


def thinking_tags(program: Program) -> tuple[str, str] | None:
    """What stands around a thought; None for a template that shows no thoughts."""
    found: list[tuple[str, str]] = []
    for body in (program.body, *program.defined.values()):
        _thoughts(body, False, found)
    return found[-1] if found else None


def _calls(body: Body) -> Branch | None:
    """The first branch on `.ToolCalls`, in the order of the text."""
    for node in body:
        if isinstance(node, Branch):
            if _asks_for_calls(node.pipe):
                return node
            if (inner := _calls(node.body) or _calls(node.otherwise)) is not None:
                return inner
    return None


def _asks_for_calls(pipe: Pipe) -> bool:
    """By itself or beside others, but not what is said in parentheses, such as `not .ToolCalls`."""
    operands = (operand for command in pipe.commands for operand in command.operands)
    return any(isinstance(one, Field | Variable) and "ToolCalls" in one.names for one in operands)


def _first_text(body: Body) -> str | None:
    for node in body:
        if isinstance(node, Text):
            if node.text.strip():
                return node.text
        elif isinstance(node, Branch):
            return _first_text(node.body) or _first_text(node.otherwise)
        else:
            return None
    return None


def _thoughts(body: Body, inside: bool, found: list[tuple[str, str]]) -> None:
    """Adds the tags around each thought shown; `inside` the loop over the messages."""
    for at, node in enumerate(body):
        if isinstance(node, Branch):
            within = inside or (node.kind == "range" and "Messages" in pipe_names(node.pipe))
            _thoughts(node.body, within, found)
            _thoughts(node.otherwise, within, found)
        elif inside and isinstance(node, Action) and "Thinking" in pipe_names(node.pipe):
            before, after = (
                body[at - 1] if at else None,
                body[at + 1] if at + 1 < len(body) else None,
            )
            if isinstance(before, Text) and isinstance(after, Text):
                opened, closed = _tags(before.text, after.text)
                if opened and closed:
                    found.append((opened, closed))


def _tags(before: str, after: str) -> tuple[str, str]:
    opened, closed = _TAG_AT_END.search(before), _TAG_AT_START.search(after)
    return opened[1] if opened else before.strip(), closed[1] if closed else after.strip()
