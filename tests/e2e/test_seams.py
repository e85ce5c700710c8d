"""What an answer is held to (stop strings, a schema, limits) holds across a seam too."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

import rillet
from rillet.words.events import Event, Progress
from rillet.words.replies import Reply, fold

from .conftest import Server, start_server

MODEL = "rillet-tiny"
STORY = "write me a story about python."
RAW = f"<|im_start|>user\n{STORY}<|im_end|>\n<|im_start|>assistant\n"
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "numbers": {"type": "array", "items": {"type": "integer"}, "minItems": 5, "maxItems": 8},
    },
    "required": ["name", "numbers"],
}
TRIES = 30


def engine_of(server: Server) -> int:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return int(children.split()[-1])


def begun(client: rillet.Client, operation: str, **more: Any) -> rillet.Stream:
    options = {"temperature": 0, "seed": 7, "num_predict": 200, **more.pop("options", {})}
    if operation == "generate":
        return client.stream_generate(MODEL, more.pop("prompt", STORY), options=options, **more)
    messages = [{"role": "user", "content": more.pop("prompt", STORY)}]
    return client.stream_chat(MODEL, messages, options=options, **more)


def killed(server: Server, at: int, operation: str, **more: Any) -> Reply:
    """The answer of an engine that dies behind content number `at`."""
    for _ in range(TRIES):  # a short answer may be quicker than the kill
        events: list[Event] = []
        with rillet.Client(server.url) as client:
            for event in begun(client, operation, **more):
                if not isinstance(event, Progress):
                    events.append(event)
                    if len(events) == at:
                        os.kill(engine_of(server), signal.SIGKILL)
        reply = fold(events)
        if reply.finish is not None and reply.finish.resumed:
            return reply
    raise AssertionError("the engine was always quicker")


def undisturbed(server: Server, operation: str, **more: Any) -> Reply:
    with rillet.Client(server.url) as client:
        return begun(client, operation, **more).reply()


CASES: dict[str, dict[str, Any]] = {
    "stop": {"operation": "generate", "options": {"stop": ["\n", "bottle"]}},
    "stop in a chat": {"operation": "chat", "options": {"stop": ["bottle"]}},
    "limit": {"operation": "chat", "options": {"num_predict": 123}},
    "schema": {"operation": "chat", "format": SCHEMA, "prompt": "a snake and numbers, as JSON"},
    "raw": {"operation": "generate", "raw": True, "prompt": RAW},
}


@pytest.mark.parametrize("case", CASES)
def test_a_greedy_answer_is_that_of_an_undisturbed_run(tmp_path: Path, case: str) -> None:
    server = start_server(tmp_path / "models")
    try:
        expected = undisturbed(server, **CASES[case])
        found = killed(server, 3, **CASES[case])
    finally:
        server.process.terminate()
        server.process.wait()
    assert found.text == expected.text
    assert found.done_reason == expected.done_reason
    assert found.usage is not None and expected.usage is not None
    assert found.usage.completion_tokens == expected.usage.completion_tokens
    if case == "schema":
        assert json.loads(found.text).keys() == {"name", "numbers"}


def test_the_numbers_of_the_end_are_those_of_the_whole(tmp_path: Path) -> None:
    """Also where the seam is behind the place at which the context was full."""
    server = start_server(tmp_path / "models")
    narrow = {"temperature": 0.9, "num_ctx": 64, "num_predict": 150, "stop": ["never said"]}
    try:
        expected = undisturbed(server, "generate", options=narrow)
        found = killed(server, 80, "generate", options=narrow)
    finally:
        server.process.terminate()
        server.process.wait()
    assert expected.usage is not None and found.usage is not None
    assert found.usage.prompt_tokens == expected.usage.prompt_tokens != 0
    assert found.usage.completion_tokens is not None and 80 < found.usage.completion_tokens <= 150


def test_another_sample_keeps_to_the_rules_as_well(tmp_path: Path) -> None:
    """With a temperature the rest may differ, but limit and stop strings hold for the whole."""
    server = start_server(tmp_path / "models")
    warm = {"temperature": 0.9, "num_predict": 150}
    try:
        limited = killed(server, 3, "generate", options=warm)
        stopped = killed(server, 3, "generate", options={**warm, "stop": ["\n", "went"]})
    finally:
        server.process.terminate()
        server.process.wait()
    assert limited.usage is not None and (limited.usage.completion_tokens or 0) <= 150
    assert "\n" not in stopped.text and "went" not in stopped.text
