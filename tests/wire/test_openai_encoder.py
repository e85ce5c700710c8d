"""Events to OpenAI's streams: read back by our own decoder, and as recorded clients know them."""

import json
from typing import Any

import pytest
from hypothesis import given

from rillet.wire.openai import (
    ChatChunkDecoder,
    ChatChunkEncoder,
    CompletionChunkDecoder,
    CompletionChunkEncoder,
    chat_completion,
    embedding_list,
    error_body,
    model_entry,
    model_list,
    text_completion,
)
from rillet.words.errors import InvalidRequest, ModelNotFound, RilletError, ServerError
from rillet.words.events import (
    Event,
    Failure,
    Finish,
    Progress,
    Reconnected,
    Text,
    Thinking,
    TokenLogprob,
    ToolCall,
    Usage,
)
from rillet.words.replies import fold
from tests.wire.conformance import decode
from tests.wire.dialects import answers, recorded

ID, MODEL, CREATED = "chatcmpl-1", "tiny", 1_700_000_000


def chat(events: list[Event], *, usage: bool = False) -> bytes:
    encoder = ChatChunkEncoder(ID, MODEL, CREATED, include_usage=usage)
    return b"".join(map(encoder.encode, events))


def records(body: bytes) -> list[Any]:
    return [json.loads(part[6:]) for part in body.split(b"\n\n") if part.startswith(b"data: {")]


@given(answers())
def test_a_chat_reads_back_as_it_was(events: list[Event]) -> None:
    assert decode(ChatChunkDecoder, [chat(events, usage=True)]) == events


@given(answers())
def test_a_completion_reads_back_as_it_was(events: list[Event]) -> None:
    events = [event for event in events if not isinstance(event, ToolCall)]
    encoder = CompletionChunkEncoder("cmpl-1", MODEL, CREATED, include_usage=True)
    body = b"".join(map(encoder.encode, events))
    spoken = [event for event in events if not isinstance(event, Thinking)]
    got = decode(CompletionChunkDecoder, [body])
    assert [event for event in got if not isinstance(event, Thinking)] == spoken


@given(answers())
def test_a_whole_chat_reads_back_as_its_reply(events: list[Event]) -> None:
    reply = fold(events)
    body = json.dumps(chat_completion(reply, ID, MODEL, CREATED)).encode()
    assert fold(decode(ChatChunkDecoder, [body])) == reply


def test_the_form_of_a_stream_is_the_recorded_one() -> None:
    recording = recorded("openai-chat-stream-usage.sse")
    events = decode(ChatChunkDecoder, [recording])
    theirs = records(recording)
    encoder = ChatChunkEncoder(theirs[0]["id"], "tinyhello", theirs[0]["created"], True)
    assert records(b"".join(map(encoder.encode, events))) == theirs


def test_the_form_of_a_completion_is_the_recorded_one() -> None:
    recording = recorded("openai-completions-stream-usage.sse")
    events = decode(CompletionChunkDecoder, [recording])
    theirs = records(recording)
    encoder = CompletionChunkEncoder(theirs[0]["id"], "tinyhello", theirs[0]["created"], True)
    assert records(b"".join(map(encoder.encode, events))) == theirs


def test_no_usage_unless_asked_for_and_known() -> None:
    end = Finish("stop", Usage(3, 1))
    assert b"usage" not in chat([Text("a"), end])
    assert b'"prompt_tokens":3' in chat([Text("a"), end], usage=True)
    assert b"usage" not in chat([Text("a"), Finish("stop")], usage=True)


def test_an_empty_answer_still_has_a_role() -> None:
    first, last = records(chat([Finish("stop")]))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert last["choices"][0] == {"index": 0, "delta": {}, "finish_reason": "stop"}


def test_a_call_of_a_tool_is_the_reason() -> None:
    body = records(chat([ToolCall("f", {"a": 1}, "c"), Finish("stop")]))
    assert body[-1]["choices"][0]["finish_reason"] == "tool_calls"
    cut = records(chat([ToolCall("f", {}, "c"), Finish("length")]))
    assert cut[-1]["choices"][0]["finish_reason"] == "length"


def test_log_probabilities_read_back() -> None:
    entry = TokenLogprob("a", -0.5, (97,), (TokenLogprob("b", -1.0),))
    events = [Text("a", (entry,)), Finish("stop")]
    assert decode(ChatChunkDecoder, [chat(events)]) == events


def test_a_failure_is_told() -> None:
    body = chat([Text("a"), Failure(ServerError("boom"))])
    assert records(body)[-1] == {
        "error": {"message": "boom", "type": "api_error", "param": None, "code": None}
    }
    got = decode(ChatChunkDecoder, [body])
    assert isinstance(got[-1], Failure) and got[-1].error.message == "boom"


def test_waiting_is_told_in_comments() -> None:
    waits: list[Event] = [
        Progress("queued", queue_position=3),
        Progress("prompt", 5, 10),
        Progress("two\nlines\n\ndata: x"),
        Reconnected(1, 7),
    ]
    body = chat(waits)
    assert body == b": queued 3\n\n: prompt 5/10\n\n: two lines data: x\n\n: reconnected 1\n\n"
    assert decode(ChatChunkDecoder, [body + chat([Text("a"), Finish("stop")])])[0] == Text("a")


def test_half_a_character_becomes_the_replacement() -> None:
    assert decode(ChatChunkDecoder, [chat([Text("a\ud83d"), Finish("stop")])])[0] == Text("a\ufffd")


def test_whole_answers() -> None:
    reply = fold([Thinking("hm"), Text("a"), Finish("stop", Usage(2, 1, 1))])
    chat_answer = chat_completion(reply, ID, MODEL, CREATED)
    assert chat_answer["choices"][0]["message"] == {
        "role": "assistant",
        "content": "a",
        "reasoning": "hm",
    }
    assert chat_answer["usage"] == {
        "prompt_tokens": 2,
        "completion_tokens": 1,
        "total_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 1},
    }
    assert text_completion(reply, "cmpl-1", MODEL, CREATED)["choices"][0]["text"] == "a"
    loaded = text_completion(fold([Finish("load")]), "cmpl-1", MODEL, CREATED)
    assert loaded["usage"]["total_tokens"] == 0
    assert "usage" not in chat_completion(fold([Finish("stop")]), ID, MODEL, CREATED)


def test_models_and_embeddings() -> None:
    assert model_list([]) == {"object": "list", "data": None}
    assert model_list([model_entry("m", 5)])["data"][0]["owned_by"] == "library"
    floats = embedding_list("m", [[0.5, -1.0], [1.0, 0.0]], 4)
    assert [row["embedding"] for row in floats["data"]] == [[0.5, -1.0], [1.0, 0.0]]
    packed = embedding_list("m", [[0.5, -1.0]], 4, "base64")
    assert packed["data"][0]["embedding"] == "AAAAPwAAgL8="


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ServerError("x", status=400), "invalid_request_error"),
        (InvalidRequest("x"), "invalid_request_error"),
        (ModelNotFound("x", status=404), "not_found_error"),
        (ServerError("x", status=403), "api_error"),
        (ServerError("x"), "api_error"),
    ],
)
def test_kinds_of_errors(error: RilletError, kind: str) -> None:
    assert error_body(error)["error"]["type"] == kind


def test_an_entry_of_logprobs_has_all_fields_that_clients_count_on() -> None:
    (record,) = records(chat([Text("a", (TokenLogprob("a", -1.0),))]))
    (entry,) = record["choices"][0]["logprobs"]["content"]
    assert entry == {"token": "a", "logprob": -1.0, "bytes": None, "top_logprobs": []}


@pytest.mark.parametrize("seam", [True, False])
def test_a_seam_is_told_and_read(seam: bool) -> None:
    from rillet.wire.anthropic import MessagesEncoder
    from rillet.wire.anthropic_decoder import MessagesDecoder

    pairs: list[tuple[Any, Any]] = [
        (ChatChunkEncoder("i", "m", 1, True), ChatChunkDecoder()),
        (CompletionChunkEncoder("i", "m", 1, True), CompletionChunkDecoder()),
        (MessagesEncoder("i", "m", 1), MessagesDecoder()),
    ]
    usage = Usage(1, 2)
    for encoder, decoder in pairs:
        told = encoder.encode(Text("a")) + encoder.encode(Finish("stop", usage=usage, resumed=seam))
        assert (b"resumed" in told) == seam
        events = decoder.feed(told)
        assert events[0] == Text("a") and events[-1].resumed == seam
