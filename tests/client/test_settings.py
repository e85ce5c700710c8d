"""What a client is made from, and slips that are told before anything is sent."""

from typing import Any

import pytest

from rillet import AsyncClient, Client, InvalidRequest, Timeouts
from rillet.testing import ScriptedServer, answer, told


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"host": 11434}, "host is a text"),
        ({"timeouts": 5}, "rillet.Timeouts"),
        ({"timeouts": (1, 2)}, "rillet.Timeouts"),
        ({"retries": -1}, "further tries"),
        ({"retries": None}, "further tries"),
        ({"headers": {"x": 5}}, "The header 'x'"),
        ({"api": "anthropic"}, "api is"),
    ],
)
def test_slips_are_told_in_words(settings: Any, said: str) -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises(InvalidRequest, match=said):
            kind(**settings)


@pytest.mark.parametrize("wrong", [-1, float("nan"), "5", True])
def test_clocks_are_seconds(wrong: Any) -> None:
    with pytest.raises(InvalidRequest, match="first_token is seconds or None"):
        Timeouts(first_token=wrong)


@pytest.mark.parametrize("wrong", ["\ud83d", object()])
def test_what_json_cannot_hold_is_told(wrong: Any) -> None:
    with ScriptedServer() as server, pytest.raises(InvalidRequest):
        Client(server.url, api="ollama").generate("m", "x", options={"stop": wrong})


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        ("/v1", "/v1/chat/completions"),
        ("/openai/v1", "/openai/v1/chat/completions"),
        ("/v1beta/openai/", "/v1beta/openai/chat/completions"),
        ("/api/paas/v4", "/api/paas/v4/chat/completions"),
        ("/gateway", "/gateway/v1/chat/completions"),
    ],
)
def test_a_version_in_the_host_is_kept(prefix: str, path: str) -> None:
    with ScriptedServer(told("Hi", wire="openai").script()) as server:
        question = [{"role": "user", "content": "x"}]
        assert Client(server.url + prefix, api="openai").chat("m", question).text == "Hi"
        assert server.requests[0].path == path


def test_the_host_of_openais_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer([answer(b'{"data": []}')]) as theirs, ScriptedServer() as other:
        monkeypatch.setenv("OPENAI_BASE_URL", theirs.url + "/v1")
        monkeypatch.setenv("OLLAMA_HOST", other.url)
        monkeypatch.delenv("RILLET_HOST", raising=False)
        Client(api="openai").tags()
        assert [request.path for request in theirs.requests] == ["/v1/models"]
        assert other.requests == []
