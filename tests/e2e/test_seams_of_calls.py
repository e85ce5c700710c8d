"""Thinking and the calls of tools across a seam: real engines and servers, killed in their middle.

The model thinks, then calls a tool with many arguments, or answers: always the same words. Each
dialect is read by a client of the specification alone, which comes back as often as it must.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import rillet
from rillet.engine import read_model_header
from rillet.words.models import CreateRequest

from ..engine.models import MODELS
from ..service.test_output_parser import TEMPLATE as GO_TEMPLATE
from .conftest import Server, start_server
from .readers import Record, follow
from .scripted_model import write_scripted

TAGS = ["<think>", "</think>", "<tool_call>", "</tool_call>"]
THOUGHT = [f" thought{number}" for number in range(120)]
ANSWER = [f" word{number}" for number in range(120)]
ARGUMENTS = ['{"city": "Paris', *(f" street{number}" for number in range(120)), '"}']
CALL = ["\n\n", "<tool_call>", '\n{"name": "get_weather", "arguments": ', *ARGUMENTS, "}", "\n"]
SCRIPTS = {
    "calls": ["<think>", *THOUGHT, "</think>", *CALL, "</tool_call>"],
    "answers": ["<think>", *THOUGHT, "</think>", "\n\n", *ANSWER],
}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
FUNCTION = {"name": "get_weather", "parameters": SCHEMA}
TOOL = {"type": "function", "function": FUNCTION}
ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "stream": True}
BODIES: dict[str, dict[str, Any]] = {
    "/api/chat": {**ASKED, "tools": [TOOL], "options": {"num_predict": 1000}},
    "/v1/chat/completions": {
        **ASKED, "tools": [TOOL], "max_tokens": 1000, "stream_options": {"include_usage": True},
    },
    "/v1/messages": {
        **ASKED, "max_tokens": 1000, "thinking": {"type": "enabled", "budget_tokens": 500},
        "tools": [{"name": "get_weather", "input_schema": SCHEMA}],
    },
    "/v1/responses": {
        "input": "hi", "stream": True, "background": True,
        "tools": [{"type": "function", **FUNCTION}],
    },
}  # fmt: skip
TRIES = 40


class Machine:
    """A server with a journal in a file, its models, and its deaths."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._env = {"RILLET_JOURNAL": str(folder / "journal")}
        self.server: Server = start_server(folder / "models", **self._env)
        self._env["RILLET_HOST"] = self.server.url.removeprefix("http://")

    def make_models(self) -> None:
        template = read_model_header(MODELS / "tinytool.gguf").chat_template
        with rillet.Client(self.server.url) as client:
            for name, script in SCRIPTS.items():
                path = self._folder / f"{name}.gguf"
                write_scripted(path, script, template, TAGS)
                files = {path.name: client.put_blob(path)}
                client.create(CreateRequest(model=f"{name}-jinja", files=files))
                client.create(CreateRequest(model=f"{name}-go", files=files, template=GO_TEMPLATE))

    def kill_engine(self) -> None:
        children = f"/proc/{self.server.process.pid}/task/{self.server.process.pid}/children"
        os.kill(int(Path(children).read_text().split()[-1]), signal.SIGKILL)

    def kill_server(self) -> None:
        self.server.process.kill()
        self.server.process.wait()
        self.server = start_server(self._folder / "models", **self._env)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    one = Machine(tmp_path_factory.mktemp("machine"))
    try:
        one.make_models()
        yield one
    finally:
        one.server.process.terminate()
        one.server.process.wait()


def read(machine: Machine, path: str, model: str, kill: Callable[[Record], None]) -> list[Record]:
    """All records of one answer; `kill` sees each as it comes."""
    found = []
    for record in follow(machine.server.url, path, {"model": model, **BODIES[path]}):
        found.append(record)
        kill(record)
    return found


def said(records: list[Record]) -> dict[str, Any]:
    """What an answer says, in whatever pieces it came and in whatever dialect."""
    found: dict[str, Any] = {"thinking": "", "text": "", "calls": {}, "end": []}
    for record in records:
        for kind, value in record.says():
            if kind in ("thinking", "text"):
                found[kind] += value
            elif kind == "end":
                found["end"].append(value)
            else:
                found["calls"].setdefault(kind, []).append(value)
    calls = found["calls"].values()
    return found | {"calls": [(call[0], json.loads("".join(call[1:]))) for call in calls]}


def across_a_kill(
    machine: Machine, path: str, model: str, where: str, kill: Callable[[], None]
) -> list[Record]:
    """An answer whose engine or server died in its thinking, or behind it."""
    for number in range(TRIES):
        died = threading.Event()

        def kill_later(pause: float = number % 8 * 0.004, died: threading.Event = died) -> None:
            time.sleep(pause)
            kill()
            died.set()

        killer: list[threading.Thread] = []

        def look(record: Record, killer: list[threading.Thread] = killer) -> None:
            kinds = {kind for kind, _ in record.says()}
            begun = "thinking" in kinds if where == "thinking" else thought_is_over(record)
            if begun and not killer:
                killer.append(threading.Thread(target=kill_later))
                killer[0].start()

        records = read(machine, path, model, look)
        killer[0].join()
        if resumed(records):
            return records
    raise AssertionError("the answer was always quicker than the kill")


def thought_is_over(record: Record) -> bool:
    return any(kind == "thinking" and THOUGHT[-1] in value for kind, value in record.says())


def resumed(records: list[Record]) -> bool:
    told = [each.data for each in records if isinstance(each.data, dict)]
    return any(each.get("resumed") or each.get("response", {}).get("resumed") for each in told)


#: Each dialect once, each of the others in turn; RILLET_TEST_SEAMS=all takes every combination.
ALL = [
    (who, path, where, script, template)
    for who in ("engine", "server")
    for path in BODIES
    for where in ("thinking", "behind it")
    for script in SCRIPTS
    for template in ("jinja", "go")
]
SOME = [(*ALL[at][:1], path, *ALL[at][2:]) for at, path in zip((0, 5, 34, 37), BODIES, strict=True)]
CASES = ALL if os.environ.get("RILLET_TEST_SEAMS") == "all" else SOME


@pytest.mark.slow
@pytest.mark.parametrize(("who", "path", "where", "script", "template"), CASES)
def test_it_says_the_same(
    machine: Machine, who: str, path: str, where: str, script: str, template: str
) -> None:
    model = f"{script}-{template}"
    expected = said(read(machine, path, model, lambda record: None))
    assert expected["thinking"].strip() == "".join(THOUGHT).strip()
    if script == "calls":
        assert [name for name, _ in expected["calls"]] == ["get_weather"]
        assert expected["calls"][0][1] == json.loads("".join(ARGUMENTS))
    else:
        assert expected["text"].strip() == "".join(ANSWER).strip()
    kill = machine.kill_engine if who == "engine" else machine.kill_server
    records = across_a_kill(machine, path, model, where, kill)
    assert said(records) == expected
    numbers = [record.number for record in records if record.number]
    assert numbers == sorted(set(numbers))
