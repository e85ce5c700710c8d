"""Answers that broke off on a server without records, continued from what had come."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from rillet.client.aio import AsyncClient
from rillet.client.sync import Client
from rillet.testing import (
    CHUNKED,
    LAST_CHUNK,
    Hangup,
    Reset,
    Script,
    ScriptedServer,
    Stall,
    Step,
    answer,
    chunk,
    head,
)
from rillet.words.errors import (
    InvalidRequest,
    RilletError,
    ServerError,
    Stalled,
    StreamTruncated,
)
from rillet.words.events import Event, Finish, Reconnected, Text
from rillet.words.replies import Reply, fold
from rillet.words.requests import GenerateRequest
from rillet.words.timeouts import Timeouts
from tests.client.reading import SHELLS

QUICK = Timeouts(connect=5, first_token=5, between_tokens=0.3)
HI = [{"role": "user", "content": "Hi"}]
CUTS: list[Step] = [Hangup(), Reset(), Stall()]


def chat(*pieces: str, end: bool = False, **more: Any) -> bytes:
    records = [{"message": {"role": "assistant", "content": piece}, **more} for piece in pieces]
    if end:
        final = {"message": {"role": "assistant", "content": ""}, "done": True}
        records.append({**final, "done_reason": "stop", "eval_count": 2})
    return b"".join(chunk(json.dumps(record).encode() + b"\n") for record in records)


def generate(*pieces: str, end: bool = False) -> bytes:
    records: list[Any] = [{"response": piece, "done": False} for piece in pieces]
    if end:
        records.append({"response": "", "done": True, "done_reason": "stop"})
    return b"".join(chunk(json.dumps(record).encode() + b"\n") for record in records)


def sse(*pieces: str, field: str = "delta", end: bool = False) -> bytes:
    def record(piece: str, reason: str | None) -> bytes:
        said = {"content": piece} if field == "delta" else piece
        choice = {"index": 0, field: said, "finish_reason": reason}
        return chunk(b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n")

    data = b"".join(record(piece, None) for piece in pieces)
    return data + record("", "stop") + chunk(b"data: [DONE]\n\n") if end else data


def read(
    shell: str, url: str, operation: str, *arguments: Any, client: Any = None, **options: Any
) -> tuple[list[Event], RilletError | None]:
    """All events of an answer, and the error of its end."""
    how: dict[str, Any] = {"api": "ollama", "timeouts": QUICK, "continue_by": "prefill"}
    how |= client or {}
    events: list[Event] = []

    async def run() -> None:
        async with AsyncClient(url, **how) as asked:
            async for event in getattr(asked, operation)("m", *arguments, **options):
                events.append(event)

    try:
        if shell == "async":
            asyncio.run(run())
        else:
            with Client(url, **how) as asked:
                events.extend(getattr(asked, operation)("m", *arguments, **options))
    except RilletError as error:
        return events, error
    return events, None


def bodies(server: ScriptedServer) -> list[Any]:
    return [json.loads(request.body) for request in server.requests]


def reply(events: Sequence[Event]) -> Reply:
    return fold(events)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("cut", CUTS, ids=lambda step: type(step).__name__)
def test_the_rest_is_asked_for(shell: str, cut: Step) -> None:
    first: Script = [CHUNKED, chat("Hel", "lo "), cut]
    rest: Script = [CHUNKED, chat("world", end=True), LAST_CHUNK]
    with ScriptedServer(first, rest) as server:
        found, error = read(shell, server.url, "stream_chat", HI, options={"num_predict": 9})
    assert error is None
    whole = reply(found)
    assert whole.text == "Hello world" and whole.seams == (6,)
    assert whole.finish is not None and whole.finish.resumed
    (seam,) = [event for event in found if isinstance(event, Reconnected)]
    assert seam.new_sample and seam.attempts == 1 and found.index(seam) == 2
    one, two = bodies(server)
    assert two["messages"] == [*one["messages"], {"role": "assistant", "content": "Hello "}]
    assert (one["options"], two["options"]) == ({"num_predict": 9}, {"num_predict": 7})


@pytest.mark.parametrize("again", ["lo", "Hello"])  # a llama-server gives back what it was given
@pytest.mark.parametrize("shell", SHELLS)
def test_openai_compatible_servers_too(shell: str, again: str) -> None:
    first: Script = [CHUNKED, sse("Hel"), Reset()]
    with ScriptedServer(first, [CHUNKED, sse(again, end=True), LAST_CHUNK]) as server:
        found, error = read(shell, server.url, "stream_chat", HI, client={"api": "openai"})
    assert error is None and reply(found).text == "Hello" and reply(found).seams == (3,)
    one, two = bodies(server)
    assert two["messages"][-1] == {"role": "assistant", "content": "Hel"}
    # Without these a vLLM begins anew.
    told = {"continue_final_message": True, "add_generation_prompt": False}
    assert told.items() <= two.items() and not told.keys() & one.keys()


@pytest.mark.parametrize("shell", SHELLS)
def test_completions_go_on_behind_the_prompt(shell: str) -> None:
    script: list[Script] = [
        [CHUNKED, generate("b"), Reset()],
        [CHUNKED, generate("c", end=True), LAST_CHUNK],
    ]
    with ScriptedServer(*script) as server:
        found, _ = read(shell, server.url, "stream_generate", "a", raw=True)
    assert reply(found).text == "bc"
    assert [body["prompt"] for body in bodies(server)] == ["a", "ab"]
    texts: list[Script] = [[CHUNKED, sse("b", field="text"), Reset()]]
    texts.append([CHUNKED, sse("c", field="text", end=True), LAST_CHUNK])
    with ScriptedServer(*texts) as server:
        found, _ = read(shell, server.url, "stream_generate", "a", client={"api": "openai"})
    assert reply(found).text == "bc"
    assert [body["prompt"] for body in bodies(server)] == ["a", "ab"]


def test_a_prompt_with_a_template_goes_on_as_a_chat() -> None:
    script: list[Script] = [
        [CHUNKED, generate("b"), Reset()],
        [CHUNKED, chat("c", end=True), LAST_CHUNK],
    ]
    with ScriptedServer(*script) as server:
        found, _ = read("sync", server.url, "stream_generate", "a", system="s", think=False)
    assert reply(found).text == "bc"
    assert server.requests[1].path == "/api/chat"
    turns = [(turn["role"], turn["content"]) for turn in bodies(server)[1]["messages"]]
    assert turns == [("system", "s"), ("user", "a"), ("assistant", "b")]
    assert bodies(server)[1]["think"] is False


def test_every_cut_is_a_seam_of_its_own() -> None:
    cuts: list[Script] = [[CHUNKED, chat("ab"), Reset()] for _ in range(4)]
    with ScriptedServer(*cuts, [CHUNKED, chat("c", end=True), LAST_CHUNK]) as server:
        found, error = read("sync", server.url, "stream_chat", HI)
    assert error is None and reply(found).text == "ababababc"
    assert reply(found).seams == (2, 4, 6, 8)
    assert bodies(server)[4]["messages"][-1]["content"] == "abababab"
    assert len(bodies(server)[4]["messages"]) == 2


@pytest.mark.parametrize("shell", SHELLS)
def test_off_by_default(shell: str) -> None:
    with ScriptedServer([CHUNKED, chat("Hel"), Reset()]) as server:
        found, error = read(shell, server.url, "stream_chat", HI, client={"continue_by": None})
    assert isinstance(error, StreamTruncated) and found == [Text("Hel")]
    assert len(server.requests) == 1


@pytest.mark.parametrize("more", [{"format": "json"}, {"options": {}, "think": True}])
def test_what_would_not_fit_together_is_not_continued(more: dict[str, Any]) -> None:
    first = chat("" if "think" in more else "{", message_thinking="x")
    if "think" in more:
        record = {"message": {"role": "assistant", "content": "", "thinking": "hm"}}
        first = chunk(json.dumps(record).encode() + b"\n")
    with ScriptedServer([CHUNKED, first, Reset()]) as server:
        _, error = read("sync", server.url, "stream_chat", HI, **more)
    assert isinstance(error, StreamTruncated) and len(server.requests) == 1


def test_an_error_of_the_server_is_told() -> None:
    failed = chunk(b'{"error":"out of patience"}\n')
    with ScriptedServer([CHUNKED, chat("a"), failed, LAST_CHUNK]) as server:
        _, error = read("sync", server.url, "stream_chat", HI)
    assert isinstance(error, ServerError) and len(server.requests) == 1


def test_a_server_that_does_not_take_it_leaves_the_cut() -> None:
    refused = answer(b'{"error":"last message must be from user"}', status="400 Bad Request")
    with ScriptedServer([CHUNKED, chat("a"), Reset()], [refused]) as server:
        found, error = read("sync", server.url, "stream_chat", HI)
    assert isinstance(error, StreamTruncated) and "must be from user" in error.message
    assert isinstance(error.partial, Reply) and error.partial.text == "a"
    assert len(server.requests) == 2 and not any(isinstance(e, Finish) for e in found)


def test_the_clock_of_the_whole_goes_on() -> None:
    clocks = Timeouts(connect=5, first_token=5, between_tokens=5, total=0.5)
    with ScriptedServer([CHUNKED, chat("a"), Stall()]) as server:
        _, error = read("sync", server.url, "stream_chat", HI, client={"timeouts": clocks})
    assert isinstance(error, Stalled) and error.phase == "total" and len(server.requests) == 1


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="continue_by"):
        Client(continue_by="magic")  # type: ignore[arg-type]


def test_the_request_of_the_caller_is_left_alone() -> None:
    from rillet.client.ollama_wire import OllamaWire
    from rillet.client.prefill import Said, rest_of

    request = GenerateRequest(model="m", prompt="a", raw=True, options={"num_predict": 5})
    said = Said()
    said.add([Text("b")])
    rest = rest_of(OllamaWire(), "generate", request, said)
    assert rest is not None and rest[1].options == {"num_predict": 4}
    assert request.options == {"num_predict": 5} and request.prompt == "a"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_lost_record_is_continued_as_well(shell: str) -> None:
    """The server is another one now, and knows nothing of the answer."""
    recorded = head(headers=[("Transfer-Encoding", "chunked"), ("Rillet-Stream", "a" * 32)])
    unknown = answer(b'{"error":"stream not found"}', status="404 Not Found")
    script: list[Script] = [[recorded, chat("ab"), Reset()], [unknown]]
    with ScriptedServer(*script, [CHUNKED, chat("c", end=True), LAST_CHUNK]) as server:
        found, error = read(shell, server.url, "stream_chat", HI)
    assert error is None and reply(found).text == "abc" and reply(found).seams == (2,)


@pytest.mark.parametrize("shell", SHELLS)
def test_who_is_patient_no_longer_has_what_came(shell: str) -> None:
    recorded = head(headers=[("Transfer-Encoding", "chunked"), ("Rillet-Stream", "a" * 32)])
    busy = answer(b'{"error":"starting"}', status="503 Service Unavailable")
    with ScriptedServer([recorded, chat("ab"), Reset()], [busy]) as server:
        how = {"reconnect": 2.5, "continue_by": None}
        found, error = read(shell, server.url, "stream_chat", HI, client=how)
    assert isinstance(error, StreamTruncated) and "within 2.5 s" in error.message
    assert isinstance(error.partial, Reply) and error.partial.text == "ab"
    assert len(server.requests) > 2 and found == [Text("ab")]
