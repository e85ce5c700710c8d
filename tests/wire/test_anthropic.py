"""Anthropic's Messages API: requests read and refused, streams written and read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.wire.anthropic import (
    MessagesDecoder,
    MessagesEncoder,
    chat_request_from_anthropic,
    error_body,
    message,
)
from rillet.words.errors import (
    Busy,
    MalformedStream,
    ModelNotFound,
    RilletError,
    ServerError,
    StreamTruncated,
)
from rillet.words.events import (
    Event,
    Failure,
    Finish,
    Progress,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from rillet.words.replies import fold
from rillet.words.requests import Message, MessageToolCall, ToolCallFunction
from tests.wire.conformance import check_cuts, check_decoder, decode
from tests.wire.dialects import answers, joined, json_values, recorded

RECORDED = {
    "anthropic-stream": Finish("stop", Usage(22, 5)),
    "anthropic-stream-max-tokens": Finish("length", Usage(22, 2)),
    "anthropic-stream-thinking": Finish("stop", Usage(23, 9)),
    "anthropic-stream-tools": Finish("tool_calls", Usage(353, 12)),
}
ID = "msg_1"


def encoded(events: list[Event]) -> bytes:
    encoder = MessagesEncoder(ID, "tiny", 3)
    return b"".join(map(encoder.encode, events))


def named(body: bytes) -> list[tuple[str, Any]]:
    found = []
    for part in body.split(b"\n\n"):
        if part.startswith(b"event: "):
            name, _, data = part.partition(b"\n")
            found.append((name[7:].decode(), json.loads(data[6:])))
    return found


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_streams_in_every_cut(name: str) -> None:
    assert check_decoder(MessagesDecoder, recorded(f"{name}.sse"))[-1] == RECORDED[name]


def test_recorded_thinking_and_call() -> None:
    events = decode(MessagesDecoder, [recorded("anthropic-stream-tools.sse")])
    assert joined(events, Thinking) == "I ponder"
    call = events[-2]
    assert isinstance(call, ToolCall)
    assert (call.name, call.arguments, call.index) == ("get_weather", {"city": "Paris"}, 0)


@given(answers())
def test_a_stream_reads_back_as_it_was(events: list[Event]) -> None:
    assert decode(MessagesDecoder, [encoded(events)]) == events


@given(answers())
def test_a_whole_message_reads_back_as_its_reply(events: list[Event]) -> None:
    reply = fold(events)
    body = json.dumps(message(reply, ID, "tiny")).encode()
    assert fold(decode(MessagesDecoder, [body])) == reply


def test_the_form_of_a_stream_is_the_recorded_one() -> None:
    recording = recorded("anthropic-stream-tools.sse")
    theirs = named(recording)
    start = theirs[0][1]["message"]
    encoder = MessagesEncoder(start["id"], start["model"], start["usage"]["input_tokens"])
    events = decode(MessagesDecoder, [recording])
    ours = named(b"".join(map(encoder.encode, events)))
    for known, nulls in ((ours[0][1]["message"], ("stop_reason", "stop_sequence")),
                         (ours[-2][1]["delta"], ("stop_sequence",))):  # fmt: skip
        for name in nulls:  # the real API sends them, the recorded server does not
            assert known.pop(name) is None
    assert ours[1][1]["content_block"].pop("signature") == ""  # nor this
    signed = [data for _, data in ours if data.get("delta", {}).get("type") == "signature_delta"]
    assert [data for _, data in ours if data not in signed] == [data for _, data in theirs]


def test_a_thought_is_signed_for_clients_refuse_one_that_is_not() -> None:
    events: list[Event] = [Thinking("hm"), Text("a"), Finish("stop", Usage(1, 1))]
    thought = message(fold(events), ID, "m")["content"][0]
    assert thought["type"] == "thinking" and thought["signature"]
    sent = [data for _, data in named(encoded(events))]
    kinds = [data.get("delta", {}).get("type", data["type"]) for data in sent][1:6]
    assert kinds == ["content_block_start", "thinking_delta", "signature_delta",
                     "content_block_stop", "content_block_start"]  # fmt: skip
    assert sent[1]["content_block"] == {"type": "thinking", "thinking": "", "signature": ""}
    assert sent[3]["index"] == 0 and sent[3]["delta"]["signature"] == thought["signature"]
    assert "signature" not in sent[5]["content_block"]


def test_a_stop_sequence_is_told() -> None:
    end = Finish("stop", Usage(1, 1), stop_string="ld")
    delta = named(encoded([Text("a"), end]))[-2][1]["delta"]
    assert delta == {"stop_reason": "stop_sequence", "stop_sequence": "ld"}
    assert decode(MessagesDecoder, [encoded([Text("a"), end])])[-1] == end
    assert message(fold([end]), ID, "m")["stop_sequence"] == "ld"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (ToolCall("f", {"a": 1}, "c1"), "tool_use"),
        (ToolCall("f", {}, "c1", 0, '{"a'), "max_tokens"),
    ],
)
def test_a_whole_call_is_one_also_where_the_limit_came_behind_it(
    call: ToolCall, reason: str
) -> None:
    events: list[Event] = [call, Finish("length", Usage(1, 1))]
    assert named(encoded(events))[-2][1]["delta"]["stop_reason"] == reason
    assert message(fold(events), ID, "m")["stop_reason"] == reason


def test_the_cache_is_counted_apart() -> None:
    usage = message(fold([Finish("stop", Usage(10, 2, 4))]), ID, "m")["usage"]
    assert usage == {"input_tokens": 6, "output_tokens": 2, "cache_read_input_tokens": 4}


def test_a_failure_is_told() -> None:
    body = encoded([Text("a"), Failure(Busy("later"))])
    assert named(body)[-2][0] == "content_block_stop"
    assert named(body)[-1] == (
        "error",
        {"type": "error", "error": {"type": "overloaded_error", "message": "later"}},
    )
    last = decode(MessagesDecoder, [body])[-1]
    assert isinstance(last, Failure) and isinstance(last.error, Busy)


def test_waiting_is_told_in_comments() -> None:
    assert encoded([Progress("queued", queue_position=3)]) == b": queued 3\n\n"


def test_a_stream_that_ends_early() -> None:
    body = encoded([Text("a"), Finish("stop")])
    for end, kind in ((b"event: message_delta", Failure), (b"event: message_stop", Finish)):
        last = decode(MessagesDecoder, [body[: body.index(end)]])[-1]
        assert isinstance(last, kind)
        if isinstance(last, Failure):
            assert isinstance(last.error, StreamTruncated)


def test_halves_of_a_character_and_unknown_events() -> None:
    delta = (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"%s"}}'
    )
    other = b'event: novelty\ndata: {"type":"novelty"}'
    ping = b'event: ping\ndata: {"type": "ping"}'
    parts = [delta % b"a\\ud83d", ping, other, delta % b"\\ude00", delta % b"\xff"]
    stop = b'data: {"type":"message_delta","delta":{"stop_reason":"novel"}}'
    body = b"\n\n".join([*parts, stop, b'data: {"type":"message_stop"}', b""])
    events = check_cuts(MessagesDecoder, body)
    assert joined(events) == "a\U0001f600\ufffd"
    assert events[-1] == Finish("novel")


def test_a_call_beyond_the_limit() -> None:
    body = encoded([ToolCall("f", {"a": "x" * 600}), Finish("stop")])
    piece = body[
        body.index(b"event: content_block_delta") : body.index(b"event: content_block_stop")
    ]
    last = decode(lambda: MessagesDecoder(limit=1000), [body.replace(piece, piece * 2)])[-1]
    assert isinstance(last, Failure) and isinstance(last.error, MalformedStream)


def test_errors() -> None:
    error: RilletError = ModelNotFound("model 'x' not found", status=404)
    assert error_body(error, "req_1") == {
        "type": "error",
        "error": {"type": "not_found_error", "message": "model 'x' not found"},
        "request_id": "req_1",
    }


USER = {"role": "user", "content": "hi"}
TOOL = {"name": "f", "description": "d", "input_schema": {"type": "object"}}


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 5, "messages": [USER], **fields}


def blocks(*content: Any, role: str = "user") -> dict[str, Any]:
    return body(messages=[{"role": role, "content": list(content)}])


@pytest.mark.parametrize(
    ("given_body", "text"),
    [
        ({}, "model is required"),
        ({"model": "m", "messages": [USER]}, "max_tokens is required and must be positive"),
        (body(max_tokens=0), "max_tokens is required and must be positive"),
        (body(messages=[]), "messages is required"),
        (body(messages=[{"role": "user", "content": 5}]), "invalid message content type: number"),
        (
            blocks({"type": "image", "source": {"type": "url", "url": "http://x.example"}}),
            "invalid image source type: url. Only base64 images are supported.",
        ),
        (
            blocks({"type": "image", "source": {"type": "base64", "data": "!!"}}),
            "invalid base64 image data: illegal base64 data at input byte 0",
        ),
        (blocks({"type": "image"}), "invalid image source"),
        (
            blocks({"type": "image", "source": {}}),
            "invalid image source type: . Only base64 images are supported.",
        ),
        (
            blocks({"type": "tool_result", "tool_use_id": "c", "content": [{"type": "image"}]}),
            "invalid tool_result image source",
        ),
        (
            blocks({"type": "tool_use", "name": "f"}, role="assistant"),
            "tool_use block missing required 'id' field",
        ),
        (
            blocks({"type": "tool_use", "id": "c", "name": None}, role="assistant"),
            "tool_use block missing required 'name' field",
        ),
        (body(stop_sequences=[5]), "stop_sequences must be an array of strings"),
        (
            body(temperature="hot"),
            "json: cannot unmarshal string into Go struct field MessagesRequest.temperature"
            " of type float64",
        ),
    ],
)
def test_what_is_refused(given_body: Any, text: str) -> None:
    with pytest.raises(ServerError) as caught:
        chat_request_from_anthropic(given_body)
    assert (caught.value.status, caught.value.message) == (400, text)


def test_counting_tokens_needs_no_limit() -> None:
    request = chat_request_from_anthropic({"model": "m", "messages": [USER]}, limit_required=False)
    assert request.options is None


def documents(*sources: Any) -> Any:
    blocks = [{"type": "document", "source": source} for source in sources]
    return body(messages=[{"role": "user", "content": blocks}])


def test_the_words_of_a_document() -> None:
    plain = {"type": "text", "media_type": "text/plain", "data": "a"}
    parts = {"type": "content", "content": [{"type": "text", "text": "b"}]}
    (message,) = chat_request_from_anthropic(documents(plain, parts)).messages
    assert message.content == "a\n\nb"
    for source, name in (({"type": "base64", "data": "aGk="}, "base64"), (None, "none")):
        with pytest.raises(ServerError, match=f"invalid document source type: {name}") as caught:
            chat_request_from_anthropic(documents(source))
        assert caught.value.status == 400


def test_a_conversation() -> None:
    image = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "aGk="},
    }
    request = chat_request_from_anthropic(
        body(
            system=[{"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}],
            messages=[
                {"role": "user", "content": [{"type": "text", "text": "hi"}, image]},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "hm", "signature": "s"},
                        {"type": "text", "text": "x"},
                        {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "and?"},
                        {"type": "tool_result", "tool_use_id": "c1", "content": "22"},
                        {
                            "type": "tool_result",
                            "tool_use_id": "c2",
                            "content": [{"type": "text", "text": "y"}, image],
                        },
                    ],
                },
            ],
        )
    )
    assert request.messages == [
        Message("system", "S"),
        Message("user", "hi", images=["aGk="]),
        Message(
            "assistant",
            "x",
            thinking="hm",
            tool_calls=[MessageToolCall(ToolCallFunction("f", {"a": 1}), "c1")],
        ),
        Message("tool", "22", tool_name="f", tool_call_id="c1"),
        Message("tool", "y", images=["aGk="], tool_call_id="c2"),
        Message("user", "and?"),
    ]


def test_what_is_not_known_is_skipped() -> None:
    request = chat_request_from_anthropic(
        body(
            system=[7, {"type": "image"}, {"type": "text", "text": "S"}, {"type": "text"}],
            messages=[
                {"role": "User", "content": [{"type": "text", "text": "a"}, {"type": "video"}, {}]},
                {"role": "robot", "content": [{"type": "text", "text": None}, None]},
                {"role": None, "content": None},
            ],
        )
    )
    assert request.messages == [
        Message("system", "S"),
        Message("user", "a"),
    ]
    robot = body(messages=[{"role": "robot", "content": "x"}, {"role": None, "content": "y"}])
    assert chat_request_from_anthropic(robot).messages == [Message("robot", "x"), Message("", "y")]
    assert chat_request_from_anthropic(blocks()).messages == [Message("user")]


def test_a_result_of_a_tool_may_have_any_form() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "document"}, "b", {"type": "text"}]
    for content, text in ((parts, "a"), ({"x": 1}, ""), (7, ""), (None, ""), ("t", "t")):
        block = {"type": "tool_result", "tool_use_id": "c", "content": content}
        assert chat_request_from_anthropic(blocks(block)).messages == [
            Message("tool", text, tool_call_id="c")
        ]


def test_a_search_of_the_providers_is_a_call_and_its_result() -> None:
    use = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}}
    result = {"type": "web_search_tool_result", "tool_use_id": "s"}
    page = {"type": "web_search_result", "title": "T", "url": "http://x.example"}
    error = {"type": "web_search_tool_result_error", "error_code": "unavailable"}
    for content, text in (
        ([page, page], "- T: http://x.example\n- T: http://x.example"),
        (error, "web_search_tool_result_error: unavailable"),
        ("none", "none"),
    ):
        turn = blocks(use, {**result, "content": content}, role="assistant")
        call, found = chat_request_from_anthropic(turn).messages
        assert call.tool_calls == [
            MessageToolCall(ToolCallFunction("web_search", {"query": "q"}), "s")
        ]
        assert found == Message("tool", text, tool_name="web_search", tool_call_id="s")


def test_settings() -> None:
    request = chat_request_from_anthropic(
        body(temperature=0.5, top_p=0.9, top_k=5, stop_sequences=["x"], stream=True, tools=[TOOL])
    )
    assert request.options == {
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 5,
        "num_predict": 5,
        "stop": ["x"],
    }
    assert request.stream is True
    function = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    assert request.tools == [{"type": "function", "function": function}]
    assert (
        chat_request_from_anthropic(body(tools=[TOOL], tool_choice={"type": "none"})).tools is None
    )
    searching = body(tools=[{"type": "web_search_20250305", "name": "web_search"}])
    assert chat_request_from_anthropic(searching).tools is None


def test_a_format_has_two_places() -> None:
    schema = {"type": "object"}
    wanted = {"type": "json_schema", "schema": schema}
    for fields in ({"output_config": {"format": wanted}}, {"output_format": wanted}):
        assert chat_request_from_anthropic(body(**fields)).format == schema
    with pytest.raises(ServerError, match="output_format must be a json_schema with a schema"):
        chat_request_from_anthropic(body(output_format={"type": "json_schema"}))


@pytest.mark.parametrize(
    ("fields", "think"),
    [
        ({}, None),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, True),
        ({"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}}, False),
        ({"thinking": {"type": "enabled"}, "output_config": {"effort": "low"}}, "low"),
        ({"output_config": {"effort": "xhigh"}}, "high"),
        ({"output_config": {"effort": " LOW "}}, "low"),
        ({"output_config": {"effort": "bogus"}}, None),
    ],
)
def test_thinking(fields: dict[str, Any], think: bool | str | None) -> None:
    assert chat_request_from_anthropic(body(**fields)).think == think


@given(st.recursive(json_values, lambda inner: st.dictionaries(
    st.sampled_from(["model", "messages", "role", "content", "type", "text", "tools", "system",
                     "source", "tool_use_id", "input", "thinking", "output_config", "effort"]),
    inner | st.sampled_from(["user", "text", "image", "tool_use", "tool_result", "thinking"]))
    | st.lists(inner, max_size=2), max_leaves=12))  # fmt: skip
def test_strangers_get_an_answer_or_a_400(value: Any) -> None:
    for stranger in (
        value,
        body(messages=[{"role": "user", "content": value}]),
        body(tools=[value]),
    ):
        try:
            chat_request_from_anthropic(stranger)
        except ServerError as error:
            assert error.status == 400
