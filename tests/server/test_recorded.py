"""Answers that were recorded from Ollama 0.33, request by request: those that need no model.

Each line of `refusals.jsonl` is a request and what came back: status, some headers, and the body as
JSON or text. Where we answer better on purpose, the case is not in the file.
"""

import json
from pathlib import Path
from typing import Any

from .conftest import Running

CASES = Path(__file__).parents[1] / "data" / "http" / "refusals.jsonl"


def filled(value: Any, port: int) -> Any:
    """The case with our port in place of the recorded one."""
    host = f"127.0.0.1:{port}"
    return json.loads(json.dumps(value).replace("{{port}}", str(port)).replace("{{host}}", host))


async def difference(server: Running, case: Any) -> str | None:
    """What is not as recorded, or None."""
    case = filled(case, server.port)
    body = case["body"].encode() if "body" in case else None
    answer = await server.ask(case["method"], case["path"], body, case.get("headers"))
    if answer.status != case["status"]:
        return f"{answer.status} {answer.body!r}"
    for name, value in case.get("answer_headers", {}).items():
        if answer.headers.get(name) != value:
            return f"{name}: {answer.headers.get(name)}"
    expected = case.get("answer")
    if expected is None:
        return None
    if expected.startswith("{"):
        return None if answer.json() == json.loads(expected) else answer.body.decode()
    return None if answer.body.decode().strip() == expected else answer.body.decode()


async def test_every_recorded_refusal(server: Running) -> None:
    cases = [json.loads(line) for line in CASES.read_text().splitlines()]
    assert len(cases) > 200
    found = {case["id"]: await difference(server, case) for case in cases}
    assert {id: text for id, text in found.items() if text} == {}
