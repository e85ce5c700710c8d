"""Each operation on each wire: what goes to which path, and what the answer becomes."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rillet.client.aio import AsyncClient
from rillet.client.sync import Client
from rillet.testing import CHUNKED, LAST_CHUNK, ScriptedServer, answer, chunk, head
from rillet.words.errors import (
    Busy,
    InvalidRequest,
    MalformedStream,
    ModelNotFound,
    ServerError,
    Stalled,
    Unauthorized,
    Unreachable,
)
from rillet.words.events import Finish, Progress, Usage
from rillet.words.models import CreateRequest
from rillet.words.timeouts import Timeouts
from tests.client.reading import SHELLS

QUICK = Timeouts(connect=5, first_token=5, between_tokens=5)
Call = Callable[[Any], Any]


def call(shell: str, url: str, what: Call, **options: Any) -> Any:
    """`what(client)`, whose answer is awaited where it has to be."""
    options = {"timeouts": QUICK, "retries": 0, "api": "ollama", **options}
    if shell == "sync":
        with Client(url, **options) as client:
            return what(client)

    async def run() -> Any:
        async with AsyncClient(url, **options) as client:
            return await what(client)

    return asyncio.run(run())


def said(value: Any, status: str = "200 OK") -> bytes:
    return answer(json.dumps(value).encode(), status=status)


def body(server: ScriptedServer, at: int = 0) -> Any:
    return json.loads(server.requests[at].body)


pytestmark = pytest.mark.parametrize("shell", SHELLS)

OLLAMA: list[tuple[Call, Any, str, Any, Callable[[Any], bool]]] = [
    (
        lambda c: c.embed("m", ["a", "b"], dimensions=2, keep_alive="5m"),
        {"model": "m", "embeddings": [[1.0, 2.0], [3.0, 4.0]], "prompt_eval_count": 4},
        "POST /api/embed",
        {"model": "m", "input": ["a", "b"], "dimensions": 2, "keep_alive": "5m"},
        lambda v: v.embeddings == [[1.0, 2.0], [3.0, 4.0]] and v.prompt_eval_count == 4,
    ),
    (
        lambda c: c.tags(),
        {"models": [{"name": "m:latest", "size": 5, "details": {"families": None}, "new": 1}]},
        "GET /api/tags",
        None,
        lambda v: v[0].name == "m:latest" and v[0].size == 5,
    ),
    (
        lambda c: c.ps(),
        {"models": [{"name": "m", "size_vram": 7}]},
        "GET /api/ps",
        None,
        lambda v: v[0].size_vram == 7,
    ),
    (
        lambda c: c.show("m", verbose=True),
        {"details": {"family": "llama"}, "capabilities": ["tools"], "model_info": {"a.b": 1}},
        "POST /api/show",
        {"model": "m", "verbose": True},
        lambda v: v.capabilities == ["tools"] and v.details.family == "llama",
    ),
    (lambda c: c.version(), {"version": "0.33"}, "GET /api/version", None, lambda v: v == "0.33"),
    (
        lambda c: c.copy("a", "b"),
        None,
        "POST /api/copy",
        {"source": "a", "destination": "b"},
        lambda v: v is None,
    ),
    (lambda c: c.delete("m"), None, "DELETE /api/delete", {"model": "m"}, lambda v: v is None),
]


@pytest.mark.parametrize(("what", "reply", "line", "sent", "right"), OLLAMA)
def test_ollamas_questions(
    shell: str, what: Call, reply: Any, line: str, sent: Any, right: Callable[[Any], bool]
) -> None:
    with ScriptedServer([answer() if reply is None else said(reply)]) as server:
        assert right(call(shell, server.url, what))
        request = server.requests[0]
        assert f"{request.method} {request.path}" == line
        assert sent is None or body(server) == sent


@pytest.mark.parametrize("operation", ["pull", "push", "create"])
def test_transfers_tell_their_progress(shell: str, operation: str) -> None:
    records = [{"status": "pulling", "digest": "sha256:1", "total": 9, "completed": 3}]
    lines = [json.dumps(record).encode() + b"\n" for record in [*records, {"status": "success"}]]
    with ScriptedServer([CHUNKED, *map(chunk, lines), LAST_CHUNK]) as server:

        def stream(client: Any) -> Any:
            if operation == "create":
                return client.stream_create(CreateRequest(model="m", from_="n"))
            return getattr(client, f"stream_{operation}")("m")

        if shell == "sync":
            events = call(shell, server.url, lambda c: list(stream(c)))
        else:

            async def collect(client: Any) -> Any:
                return [event async for event in stream(client)]

            events = call(shell, server.url, collect)
        assert events == [Progress("pulling", 3, 9, "sha256:1"), Finish("success")]
        assert server.requests[0].path == f"/api/{operation}"
        assert body(server)["stream"] is True


def test_a_transfer_that_fails_says_so(shell: str) -> None:
    failure = said({"error": "pull model manifest: file does not exist"})
    missing = pytest.raises(ServerError, match="file does not exist")
    with ScriptedServer([failure]) as server, missing:
        call(shell, server.url, lambda c: c.pull("m"))


# Files


def test_a_file_is_sent_once_under_its_digest(shell: str, tmp_path: Path) -> None:
    content = b"x" * 1_000_000
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    absent, made = head("404 Not Found", [("Content-Length", "0")]), answer(status="201 Created")
    with ScriptedServer([absent], [made], [answer()]) as server:
        assert call(shell, server.url, lambda c: c.put_blob(path)) == digest
        assert call(shell, server.url, lambda c: c.put_blob(str(path))) == digest
        lines = [f"{request.method} {request.path}" for request in server.requests]
        assert lines == [f"{m} /api/blobs/{digest}" for m in ("HEAD", "POST", "HEAD")]
        assert server.requests[1].body == content
        assert server.requests[1].header("content-length") == "1000000"


def test_a_refused_file_is_an_error(shell: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 3_000_000)
    refusal = answer(b'{"error":"digest mismatch"}', status="400 Bad Request")
    absent = head("404 Not Found", [("Content-Length", "0")])
    refused = pytest.raises(ServerError, match="digest mismatch")
    with ScriptedServer([absent], [refusal]) as server, refused:
        call(shell, server.url, lambda c: c.put_blob(tmp_path / "f"))


def test_a_file_that_is_not_there_and_a_digest_that_is_none(shell: str, tmp_path: Path) -> None:
    with ScriptedServer() as server:
        with pytest.raises(InvalidRequest, match="cannot be read"):
            call(shell, server.url, lambda c: c.put_blob(tmp_path / "none"))
        for digest in (
            "",
            "sha256:12",
            "sha256:" + "g" * 64,
            "../../etc/passwd",
            "md5:" + "0" * 64,
        ):
            with pytest.raises(InvalidRequest, match="no digest"):
                call(shell, server.url, lambda c, d=digest: c.has_blob(d))
        assert server.requests == []


def test_has_blob(shell: str) -> None:
    digest = "sha256:" + "0" * 64
    absent = head("404 Not Found", [("Content-Length", "0")])
    with ScriptedServer([answer()], [absent], [answer(status="500 Oh No")]) as server:
        assert call(shell, server.url, lambda c: c.has_blob(digest)) is True
        assert call(shell, server.url, lambda c: c.has_blob(digest.replace(":", "-"))) is False
        with pytest.raises(ServerError):
            call(shell, server.url, lambda c: c.has_blob(digest))
        assert {request.path for request in server.requests} == {f"/api/blobs/{digest}"}


# OpenAI's wire


def test_openais_models_and_embeddings(shell: str) -> None:
    models = {"object": "list", "data": [{"id": "a", "object": "model"}, {"id": "b"}]}
    vectors = {
        "data": [{"index": 1, "embedding": [3.0]}, {"index": 0, "embedding": [1.0]}],
        "usage": {"prompt_tokens": 4},
    }
    with ScriptedServer([said(models)], [said(vectors)], [said({"data": None})]) as server:
        found = call(shell, server.url, lambda c: c.tags(), api="openai")
        assert [model.name for model in found] == ["a", "b"]
        made = call(shell, server.url, lambda c: c.embed("m", ["x", "y"]), api="openai")
        assert (made.embeddings, made.prompt_eval_count) == ([[1.0], [3.0]], 4)
        assert call(shell, server.url, lambda c: c.tags(), api="openai") == []
        assert body(server, 1) == {"model": "m", "input": ["x", "y"]}
        assert [r.path for r in server.requests][:2] == ["/v1/models", "/v1/embeddings"]


def test_how_the_servers_behind_it_are(shell: str) -> None:
    told = {"url": "http://h:1", "name": "gpu", "models": 2, "reachable": True, "new": "field"}
    unknown = [answer(b"404 page not found", status=404)]
    with ScriptedServer([said({"upstreams": [told]})], unknown, [said({"upstreams": None})]) as at:
        (found,) = call(shell, at.url, lambda c: c.upstreams())
        assert (found.name, found.models, found.last_error) == ("gpu", 2, "")
        for _ in range(2):  # Ollama has no such question
            assert call(shell, at.url, lambda c: c.upstreams()) == []
        assert at.requests[0].path == "/api/upstreams"


@pytest.mark.parametrize("name", ["ps", "version", "upstreams"])
def test_what_openais_wire_has_no_word_for(shell: str, name: str) -> None:
    with ScriptedServer() as server:
        with pytest.raises(InvalidRequest, match=f"no {name}"):
            call(shell, server.url, lambda c: getattr(c, name)(), api="openai")
        with pytest.raises(InvalidRequest, match="no pull"):
            call(shell, server.url, lambda c: c.pull("m"), api="openai")
        for ask in (lambda c: c.generate("m", keep_alive=0), lambda c: c.chat("m", [])):
            with pytest.raises(InvalidRequest, match="no loading or unloading of models"):
                call(shell, server.url, ask, api="openai")
        assert server.requests == []


def test_a_chat_on_openais_wire(shell: str) -> None:
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "hm"},
        {"content": "Hi"},
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": '{"a'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '":1}'}}]},
    ]
    records: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": d}]} for d in deltas]
    records.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    records.append({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}})
    frames = [b"data: %s\n\n" % json.dumps(record).encode() for record in records]
    script = [CHUNKED, *map(chunk, [*frames, b"data: [DONE]\n\n"]), LAST_CHUNK]

    def add(a: int, b: int = 2) -> int:
        """Add two numbers.

        Args:
            a: the first one
        """
        return a + b

    messages = [{"role": "user", "content": "What is it?", "images": [b"\x89PNG"]}]
    with ScriptedServer(script) as server:
        reply = call(
            shell,
            server.url,
            lambda c: c.chat("m", messages, tools=[add], options={"temperature": 0, "num_ctx": 9}),
            api="openai",
        )
        sent = body(server)
    assert (reply.text, reply.thinking, reply.done_reason) == ("Hi", "hm", "tool_calls")
    assert reply.tool_calls[0].arguments == {"a": 1} and reply.tool_calls[0].id == "c1"
    assert reply.usage == Usage(3, 2) and reply.timings is None
    assert sent["stream"] is True and sent["stream_options"] == {"include_usage": True}
    assert sent["temperature"] == 0 and "num_ctx" not in sent
    function = sent["tools"][0]["function"]
    assert function["parameters"]["required"] == ["a"]
    assert function["parameters"]["properties"]["a"]["description"] == "the first one"
    assert sent["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/png;base64")


def test_a_server_known_to_omit_the_reason(shell: str) -> None:
    frames = [b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n', b"data: [DONE]\n\n"]
    with ScriptedServer([CHUNKED, *map(chunk, frames), LAST_CHUNK]) as server:
        reply = call(
            shell,
            server.url,
            lambda c: c.chat("m", [{"role": "user", "content": "x"}]),
            api="openai",
            finish_reason_required=False,
        )
    assert (reply.text, reply.done_reason, reply.usage) == ("Hi", None, None)
    assert reply.complete


# Which wire


CHAT = b'{"message":{"content":"Hi"},"done":true,"done_reason":"stop"}\n'
SSE = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n'
ASKED = [
    ("ollama", answer(b'{"version":"0.33.0"}'), "/api/chat", CHAT),
    ("not found", answer(b"nope", status="404 Not Found"), "/v1/chat/completions", SSE),
    ("another json", answer(b'{"error":"Unexpected endpoint"}'), "/v1/chat/completions", SSE),
    ("a page", answer(b"<html>"), "/v1/chat/completions", SSE),
    ("not allowed", answer(status="405 Method Not Allowed"), "/v1/chat/completions", SSE),
]


@pytest.mark.parametrize(("_name", "version", "path", "reply"), ASKED)
def test_the_wire_is_found_out_by_asking_once(
    shell: str, _name: str, version: bytes, path: str, reply: bytes
) -> None:
    messages = [{"role": "user", "content": "x"}]

    def twice(client: Any) -> Any:
        if shell == "sync":
            return [client.chat("m", messages).text for _ in range(2)]

        async def both() -> Any:
            return [(await client.chat("m", messages)).text for _ in range(2)]

        return both()

    with ScriptedServer([version], [answer(reply)]) as server:
        assert call(shell, server.url, twice, api=None) == ["Hi", "Hi"]
        assert [request.path for request in server.requests] == ["/api/version", path, path]
        assert server.connections == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [("401 Unauthorized", Unauthorized), ("503 Service Unavailable", Busy)],
)
def test_what_tells_nothing_about_the_wire_is_raised(
    shell: str, status: str, error: type[ServerError]
) -> None:
    scripts = [answer(status=status)], [answer(b'{"version":"1"}')]
    with ScriptedServer(*scripts) as server, pytest.raises(error):
        call(shell, server.url, lambda c: c.tags(), api=None)


def test_no_server_is_found_out_as_well(shell: str) -> None:
    with ScriptedServer() as server:
        url = server.url
    with pytest.raises(Unreachable):
        call(shell, url, lambda c: c.version(), api=None)
    stream: Call = lambda c: c.chat("m", [{"role": "user", "content": "x"}])  # noqa: E731
    with pytest.raises(Unreachable):
        call(shell, url, stream, api=None)


def test_a_server_that_does_not_say_its_wire_gets_a_hint(shell: str) -> None:
    from rillet.testing import Stall

    with ScriptedServer([Stall()]) as server, pytest.raises(Stalled, match="name it: api="):
        call(shell, server.url, lambda c: c.tags(), api=None, timeouts=Timeouts(first_token=0.2))


# Tries


def test_tries_go_on_until_a_server_is_there(shell: str, unused_port: int) -> None:
    """No connection at first: the next try comes a moment later."""
    import threading
    import time

    servers = []

    def start_late() -> None:
        time.sleep(0.15)
        servers.append(ScriptedServer([said({"version": "1"})], port=unused_port))

    starter = threading.Thread(target=start_late)
    starter.start()
    version = call(shell, f"127.0.0.1:{unused_port}", lambda c: c.version(), retries=9)
    starter.join()
    servers[0].close()
    assert version == "1"


def test_a_wish_for_more_patience_than_there_is_is_told_at_once(shell: str) -> None:
    refusal = answer(b"{}", status="429 Too Many Requests", headers=[("Retry-After", "3600")])
    with ScriptedServer([refusal]) as server:
        with pytest.raises(Busy) as caught:
            call(shell, server.url, lambda c: c.version(), retries=5)
        assert caught.value.retry_after == 3600
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "500 Oh No"])
def test_other_refusals_are_final(shell: str, status: str) -> None:
    with ScriptedServer([answer(b"{}", status=status)]) as server:
        with pytest.raises(ServerError):
            call(shell, server.url, lambda c: c.version(), retries=5)
        assert len(server.requests) == 1


def test_an_answer_of_another_kind(shell: str) -> None:
    with ScriptedServer([answer(b"<html>hello")], [answer(b'{"models": 5}')]) as server:
        for words in ("web page", "not what its API says"):
            with pytest.raises(MalformedStream, match=words):
                call(shell, server.url, lambda c: c.tags())
    for what in (lambda c: c.tags(), lambda c: c.show("m"), lambda c: c.embed("m", "x")):
        with ScriptedServer([said({"error": "boom"})]) as server:
            with pytest.raises(ServerError, match="boom"):
                call(shell, server.url, what)
            with pytest.raises(ServerError, match="boom"):
                call(shell, server.url, lambda c: c.tags(), api="openai")


def test_a_list_that_names_models_one_way(shell: str) -> None:
    with ScriptedServer([said({"models": [{"model": "m"}]})], [said({"models": None})]) as server:
        (found,) = call(shell, server.url, lambda c: c.tags())
        assert (found.name, found.model) == ("m", "m")
        assert call(shell, server.url, lambda c: c.tags()) == []


def test_a_model_that_is_not_there(shell: str) -> None:
    refusal = said({"error": "model 'm' not found"}, "404 Not Found")
    with ScriptedServer([refusal]) as server, pytest.raises(ModelNotFound, match="rillet pull m"):
        call(shell, server.url, lambda c: c.show("m"))
