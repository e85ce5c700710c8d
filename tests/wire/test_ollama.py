import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.wire.decoder import Decoder
from rillet.wire.ollama import ChatDecoder, GenerateDecoder, ProgressDecoder
from rillet.words.errors import Busy, MalformedStream, RilletError, ServerError, StreamTruncated
from rillet.words.events import (
    Event,
    Failure,
    Finish,
    Progress,
    Text,
    Thinking,
    Timings,
    TokenLogprob,
    ToolCall,
    Usage,
)
from rillet.words.replies import fold

from .conformance import (
    Factory,
    check_cuts,
    check_decoder,
    check_garbage,
    check_truncations,
    comparable,
    decode,
)

STREAMS = Path(__file__).parent.parent / "data" / "streams"
KINDS: dict[str, type[Decoder]] = {
    "generate": GenerateDecoder,
    "chat": ChatDecoder,
    "create": ProgressDecoder,
    "pull": ProgressDecoder,
}


def decoder_of(path: Path) -> Factory:
    return KINDS[path.name.split("-")[0]]


def generate(*records: dict[str, object], eof: bool = True) -> list[Event]:
    body = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    return check_cuts(GenerateDecoder, body, seeds=3) if eof else GenerateDecoder().feed(body)


def chat(*messages: dict[str, object], **last: object) -> list[Event]:
    records = [{"message": message, "done": False} for message in messages]
    records.append({"done": True, "done_reason": "stop"} | last)
    return check_cuts(ChatDecoder, b"".join(json.dumps(r).encode() + b"\n" for r in records))


def error_of(events: list[Event]) -> RilletError:
    assert isinstance(events[-1], Failure), events[-1]
    return events[-1].error


@pytest.mark.parametrize("path", sorted(STREAMS.glob("*.ndjson")), ids=lambda path: path.stem)
def test_recorded_streams(path: Path) -> None:
    body = path.read_bytes()
    records = [json.loads(line) for line in body.splitlines()]
    factory = decoder_of(path)
    events = check_cuts(factory, body)
    check_garbage(factory, body)
    last = records[-1]
    if isinstance(events[-1], Failure):
        assert "error" in last or not last.get("done")
        assert events[-1].error.message == last.get("error", events[-1].error.message)
        return
    check_decoder(factory, body)
    reply = fold(events)
    messages = [record.get("message", record) for record in records]
    said = "".join(m.get("content", m.get("response", "")) for m in messages)
    assert reply.text == said
    assert reply.thinking == "".join(m.get("thinking", "") for m in messages)
    assert reply.done_reason == last.get("done_reason", "success")
    assert [call.name for call in reply.tool_calls] == [
        call["function"]["name"] for m in messages for call in m.get("tool_calls", ())
    ]
    assert len(reply.logprobs) == sum(len(record.get("logprobs", ())) for record in records)


def test_all_of_the_last_record() -> None:
    events = generate(
        {"response": "a", "done": False},
        {
            "model": "m",
            "response": "b",
            "done": True,
            "done_reason": "length",
            "context": [1, 2],
            "total_duration": 10,
            "load_duration": 2,
            "prompt_eval_count": 3,
            "prompt_eval_duration": 4,
            "eval_count": 5,
            "eval_duration": 6,
        },
    )
    assert events == [
        Text("a"),
        Text("b"),
        Finish("length", Usage(3, 5), Timings(10, 2, 4, 6), (1, 2)),
    ]


def test_what_is_not_said_is_not_made_up() -> None:
    assert generate({"response": "a"}, {"done": True}) == [Text("a"), Finish(None)]
    assert generate({"done": True, "eval_count": 0})[-1] == Finish(None, Usage(None, 0))


def test_another_servers_minimal_records() -> None:
    assert generate({"response": "a"}, {"response": None}, {"done_reason": "stop"}) == [
        Text("a"),
        Finish("stop"),
    ]
    assert chat({"content": "a"}, {"content": None}) == [Text("a"), Finish("stop")]


def test_thinking_text_and_tools_of_one_record() -> None:
    call = {"id": "c1", "function": {"name": "f", "arguments": {"a": [1]}, "index": 2}}
    assert chat({"content": "b", "thinking": "a", "tool_calls": [call]}) == [
        Thinking("a"),
        Text("b"),
        ToolCall("f", {"a": [1]}, "c1", 2),
        Finish("stop"),
    ]


def test_tool_calls_of_any_record_in_any_clothes() -> None:
    events = chat(
        {"content": "", "tool_calls": [{"function": {"name": "f", "arguments": '{"a": 1}'}}]},
        {"content": "", "tool_calls": [{"function": {"name": "g", "arguments": '{"a":'}}]},
        message={
            "content": "",
            "tool_calls": [
                {"function": {"name": "h", "arguments": None}},
                {"function": {"name": "i", "arguments": [1]}},
            ],
        },
    )
    assert events == [
        ToolCall("f", {"a": 1}, None, 0),
        ToolCall("g", {}, None, 1, '{"a":'),
        ToolCall("h", {}, None, 2),
        ToolCall("i", {}, None, 3, "[1]"),
        Finish("stop"),
    ]


def test_logprobs() -> None:
    top = [{"token": "b", "logprob": -1.5}]
    one = {"token": "a", "logprob": None, "bytes": [97], "top_logprobs": top}
    value = (TokenLogprob("a", float("-inf"), (97,), (TokenLogprob("b", -1.5),)),)
    assert generate({"response": "a", "logprobs": [one], "done": True})[0] == Text("a", value)
    assert generate({"response": "", "logprobs": [one], "done": True})[0] == Text("", value)
    assert generate({"thinking": "a", "logprobs": [one], "done": True})[0] == Thinking("a", value)


def test_fields_of_our_own() -> None:
    body = (
        b'{"response":"","done":false,"seq":1,"status":"queued","queue_position":2}\n'
        b'{"response":"","done":false,"seq":2,"status":"prompt","completed":5,"total":9}\n'
        b'{"response":"a","done":false,"seq":3,"resumed":true}\n'
        b'{"response":"","done":true,"seq":4,"done_reason":"stop"}\n'
    )
    assert check_decoder(GenerateDecoder, body) == [
        Progress("queued", queue_position=2),
        Progress("prompt", 5, 9),
        Text("a"),
        Finish("stop", resumed=True),
    ]
    decoder = GenerateDecoder()
    assert decoder.seq is None
    for line, seq in zip(body.splitlines(keepends=True), (1, 2, 3, 4), strict=True):
        decoder.feed(line)
        assert decoder.seq == seq


def test_model_and_time_of_the_last_record() -> None:
    decoder = ChatDecoder()
    assert decoder.model is None
    decoder.feed(b'{"model":"m","created_at":"2026-01-01T00:00:00Z"}\n')
    assert (decoder.model, decoder.created_at) == ("m", "2026-01-01T00:00:00Z")


SAME = [
    pytest.param(b'{"response":"x"}\r\n{"done":true}\r\n', id="CRLF"),
    pytest.param(b'{"response":"x"}\n\n  \n\r\n{"done":true}\n', id="blank lines"),
    pytest.param(b'\xef\xbb\xbf{"response":"x"}\n{"done":true}\n', id="byte order mark"),
    pytest.param(b'\xef\xbb\xbf{\n"response":"x",\n"done":true}', id="mark and pretty answer"),
    pytest.param(b'\xef\xbb\xbfdata: {"response":"x"}\n{"done":true}\n', id="mark and SSE"),
    pytest.param(b'\x1e{"response":"x"}\n\x1e{"done":true}\n', id="a JSON text sequence"),
    pytest.param(b'{"response":"x"}\n\0\0\n{"done":1}\n', id="NUL bytes, and 1 for true"),
    pytest.param(b'{"response":"x"}\n{"done":true}', id="no last newline"),
    pytest.param(b'\r{"response" :\t"x"}\r\r\n{"done":true}\n', id="CR as white space"),
    pytest.param(b': ping\n\ndata: {"response":"x"}\n\ndata:{"done":true}\n\n', id="SSE frames"),
    pytest.param(b'{"response":"x","eval_count":NaN}\n{"done":true}\n', id="NaN"),
    pytest.param(b'{"response":"x","model":5,"seq":"1"}\n{"done":true}\n', id="wrong types"),
    pytest.param(b'{"response":"x","new":{"a":[]}}\n{"done":true}\n', id="unknown fields"),
    pytest.param(b'{"response":"x","error":null}\n{"error":"","done":true}\n', id="no error"),
    pytest.param(b'{"response":"x","done":true}', id="a whole answer"),
    pytest.param(b'{\n  "response": "x",\n  "done": true\n}\n', id="a pretty answer"),
    pytest.param(b'{\n"response": "x"\n}\n{\n"done": true\n}\n', id="pretty records"),
    pytest.param(b'{"response":"x"}\n{\n"done": true\n}\n', id="a pretty last record"),
    pytest.param(b'[{"response":"x"},\n{"done":true}]', id="an array"),
    pytest.param(b'{"response":"x"} {"done":true}\n', id="two records in a line"),
    pytest.param(b'{"response":"x","eval_count":' + b"9" * 400 + b'}\n{"done":1,"done_reason":"'
                 b'"}\n{"done":true}\n', id="numbers too large"),
]  # fmt: skip


@pytest.mark.parametrize("body", SAME)
def test_what_is_forgiven(body: bytes) -> None:
    events = check_cuts(GenerateDecoder, body)
    assert events == [Text("x"), Finish(None)]
    check_truncations(GenerateDecoder, body)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("\x85 \u2028 \u2029".encode(), "\x85 \u2028 \u2029"),
        (rb"\u001c \ud83d\ude00", "\x1c 😀"),
        (b"a\x01\tb", "a\x01\tb"),
        (b"\xf0\x9f", "\ufffd"),
        (b"\\ud83d", "\ufffd"),
    ],
)
def test_texts(raw: bytes, text: str) -> None:
    events = check_cuts(
        GenerateDecoder, b'{"response":"%b"}\n{"response":"."}\n{"done":true}\n' % raw
    )
    assert fold(events).text == text + "."


@given(st.text(), st.data())
def test_utf_16_cut_into_records(text: str, data: st.DataObject) -> None:
    """However a server cuts its text between UTF-16 units, it comes out whole."""
    units = text.encode("utf-16-le")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(units) // 2), max_size=6)))
    ends = [0, *(2 * cut for cut in cuts), len(units)]
    pieces = [units[a:b].decode("utf-16-le", "surrogatepass") for a, b in pairwise(ends)]
    events = generate(*({"response": piece} for piece in pieces), {"done": True})
    assert fold(events).text == text
    in_chat = chat(*({"content": piece, "thinking": piece} for piece in pieces))
    assert fold(in_chat).text == fold(in_chat).thinking == text


def test_half_a_character_at_the_end_is_replaced() -> None:
    half = b'{"message":{"content":"a\\ud83d","thinking":"b\\ud83d"}}\n'
    texts = [Thinking("b"), Text("a"), Thinking("\ufffd"), Text("\ufffd")]
    assert check_cuts(ChatDecoder, half + b'{"done":true}\n') == [*texts, Finish(None)]
    assert check_cuts(ChatDecoder, half)[:-1] == texts
    assert check_cuts(ChatDecoder, half + b'{"error":"e"}\n')[:-1] == texts


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("boom", "boom"),
        ({"message": "boom", "code": 500}, "boom"),
        ('{"error":{"message":"boom"}}', "boom"),
    ],
)
def test_an_error_in_mid_stream(error: object, message: str) -> None:
    events = generate({"response": "a"}, {"error": error}, {"response": "b"}, {"done": True})
    assert events[0] == Text("a")
    assert len(events) == 2
    found = error_of(events)
    assert isinstance(found, ServerError)
    assert (found.message, found.status) == (message, None)


def test_an_error_beside_text() -> None:
    events = generate({"response": "a", "error": "boom", "done": False})
    assert (events[0], error_of(events).message) == (Text("a"), "boom")
    events = chat({"content": "a"}, error="boom", done=False, message={"content": "b"})
    assert (events[:2], error_of(events).message) == ([Text("a"), Text("b")], "boom")


def test_busy_in_mid_stream() -> None:
    assert isinstance(error_of(generate({"error": "server busy, please try again."})), Busy)


@pytest.mark.parametrize("body", [b"", b'{"response":"a"}\n', b'{"response":"a"}\n{"respon'])
def test_an_end_without_done_is_no_end(body: bytes) -> None:
    for cause in ("", "reset by peer"):
        error = error_of(decode(GenerateDecoder, [body], cause=cause))
        assert isinstance(error, StreamTruncated)
        assert cause in error.message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!doctype html>\n<html>\n<title>502</title>\n\n</html>\n", "web page titled “502”"),
        (b"<html><title>502</title>", "web page titled “502”"),
        (b"nonsense\n", "not JSON: 'nonsense'"),
        (b"OK", "not JSON: 'OK'"),
        (b'{"response": broken}\n', "not JSON"),
        (b'{"response":"a"}\n<html>\n', "not JSON"),
        (b'"text"\n', "not a JSON object"),
        (b"[5]\n", "not a JSON object"),
        (b"null\n", "not a JSON object"),
        (b'{"response":5}\n', "response is no text"),
        (b'{"a":' * 100_000 + b"\n", "ended without"),
    ],
)
def test_what_is_no_stream(body: bytes, words: str) -> None:
    events = decode(GenerateDecoder, [body])
    assert words in str(error_of(events))
    if len(body) < 1000:
        assert comparable(check_cuts(GenerateDecoder, body)) == comparable(events)


def test_a_chat_whose_message_is_none() -> None:
    assert "message is no object" in str(error_of(check_cuts(ChatDecoder, b'{"message":5}\n')))
    broken = check_cuts(ChatDecoder, b'{"message":{"content":["x"]}}\n')
    assert "content is no text" in str(error_of(broken))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_line_above_the_limit(size: int) -> None:
    body = b'{"response":"a"}\n{"response":"%b"}\n{"done":true}\n' % (b"x" * 100)
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    events = decode(lambda: GenerateDecoder(limit=64), pieces)
    assert events[0] == Text("a")
    assert isinstance(error_of(events), MalformedStream)
    assert "64 bytes" in str(error_of(events))


def test_a_line_above_the_limit_is_told_before_it_ends() -> None:
    assert isinstance(error_of(GenerateDecoder(limit=64).feed(b"x" * 65)), MalformedStream)
    assert isinstance(
        error_of(GenerateDecoder(limit=64).feed(b"{}\n" + b"x" * 65)), MalformedStream
    )


def test_a_document_above_the_limit() -> None:
    decoder = GenerateDecoder(limit=64)
    events = [event for _ in range(40) for event in decoder.feed(b'{"response":\n')]
    assert "64 bytes" in str(error_of(events))


@pytest.mark.parametrize("decoder", [GenerateDecoder, ChatDecoder, ProgressDecoder])
@given(pieces=st.lists(st.binary(max_size=40)))
def test_nothing_is_raised(decoder: Factory, pieces: list[bytes]) -> None:
    decode(decoder, pieces)


FIELDS = ["response", "message", "content", "thinking", "tool_calls", "function", "arguments"]
FIELDS += ["done", "error", "status", "logprobs", "context", "eval_count", "seq", "index", "model"]
VALUES = [None, True, 5, -1.5, float("nan"), 2**70, "x", "\ud83d", [], ["x"], [[]], {}, {"a": 1}]
SOME = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(VALUES), max_size=3)
DEEPER = st.sampled_from(VALUES) | SOME | st.lists(SOME, max_size=2)
RECORD = st.dictionaries(st.sampled_from(FIELDS), DEEPER, max_size=4)


@pytest.mark.parametrize("decoder", [GenerateDecoder, ChatDecoder, ProgressDecoder])
@given(records=st.lists(RECORD, max_size=4))
def test_no_shape_of_a_record_is_fatal(decoder: Factory, records: list[dict[str, object]]) -> None:
    body = "".join(json.dumps(record) + "\n" for record in records).encode()
    assert comparable(decode(decoder, [body])) == comparable(
        decode(decoder, [line + b"\n" for line in body.split(b"\n")])
    )


def test_pull() -> None:
    body = (
        b'{"status":"pulling manifest"}\n'
        b'{"status":"pulling e0f8","digest":"sha256:e0f8","total":9}\n'
        b'{"status":"pulling e0f8","digest":"sha256:e0f8","total":9,"completed":9}\n'
        b'{"status":"success"}\n'
    )
    assert check_decoder(ProgressDecoder, body) == [
        Progress("pulling manifest"),
        Progress("pulling e0f8", None, 9, "sha256:e0f8"),
        Progress("pulling e0f8", 9, 9, "sha256:e0f8"),
        Finish("success"),
    ]
