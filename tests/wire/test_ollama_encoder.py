import json
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.wire.ollama import ChatDecoder, GenerateDecoder, ProgressDecoder
from rillet.wire.ollama_encoder import (
    AnswerEncoder,
    ChatEncoder,
    GenerateEncoder,
    ProgressEncoder,
    Timestamp,
)
from rillet.words.errors import ServerError, StreamTruncated
from rillet.words.events import (
    Event,
    Failure,
    Finish,
    Progress,
    Reconnected,
    Text,
    Thinking,
    Timings,
    TokenLogprob,
    ToolCall,
    Usage,
)
from rillet.words.replies import Reply, fold

from .conformance import check_decoder

AT = 1_780_000_000_500_000_000  # 2026-05-28T20:26:40.5Z
STAMP = '"created_at":"2026-05-28T20:26:40.5Z"'
FINISH = Finish("stop", Usage(3, 5), Timings(10, 2, 4, 6), (1, 2))
METRICS = (
    '"total_duration":10,"load_duration":2,"prompt_eval_count":3,"prompt_eval_duration":4,'
    '"eval_count":5,"eval_duration":6'
)


def generate() -> GenerateEncoder:
    return GenerateEncoder("m", lambda: AT)


def chat() -> ChatEncoder:
    return ChatEncoder("m", lambda: AT)


def test_records_of_generate() -> None:
    head = f'{{"model":"m",{STAMP},"response":'
    lines = {
        Text("a\n"): f'{head}"a\\n","done":false}}',
        Thinking("t"): f'{head}"","thinking":"t","done":false}}',
        FINISH: f'{head}"","done":true,"done_reason":"stop","context":[1,2],{METRICS}}}',
        Finish(None): f'{head}"","done":true}}',
        Finish("stop", Usage(0, 0), Timings(0)): f'{head}"","done":true,"done_reason":"stop"}}',
    }
    for event, line in lines.items():
        assert generate().encode(event) == line.encode() + b"\n"


def test_records_of_chat() -> None:
    head = f'{{"model":"m",{STAMP},"message":{{"role":"assistant","content":'
    call = '{"id":"c","function":{"index":1,"name":"f","arguments":{"a":[1]}}}'
    lines: list[tuple[Event, str]] = [
        (Text("a"), f'{head}"a"}},"done":false}}'),
        (Thinking("t"), f'{head}"","thinking":"t"}},"done":false}}'),
        (ToolCall("f", {"a": [1]}, "c", 1), f'{head}"","tool_calls":[{call}]}},"done":false}}'),
        (FINISH, f'{head}""}},"done":true,"done_reason":"stop",{METRICS}}}'),
    ]
    for event, line in lines:
        assert chat().encode(event) == line.encode() + b"\n"


def test_records_of_our_own_are_whole_and_empty() -> None:
    line = chat().encode(Progress("queued", queue_position=2), seq=1)
    assert json.loads(line) == {
        "model": "m",
        "created_at": "2026-05-28T20:26:40.5Z",
        "message": {"role": "assistant", "content": ""},
        "done": False,
        "status": "queued",
        "queue_position": 2,
        "seq": 1,
    }
    assert json.loads(generate().encode(Text("a"), seq=7))["seq"] == 7
    assert generate().encode(Reconnected(1, 5)) == b""


@pytest.mark.parametrize("encoder", [generate(), chat(), ProgressEncoder()])
def test_an_error_is_a_record_of_its_own(encoder: AnswerEncoder | ProgressEncoder) -> None:
    failure = Failure(ServerError('it\'s "bad"', hint="Wait"))
    assert encoder.encode(failure) == b'{"error":"it\'s \\"bad\\""}\n'
    assert encoder.encode(failure, seq=3) == b'{"error":"it\'s \\"bad\\"","seq":3}\n'


def test_records_of_a_pull() -> None:
    encoder = ProgressEncoder()
    assert encoder.encode(Progress("pulling manifest")) == b'{"status":"pulling manifest"}\n'
    assert (
        encoder.encode(Progress("pulling x", 0, 9, "sha256:x"))
        == b'{"status":"pulling x","digest":"sha256:x","total":9}\n'
    )
    assert encoder.encode(Finish("success")) == b'{"status":"success"}\n'
    assert encoder.encode(Text("a")) == b""


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (AT, "2026-05-28T20:26:40.5Z"),
        (AT + 1_000_000_000, "2026-05-28T20:26:41.5Z"),
        (AT - 500_000_000, "2026-05-28T20:26:40Z"),
        (AT + 499_999_990, "2026-05-28T20:26:40.99999999Z"),
    ],
)
def test_timestamps(ns: int, text: str) -> None:
    stamp = Timestamp()
    assert stamp.text(AT) == "2026-05-28T20:26:40.5Z"
    assert stamp.text(ns) == text


def test_a_text_that_no_peer_could_read_is_mended() -> None:
    assert json.loads(generate().encode(Text("a\ud83d")))["response"] == "a\ufffd"
    call = ToolCall("f", {"\ud83d": ["\ud83d"]})
    (sent,) = json.loads(chat().encode(call))["message"]["tool_calls"]
    assert sent["function"]["arguments"] == {"\ufffd": ["\ufffd"]}


def test_a_token_without_a_text_says_so() -> None:
    """As half a character, or a control token; the client of Ollama wants the field."""
    event = Text("a", (TokenLogprob("a", -1.0, (97,), (TokenLogprob("", -2.0, ()),)),))
    record = json.loads(chat().encode(event))
    top = {"token": "", "logprob": -2.0}
    expected = {"token": "a", "logprob": -1.0, "bytes": [97], "top_logprobs": [top]}
    assert record["logprobs"] == [expected]


def test_a_whole_answer() -> None:
    logprobs = (TokenLogprob("a", -1.0),)
    reply = Reply("a", "t", (ToolCall("f", {}),), logprobs, FINISH)
    answer = chat().encode_reply(reply)
    assert not answer.endswith(b"\n")
    assert json.loads(answer) == {
        "model": "m",
        "created_at": "2026-05-28T20:26:40.5Z",
        "message": {
            "role": "assistant",
            "content": "a",
            "thinking": "t",
            "tool_calls": [{"function": {"index": 0, "name": "f", "arguments": {}}}],
        },
        "done": True,
        "done_reason": "stop",
        **json.loads("{" + METRICS + "}"),
        "logprobs": [{"token": "a", "logprob": -1.0}],
    }
    unfinished = json.loads(generate().encode_reply(Reply("a")))
    assert (unfinished["response"], unfinished["done"]) == ("a", False)
    assert len(unfinished) == 4


def test_a_call_that_broke_off_is_text() -> None:
    cut, whole = ToolCall("f", {}, "c", 1, '{"city": "Par'), ToolCall("g", {}, "d")
    text = '{"name": "f", "arguments": {"city": "Par'
    record = json.loads(chat().encode(cut))
    assert record["message"] == {"role": "assistant", "content": text}
    message = json.loads(chat().encode_reply(Reply("a", "", (whole, cut))))["message"]
    assert message["content"] == "a" + text
    assert [call["function"]["name"] for call in message["tool_calls"]] == ["g"]


def test_a_whole_answer_is_decoded_like_a_stream() -> None:
    reply = Reply("a", "t", (ToolCall("f", {"x": 1}, "id"),), (TokenLogprob("a", -1.0),), FINISH)
    assert fold(check_decoder(GenerateDecoder, generate().encode_reply(reply))) == reply


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
COUNTS = st.none() | st.integers(1, 2**62)
PROBS = st.builds(
    TokenLogprob,
    TEXTS,
    st.floats(max_value=0.0, allow_nan=False),
    st.none() | st.lists(st.integers(0, 255), min_size=1, max_size=4).map(tuple),
)
LOGPROBS = st.none() | st.lists(
    st.builds(
        lambda one, top: TokenLogprob(one.token, one.logprob, one.bytes, tuple(top)),
        PROBS,
        st.lists(PROBS, max_size=2),
    ),
    min_size=1,
    max_size=2,
).map(tuple)
ARGUMENTS = st.dictionaries(TEXTS, st.none() | st.booleans() | st.integers(-9, 9) | TEXTS)
EVENTS = st.one_of(
    st.builds(Text, TEXTS, LOGPROBS),
    st.builds(Thinking, TEXTS, LOGPROBS),
    st.builds(ToolCall, TEXTS, ARGUMENTS, st.none() | TEXTS, st.integers(0, 5)),
    st.builds(Progress, TEXTS, COUNTS, COUNTS, st.none() | TEXTS, st.none() | st.integers(1, 9)),
)
FINISHES = st.builds(
    Finish,
    st.none() | TEXTS,
    st.builds(Usage, COUNTS, COUNTS).filter(lambda usage: usage != Usage()) | st.none(),
    st.builds(Timings, COUNTS, COUNTS, COUNTS, COUNTS).filter(lambda t: t != Timings()) | st.none(),
    resumed=st.booleans(),
)
STREAMS = st.tuples(st.lists(EVENTS, max_size=6), FINISHES).map(lambda s: [*s[0], s[1]])


@given(STREAMS, st.booleans())
def test_what_is_encoded_is_decoded(events: list[Event], numbered: bool) -> None:
    for encoder, decoder in ((generate(), GenerateDecoder()), (chat(), ChatDecoder())):
        numbers = count()
        lines = [encoder.encode(event, next(numbers) if numbered else None) for event in events]
        assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
        assert decoder.feed(b"".join(lines)) == events
        assert decoder.seq == (len(events) - 1 if numbered else None)


@given(st.lists(st.integers(0, 2**40), min_size=1).map(tuple))
def test_the_context_comes_back(context: tuple[int, ...]) -> None:
    finish = Finish("stop", context=context)
    assert GenerateDecoder().feed(generate().encode(finish)) == [finish]


@given(st.lists(st.builds(Progress, TEXTS.filter(lambda s: s != "success"), COUNTS, COUNTS, TEXTS)))
def test_a_pull_comes_back(steps: list[Progress]) -> None:
    events: list[Event] = [*steps, Finish("success")]
    encoder = ProgressEncoder()
    assert ProgressDecoder().feed(b"".join(map(encoder.encode, events))) == events


def test_a_failure_comes_back_as_an_error_of_the_server() -> None:
    line = chat().encode(Failure(StreamTruncated("the engine died")))
    (event,) = ChatDecoder().feed(line)
    assert isinstance(event, Failure)
    assert event.error.message == "the engine died"
