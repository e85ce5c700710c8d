"""OpenAI's routes over a real socket; the forms of records are tested with the encoders."""

import json
from typing import Any

import pytest
import zstandard

from rillet.words.errors import ServerError
from rillet.words.events import Text
from rillet.words.requests import MessageToolCall, ToolCallFunction

from .conftest import Running
from .scripted import failing

CHAT = {"model": "tiny", "messages": [{"role": "user", "content": "hi"}]}


def events(body: bytes) -> list[str]:
    return [event.removeprefix("data: ") for event in body.decode().split("\n\n")[:-1]]


async def test_it_does_not_stream_unless_asked(server: Running) -> None:
    answer = await server.ask("POST", "/v1/chat/completions", CHAT)
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["choices"][0]["message"]["content"] == "Hello"
    assert answer.json()["usage"]["total_tokens"] == 5


async def test_a_stream_ends_with_done(server: Running) -> None:
    answer = await server.ask("POST", "/v1/chat/completions", {**CHAT, "stream": True})
    assert answer.headers["content-type"] == "text/event-stream"
    sent = events(answer.body)
    assert sent[-1] == "[DONE]"
    deltas = [json.loads(event)["choices"][0]["delta"].get("content", "") for event in sent[:-1]]
    assert "".join(deltas) == "Hello"


async def test_an_error_in_mid_stream_is_said(server: Running) -> None:
    server.operations.next = failing(ServerError("engine died"), after=[Text("x")])
    answer = await server.ask("POST", "/v1/chat/completions", {**CHAT, "stream": True})
    assert json.loads(events(answer.body)[-1])["error"]["message"] == "engine died"


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("chat/completions", b"", 400, "EOF"),
        ("chat/completions", b"{", 400, "unexpected EOF"),
        ("chat/completions", b"{}", 400, "[] is too short - 'messages'"),
        ("chat/completions", {**CHAT, "model": ""}, 400, "model is required"),
        ("chat/completions", {**CHAT, "model": "nope"}, 404, "model 'nope' not found"),
        (
            "chat/completions",
            {**CHAT, "model": "", "top_logprobs": -1},
            400,
            "top_logprobs must be between 0 and 20",
        ),
        (
            "completions",
            {"model": "tiny", "prompt": "x", "logprobs": 21},
            400,
            "top_logprobs must be between 0 and 20",
        ),
        ("completions", {"prompt": "x"}, 404, "model '' not found"),
        ("embeddings", {"input": "x"}, 404, "model '' not found"),
        ("embeddings", {"input": [1]}, 404, "model '' not found"),
        ("embeddings", {"model": "tiny", "input": [1]}, 400, "invalid input type"),
        ("embeddings", {"model": "tiny", "input": 7}, 400, "invalid input type"),
        ("embeddings", {"model": "tiny", "input": []}, 400, "invalid input"),
        (
            "embeddings",
            {"model": "nope", "input": "x"},
            404,
            'model "nope" not found, try pulling it first',
        ),
    ],
)
async def test_errors_have_openais_form(
    server: Running, path: str, body: object, status: int, text: str
) -> None:
    answer = await server.ask("POST", f"/v1/{path}", body)
    kind = {400: "invalid_request_error", 404: "not_found_error"}[status]
    error = {"message": text, "type": kind, "param": None, "code": None}
    assert (answer.status, answer.json()) == (status, {"error": error})


async def test_the_type_of_json_tells_who_answers_as_there(server: Running) -> None:
    for body, kind in (
        (CHAT, "application/json"),
        ({**CHAT, "model": "nope"}, "application/json"),
        ({**CHAT, "model": ""}, "application/json"),
        ({**CHAT, "top_logprobs": 21}, "application/json"),
        ({**CHAT, "messages": []}, "application/json; charset=utf-8"),
        (b"{", "application/json; charset=utf-8"),
    ):
        answer = await server.ask("POST", "/v1/chat/completions", body)
        assert answer.headers["content-type"] == kind
        assert answer.body.endswith(b"\n") == (kind == "application/json")
    assert (await server.ask("GET", "/v1/models")).headers["content-type"] == "application/json"


async def test_the_details_of_a_model_elsewhere_are_not_told(server: Running) -> None:
    answer = await server.ask("GET", "/v1/models/x:cloud")
    text = "ollama cloud is disabled: remote model details are unavailable"
    assert (answer.status, answer.json()["error"]["message"]) == (403, text)


async def test_names_match_in_any_case_at_every_depth(server: Running) -> None:
    call = {"ID": "c1", "Function": {"Name": "f", "Arguments": '{"a":1}'}}
    function = {
        "Name": "f",
        "Parameters": {"Type": "object", "Properties": {"A": {"TYPE": "string"}}},
    }
    body = {
        **CHAT,
        "Messages": [{"Role": "assistant", "Content": None, "Tool_Calls": [call]}],
        "Tools": [{"Type": "function", "Function": function}],
        "Reasoning": {"Effort": "low"},
    }
    assert (await server.ask("POST", "/v1/chat/completions", body)).status == 200
    (request,) = server.operations.asked
    (turn,) = request.messages
    assert turn.tool_calls == [MessageToolCall(ToolCallFunction("f", {"a": 1}), "c1")]
    schema = {"type": "object", "properties": {"A": {"type": "string"}}}
    assert request.tools == [{"type": "function", "function": {"name": "f", "parameters": schema}}]
    assert request.think == "low"


async def test_completions_and_embeddings(server: Running) -> None:
    answer = await server.ask("POST", "/v1/completions", {"model": "tiny", "prompt": "x"})
    assert answer.json()["choices"][0]["text"] == "Hello"
    body = {"model": "tiny", "input": ["a", "b"], "encoding_format": "base64"}
    answer = await server.ask("POST", "/v1/embeddings", body)
    assert [len(entry["embedding"]) for entry in answer.json()["data"]] == [12, 12]


async def test_several_prompts_have_a_choice_each(server: Running) -> None:
    body = {"model": "tiny", "Prompt": ["x", "y", "z"]}
    answer = (await server.ask("POST", "/v1/completions", body)).json()
    assert [(one["index"], one["text"]) for one in answer["choices"]] == [
        (0, "Hello"), (1, "Hello"), (2, "Hello")]  # fmt: skip
    assert [request.prompt for request in server.operations.asked] == ["x", "y", "z"]
    one = (await server.ask("POST", "/v1/completions", {**body, "Prompt": "x"})).json()
    assert answer["usage"]["total_tokens"] == 3 * one["usage"]["total_tokens"] > 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"stream": True}, "a stream completes one prompt, not several"),
        ({"prompt": ["x"] * 129}, "129 prompts: 128 are the most"),
        ({"prompt": ["x", 1]}, "CompletionRequest.prompt of type string"),
        ({"prompt": ["x", ""]}, "CompletionRequest.prompt of type string"),
    ],
)
async def test_several_prompts_that_are_refused(
    server: Running, more: dict[str, Any], message: str
) -> None:
    body = {"model": "tiny", "prompt": ["x", "y"], **more}
    answer = await server.ask("POST", "/v1/completions", body)
    assert answer.status == 400 and message in answer.json()["error"]["message"]


async def test_models(server: Running) -> None:
    answer = await server.ask("GET", "/v1/models")
    assert [entry["id"] for entry in answer.json()["data"]] == ["tiny:latest"]
    assert (await server.ask("GET", "/v1/models/TINY")).json()["id"] == "TINY"
    answer = await server.ask("GET", "/v1/models/someone/nope")
    assert answer.status == 404 and "someone/nope:latest" in answer.json()["error"]["message"]


async def test_models_as_anthropics_clients_read_them(server: Running) -> None:
    headers = {"anthropic-version": "2023-06-01"}
    page = (await server.ask("GET", "/v1/models", headers=headers)).json()
    (entry,) = page["data"]
    assert (page["has_more"], page["first_id"], page["last_id"]) == (
        False,
        entry["id"],
        entry["id"],
    )
    assert (entry["type"], entry["display_name"]) == ("model", "tiny:latest")
    assert "created_at" in entry
    one = (await server.ask("GET", "/v1/models/tiny", headers=headers)).json()
    assert (one["type"], one["id"]) == ("model", "tiny")
    assert "type" not in (await server.ask("GET", "/v1/models/tiny")).json()


async def test_a_body_compressed_with_zstd(server: Running) -> None:
    headers = {"Content-Encoding": "zstd"}
    data = zstandard.compress(json.dumps(CHAT).encode())
    answer = await server.ask("POST", "/v1/chat/completions", data, headers)
    assert answer.status == 200
    bomb = zstandard.compress(b" " * (21 << 20))
    assert (await server.ask("POST", "/v1/chat/completions", bomb, headers)).status == 413
    answer = await server.ask("POST", "/v1/chat/completions", b"{}", headers)
    assert answer.status == 400
    assert answer.json()["error"]["message"] == "invalid input: magic number mismatch"
