"""A stream with a record on the server: a cut is repaired, and the caller hardly sees it. Pure.

The protocol is in docs/resume.md. Laws:
* After a cut the record is asked for what comes behind the last record that was read, so nothing
  is lost and nothing comes twice. What is left of a half record is thrown away.
* Tries follow each other with growing, jittered pauses, for at most `Policy.reconnect` seconds
  after a cut. Then the stream ends as it would have without a record: truncated, with the cause.
* A clock that strikes between two tokens counts as a cut once: a connection can die in silence.
  Where nothing came since, it is the clock that is told.
"""

from collections.abc import Callable, Generator
from random import random
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from rillet.net.faults import Cut, TimedOut
from rillet.net.http1 import Head, Request
from rillet.words.errors import RilletError, StreamTruncated, Unreachable
from rillet.words.events import Event, Reconnected

if TYPE_CHECKING:
    from rillet.net.flow import Call, Clocks, Flow, Policy

HEADER = ("Rillet-Resume", "1")
LONGEST_PAUSE = 4.0  # seconds between two tries
_PASSING = (429, 500, 502, 503, 504)  # a proxy, or a server that is just starting


class Parting(Struct, frozen=True):
    """For the shell: a caller who leaves from now on wants this sent, so that the answer stops."""

    name: str
    request: Request


class _Cut(Struct):
    """What is known of a connection that was lost."""

    cause: str = ""
    came: bool = False


def name_of(head: Head) -> str:
    """The name of the record that is behind an answer, or ""."""
    return head.headers.get("rillet-stream", "")


def record_request(name: str, after: int) -> Request:
    """The question for a record, from behind number `after` on."""
    return Request("GET", f"/api/streams/{name}?after={after}")


def resuming(name: str, call: "Call", policy: "Policy", clocks: "Clocks", after: int = 0) -> "Flow":
    """All events of an answer whose head has come, over as many connections as it takes."""
    from rillet.net.flow import _events

    yield Parting(name, Request("DELETE", f"/api/streams/{name}"))
    while True:
        decoder: Any = call.decoder()
        decoder.seq = after
        lost = _Cut()
        try:
            yield from _watched(_events(decoder, clocks, whole=False), lost)
            return
        except Cut as cut:
            lost.cause = cut.cause or "the connection was cut"
        except TimedOut:
            stalled = clocks.struck()
            if stalled.phase == "total" or not lost.came:
                raise
            lost.cause = stalled.message
        after = decoder.seq or 0
        attempts = yield from _again(name, after, policy, clocks, lost.cause)
        reconnected: list[Event] = [Reconnected(attempts, after, lost.cause)]
        yield reconnected


def _watched(flow: "Flow", lost: _Cut) -> "Flow":
    """The same flow; notes whether events came."""
    result: Any = None
    fault: BaseException | None = None
    while True:
        try:
            step = flow.send(result) if fault is None else flow.throw(fault)
        except StopIteration:
            return
        lost.came = lost.came or type(step) is list
        result, fault = None, None
        try:
            result = yield step
        except (Cut, TimedOut, RilletError) as thrown:
            fault = thrown


def _again(
    name: str, after: int, policy: "Policy", clocks: "Clocks", cause: str
) -> Generator[Any, Any, int]:
    """Ask for the record until it is there; how many tries that took."""
    from rillet.net.flow import Open, Pause, _refusal

    until = clocks.now() + policy.reconnect
    attempt, tried = 0, ""
    while True:
        pause = min(policy.backoff * 2**attempt, LONGEST_PAUSE) * (0.5 + random()) / 2
        if clocks.now() + pause > until or pause > clocks.left_in_all():
            why = f"; {tried}" if tried else ""
            raise StreamTruncated(
                f"The stream was cut ({cause}) and did not come back within "
                f"{policy.reconnect:g} s{why}"
            )
        yield Pause(pause)
        clocks.restart()
        attempt += 1
        try:
            head: Head = yield Open(
                record_request(name, after), policy.timeouts.connect, clocks.deadline()
            )
        except (Unreachable, Cut) as error:
            tried = getattr(error, "message", str(error))
            continue
        if head.status == 200:
            return attempt
        refusal = yield from _refusal(head, None, clocks)
        tried = refusal.message
        if head.status not in _PASSING:
            raise StreamTruncated(f"The stream was cut ({cause}) and cannot go on: {tried}")


def record_flow(
    name: str,
    after: int,
    call_of: "Callable[[Head], Call]",
    policy: "Policy",
    clock: Callable[[], float],
) -> "Flow":
    """Follow a record that another call began. `call_of` finds what reads its dialect."""
    from rillet.net.flow import Clocks, _answered, _refusal
    from rillet.words.events import Failure

    clocks = Clocks(policy.timeouts, clock)
    try:
        head = yield from _answered(record_request(name, after), None, policy, clocks)
        if head.status != 200:
            yield [Failure((yield from _refusal(head, None, clocks)))]
        else:
            yield from resuming(name, call_of(head), policy, clocks, after)
    except TimedOut:
        yield [Failure(clocks.struck())]
    except RilletError as error:
        yield [Failure(error)]
