"""What a stream gives besides events: texts, partial objects, replies, and all that only once."""

import copy
import json
from typing import Any

import pytest

import rillet
from rillet.testing import ScriptedServer, Stall, told
from rillet.words.events import Finish, Text, Thinking

HI = [{"role": "user", "content": "hi"}]
ANSWER = json.dumps({"name": "Ada", "ages": [1, 2]})
PIECES = [ANSWER[at : at + 3] for at in range(0, len(ANSWER), 3)]


def test_partial_json_grows_and_ends_whole() -> None:
    script = told(*PIECES).script()
    with ScriptedServer(script) as server, rillet.Client(server.url, api="ollama") as client:
        stream = client.stream_chat("m", HI, format="json")
        seen = [copy.deepcopy(value) for value in stream.partial_json()]
    assert seen[-1] == json.loads(ANSWER)
    assert {"name": "Ada"} in seen
    assert len(seen) == len(PIECES) + 1


def test_a_number_is_certain_at_the_end() -> None:
    script = told("1", "2").script()
    with ScriptedServer(script) as server, rillet.Client(server.url, api="ollama") as client:
        assert list(client.stream_chat("m", HI).partial_json()) == [None, None, 12]


def test_an_answer_that_is_no_json_is_told_at_the_end() -> None:
    script = told('{"a": 1, ', "oops").script()
    with ScriptedServer(script) as server, rillet.Client(server.url, api="ollama") as client:
        values = client.stream_chat("m", HI).partial_json()
        assert [next(values) for _ in range(3)][-1] == {"a": 1}
        with pytest.raises(rillet.MalformedStream, match="no JSON from character 9") as caught:
            next(values)
    assert caught.value.partial is not None and caught.value.partial.complete


@pytest.mark.parametrize("wire", ["chat", "openai"])
async def test_an_answer_that_ollama_broke_off_for_repeating_itself_says_so(wire: Any) -> None:
    api: Any = "ollama" if wire == "chat" else "openai"
    script = told("It is", *[" very"] * 31, wire=wire).truncated(after=32)
    with ScriptedServer(script) as server, rillet.Client(server.url, api=api) as client:
        with pytest.raises(rillet.StreamTruncated, match="it repeats itself") as caught:
            client.chat("m", HI)
        assert "repeat_penalty" in caught.value.hint and caught.value.partial is not None
        async with rillet.AsyncClient(server.url, api=api) as asynchronous:
            with pytest.raises(rillet.StreamTruncated, match="it repeats itself"):
                await asynchronous.chat("m", HI)


async def test_partial_json_with_asyncio() -> None:
    with ScriptedServer(told(*PIECES).script()) as server:
        async with rillet.AsyncClient(server.url, api="ollama") as client:
            stream = client.stream_chat("m", HI, format="json")
            seen = [copy.deepcopy(value) async for value in stream.partial_json()]
    assert seen[-1] == json.loads(ANSWER) and {"name": "Ada"} in seen


def test_another_framework_than_asyncio_is_told() -> None:
    client = rillet.AsyncClient("127.0.0.1:1", api="ollama")
    for asked in (client.version(), client.chat("m", HI)):
        with pytest.raises(rillet.InvalidRequest, match="runs on asyncio") as caught:
            asked.send(None)  # as the loop of such a framework does
        assert "trio" in caught.value.hint


def test_text_is_without_thinking_which_the_reply_has() -> None:
    story = told(Thinking("hm"), "a", "b")
    with ScriptedServer(story.script()) as server, rillet.Client(server.url) as client:
        client = rillet.Client(server.url, api="ollama")
        stream = client.stream_chat("m", HI)
        assert list(stream.text()) == ["a", "b"]
        assert (stream.partial.text, stream.partial.thinking) == ("ab", "hm")
        assert stream.reply() == stream.partial and stream.partial.complete
        assert list(stream) == []


def test_next_and_loops_go_on_from_each_other() -> None:
    with ScriptedServer(told("a", "b", "c").script()) as server:
        client = rillet.Client(server.url, api="ollama")
        stream = client.stream_chat("m", HI)
        assert next(stream) == Text("a")
        assert [type(event) for event in stream] == [Text, Text, Finish]
        with pytest.raises(StopIteration):
            next(stream)


async def test_anext_and_loops_go_on_from_each_other() -> None:
    with ScriptedServer(told("a", "b", "c").script()) as server:
        async with rillet.AsyncClient(server.url, api="ollama") as client:
            stream = client.stream_chat("m", HI)
            assert await anext(stream) == Text("a")
            assert [type(event) async for event in stream] == [Text, Text, Finish]
            with pytest.raises(StopAsyncIteration):
                await anext(stream)


def test_nothing_is_sent_before_the_first_event_is_wanted() -> None:
    with ScriptedServer([Stall()]) as server, rillet.Client(server.url, api="ollama") as client:
        client.stream_chat("m", HI)
        with client.stream_chat("m", HI):
            pass
        assert server.connections == 0


@pytest.mark.parametrize("wrong", [{"temperature": 1}, {"tools": [5]}, {"format": object()}])
def test_a_wrong_argument_is_told_at_once(wrong: Any) -> None:
    with pytest.raises(rillet.InvalidRequest):
        rillet.Client("127.0.0.1:9").stream_chat("m", HI, **wrong)
