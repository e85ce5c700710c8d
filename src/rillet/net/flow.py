"""What to do next in a call: a generator that decides and never waits.

A shell (`run_sync`, `run_aio`) drives it: it performs each command that comes out, sends the
result back in (or throws the fault that happened), and hands lists of events to its caller.

    flow -> Open(request, …)   shell answers Head, or throws Unreachable | TimedOut | Cut
    flow -> Read(deadline)     shell answers bytes (b"" is a proper end), or throws TimedOut | Cut
    flow -> Pause(seconds)     shell answers None after that time
    flow -> Work(function)     shell answers what it returns; it may read files, so no loop runs it
    flow -> Release()          the answer is whole: keep the connection for the next call
    flow -> Parting(request)   who leaves before Release wants this sent (see `resuming`)
    flow -> [events…]          for the caller

Laws: the last event of the last list is `Finish` or `Failure`. Calls are repeated only before the
first event and only where the server cannot have begun: no connection, 429, 503.
"""

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from rillet.net.faults import Cut, TimedOut
from rillet.net.http1 import Head, Request
from rillet.net.resuming import Parting, name_of, resuming
from rillet.words.errors import Busy, RilletError, Stalled, StreamTruncated, Unreachable
from rillet.words.events import Event, Failure, Finish, Progress
from rillet.words.timeouts import Timeouts

if TYPE_CHECKING:
    from rillet.wire.decoder import Decoder

ERROR_BODY_LIMIT = 1 << 20  # bytes of an error page that are read
RETRY_AFTER_LIMIT = 60.0  # seconds; where a server wants more patience, its error is told instead
_NOTHING = "Nothing has come; ask again"  # of an answer that is wanted whole, or had not begun


class Open(Struct, frozen=True):
    request: Request
    connect: float | None
    deadline: float | None


class Read(Struct, frozen=True):
    deadline: float | None


class Pause(Struct, frozen=True):
    seconds: float


class Release(Struct, frozen=True):
    pass


class Work(Struct, frozen=True):
    function: Callable[[], Any]


class End(Struct, frozen=True):
    """How a shell says that a flow has ended, with what it returned."""

    value: Any


Command = Open | Read | Pause | Release | Work | Parting
Flow = Generator[Command | list[Event], Any, None]


class Call(Struct, frozen=True):
    """One question to a server: what to send, and what reads the answer."""

    request: Request
    decoder: "Callable[[], Decoder]"
    model: str | None = None


class Policy(Struct, frozen=True):
    """How patient to be. `retries` counts further tries after the first."""

    timeouts: Timeouts = Timeouts()
    retries: int = 2
    backoff: float = 0.25  # seconds before the first further try; doubles
    reconnect: float = 60.0  # seconds that a cut stream with a record is tried to be had again


class Clocks:
    """Deadlines of one call on the caller's monotonic clock (seconds)."""

    def __init__(self, timeouts: Timeouts, clock: Callable[[], float]) -> None:
        self._timeouts = timeouts
        self._clock = clock
        self._end = _after(clock(), timeouts.total)
        self._phase = "first_token"
        self._phase_end = _after(clock(), timeouts.first_token)

    def deadline(self) -> float | None:
        if self._end is None:
            return self._phase_end
        return self._end if self._phase_end is None else min(self._end, self._phase_end)

    def now(self) -> float:
        return self._clock()

    def progress(self, told: float) -> None:
        """The server said that it is at work: the wait for the first token begins anew.

        Later it changes nothing, but the time that the caller took for it since `told` is not
        the server's.
        """
        now = self._clock()
        if self._phase == "first_token":
            self._phase_end = _after(now, self._timeouts.first_token)
        elif self._phase_end is not None:
            self._phase_end += now - told

    def content(self) -> None:
        """Content has come and was handed over: the wait for the next begins."""
        self._phase = "between_tokens"
        self._phase_end = _after(self._clock(), self._timeouts.between_tokens)

    def restart(self) -> None:
        """The present wait begins anew."""
        self._phase_end = _after(self._clock(), getattr(self._timeouts, self._phase))

    def struck(self) -> Stalled:
        """Which clock it was that struck."""
        total = self._end is not None and self._clock() >= self._end
        phase = "total" if total else self._phase
        return Stalled(phase, getattr(self._timeouts, phase) or 0.0)

    def left_in_all(self) -> float:
        """Seconds until the whole call has to be over."""
        return float("inf") if self._end is None else self._end - self._clock()

    def left(self) -> float:
        end = self.deadline()
        return float("inf") if end is None else end - self._clock()


def _after(now: float, seconds: float | None) -> float | None:
    return None if seconds is None else now + seconds


def stream_flow(call: Call, policy: Policy, clock: Callable[[], float]) -> Flow:
    """The whole way of one streamed call."""
    clocks = Clocks(policy.timeouts, clock)
    try:
        head = yield from _answered(call.request, call.model, policy, clocks)
        if 200 <= head.status < 300:
            decoder = call.decoder()
            name = name_of(head)
            if name and hasattr(decoder, "seq"):
                yield from resuming(name, call, policy, clocks)
            else:
                yield from _events(decoder, clocks)
        else:
            yield [Failure((yield from _refusal(head, call.model, clocks)))]
    except TimedOut:
        yield [Failure(clocks.struck())]
    except RilletError as error:
        yield [Failure(error)]


def whole_flow(
    request: Request, model: str | None, policy: Policy, clock: Callable[[], float], limit: int
) -> Generator[Command, Any, bytes]:
    """A call with one answer of at most `limit` bytes: returns it, raises `RilletError`."""
    clocks = Clocks(policy.timeouts, clock)
    try:
        head = yield from _answered(request, model, policy, clocks)
        if not 200 <= head.status < 300:
            raise (yield from _refusal(head, model, clocks))
        return (yield from _body(clocks, limit))
    except TimedOut as fault:
        raise clocks.struck() from fault
    except Cut as cut:
        raise StreamTruncated(f"The answer broke off: {cut}", hint=_NOTHING) from cut


def _answered(
    request: Request, model: str | None, policy: Policy, clocks: Clocks
) -> Generator[Command, Any, Head]:
    """Open until there is an answer that another try would not better."""
    for attempt in range(policy.retries + 1):
        pause = policy.backoff * 2**attempt
        patience = min(clocks.left(), RETRY_AFTER_LIMIT) if attempt < policy.retries else -1.0
        try:
            head: Head = yield Open(request, policy.timeouts.connect, clocks.deadline())
        except Unreachable:
            if pause > patience:
                raise
        except Cut as cut:
            said = f"The server hung up before it answered: {cut}"
            raise StreamTruncated(said, hint=_NOTHING) from cut
        else:
            if head.status not in (429, 503):
                return head
            error = yield from _refusal(head, model, clocks)
            pause = max(pause, error.retry_after or 0.0) if isinstance(error, Busy) else pause
            if pause > patience:
                raise error
        yield Pause(pause)
    raise AssertionError("the last try returns or raises")


def _refusal(head: Head, model: str | None, clocks: Clocks) -> Generator[Command, Any, RilletError]:
    """What an answer with a bad status means; the status says enough if its body breaks."""
    body = bytearray()
    try:
        while len(body) < ERROR_BODY_LIMIT:
            data: bytes = yield Read(clocks.deadline())
            if not data:
                yield Release()
                break
            body += data
    except (Cut, TimedOut):
        pass
    from rillet.wire.failures import error_from_response  # its patterns would delay every start

    return error_from_response(head.status, head.headers, bytes(body), model=model)


def _events(decoder: "Decoder", clocks: Clocks, *, whole: bool = True) -> Flow:
    """Read to the end of the stream. What is no content does not reset the clock of content.

    With `whole` false a stream that breaks off is a `Cut`, which somebody else repairs.
    """
    read = Read(clocks.deadline())
    while not decoder.finished:
        try:
            data: bytes = yield read
            if not (data or whole):
                raise Cut("the stream ended before its end was said")
            events = decoder.feed(data) if data else decoder.eof()
        except TimedOut:
            events = decoder.eof()  # a server that has said its end, and holds the connection
            if type(events[-1]) is not Finish:
                raise
        except Cut as cut:
            if not whole:
                raise
            events = decoder.eof(str(cut) or "the connection was cut")
        if events and (type(events[-1]) is not Progress or _has_content(events)):
            if type(events[-1]) is Finish:
                yield Release()
            yield events
            clocks.content()
        elif events:
            told = clocks.now()
            yield events
            clocks.progress(told)
        elif not decoder.growing:
            continue
        if decoder.growing:
            clocks.content()
        read = Read(clocks.deadline())


def _has_content(events: Sequence[Event]) -> bool:
    return any(type(event) is not Progress for event in events)


def _body(clocks: Clocks, limit: int) -> Generator[Command, Any, bytes]:
    pieces: list[bytes] = []
    size = 0
    while data := (yield Read(clocks.deadline())):
        pieces.append(data)
        size += len(data)
        if size > limit:
            raise StreamTruncated(f"The answer is longer than {limit} bytes")
    yield Release()
    return b"".join(pieces)
