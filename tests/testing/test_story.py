"""The kit for other people's tests: stories whole and with each fault, by the fixture."""

import time
from pathlib import Path
from typing import Any

import pytest

import rillet
from rillet.testing import Story, answer, failure, recorded, told
from rillet.words.events import Progress, Text, Thinking, ToolCall

STREAMS = Path(__file__).parents[1] / "data" / "streams"
HI = [{"role": "user", "content": "hi"}]
QUICK = rillet.Timeouts(connect=5, first_token=5, between_tokens=0.3)
WIRES: list[Any] = ["chat", "generate", "openai", "openai-completions"]


def ask(url: str, wire: str = "chat") -> rillet.Reply:
    api: Any = "openai" if wire.startswith("openai") else "ollama"
    with rillet.Client(url, api=api, timeouts=QUICK, retries=0) as client:
        if wire in ("chat", "openai"):
            return client.chat("m", HI)
        return client.generate("m", "hi")


@pytest.mark.parametrize("wire", WIRES)
def test_a_story_comes_whole(model_server: Any, wire: Any) -> None:
    story = told("Hel", "lo", wire=wire)
    for script in (story, story.split(), story.split(7), story.slow(0.005)):
        reply = ask(model_server(script).url, wire)
        assert (reply.text, reply.done_reason) == ("Hello", "stop")
        assert reply.usage is not None and reply.usage.completion_tokens == 2


@pytest.mark.parametrize("wire", WIRES)
def test_each_fault_is_what_it_says(model_server: Any, wire: Any) -> None:
    story = told("Hel", "lo", wire=wire)
    faults = {
        "truncated": (story.truncated(after=1), rillet.StreamTruncated),
        "hung up": (story.hung_up(after=1), rillet.StreamTruncated),
        "reset": (story.reset(after=1), rillet.StreamTruncated),
        "stalled": (story.stalled(after=1), rillet.Stalled),
        "dripping": (story.dripping(after=1), rillet.Stalled),
        "failed": (story.failed("no memory", after=1), rillet.ServerError),
        "garbled": (story.garbled(after=1), rillet.MalformedStream),
    }
    for name, (script, kind) in faults.items():
        with pytest.raises(kind) as caught:
            ask(model_server(script).url, wire)
        assert type(caught.value) is kind, name
        assert caught.value.partial is not None, name
        assert caught.value.partial.text == "Hel", name


def test_events_of_all_kinds(model_server: Any) -> None:
    call = ToolCall("f", {"a": 1}, "c1")
    story = told(Thinking("hm"), Text("Hi"), call)
    reply = ask(model_server(story).url)
    assert (reply.thinking, reply.text) == ("hm", "Hi")
    assert reply.tool_calls[0].arguments == {"a": 1}
    broken = told("Hi", failure("it fell over"))
    with pytest.raises(rillet.ServerError, match="it fell over"):
        ask(model_server(broken).url)


def test_progress_of_a_pull(model_server: Any) -> None:
    story = told(Progress("pulling", 1, 2, "sha256:1"), wire="progress")
    with rillet.Client(model_server(story).url, api="ollama") as client:
        events = list(client.stream_pull("m"))
    assert events[0] == Progress("pulling", 1, 2, "sha256:1")


@pytest.mark.parametrize("name", ["chat-stream-basic.ndjson", "openai-chat-stream.sse"])
def test_recorded_streams(model_server: Any, name: str) -> None:
    story = recorded(STREAMS / name)
    assert story.body == (STREAMS / name).read_bytes() and len(story.records) > 2
    wire = "openai" if name.endswith("sse") else "chat"
    assert ask(model_server(story).url, wire).complete
    with pytest.raises(rillet.StreamTruncated):
        ask(model_server(story.truncated(after=1)).url, wire)


def test_answers_come_one_after_another_and_requests_are_kept(model_server: Any) -> None:
    server = model_server([answer(b"{}", status="500 Oh No")], told("again"))
    with pytest.raises(rillet.ServerError):
        ask(server.url)
    assert ask(server.url).text == ask(server.url).text == "again"
    assert [request.path for request in server.requests] == ["/api/chat"] * 3


def test_a_slow_story_is_slow(model_server: Any) -> None:
    began = time.monotonic()
    ask(model_server(told("a", "b").slow(0.05)).url)
    assert time.monotonic() - began >= 0.15


def test_a_story_is_always_the_same() -> None:
    assert told("a") == told("a") != told("b")
    assert isinstance(told("a"), Story)


@pytest.mark.parametrize("wire", ["chat", "openai"])
def test_a_client_that_asks_which_api_it_is_gets_the_story(model_server: Any, wire: Any) -> None:
    story = told("Hel", "lo", wire=wire)
    server = model_server(story.truncated(after=1), story.split())
    with rillet.Client(server.url) as client:
        with pytest.raises(rillet.StreamTruncated) as caught:
            client.chat("m", HI)
        assert caught.value.partial is not None and caught.value.partial.text == "Hel"
        assert client.chat("m", HI).text == "Hello"
    assert len(server.requests) == 2


def test_what_is_no_story_is_told() -> None:
    for make in (
        lambda: told(5),  # type: ignore[arg-type]
        lambda: told("a", wire="soap"),  # type: ignore[arg-type]
        lambda: told("a").truncated(after=9),
        lambda: told("a").reset(after=-1),
    ):
        with pytest.raises(ValueError, match=r"texts and events|wire is one of|the story has"):
            make()


def test_a_recording_by_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(told("a").body)
    assert recorded(str(tmp_path / "a.ndjson")) == told("a")
