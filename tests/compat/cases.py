"""Recorded requests and answers of Ollama's server, one case a line of data/vectors/cases.jsonl.

A case says what has to hold before (`setup`), what is asked, what was answered, and how an answer
is compared with that. `improve` lists other answers that are as good or better.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

DATA = Path(__file__).parents[1] / "data"
MODELS = ("tiny", "tinychat", "tinythink", "tinyhello", "tinytool", "tinyembed")

Json = Any
Headers = dict[str, str | None]


class Request(Struct):
    """What is sent. A header of None is not sent; `:version` is the version of HTTP."""

    method: str
    path: str
    headers: Headers = {}
    body: str | None = None


class Recorded(Struct):
    status: int
    headers: dict[str, str]
    body: str


class Compare(Struct):
    """How a body is compared; which of the fields count depends on the mode."""

    mode: str
    shape: Json = None
    sequence: list[dict[str, Json]] = []
    joined: list[dict[str, str]] = []
    absent_headers: list[str] = []


class Accepted(Compare):
    """An answer that is as good as the recorded one."""

    status: int = 200


class Improve(Struct):
    why: str
    accept: list[Accepted]


class Case(Struct):
    id: str
    group: str
    setup: list[str]
    request: Request
    response: Recorded
    compare: Compare
    improve: Improve | None = None

    @property
    def needs(self) -> frozenset[str]:
        """The special conditions: settings of the server, or an engine that follows a script."""
        return frozenset(step.removeprefix("need ") for step in self.setup if step[:5] == "need ")


def load() -> list[Case]:
    lines = (DATA / "vectors" / "cases.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Case) for line in lines]


def filled(case: Case, word: Callable[[str], str]) -> Case:
    """The case with each `{{…}}` replaced by what `word` makes of it; None is left as it is."""

    def fill(value: Json) -> Json:
        if isinstance(value, str):
            return re.sub(r"\{\{([^{}]+)\}\}", lambda match: word(match[1]), value)
        if isinstance(value, list):
            return [fill(item) for item in value]
        if isinstance(value, dict):
            return {key: fill(item) for key, item in value.items()}
        return value

    return msgspec.convert(fill(msgspec.to_builtins(case)), Case)
