"""The drop-in against a scripted server: requests as that package sends them, errors as it has."""

import base64
import gc
import json
import threading
from pathlib import Path
from typing import Any

import pytest

import rillet.ollama as ollama
from rillet.testing import CHUNKED, LAST_CHUNK, Script, ScriptedServer, Stall, answer, chunk
from rillet.words.errors import StreamTruncated

HI = [{"role": "user", "content": "hi"}]


def record(content: str, **more: Any) -> bytes:
    message = {"role": "assistant", "content": content}
    said = {"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": message, "done": False}
    return json.dumps({**said, **more}).encode() + b"\n"


END = record("", done=True, done_reason="stop", eval_count=2)
WHOLE: Script = [CHUNKED, chunk(record("a") + record("b") + END), LAST_CHUNK]


def sent(server: ScriptedServer) -> Any:
    return json.loads(server.requests[-1].body)


def test_each_record_is_a_response_also_of_one_chunk() -> None:
    with ScriptedServer(WHOLE) as server, ollama.Client(server.url) as client:
        parts = list(client.chat("m", HI, stream=True))
        assert [part.message.content for part in parts] == ["a", "b", ""]
        assert parts[-1].eval_count == 2 and parts[0].created_at == "2026-01-01T00:00:00Z"
        whole = client.chat("m", HI)
        assert whole.message.content == "ab" and whole.done_reason == "stop"


def test_next_works_as_on_a_generator() -> None:
    with ScriptedServer(WHOLE) as server, ollama.Client(server.url) as client:
        parts = client.chat("m", HI, stream=True)
        assert next(parts).message.content == "a"
        assert [part.message.content for part in parts] == ["b", ""]
        with pytest.raises(StopIteration):
            next(parts)


def test_messages_options_images_and_tools_in_all_their_forms(tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(b"png")
    coded = base64.b64encode(b"png").decode()
    images = [str(tmp_path / "p.png"), b"png", coded, ollama.Image(value=tmp_path / "p.png")]
    messages = [
        ollama.Message(role="user", content="x", images=images),
        {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
        {"role": "tool", "content": "1", "tool_name": "f"},
    ]
    with ScriptedServer(WHOLE) as server, ollama.Client(server.url) as client:
        client.chat(
            "m",
            messages,
            options=ollama.Options(temperature=0, stop=["x"]),
            keep_alive="5m",
            think="high",
            format="json",
        )
        body = sent(server)
    assert body["messages"][0]["images"] == [coded] * 4
    assert body["messages"][1]["tool_calls"][0]["function"]["name"] == "f"
    assert body["messages"][2] == {"role": "tool", "content": "1", "tool_name": "f"}
    assert body["options"] == {"temperature": 0, "stop": ["x"]}
    assert (body["keep_alive"], body["think"], body["format"]) == ("5m", "high", "json")


def test_leaving_the_loop_stops_the_server() -> None:
    with ScriptedServer([CHUNKED, chunk(record("a")), Stall()]) as server:
        client = ollama.Client(server.url)
        parts = client.chat("m", HI, stream=True)
        for _ in parts:
            break
        assert server.disconnected.wait(10)


def test_stop_from_a_thread() -> None:
    script: Script = [CHUNKED, chunk(record("a")), Stall()]
    with ScriptedServer(script) as server, ollama.Client(server.url) as client:
        parts = client.chat("m", HI, stream=True)
        said = []
        for part in parts:
            said.append(part.message.content)
            threading.Timer(0.1, parts.stop).start()
        assert said == ["a"]


def test_errors_are_those_that_programs_catch() -> None:
    missing = answer(b'{"error":"model \'m\' not found"}', status="404 Not Found")
    with ScriptedServer([missing]) as server, ollama.Client(server.url) as client:
        with pytest.raises(ollama.ResponseError) as caught:
            client.chat("m", HI)
        assert (caught.value.error, caught.value.status_code) == ("model 'm' not found", 404)
        with pytest.raises(ollama.RequestError):
            client.chat("", HI)
        with pytest.raises(ollama.RequestError, match="No such image"):
            client.generate("m", images=["nowhere.png"])
        with pytest.raises(FileNotFoundError):
            client.create_blob("nowhere.gguf")
        url = server.url
    with ollama.Client(url) as client, pytest.raises(ConnectionError):
        client.list()


def test_a_broken_stream_is_an_error_with_what_came() -> None:
    cut: Script = [CHUNKED, chunk(record("a")), LAST_CHUNK]
    with ScriptedServer(cut) as server, ollama.Client(server.url) as client:
        seen = []
        with pytest.raises(ollama.ResponseError) as caught:
            for part in client.chat("m", HI, stream=True):
                seen.append(part.message.content)
        assert seen == ["a"]
        cause = caught.value.__cause__
        assert isinstance(cause, StreamTruncated) and cause.partial is not None
        assert cause.partial.text == "a"


def test_an_error_in_mid_stream() -> None:
    broken: Script = [CHUNKED, chunk(record("a") + b'{"error":"oh no"}\n'), LAST_CHUNK]
    with ScriptedServer(broken, broken) as server, ollama.Client(server.url) as client:
        with pytest.raises(ollama.ResponseError, match="oh no") as caught:
            list(client.chat("m", HI, stream=True))
        assert caught.value.status_code == -1
        with pytest.raises(ollama.ResponseError, match="oh no") as caught:
            client.chat("m", HI)
        assert caught.value.status_code == 500  # as Ollama answers where no stream was asked for


async def test_the_same_with_asyncio() -> None:
    broken: Script = [CHUNKED, chunk(record("a") + b'{"error":"oh no"}\n'), LAST_CHUNK]
    with ScriptedServer(WHOLE, WHOLE, broken) as server:
        async with ollama.AsyncClient(server.url) as client:
            parts = [part async for part in await client.chat("m", HI, stream=True)]
            assert [part.message.content for part in parts] == ["a", "b", ""]
            assert (await client.chat("m", HI)).message.content == "ab"
            with pytest.raises(ollama.ResponseError, match="oh no") as caught:
                await client.chat("m", HI)
            assert caught.value.status_code == 500
            with pytest.raises(ollama.RequestError):
                await client.chat("", HI)
        assert server.connections == 1


def test_headers_auth_and_timeouts() -> None:
    with ScriptedServer(WHOLE) as server:
        with ollama.Client(server.url, headers={"X-A": "1"}, auth=("me", "secret")) as client:
            client.chat("m", HI)
        request = server.requests[0]
        assert request.header("x-a") == "1"
        assert request.header("authorization") == "Basic bWU6c2VjcmV0"
    with (
        ScriptedServer([Stall()]) as server,
        ollama.Client(server.url, timeout=0.2) as client,
        pytest.raises(ollama.ResponseError, match=r"within 0\.2 s"),
    ):
        client.chat("m", HI)


def test_progress_of_a_pull() -> None:
    lines = [{"status": "pulling x", "digest": "sha256:1", "total": 9, "completed": 3}]
    script = [CHUNKED, *(chunk(json.dumps(line).encode() + b"\n") for line in lines)]
    script += [chunk(b'{"status":"success"}\n'), LAST_CHUNK]
    with ScriptedServer(script) as server, ollama.Client(server.url) as client:
        steps = list(client.pull("m", stream=True))
        assert (steps[0].completed, steps[0].total, steps[0]["digest"]) == (3, 9, "sha256:1")
        assert steps[1].get("status") == "success" and "total" not in steps[1]
        assert client.pull("m").status == "success"


def test_the_module_makes_no_client_before_it_is_used() -> None:
    import subprocess
    import sys

    code = "import sys, rillet.ollama as o; print('_default' in vars(o), 'asyncio' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "False"]


def test_abandoned_streams_and_gc() -> None:
    with ScriptedServer([CHUNKED, chunk(record("a")), Stall()]) as server:
        client = ollama.Client(server.url)
        for _ in range(30):
            parts = client.chat("m", HI, stream=True)
            next(parts)
            parts.own = parts
        del parts
        gc.collect()
        client.close()
