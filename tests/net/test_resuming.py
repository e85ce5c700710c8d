"""A cut stream with a record goes on: the flow alone, driven by hand."""

from collections.abc import Generator
from typing import Any

import pytest

from rillet.net.faults import Cut, TimedOut
from rillet.net.flow import Call, Open, Pause, Policy, Read, Release, stream_flow
from rillet.net.http1 import Head, Headers, Request
from rillet.net.resuming import Parting, Place, record_flow
from rillet.wire.ollama import GenerateDecoder
from rillet.wire.openai import ChatChunkDecoder
from rillet.words.errors import MalformedStream, Stalled, StreamTruncated, Unreachable
from rillet.words.events import Event, Failure, Finish, Reconnected, Text
from rillet.words.replies import fold
from rillet.words.timeouts import Timeouts

NAME = "0123456789abcdef0123456789abcdef"
CALL = Call(Request("POST", "/api/generate"), GenerateDecoder)
GOOD = Head(200, "OK", Headers([("Rillet-Stream", NAME)]))
PLAIN = Head(200, "OK", Headers())


def line(number: int, text: str = "", done: bool = False) -> bytes:
    end = b"true" if done else b"false"
    return b'{"response":"%b","done":%b,"seq":%d}\n' % (text.encode(), end, number)


class Played:
    """Answers each command with the next of a script; faults are thrown."""

    def __init__(self, script: list[Any]) -> None:
        self.now = 0.0
        self.opened: list[str] = []
        self.partings: list[Parting] = []
        self.pauses: list[float] = []
        self.events: list[Event] = []
        self._script = script

    def clock(self) -> float:
        return self.now

    def play(self, flow: Generator[Any, Any, Any]) -> "Played":
        result: Any = None
        while True:
            try:
                if isinstance(result, Exception):
                    step = flow.throw(result)
                else:
                    step = flow.send(result)
            except StopIteration:
                return self
            result = self._perform(step)

    def _perform(self, step: Any) -> Any:
        match step:
            case list():
                self.events += step
            case Pause(seconds):
                self.pauses.append(seconds)
                self.now += seconds
            case Parting():
                self.partings.append(step)
            case Open(request):
                self.opened.append(f"{request.method} {request.path}")
                return self._script.pop(0)
            case Read():
                return self._script.pop(0)
            case Release():
                pass
        return None


def play(script: list[Any], policy: Policy | None = None) -> Played:
    played = Played(script)
    return played.play(stream_flow(CALL, policy or Policy(), played.clock))


LAST = line(3, "c", done=True)


@pytest.mark.parametrize("cut", range(1, len(line(1, "a") + line(2, "b") + LAST)))
def test_nothing_is_lost_and_nothing_twice_wherever_it_is_cut(cut: int) -> None:
    lines = [line(1, "a"), line(2, "b"), LAST]
    whole = b"".join(lines)
    seen = whole[:cut].count(b"\n")
    rest = b"".join(lines[seen:])
    played = play([GOOD, whole[:cut], Cut("reset"), GOOD, rest])
    texts = "".join(event.text for event in played.events if isinstance(event, Text))
    assert texts == "abc" and isinstance(played.events[-1], Finish)
    assert played.opened[1] == f"GET /api/streams/{NAME}?after={seen}"
    (again,) = (event for event in played.events if isinstance(event, Reconnected))
    assert (again.attempts, again.after, again.cause) == (1, seen, "reset")


def test_records_that_come_again_are_dropped() -> None:
    script = [GOOD, line(1, "a"), Cut("x"), GOOD, line(1, "a") + line(2, "b") + LAST]
    texts = [event.text for event in play(script).events if isinstance(event, Text)]
    assert texts == ["a", "b", "c"]


def test_an_end_that_was_not_said_is_a_cut_too() -> None:
    played = play([GOOD, line(1, "a"), b"", GOOD, line(2, "b") + LAST])
    assert isinstance(played.events[-1], Finish)


def test_without_a_record_a_cut_is_an_error() -> None:
    (text, end) = play([PLAIN, line(1, "a"), Cut("x")]).events
    assert isinstance(end, Failure) and isinstance(end.error, StreamTruncated)
    assert text == Text("a")


def test_tries_follow_each_other_slower_and_end() -> None:
    refused = [Unreachable("refused") for _ in range(100)]
    played = play([GOOD, line(1, "a"), Cut("gone"), *refused], Policy(reconnect=20))
    end = played.events[-1]
    assert isinstance(end, Failure) and isinstance(end.error, StreamTruncated)
    assert "gone" in end.error.message and "20 s" in end.error.message
    assert 5 < len(played.pauses) < 30 and played.now <= 20
    assert max(played.pauses) > 4 * min(played.pauses)


def test_who_gives_up_leaves_the_answer_to_the_server() -> None:
    refused = [Unreachable("refused") for _ in range(100)]
    played = play([GOOD, line(1, "a"), Cut("gone"), *refused], Policy(reconnect=20))
    assert [parting.request is None for parting in played.partings] == [False, True]


class Sleeper(Played):
    """A process that is stopped for an hour in its first pause."""

    def _perform(self, step: Any) -> Any:
        if isinstance(step, Pause) and not self.pauses:
            self.now += 3600
        return super()._perform(step)


def test_a_process_that_was_stopped_still_tries() -> None:
    script = [GOOD, line(1, "a"), Cut("gone"), Unreachable("not yet"), GOOD, line(2, "b") + LAST]
    played = Sleeper(script)
    played.play(stream_flow(CALL, Policy(reconnect=20), played.clock))
    assert isinstance(played.events[-1], Finish)


def test_who_has_all_of_a_record_has_its_end() -> None:
    done = Head(200, "OK", Headers([("Rillet-Stream", NAME), ("Rillet-State", "done")]))
    played = Played([done, b""])
    played.play(record_flow(NAME, 3, lambda head: CALL, Policy(), played.clock))
    assert played.events == [Finish(None)]


def test_a_record_that_is_not_there_says_what_may_be() -> None:
    missing = Head(404, "Not Found", Headers())
    played = Played([missing, b'{"error":"stream not found"}', b""])
    played.play(record_flow(NAME, 3, lambda head: CALL, Policy(), played.clock))
    (end,) = played.events
    assert isinstance(end, Failure) and "another key" in end.error.hint


def test_a_record_that_is_gone_is_the_end() -> None:
    missing = Head(404, "Not Found", Headers())
    played = play([GOOD, line(1, "a"), Cut("x"), missing, b'{"error":"stream not found"}', b""])
    end = played.events[-1]
    assert isinstance(end, Failure) and "stream not found" in end.error.message


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_proxy_that_answers_in_between_is_waited_for(status: int) -> None:
    passing = Head(status, "", Headers())
    played = play([GOOD, line(1, "a"), Cut("x"), passing, b"", GOOD, line(2, "b") + LAST])
    assert isinstance(played.events[-1], Finish)


def test_silence_counts_as_a_cut_once() -> None:
    script = [GOOD, line(1, "a"), TimedOut(), GOOD, line(2, "b"), TimedOut(), GOOD, TimedOut()]
    end = play(script, Policy(Timeouts(between_tokens=5))).events[-1]
    assert isinstance(end, Failure) and isinstance(end.error, Stalled)


def test_who_leaves_knows_what_to_say() -> None:
    (parting,) = play([GOOD, line(1, "a") + LAST]).partings
    assert (parting.place.name, parting.request.method) == (NAME, "DELETE")
    assert parting.request.path == f"/api/streams/{NAME}"


def test_another_reader_follows_from_a_place() -> None:
    played = Played([GOOD, line(2, "b"), Cut("x"), GOOD, LAST])
    played.play(record_flow(NAME, 1, lambda head: CALL, Policy(), played.clock))
    assert played.opened == [f"GET /api/streams/{NAME}?after={n}" for n in (1, 2)]
    assert isinstance(played.events[-1], Finish)


# The same over server-sent events, where the number comes last

SSE_CALL = Call(Request("POST", "/v1/chat/completions"), ChatChunkDecoder)


def chunk(delta: str = "{}", reason: str = "null", id: int = 0) -> bytes:
    said = f'data: {{"choices":[{{"index":0,"delta":{delta},"finish_reason":{reason}}}]}}\n\n'
    return (f"id: {id}\n" if id else "").encode() + said.encode()


def call_chunk(index: int, id: int) -> bytes:
    function = f'{{"name":"f{index}","arguments":"{{}}"}}'
    call = f'{{"index":{index},"id":"c{index}","function":{function}}}'
    return chunk(f'{{"tool_calls":[{call}]}}', id=id)


SSE_RECORDS = [  # of each number
    chunk('{"content":"a"}', id=1),
    b": loading\n\n",  # progress has a number and does not tell it
    chunk('{"content":"b"}', id=3),
    call_chunk(0, id=4),
    call_chunk(1, id=5),
    chunk(reason='"tool_calls"')
    + b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'
    + b"id: 6\ndata: [DONE]\n\n",
]
SSE_WHOLE = b"".join(SSE_RECORDS)


def play_sse(script: list[Any], policy: Policy | None = None) -> Played:
    played = Played(script)
    return played.play(stream_flow(SSE_CALL, policy or Policy(), played.clock))


@pytest.mark.parametrize("cut", range(len(SSE_WHOLE)))
def test_an_event_stream_goes_on_wherever_it_is_cut(cut: int) -> None:
    def behind(after: int) -> bytes:
        return b"".join(SSE_RECORDS[after:])

    played = Played([GOOD, SSE_WHOLE[:cut], Cut("reset"), GOOD])
    flow = stream_flow(SSE_CALL, Policy(), played.clock)
    open_again = played._perform

    def perform(step: Any) -> Any:
        if isinstance(step, Open) and "?after=" in step.request.path:
            after = int(step.request.path.rpartition("=")[2])
            whole = [n for n in (1, 3, 4, 5) if len(b"".join(SSE_RECORDS[:n])) <= cut]
            assert after == max([0, *whole])
            played._script.append(behind(after))
        return open_again(step)

    played._perform = perform  # type: ignore[method-assign]
    played.play(flow)
    reply = fold([each for each in played.events if not isinstance(each, Reconnected)])
    assert reply.text == "ab" and reply.complete
    assert [(call.name, call.index) for call in reply.tool_calls] == [("f0", 0), ("f1", 1)]
    assert reply.usage is not None and reply.usage.completion_tokens == 2


def test_events_of_a_stream_that_come_again_are_dropped() -> None:
    script = [GOOD, *SSE_RECORDS[:1], Cut("x"), GOOD, SSE_WHOLE]
    assert "".join(each.text for each in play_sse(script).events if isinstance(each, Text)) == "ab"


def test_an_event_stream_without_a_record_has_no_numbers() -> None:
    events = play_sse([PLAIN, chunk('{"content":"a"}'), Cut("x")]).events
    assert events[0] == Text("a") and isinstance(events[1], Failure)


def test_records_that_lost_their_numbers_are_an_error() -> None:
    end = play_sse([GOOD, chunk('{"content":"a"}') * 100]).events[-1]
    assert isinstance(end, Failure) and isinstance(end.error, MalformedStream)


def test_a_record_that_never_grows_is_given_up() -> None:
    """A server, or a proxy before it, that takes every connection and says nothing on it."""
    script = [GOOD, line(1, "a"), Cut("gone"), *[GOOD, Cut("gone again")] * 1000]
    played = play(script, Policy(reconnect=20))
    end = played.events[-1]
    assert isinstance(end, Failure) and isinstance(end.error, StreamTruncated)
    assert played.now <= 20 and 5 < len(played.opened) < 40


def test_a_name_that_is_none_is_not_asked_for() -> None:
    bad = Head(200, "OK", Headers([("Rillet-Stream", "../delete?x")]))
    end = play([bad, line(1, "a"), Cut("x")]).events[-1]
    assert isinstance(end, Failure) and isinstance(end.error, StreamTruncated)


@pytest.mark.parametrize(("left", "last"), [(0, 5), (1, 4), (2, 3), (3, 1), (4, 0)])
def test_a_reader_who_leaves_knows_where(left: int, last: int) -> None:
    decoder = ChatChunkDecoder()
    decoder.seq = 0
    place = Place(NAME)
    events = decoder.feed(b"".join(SSE_RECORDS[:5]))
    place.came(events, decoder)
    assert len(events) == 4 and place.behind(left) == last
