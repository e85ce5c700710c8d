"""Glimmer's answers: messages with a header that names who they are for, and calls as tags.

     to=self<|message|>They ask.<|eom|><|start|>assistant to=user<|message|>Hi<|eot|>

Itself: a thought. A tool: a call. Anybody else: text. Models forget the header of a call, or whom
it is for: text that is a call of a tool on offer, and no more, is one.
"""

import re
from typing import Literal

from rillet.text.forms.tagged import Piece
from rillet.text.forms.tool import Call, Tools
from rillet.text.stops import overlap
from rillet.words.events import ToolCall

_START, _MESSAGE, _ENDS = "<|start|>", "<|message|>", ("<|eom|>", "<|eot|>")
_HEADER = _START + "assistant"
_OPENED, _CLOSED = "<atem:function_calls>", "</atem:function_calls>"
_CALL = re.compile(
    r'\s*<atem:function_calls>\s*<atem:invoke name="(.*?)(?:">|(?=<atem:parameter))'
    r"(.*)</atem:invoke>\s*</atem:function_calls>\s*",
    re.DOTALL,
)
_PARAMETER = re.compile(r'<atem:parameter name="(.*?)">(.*?)</atem:parameter>\n?', re.DOTALL)


class GlimmerReader:
    """`shown`: thoughts are told; else they are left out."""

    MARKS = (_START, _MESSAGE, *_ENDS)

    def __init__(self, tools: Tools, *, shown: bool) -> None:
        self._tools, self._shown = tools, shown
        self._held = ""
        self._calls = 0
        self._kind: Literal["header", "thinking", "text", "call"] = "header"
        self._said_some = False

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain now, in order."""
        self._held += text
        found: list[Piece] = []
        moving = True
        while moving:
            moving, pieces = self._header() if self._kind == "header" else self._body()
            found += pieces
        return found

    def finish(self) -> list[Piece]:
        """The rest. Nothing may be fed afterwards."""
        held, self._held = self._held, ""
        if self._kind == "header":
            return self._said("text", held.removeprefix(_HEADER)) if held != _START else []
        return self._ended(held)

    def _header(self) -> tuple[bool, list[Piece]]:
        head, found, rest = self._held.partition(_MESSAGE)
        if not found:
            return False, []
        to = head.removeprefix(_HEADER).strip().removeprefix("to=").strip()
        self._held, self._said_some = rest, False
        self._kind = "thinking" if to == "self" else "call" if self._tool(to) else "text"
        return True, []

    def _body(self) -> tuple[bool, list[Piece]]:
        places = [(at, len(end)) for end in _ENDS if (at := self._held.find(end)) >= 0]
        if (begin := self._held.find(_HEADER)) >= 0:
            places.append((begin, 0))  # the mark of the end was forgotten
        if places:
            at, length = min(places)
            body, self._held = self._held[:at], self._held[at + length :]
            pieces = self._ended(body)
            self._kind = "header"
            return True, pieces
        if self._kind == "call" or self._may_call():
            return False, []
        kept = max(overlap(self._held, mark) for mark in (*_ENDS, _HEADER))
        said = self._held[: len(self._held) - kept]
        self._held = self._held[len(said) :]
        self._said_some = self._said_some or bool(said)
        return False, self._said("thinking" if self._kind == "thinking" else "text", said)

    def _may_call(self) -> bool:
        if self._kind != "text" or self._said_some or not self._tools:
            return False
        begin = self._held.lstrip()
        return begin.startswith(_OPENED) or _OPENED.startswith(begin)

    def _ended(self, body: str) -> list[Piece]:
        call = self._call(body) if self._kind != "thinking" and not self._said_some else None
        if call is None:
            return self._said("thinking" if self._kind == "thinking" else "text", body)
        self._calls += 1
        return [ToolCall(*call, index=self._calls - 1)]

    def _call(self, body: str) -> Call | None:
        match = _CALL.fullmatch(body)
        name = self._tool(match[1].replace(_MESSAGE, "")) if match else None
        if match is None or name is None:
            return None
        found = _PARAMETER.findall(match[2])
        return name, {key: self._tools.typed(name, key, value) for key, value in found}

    def _tool(self, name: str) -> str | None:
        """The tool that is meant: each may also be called as one of its own name space."""
        space, dot, inner = name.partition(".")
        if name in self._tools:
            return name
        return inner if dot and inner in self._tools and inner.partition(".")[0] == space else None

    def _said(self, kind: Literal["thinking", "text"], text: str) -> list[Piece]:
        return [(kind, text)] if text and (kind == "text" or self._shown) else []
