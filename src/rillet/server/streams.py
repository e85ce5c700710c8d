"""The send loop: events of a generation to the socket, and everything that can interrupt it.

Laws:
* The head of an answer waits for the first events, so an error before them has its real status.
* One `send` for each batch of events, at once. Nothing is collected, nothing runs ahead.
* A client that hangs up ends its generation at once, as does one that sends no more, for that looks
  the same; so does one that reads nothing for `write_timeout` seconds, which is cut off. Only what
  is found before anything is generated (no such model), or soon, still comes to be told.
* Whatever happens, the source is closed before the loop returns, and a reader that is still there
  gets a terminal record. Also when the server is told to stop.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from msgspec import Struct

from rillet.server.attendance import Attendance, SlowReader
from rillet.server.errors import CANCELED, ServerStopping, log
from rillet.server.exchange import JSON, ClientGone, Exchange, Headers
from rillet.service.interface import Generation
from rillet.words.errors import RilletError, ServerError, StreamTruncated
from rillet.words.events import Event, Failure, Finish
from rillet.words.replies import Folding, Reply

ABORT = "rillet.abort"  # the ASGI extension under which our server offers to cut a connection
WRITE_TIMEOUT = 60.0  # seconds

_ENDS = (Finish, Failure)
T = TypeVar("T")


Encode = Callable[[Event], bytes]


class Frame(Struct, frozen=True):
    """How a stream looks from outside."""

    content_type: bytes
    headers: Headers = ()


NDJSON = Frame(b"application/x-ndjson", [(b"x-accel-buffering", b"no")])
SSE = Frame(b"text/event-stream", [(b"x-accel-buffering", b"no"), (b"cache-control", b"no-cache")])


class Streams:
    """All answers that one server is giving."""

    def __init__(self, write_timeout: float = WRITE_TIMEOUT) -> None:
        self.write_timeout = write_timeout
        self.attendances: set[Attendance] = set()
        self._stopping = False

    def stop(self) -> None:
        """End every answer, now and from now on, with a record that says so."""
        self._stopping = True
        for attendance in list(self.attendances):
            attendance.interrupt(ServerStopping())

    def attend(self, exchange: Exchange, work: Awaitable[Any], patient: bool = False) -> Attendance:
        """Watch a client whose body has been read, while `work` is done for it.

        Who is `patient` also works for a client that sends no more, but may still read.
        """
        if self._stopping:
            if asyncio.iscoroutine(work):
                work.close()  # it was not begun
            raise ServerStopping
        return Attendance(self.attendances, exchange, self.write_timeout, patient)

    async def run(self, exchange: Exchange, work: Awaitable[T], patient: bool = False) -> T:
        """Await some work, unless the client hangs up (`ClientGone`)."""
        async with self.attend(exchange, work, patient):
            return await work

    async def whole(
        self, exchange: Exchange, opening: Awaitable[Generation], patient: bool = False
    ) -> Reply:
        """Fold a generation. Raises its error, `ClientGone`, or `ServerStopping`."""
        generation = None
        try:
            async with self.attend(exchange, opening, patient) as attendance:
                generation = await opening
                attendance.opened.set()
                return await _fold(generation)
        finally:
            await _close(generation)

    async def stream(
        self,
        exchange: Exchange,
        opening: Awaitable[Generation],
        encode: Encode,
        frame: Frame = NDJSON,
        single: Callable[[Reply], bytes] | None = None,
        patient: bool = False,
    ) -> None:
        """Send a generation as it comes. Raises what went wrong before the first events.

        With `single`, a generation that is one record (a load) is answered as plain JSON.
        """
        generation = None
        try:
            async with self.attend(exchange, opening, patient) as attendance:
                generation = await opening
                attendance.opened.set()
                if single and generation.single:
                    await exchange.reply(200, single(await _fold(generation)), JSON)
                else:
                    await _pump(exchange, generation, encode, frame, attendance)
        except SlowReader:
            log.warning("%s: the client does not read, cut off", exchange.scope["path"])
            await _abort(exchange)
        except Exception as error:
            if not exchange.started:
                raise
            if _is_left(error, generation, attendance):
                await _abort(exchange)
                return
            await _last_words(exchange, encode, error)
        finally:
            await _close(generation)


async def _pump(
    exchange: Exchange,
    generation: Generation,
    encode: Encode,
    frame: Frame,
    attendance: Attendance,
) -> None:
    send = exchange.send
    async for batch in generation:
        if not batch:
            continue
        if not exchange.started:
            first = batch[0]
            if type(first) is Failure:
                raise first.error
            await exchange.start(200, frame.content_type, frame.headers)
        data = encode(batch[0]) if len(batch) == 1 else b"".join(map(encode, batch))
        more = type(batch[-1]) not in _ENDS
        attendance.sending = True
        await send({"type": "http.response.body", "body": data, "more_body": more})
        attendance.sending = False
        attendance.sent += 1
        if not more:
            return
    raise StreamTruncated("the model stopped answering without saying why")


async def _fold(generation: Generation) -> Reply:
    folding = Folding()
    async for batch in generation:
        if batch and type(last := batch[-1]) is Failure:
            raise last.error
        folding.extend(batch)
    reply = folding.reply()
    if not reply.complete:
        raise StreamTruncated("the model stopped answering without saying why")
    return reply


def _is_left(error: Exception, generation: Generation | None, attendance: Attendance) -> bool:
    """Whether a stream ends without a last record.

    One that is recorded goes on, and so can a reader; one that waits for its reader has no end.
    """
    if isinstance(error, ClientGone) and attendance.sending:
        return True
    ends = isinstance(error, ServerStopping | ClientGone)
    return ends and getattr(generation, "survives", False)


async def _last_words(exchange: Exchange, encode: Encode, error: Exception) -> None:
    """A terminal record for an answer that has begun."""
    if isinstance(error, ClientGone):
        error = ServerError(CANCELED)
    if not isinstance(error, RilletError):
        log.error("%s", exchange.scope["path"], exc_info=error)
        error = ServerError("internal server error")
    body = encode(Failure(error))
    await exchange.send({"type": "http.response.body", "body": body, "more_body": False})


async def _close(generation: Generation | None) -> None:
    if generation is None:
        return
    try:
        await generation.aclose()
    except Exception:
        log.exception("closing a generation")


async def _abort(exchange: Exchange) -> None:
    abort: Any = exchange.scope.get("extensions", {}).get(ABORT)
    if abort is None:
        raise SlowReader  # the server closes the connection of an application that fails
    abort["abort"]()
    await asyncio.sleep(0)  # the server learns of it
