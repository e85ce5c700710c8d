"""Chat templates in Go's template language, as Ollama's TEMPLATE layers have them.

A template either goes over `.Messages` itself or, in the older style, shows one turn by `.System`,
`.Prompt` and `.Response` and is run once for each. One that mentions neither messages nor the
response gets `{{ .Response }}` at its end.
Source of the rules: Ollama's documentation of templates (docs/template.md) and its behaviour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

from rillet.words.requests import JsonObject, Message

from .gotemplate import FUNCTIONS, Budget, Program, TemplateError, as_json, execute, parse
from .gotemplate.nodes import Action, Body, Branch, Command, Field, Node, Pipe, pipe_names
from .gotemplate.values import Value
from .template_data import message_record, tool_records, typescript_type
from .template_forms import call_mark, thinking_tags

#: What a model without a template gets: the bare prompt.
DEFAULT_TEMPLATE = "{{ .Prompt }}"

_NAMES = frozenset(
    {*FUNCTIONS, "and", "or", "json", "currentDate", "yesterdayDate", "toTypeScriptType"}
)
_RESPONSE = Action(Pipe((Command((Field(("Response",)),), 1),)), 1)


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template. It holds no state: render it from any thread, any number of times."""

    source: str
    program: Program

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `TemplateError`, e.g. `template: :1: unclosed action`."""
        program = parse(text, _NAMES)
        if not {"Messages", "Response"} & program.names():
            program = replace(program, body=(*program.body, _RESPONSE))
        return cls(text, program)

    def variables(self) -> frozenset[str]:
        """The names of all fields that the template mentions, such as Messages, Tools, Role."""
        return self.program.names()

    def call_mark(self) -> str:
        """The text that begins a model's calls of tools, or "{" where they are bare JSON."""
        return call_mark(self.program)

    def thinking_tags(self) -> tuple[str, str] | None:
        """The texts around a thought; None where the template shows none."""
        return thinking_tags(self.program)

    def render(
        self,
        *,
        messages: Sequence[Message],
        now: date,
        tools: Sequence[JsonObject] = (),
        think: bool | str | None = None,
        suffix: str | None = None,
        budget: Budget | None = None,
    ) -> str:
        """The prompt for these messages, up to where the model is to go on.

        `now` is the day that the template may show. With a `suffix` the last message is the text
        before the gap. Raises `TemplateError`, also where the template uses up its `budget`.
        """
        run = _Run(self.program, _thinking(think), now, budget or Budget())
        collated = collate(messages)
        if suffix:
            prompt = messages[-1].content if messages else ""
            return run(Prompt=prompt, Suffix=suffix, Response="")
        if "Messages" in self.variables():
            return run(
                System="\n\n".join(m.content for m in messages if m.role == "system"),
                Messages=[message_record(message) for message in collated],
                Tools=tool_records(tools),
                Response="",
            )
        return _render_turns(run, collated)


def collate(messages: Sequence[Message]) -> list[Message]:
    """Messages with neighbours of one role merged, a blank line between them.

    Results of tools and messages that call tools stay apart.
    """
    collated: list[Message] = []
    for message in messages:
        last = collated[-1] if collated else None
        if (
            last
            and last.role == message.role != "tool"
            and not (last.tool_calls or message.tool_calls)
        ):
            images = [*(last.images or ()), *(message.images or ())] or None
            content = f"{last.content}\n\n{message.content}"
            collated[-1] = Message(
                role=last.role,
                content=content,
                thinking=last.thinking or message.thinking,
                images=images,
            )
        else:
            collated.append(message)
    return collated


@dataclass(slots=True)
class _Run:
    """One rendering: the same functions, thinking and budget for every turn of it."""

    program: Program
    thinking: Mapping[str, Value]
    today: date
    budget: Budget

    def __call__(self, **data: Value) -> str:
        return execute(self.program, {**data, **self.thinking}, self._functions(), self.budget)

    def cut(self) -> _Run:
        """The same, but ending at the response."""
        body, _ = _up_to_response(self.program.body)
        return replace(self, program=replace(self.program, body=body))

    def _functions(self) -> Mapping[str, Callable[..., Value]]:
        # A format argument is allowed and, as in Ollama, not looked at.
        yesterday = self.today - timedelta(days=1)
        return {
            **FUNCTIONS,
            "json": as_json,
            "currentDate": lambda *_: self.today.strftime("%Y-%m-%d"),
            "yesterdayDate": lambda *_: yesterday.strftime("%Y-%m-%d"),
            "toTypeScriptType": typescript_type,
        }


def _thinking(think: bool | str | None) -> Mapping[str, Value]:
    level = think if isinstance(think, str) else "medium" if think else ""  # Ollama's middle
    return {"Think": bool(think), "ThinkLevel": level, "IsThinkSet": think is not None}


def _render_turns(run: _Run, messages: Sequence[Message]) -> str:
    """The older style: one run for each turn, the last one ending at the response."""
    parts: list[str] = []
    turn = {"System": "", "Prompt": "", "Response": ""}
    for message in messages:
        begins = (message.role == "system" and (turn["Prompt"] or turn["Response"])) or (
            message.role == "user" and turn["Response"]
        )
        if begins:
            parts.append(run(**turn))
            turn = {"System": "", "Prompt": "", "Response": ""}
        field = {"system": "System", "user": "Prompt", "assistant": "Response"}.get(message.role)
        if field:
            turn[field] = message.content
    parts.append(run.cut()(**turn))
    return "".join(parts)


def _up_to_response(body: Body) -> tuple[Body, bool]:
    """The nodes up to the one that shows the response, and whether there was one."""
    kept: list[Node] = []
    for node in body:
        if isinstance(node, Branch):
            inner, found = _up_to_response(node.body)
            otherwise, found_too = _up_to_response(node.otherwise)
            kept.append(replace(node, body=inner, otherwise=otherwise))
            if found or found_too:
                return tuple(kept), True
        else:
            kept.append(node)
            if isinstance(node, Action) and "Response" in pipe_names(node.pipe):
                return tuple(kept), True
    return tuple(kept), False


__all__ = ["DEFAULT_TEMPLATE", "Template", "TemplateError", "collate"]
