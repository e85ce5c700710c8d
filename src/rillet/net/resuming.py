"""A stream with a record on the server: a cut is repaired, and the caller hardly sees it. Pure.

The protocol is in docs/resume.md. Laws:
* After a cut the record is asked for what comes behind the last record that was read, so nothing
  is lost and nothing comes twice. What is left of a half record is thrown away.
* Tries follow each other with growing, jittered pauses, for at most `Policy.reconnect` seconds
  after a cut; a connection that brought no record counts as a try. Then the stream ends as it would
  have without a record: truncated, with the cause.
* Who gives up leaves the answer to the server: what was said at its beginning (on_disconnect)
  decides, and somebody may come back for it. Time for which this process was stopped (a laptop that
  slept) is not counted as a try.
* A clock that strikes between two tokens counts as a cut once: a connection can die in silence.
  Where nothing came since, it is the clock that is told.
"""

from collections.abc import Callable, Generator, Sequence
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
_UNKNOWN = "It may be past its time, of a server that was started anew, or begun with another key"
_PASSING = (429, 500, 502, 503, 504)  # a proxy, or a server that is just starting


class Place(Struct):
    """Where a reader is in a record: its name, and the numbers around the last list of events."""

    name: str
    before: int = 0
    last: int = 0
    numbers: Sequence[int] = ()  # of the events of the last list

    def behind(self, left: int) -> int:
        """The number to resume behind, for a reader who leaves `left` events of the last list."""
        if not left:
            return self.last
        read = len(self.numbers) - left
        return self.numbers[read - 1] if read > 0 else self.before

    def came(self, events: Sequence[Event], decoder: Any) -> None:
        """Note a list of events that a decoder has given."""
        self.before, self.last = self.last, decoder.seq or 0
        told: Sequence[int] = getattr(decoder, "numbers", ())
        if len(told) == len(events):
            self.numbers = tuple(told)
        elif self.last - self.before == len(events):
            self.numbers = range(self.before + 1, self.last + 1)
        else:  # who leaves in its middle gets it again
            self.numbers = (self.before,) * len(events)


class Parting(Struct, frozen=True):
    """For the shell: a caller who leaves from now on wants this sent, so that the answer stops;
    None: nothing."""

    place: Place
    request: Request | None


class _Cut(Struct):
    """What is known of a connection that was lost."""

    cause: str = ""
    came: bool = False


def name_of(head: Head) -> str:
    """The name of the record that is behind an answer, or ""."""
    name = head.headers.get("rillet-stream", "")
    return name if is_name(name) else ""


def is_name(name: str) -> bool:
    """Whether this can be a part of a path as it stands."""
    return isinstance(name, str) and name.isascii() and name.isalnum() and len(name) <= 128


def record_request(name: str, after: int) -> Request:
    """The question for a record, from behind number `after` on."""
    return Request("GET", f"/api/streams/{name}?after={after}")


def resuming(name: str, call: "Call", policy: "Policy", clocks: "Clocks", after: int = 0) -> "Flow":
    """All events of an answer whose head has come, over as many connections as it takes."""
    from rillet.net.flow import _events

    place = Place(name, after, after)
    yield Parting(place, Request("DELETE", f"/api/streams/{name}"))
    decoder: Any = call.decoder()
    until, vain = 0.0, -1
    while True:
        decoder.seq = after
        lost, begun = _Cut(), clocks.now()
        try:
            yield from _watched(_events(decoder, clocks, whole=False), lost, place, decoder)
            return
        except Cut as cut:
            lost.cause = cut.cause or "the connection was cut"
        except TimedOut:
            stalled = clocks.struck()
            if stalled.phase == "total" or not lost.came:
                raise
            lost.cause = stalled.message
        if (decoder.seq or 0) > after or vain < 0 or clocks.now() - begun > LONGEST_PAUSE:
            after, vain, until = decoder.seq or 0, 0, clocks.now() + policy.reconnect
        else:
            vain += 1
        try:
            attempts = yield from _again(name, after, policy, clocks, lost.cause, until, vain)
        except StreamTruncated:
            yield Parting(place, None)
            raise
        reconnected: list[Event] = [Reconnected(attempts, after, lost.cause)]
        yield reconnected
        if rejoin := getattr(decoder, "rejoin", None):  # it knows what it has told already
            rejoin()
        else:
            decoder = call.decoder()


def _watched(flow: "Flow", lost: _Cut, place: Place, decoder: Any) -> "Flow":
    """The same flow; notes whether events came, and how far."""
    result: Any = None
    fault: BaseException | None = None
    while True:
        try:
            step = flow.send(result) if fault is None else flow.throw(fault)
        except StopIteration:
            return
        if type(step) is list:
            lost.came = True
            place.came(step, decoder)
        result, fault = None, None
        try:
            result = yield step
        except (Cut, TimedOut, RilletError) as thrown:
            fault = thrown


def _again(
    name: str,
    after: int,
    policy: "Policy",
    clocks: "Clocks",
    cause: str,
    until: float,
    vain: int = 0,
) -> Generator[Any, Any, int]:
    """Ask for the record until it is there, or it is `until`; how many tries that took."""
    from rillet.net.flow import Open, Pause, _refusal

    attempt, tried = 0, ""
    while True:
        pause = (
            min(policy.backoff * 2 ** min(attempt + vain, 9), LONGEST_PAUSE) * (0.5 + random()) / 2
        )
        if clocks.now() + pause > until or pause > clocks.left_in_all():
            why = f"; {tried}" if tried else ""
            raise StreamTruncated(
                f"The stream was cut ({cause}) and did not come back within "
                f"{policy.reconnect:g} s{why}"
            )
        told = clocks.now()
        yield Pause(pause)
        until += max(0.0, clocks.now() - told - pause)
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
    from rillet.words.events import Failure, Finish

    clocks = Clocks(policy.timeouts, clock)
    try:
        head = yield from _answered(record_request(name, after), None, policy, clocks)
        if head.status != 200:
            refusal = yield from _refusal(head, None, clocks)
            if head.status == 404:
                refusal.hint = _UNKNOWN
            yield [Failure(refusal)]
        elif head.headers.get("rillet-state") == "done":  # the caller has all of it
            yield [Finish(None)]
        else:
            yield from resuming(name, call_of(head), policy, clocks, after)
    except TimedOut:
        yield [Failure(clocks.struck())]
    except RilletError as error:
        yield [Failure(error)]
