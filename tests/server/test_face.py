"""Tools over a real socket, on each of the three /v1 APIs."""

from typing import Any

import pytest

from .conftest import Running

TALK = [{"role": "user", "content": "hi"}]
CHAT = ("/v1/chat/completions", {"model": "tiny", "messages": TALK})
RESPONSES = ("/v1/responses", {"model": "tiny", "input": "hi"})
MESSAGES = ("/v1/messages", {"model": "tiny", "max_tokens": 9, "messages": TALK})
NO_TOOLS = "registry.ollama.ai/library/tiny:latest does not support tools"
FUNCTION = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("ask", "tools"),
    [
        (CHAT, {"tools": [FUNCTION], "tool_choice": "none"}),
        (RESPONSES, {"tools": [{"type": "web_search"}]}),
        (RESPONSES, {"tools": [{"type": "file_search", "vector_store_ids": ["v"]}]}),
        (MESSAGES, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
        (MESSAGES, {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}),
    ],
)
async def test_a_model_without_tools_gets_none_at_all(
    server: Running, ask: tuple[str, dict[str, Any]], tools: dict[str, Any], stream: bool
) -> None:
    path, body = ask
    answer = await server.ask("POST", path, {**body, **tools, "stream": stream})
    assert (answer.status, answer.json()["error"]["message"]) == (400, NO_TOOLS)


@pytest.mark.parametrize("ask", [CHAT, RESPONSES, MESSAGES])
@pytest.mark.parametrize("tools", [None, []])
async def test_no_tools_are_no_tools(
    server: Running, ask: tuple[str, dict[str, Any]], tools: list[Any] | None
) -> None:
    path, body = ask
    answer = await server.ask("POST", path, {**body, "tools": tools})
    assert answer.status == 200


EMBEDDING = ("/v1/embeddings", {"model": "tiny", "input": "x"})
COMPLETION = ("/v1/completions", {"model": "tiny", "prompt": "x"})


@pytest.mark.parametrize("ask", [CHAT, RESPONSES, MESSAGES, EMBEDDING, COMPLETION])
async def test_a_model_elsewhere_is_refused_before_all_else(
    server: Running, ask: tuple[str, dict[str, Any]]
) -> None:
    path, body = ask
    for name in ("x:cloud", "x:8b-cloud"):
        wrong = {**body, "model": name, "max_tokens": "x", "messages": 5, "input": None}
        answer = await server.ask(
            "POST", path, {**wrong, "max_output_tokens": [], "dimensions": ""}
        )
        error = answer.json()["error"]
        assert answer.status == 403
        assert error["message"] == "ollama cloud is disabled: remote model is unavailable"
