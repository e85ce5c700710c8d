"""Thinking, calls of tools and answer told apart, in the text of a prompt that we rendered.

The engine does it by itself where it applies the template inside the GGUF file; here it only
completes a text. What the model writes in which form is told by its Go template.

Token ids and log probabilities go with the first piece of text that they gave; those of a call
belong to none.
"""

import random
import string
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol

import msgspec

from rillet.model.template import Template
from rillet.text.forms import reader
from rillet.text.harmony import CHANNEL, MARKS, MESSAGE, HarmonySplitter, Piece
from rillet.text.thinking import ThinkingSplitter
from rillet.text.tool_calls import ToolCallSplitter
from rillet.words.events import Event, Finish, Text, Thinking, TokenLogprob, ToolCall
from rillet.words.requests import ChatRequest, GenerateRequest, JsonObject

Batch = Sequence[Event]
Split = Callable[[Batch], Batch]
_TAGS = ("<think>", "</think>")


def output_parser(
    template: Template, prompt: str, said: str, *, thinks: bool, tools: Sequence[JsonObject] = ()
) -> Split | None:
    """A function for the engine's events in turn; None where its text is the answer as it is.

    `said` is what the engine had said before.
    """
    if is_harmony(template):
        harmony = _OutputParser(HarmonySplitter(prompt, list(_names(tools))))
        return harmony.behind(said)
    thoughts = None
    if thinks:
        opening, closing = tags_of(template)
        inside = prompt.rstrip().endswith(opening)
        thoughts = ThinkingSplitter(opening, closing, starts_inside=inside)
    calls = ToolCallSplitter(template.call_mark(), list(_names(tools))) if tools else None
    if thoughts is None and calls is None:
        return None
    return _OutputParser(_Tagged(thoughts, calls)).behind(said)


def form_parser(
    name: str, request: GenerateRequest | ChatRequest, said: str, *, think: bool, begun: bool
) -> Split:
    """The same for a form that is known by name. `think`: the prompt asks for a thought; `begun`:
    it ends with the first words of the answer."""
    tools: Sequence[JsonObject] = ()
    resulted = False
    if isinstance(request, ChatRequest):
        tools = request.tools or ()
        resulted = bool(request.messages) and request.messages[-1].role == "tool"
    splitter = reader(name, tools, think=think, begun=begun, resulted=resulted)
    return _OutputParser(splitter).behind(said)


def is_harmony(template: Template) -> bool:
    """Whether the model writes in channels, as gpt-oss does."""
    return CHANNEL in template.source and MESSAGE in template.source


def tags_of(template: Template) -> tuple[str, str]:
    """What stands around a thought of the model."""
    return template.thinking_tags() or _TAGS


def special_texts(template: Template) -> list[str]:
    """Tokens that engines leave out of a text, though the model's form is told by them."""
    if is_harmony(template):
        return list(MARKS)
    mark = template.call_mark()
    pieces = [mark, *mark.split(), *tags_of(template)]
    return list(dict.fromkeys(piece for piece in pieces if len(piece) > 1))


def call_id() -> str:
    """An id for a call, as Ollama draws them."""
    return "call_" + "".join(random.choices(string.ascii_lowercase + string.digits, k=8))


class _Splitter(Protocol):
    """Tells pieces of a text apart as it comes."""

    def feed(self, text: str) -> Iterable[Piece]: ...

    def finish(self) -> Iterable[Piece]: ...


class _Tagged:
    """Thoughts between tags, and calls behind a mark in what is no thought."""

    def __init__(self, thoughts: ThinkingSplitter | None, calls: ToolCallSplitter | None) -> None:
        self._thoughts = thoughts
        self._calls = calls

    def feed(self, text: str) -> Iterable[Piece]:
        if self._thoughts is None:
            return self._answered(text)
        return self._pieces(self._thoughts.feed(text))

    def finish(self) -> Iterable[Piece]:
        if self._thoughts is not None:
            yield from self._pieces(self._thoughts.finish())
        if self._calls is not None:
            yield from map(_piece, self._calls.finish())

    def _pieces(self, pieces: Iterable[tuple[Literal["thinking", "text"], str]]) -> Iterable[Piece]:
        for piece in pieces:
            if piece[0] == "thinking":
                yield piece
            else:
                yield from self._answered(piece[1])

    def _answered(self, text: str) -> Iterable[Piece]:
        return map(_piece, self._calls.feed(text) if self._calls else (text,))


def _piece(piece: str | ToolCall) -> Piece:
    return ("text", piece) if isinstance(piece, str) else piece


class _OutputParser:
    def __init__(self, splitter: _Splitter) -> None:
        self._splitter = splitter
        self._tokens: list[int] = []
        self._logprobs: list[TokenLogprob] = []

    def behind(self, said: str) -> "_OutputParser":
        """Go on behind what was said before."""
        list(self._splitter.feed(said))
        return self

    def __call__(self, batch: Batch) -> Batch:
        found: list[Event] = []
        for event in batch:
            if type(event) is Text:
                self._tokens += event.tokens or ()
                self._logprobs += event.logprobs or ()
                found += map(self._event, self._splitter.feed(event.text))
            elif type(event) is Finish:
                found += map(self._event, self._splitter.finish())
                found.append(event)
            else:
                found.append(event)
        return found

    def _event(self, piece: Piece) -> Event:
        if isinstance(piece, ToolCall):
            return msgspec.structs.replace(piece, id=call_id())
        kind, text = piece
        return (Thinking if kind == "thinking" else Text)(text, *self._origin())

    def _origin(self) -> tuple[tuple[TokenLogprob, ...] | None, tuple[int, ...] | None]:
        logprobs, tokens = tuple(self._logprobs), tuple(self._tokens)
        self._tokens, self._logprobs = [], []
        return logprobs or None, tokens or None


def _names(tools: Sequence[JsonObject]) -> Iterable[str]:
    for tool in tools:
        function = tool.get("function")
        name = function.get("name") if isinstance(function, dict) else None
        if isinstance(name, str):
            yield name
