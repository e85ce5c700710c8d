"""OpenAI's streams: recorded ones cut in every way, and what servers in the field do."""

import json

import pytest

from rillet.wire.openai import ChatChunkDecoder, CompletionChunkDecoder
from rillet.words.errors import Busy, MalformedStream, ServerError, StreamTruncated
from rillet.words.events import (
    Event,
    Failure,
    Finish,
    Progress,
    Text,
    Thinking,
    TokenLogprob,
    ToolCall,
    Usage,
)
from tests.wire.conformance import check_cuts, check_decoder, check_garbage, decode
from tests.wire.dialects import check_cut_ends, joined, recorded, sse

CHATS = {
    "openai-chat-max-tokens-stream": "length",
    "openai-chat-script-empty-stream": "stop",
    "openai-chat-script-two-tools": "tool_calls",
    "openai-chat-stream": "stop",
    "openai-chat-stream-0.24": "stop",
    "openai-chat-thinking-stream": "stop",
    "openai-chat-tools-stream": "tool_calls",
}
WITH_MEASURES = [
    "openai-chat-stream-usage",
    "llamacpp/chat_stop",
    "llamacpp/chat_thinking",
    "llamacpp/chat_tool_call",
    "llamacpp/chat_thinking_logprobs",
    "others/vllm-0.32-chat-thinking",
    "others/vllm-0.32-chat-logprobs",
    "others/transformers-5.19-chat",
]


def piece(**delta: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


def ended(reason: str = "stop") -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}


def chat(*records: object) -> list[Event]:
    """The events of these records, the same however they are cut."""
    return check_cuts(ChatChunkDecoder, sse(*records), seeds=5)


def failure(events: list[Event]) -> Exception:
    assert isinstance(events[-1], Failure)
    return events[-1].error


@pytest.mark.parametrize("name", CHATS)
def test_recorded_streams_in_every_cut(name: str) -> None:
    events = check_decoder(ChatChunkDecoder, recorded(f"{name}.sse"))
    assert isinstance(events[-1], Finish) and events[-1].reason == CHATS[name]


@pytest.mark.parametrize("name", WITH_MEASURES)
def test_recorded_streams_whose_usage_comes_last(name: str) -> None:
    body = recorded(f"{name}.sse")
    check_cut_ends(ChatChunkDecoder, body)
    check_garbage(ChatChunkDecoder, body)
    finish = check_cuts(ChatChunkDecoder, body)[-1]
    assert isinstance(finish, Finish) and finish.usage and finish.usage.completion_tokens


def test_thinking_and_text_are_kept_apart() -> None:
    events = check_cuts(ChatChunkDecoder, recorded("openai-chat-thinking-stream.sse"))
    assert joined(events, Thinking) == "I ponder"
    assert joined(events) == "\n\nHello world!"


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking", "reasoning_text"])
def test_thinking_in_the_words_of_all_servers(field: str) -> None:
    assert chat(piece(**{field: "h"}), piece(**{field: "m", "content": "a"}), ended()) == [
        Thinking("h"),
        Thinking("m"),
        Text("a"),
        Finish("stop"),
    ]


def test_progress_timings_and_cache_of_llamacpp() -> None:
    events = check_cuts(ChatChunkDecoder, recorded("llamacpp/chat_stop.sse"))
    assert events[:2] == [Progress("prompt", 1, 22), Progress("prompt", 22, 22)]
    finish = events[-1]
    assert isinstance(finish, Finish) and finish.timings is not None
    assert finish.usage == Usage(22, 5, 1)
    assert (finish.timings.prompt, finish.timings.completion) == (500_000, 612_000)


def test_usage_from_timings_where_no_usage_was_asked_for() -> None:
    finish = decode(ChatChunkDecoder, [recorded("llamacpp/chat_thinking.sse")])[-1]
    assert isinstance(finish, Finish) and finish.usage == Usage(23, 9, 0)


def test_tool_calls_are_put_together() -> None:
    def call(**fields: object) -> dict[str, object]:
        return piece(tool_calls=[fields])

    events = chat(
        call(index=0, id="a", function={"name": "f", "arguments": ""}),
        call(index=0, function={"arguments": '{"x":'}),
        call(index=0, function={"arguments": "1}"}),
        call(index=1, id="b", function={"name": "g", "arguments": '{"broken'}),
        call(index=2, id="c", function={"name": "h", "arguments": {"whole": True}}),
        call(index=2, id="d", function={"name": "k", "arguments": None}),
        ended("tool_calls"),
        "[DONE]",
    )
    assert events == [
        ToolCall("f", {"x": 1}, "a", 0),
        ToolCall("g", {}, "b", 1, raw_arguments='{"broken'),
        ToolCall("h", {"whole": True}, "c", 2),
        ToolCall("k", {}, "d", 3),
        Finish("tool_calls"),
    ]


def test_a_call_without_arguments_at_the_limit_is_no_whole_one() -> None:
    calls = [
        call(index=0, id="a", function={"name": "f"}),
        call(index=1, id="b", function={"name": "g"}),
    ]
    whole = [ToolCall("f", {}, "a", 0), ToolCall("g", {}, "b", 1)]
    assert chat(*calls, ended("stop"), "[DONE]")[:-1] == whole
    cut = [whole[0], ToolCall("g", {}, "b", 1, raw_arguments="")]
    assert chat(*calls, ended("length"), "[DONE]")[:-1] == cut


def call(**fields: object) -> dict[str, object]:
    return piece(tool_calls=[fields])


def test_calls_whose_pieces_come_in_turns() -> None:
    for named in ({"id": "a"}, {}):  # by index alone as well
        events = chat(
            call(index=0, **named, function={"name": "f", "arguments": '{"x"'}),
            call(index=1, function={"name": "g", "arguments": ""}),
            call(index=0, function={"arguments": ":1}"}),
            call(index=1, function={"arguments": '{"y":2}'}),
            ended("tool_calls"),
            "[DONE]",
        )
        first = ToolCall("f", {"x": 1}, named.get("id"), 0)
        assert events == [first, ToolCall("g", {"y": 2}, None, 1), Finish("tool_calls")]


def test_calls_without_index_are_told_apart_by_id() -> None:
    events = chat(
        call(id="a", function={"name": "f", "arguments": '{"x"'}),
        call(id="b", function={"name": "g", "arguments": "{"}),
        call(id="a", function={"arguments": ":1}"}),
        call(id="b", function={"arguments": "}"}),
        ended("tool_calls"),
    )
    assert events[:2] == [ToolCall("f", {"x": 1}, "a", 0), ToolCall("g", {}, "b", 1)]


def test_a_name_in_pieces_or_repeated() -> None:
    for names in (
        ("get_", "time"),
        ("get_time", "get_time"),
        ("get", "get_time"),
        ("", "get_time"),
    ):
        first, second = ({"index": 0, "function": {"name": name}} for name in names)
        last = {"index": 0, "function": {"arguments": "{}"}}
        events = chat(call(**first), call(**second), call(**last), ended())
        assert events == [ToolCall("get_time", {}), Finish("stop")]


def test_nothing_more_of_a_call_that_was_whole() -> None:
    whole = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    rest = {"index": 0, "function": {"name": "", "arguments": " "}}
    events = chat(call(**whole), piece(content="x"), call(**rest), ended())
    assert events == [ToolCall("f", {}, "a"), Text("x"), Finish("stop")]


def test_the_older_form_of_a_call() -> None:
    events = chat(
        piece(function_call={"name": "f", "arguments": '{"x"'}),
        piece(function_call={"arguments": ":1}"}),
        ended("function_call"),
    )
    assert events == [ToolCall("f", {"x": 1}), Finish("function_call")]


def test_other_choices_are_not_read() -> None:
    def said(*choices: tuple[int, str, str | None]) -> dict[str, object]:
        return {
            "choices": [
                {"index": index, "delta": {"content": text}, "finish_reason": reason}
                for index, text, reason in choices
            ]
        }

    events = chat(
        said((1, "no", None), (0, "a", None)),
        said((1, "no", "length")),
        said((0, "b", "stop")),
        "[DONE]",
    )
    assert events == [Text("a"), Text("b"), Finish("stop")]


@pytest.mark.parametrize("marker", [b"data:  [DONE] \n\n", b'data: "[DONE]"\n\n', b"data: [DONE]"])
def test_the_last_word_in_other_clothes(marker: bytes) -> None:
    events = check_cuts(ChatChunkDecoder, sse(piece(content="a"), ended()) + marker, seeds=3)
    assert events == [Text("a"), Finish("stop")]


def test_text_after_a_call_keeps_its_place_and_never_splits_the_call() -> None:
    def call(**function: str) -> dict[str, object]:
        return piece(tool_calls=[{"index": 0, "function": function}])

    late = chat(call(name="f", arguments=""), piece(content="a"), call(arguments="{}"), ended())
    assert late == [Text("a"), ToolCall("f", {}), Finish("stop")]
    whole = chat(call(name="f", arguments='{"x":1}'), piece(content="a"), ended())
    assert whole == [ToolCall("f", {"x": 1}), Text("a"), Finish("stop")]


def test_a_call_cut_off_is_not_handed_on() -> None:
    half = piece(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}}])
    events = decode(ChatChunkDecoder, [sse(half)])
    assert len(events) == 1
    assert isinstance(failure(events), StreamTruncated)


def test_log_probabilities() -> None:
    events = decode(CompletionChunkDecoder, [recorded("llamacpp/completions_openai.sse")])
    first = events[0]
    assert isinstance(first, Text) and first.logprobs is not None
    top = TokenLogprob("Hello", 0.0, tuple(b"Hello"))
    assert first.logprobs == (TokenLogprob("Hello", 0.0, tuple(b"Hello"), (top,)),)


def test_log_probabilities_in_the_older_form() -> None:
    old = {
        "tokens": ["a", "b"],
        "token_logprobs": [None, -0.5],
        "top_logprobs": [None, {"b": -0.5, "c": -1.0}],
    }
    choice = {"index": 0, "text": "ab", "logprobs": old, "finish_reason": "stop"}
    text = decode(CompletionChunkDecoder, [sse({"choices": [choice]})])[0]
    assert isinstance(text, Text) and text.logprobs is not None
    assert text.logprobs[0] == TokenLogprob("a", float("-inf"))
    assert text.logprobs[1].top == (TokenLogprob("b", -0.5), TokenLogprob("c", -1.0))


def test_log_probabilities_without_text_wait_for_it() -> None:
    held = piece(content="")
    held["choices"][0]["logprobs"] = {"content": [{"token": "l", "logprob": -1}]}  # type: ignore[index]
    events = chat(held, piece(content="ld"), ended(), "[DONE]")
    assert events[0] == Text("ld", (TokenLogprob("l", -1.0),))


def test_done_without_a_reason_is_truncated() -> None:
    events = chat(piece(content="a"), "[DONE]")
    assert events[0] == Text("a")
    assert isinstance(failure(events), StreamTruncated)


def test_done_without_a_reason_where_none_is_due() -> None:
    body = sse(piece(content="a"), "[DONE]")
    lax = decode(lambda: ChatChunkDecoder(finish_reason_required=False), [body])
    assert lax == [Text("a"), Finish(None)]


def test_a_reason_without_done_is_an_end() -> None:
    assert chat(piece(content="a"), ended("length")) == [Text("a"), Finish("length")]


def test_an_empty_reason_is_none() -> None:
    first = {"choices": [{"delta": {"content": "a"}, "finish_reason": ""}]}
    assert isinstance(failure(chat(first)), StreamTruncated)


@pytest.mark.parametrize(
    "body",
    [
        sse(piece(content="a"), {"error": {"message": "boom", "type": "server_error"}}, "[DONE]"),
        sse(piece(content="a")) + b'event: error\ndata: {"message":"boom"}\n\n',
        sse(piece(content="a")) + b'event: error\ndata: {"error":{"message":"boom"}}\n\n',
        sse(piece(content="a")) + b"event: error\ndata: boom\n\n",
        sse(piece(content="a"), {"error": "boom"}),
        sse(piece(content="a"), {"object": "error", "message": "boom", "code": 500}),
        sse(piece(content="a"), {"detail": "boom"}),
        sse(piece(content="a"), {"error": {"error_type": "x", "error_message": "boom"}}),
        sse(piece(content="a")) + b'error: {"message":"boom","code":500}\n\n',
        sse(piece(content="a")) + b'{"error":{"message":"boom"}}\n',
        sse(piece(content="a")) + b'{ "error": "boom" }\n\n',
    ],
)
def test_errors_in_mid_stream(body: bytes) -> None:
    events = check_cuts(ChatChunkDecoder, body, seeds=3)
    assert events[0] == Text("a")
    error = failure(events)
    assert isinstance(error, ServerError) and error.message == "boom"


def test_an_overloaded_server_in_mid_stream() -> None:
    error = failure(chat({"error": {"message": "later", "type": "overloaded_error"}}))
    assert isinstance(error, Busy)


def test_a_whole_answer_in_place_of_a_stream() -> None:
    events = check_cuts(ChatChunkDecoder, recorded("llamacpp/chat_whole.json"))
    assert events[0] == Text("Hello world!")
    assert isinstance(events[-1], Finish) and events[-1].usage == Usage(22, 5, 21)


def test_a_whole_answer_with_a_call() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    message = {"role": "assistant", "content": None, "reasoning": "hm", "tool_calls": [call]}
    body = b'{"choices":[{"message":%s,"finish_reason":"tool_calls"}]}' % sse(message)[6:-2]
    assert decode(ChatChunkDecoder, [body]) == [
        Thinking("hm"),
        ToolCall("f", {"a": 1}, "c"),
        Finish("tool_calls"),
    ]


def test_an_error_in_place_of_a_stream() -> None:
    error = failure(check_cuts(ChatChunkDecoder, recorded("llamacpp/context_exceeded.json")))
    assert isinstance(error, ServerError) and "exceeds the available context" in error.message
    error = failure(check_cuts(ChatChunkDecoder, b'[{"error":{"code":429,"message":"quota"}}]'))
    assert isinstance(error, ServerError) and error.message == "quota"


@pytest.mark.parametrize("body", [b"<html><title>502</title></html>", b"Bad Gateway", b"[1]"])
def test_what_is_no_stream(body: bytes) -> None:
    assert isinstance(failure(check_cuts(ChatChunkDecoder, body)), MalformedStream)


def test_nothing_at_all_is_truncated() -> None:
    assert isinstance(failure(decode(ChatChunkDecoder, [])), StreamTruncated)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a\xc2\x85b", "a\x85b"),
        (b"a\xe2\x80\xa8b", "a\u2028b"),
        (b"a\x1cb", "a\x1cb"),
        (b"a\xf0\x9fb", "a\ufffdb"),
        (rb"\ud83d\ude00", "\U0001f600"),
        (rb"\ude00!", "\ufffd!"),
        (b"[DONE]", "[DONE]"),
        (b"data: x", "data: x"),
    ],
)
def test_texts_that_others_break(raw: bytes, text: str) -> None:
    record = b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % raw
    events = check_cuts(ChatChunkDecoder, b"\xef\xbb\xbf" + record + sse(ended(), "[DONE]"))
    assert events == [Text(text), Finish("stop")]


def test_halves_of_a_character_in_two_records() -> None:
    first = b'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n'
    second = b'data: {"choices":[{"delta":{"content":"\\ude00b"}}]}\n\n'
    events = check_cuts(ChatChunkDecoder, first + second + sse(ended()))
    assert events == [Text("a"), Text("\U0001f600b"), Finish("stop")]
    alone = check_cuts(ChatChunkDecoder, first + sse(ended()))
    assert alone == [Text("a"), Text("\ufffd"), Finish("stop")]
    followed = check_cuts(ChatChunkDecoder, first + sse(piece(content="b"), ended()))
    assert joined(followed) == "a\ufffdb"


@pytest.mark.parametrize(
    "record",
    [
        '{"choices":[{"delta":{"content":null}}]}',
        '{"choices":[{"index":"0","delta":{"content":""}}]}',
        '{"choices":[],"usage":null}',
        '{"choices":[],"prompt_filter_results":[{}]}',
        '{"choices":null}',
        '{"choices":[],"error":""}',
        '{"choices":[],"error":false}',
        "{}",
    ],
)
def test_records_that_say_nothing(record: str) -> None:
    assert chat(piece(content="a"), record, ended(), "[DONE]") == [Text("a"), Finish("stop")]


def test_content_in_parts_is_text() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert chat(piece(content=parts), ended())[0] == Text("ab")


def test_content_that_cannot_be_read_is_not_lost_silently() -> None:
    assert isinstance(failure(chat(piece(content=5), ended())), MalformedStream)


def test_wrong_types_beside_the_text_do_not_lose_it() -> None:
    odd = {"choices": [{"index": "x", "delta": {"content": "a", "tool_calls": 5}}], "usage": []}
    assert chat(odd, ended())[0] == Text("a")


def test_heartbeats_are_no_records() -> None:
    noise = b": keep-alive\n\nevent: ping\ndata: {}\n\ndata:\n\nevent: tick\ndata: 12:30\n\n"
    body = noise + sse(piece(content="a")) + noise + sse(ended(), "[DONE]")
    assert check_cuts(ChatChunkDecoder, body) == [Text("a"), Finish("stop")]


def test_limits() -> None:
    long = sse(piece(content="x" * 2000), ended())
    assert isinstance(
        failure(decode(lambda: ChatChunkDecoder(limit=1000), [long])), MalformedStream
    )
    call = piece(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": "x" * 600}}])
    endless = sse(call, call, ended())
    got = decode(lambda: ChatChunkDecoder(limit=1000), [endless])
    assert isinstance(failure(got), MalformedStream)


def test_the_stop_string_that_vllm_tells() -> None:
    last = {"choices": [{"delta": {}, "finish_reason": "stop", "stop_reason": "###"}]}
    assert chat(last) == [Finish("stop", stop_string="###")]


@pytest.mark.parametrize("reason", ["abort", "error"])
def test_an_answer_that_the_server_broke_off_is_no_whole_one(reason: str) -> None:
    """vLLM and SGLang say so where a request was taken from them."""
    last = chat(piece(content="a"), ended(reason))[-1]
    assert isinstance(last, Failure) and type(last.error) is ServerError
    assert f'"{reason}"' in last.error.message


def test_completions() -> None:
    events = check_decoder(CompletionChunkDecoder, recorded("openai-completions-stream.sse"))
    assert joined(events) == "Hello world!"
    body = recorded("openai-completions-stream-usage.sse")
    check_cut_ends(CompletionChunkDecoder, body)
    finish = check_cuts(CompletionChunkDecoder, body)[-1]
    assert isinstance(finish, Finish) and finish.usage == Usage(22, 5)
    finish = check_cuts(CompletionChunkDecoder, recorded("others/vllm-0.32-completion.sse"))[-1]
    assert finish == Finish("length", Usage(2, 4))


def test_calls_with_one_index_and_no_id_are_told_apart() -> None:
    both = [
        {"index": 0, "id": "", "function": {"name": "f", "arguments": '{"x":1}'}},
        {"index": 0, "id": "", "function": {"name": "f", "arguments": '{"x":2}'}},
    ]
    expected = [ToolCall("f", {"x": 1}, None, 0), ToolCall("f", {"x": 2}, None, 1), Finish("stop")]
    assert chat(piece(tool_calls=both), ended("stop")) == expected
    assert chat(*(piece(tool_calls=[each]) for each in both), ended("stop")) == expected


def test_a_name_that_is_repeated_with_each_piece_begins_no_new_call() -> None:
    pieces = [
        call(index=0, function={"name": "f", "arguments": a}) for a in ('{"x":{}', ',"y":1', "}")
    ]
    events = chat(*pieces, ended("tool_calls"))
    assert events == [ToolCall("f", {"x": {}, "y": 1}, None, 0), Finish("tool_calls")]


def test_a_call_that_stands_in_no_list() -> None:
    alone = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    events = chat({"choices": [{"delta": {"tool_calls": alone}}]}, ended("tool_calls"))
    assert events == [ToolCall("f", {}, "a", 0), Finish("tool_calls")]


def test_thinking_among_the_parts_of_a_content() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}
    source = {"type": "reference", "reference_ids": [1]}
    events = chat(
        piece(content=[thought]),
        piece(content=[{"type": "text", "text": "Yes"}, source]),
        ended("stop"),
    )
    assert events == [Thinking("Hm"), Text("Yes"), Finish("stop")]


def test_a_reason_that_says_null_in_a_string_is_none_yet() -> None:
    first = {"choices": [{"delta": {"content": "a"}, "finish_reason": "null"}]}
    assert chat(first, ended("stop"), "[DONE]") == [Text("a"), Finish("stop")]
    assert isinstance(chat(first, "[DONE]")[-1], Failure)


def test_usage_and_errors_in_a_field_of_the_server() -> None:
    last = {**ended("stop"), "x_groq": {"id": "r", "usage": {"prompt_tokens": 3}}}
    assert chat(piece(content="a"), last, "[DONE]") == [Text("a"), Finish("stop", Usage(3))]
    failed = chat(piece(content="a"), {"choices": [], "x_groq": {"error": "too long"}})[-1]
    assert isinstance(failed, Failure) and "too long" in str(failed.error)


def test_the_stop_string_that_was_hit() -> None:
    for name in ("stop_reason", "matched_stop"):
        last = {"choices": [{"delta": {}, "finish_reason": "stop", name: "END"}]}
        assert chat(last) == [Finish("stop", stop_string="END")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_server_that_forgets_the_blank_lines_is_read_as_it_comes(end: str) -> None:
    records = [piece(content="a"), piece(content="b"), piece(content="c"), ended("stop")]
    lines = [f"data: {json.dumps(record)}{end}".encode() for record in records]
    decoder = ChatChunkDecoder()
    came = [decoder.feed(line) for line in lines]
    assert came == [[], [Text("a"), Text("b")], [Text("c")], []]
    assert decoder.feed(b"data: [DONE]" + end.encode()) == [Finish("stop")]
    body = b"".join(lines) + b"data: [DONE]" + end.encode()
    events = check_cuts(ChatChunkDecoder, body)
    assert events == [Text("a"), Text("b"), Text("c"), Finish("stop")]
    assert check_cuts(ChatChunkDecoder, b"".join(lines)) == events
