"""A cut stream with a record goes on: the flow alone, driven by hand."""

from collections.abc import Generator
from typing import Any

import pytest

from rillet.net.faults import Cut, TimedOut
from rillet.net.flow import Call, Open, Pause, Policy, Read, Release, stream_flow
from rillet.net.http1 import Head, Headers, Request
from rillet.net.resuming import Parting, record_flow
from rillet.wire.ollama import GenerateDecoder
from rillet.words.errors import Stalled, StreamTruncated, Unreachable
from rillet.words.events import Event, Failure, Finish, Reconnected, Text
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
    assert (parting.name, parting.request.method) == (NAME, "DELETE")
    assert parting.request.path == f"/api/streams/{NAME}"


def test_another_reader_follows_from_a_place() -> None:
    played = Played([GOOD, line(2, "b"), Cut("x"), GOOD, LAST])
    played.play(record_flow(NAME, 1, lambda head: CALL, Policy(), played.clock))
    assert played.opened == [f"GET /api/streams/{NAME}?after={n}" for n in (1, 2)]
    assert isinstance(played.events[-1], Finish)
