"""The engine's stream, read: one short way from its socket to the events.

Remote servers are read through `net.flow`, which decides about retries, clocks and refusals. An
engine is a process of our own: it is asked once, has all the time it needs, and its end is seen by
whoever supervises it. What is left is a loop, and it runs for every token.
"""

from collections.abc import AsyncGenerator, Sequence

from rillet.net.aio import AsyncExchange
from rillet.net.faults import Cut
from rillet.net.flow import Call
from rillet.service import listener
from rillet.service.resident import Resident
from rillet.service.waiting import Waiting
from rillet.wire.decoder import Decoder
from rillet.wire.failures import error_from_response
from rillet.words.errors import MalformedStream, StreamTruncated, Unreachable
from rillet.words.events import Event, Failure, Finish, Progress

Batch = Sequence[Event]
_CONNECT = 5.0  # seconds
_ERROR_LIMIT = 1 << 20  # bytes of an error that are read


async def events(
    resident: Resident, call: Call | None, waiting: Waiting
) -> AsyncGenerator[Batch, None]:
    """The engine's events. Leaving early closes the connection, and the engine stops.

    Raises `EngineDied` where it died before the first of them; later that is the last event.
    Without a call there is nothing left to say.
    """
    if call is None:
        yield (Finish("length"),)
        return
    exchange = resident.transport.exchange(call.request)
    begun = False
    try:
        decoder = await _asked(exchange, call)
        while not decoder.finished:
            try:
                data = await exchange.read()
                batch = decoder.feed(data) if data else decoder.eof()
            except Cut as cut:
                batch = decoder.eof(str(cut) or "the connection was cut")
            if not batch:
                continue
            if type(batch[0]) is Progress and not (batch := _told(batch, waiting)):
                continue
            if type(batch[-1]) is Failure:
                yield await _ended(resident, batch, begun)
                return
            if not begun:
                begun = True
                waiting.over()
            yield batch  # with the last one the connection goes: the engine ends them with streams
    except (Unreachable, StreamTruncated, MalformedStream) as error:
        yield await _ended(resident, [Failure(error)], begun)
    finally:
        exchange.close()


async def _asked(exchange: AsyncExchange, call: Call) -> Decoder:
    """Send the question; what reads the answer. Raises the refusal, or why there is none."""
    try:
        head = await exchange.head(connect=_CONNECT)
        if head.status == 200:
            return call.decoder()
        body = bytearray()
        while len(body) < _ERROR_LIMIT and (data := await exchange.read()):
            body += data
    except Cut as cut:
        raise StreamTruncated(f"The engine hung up before it answered: {cut}") from cut
    raise error_from_response(head.status, head.headers, bytes(body), model=None)


async def _ended(resident: Resident, batch: list[Event], begun: bool) -> Batch:
    """A batch with a failure at its end, which says what became of the engine."""
    last = batch[-1]
    assert type(last) is Failure
    if not isinstance(last.error, Unreachable | StreamTruncated):
        return batch
    error = await listener.verdict(resident, last.error)
    if not begun and len(batch) == 1:
        raise error
    return [*batch[:-1], Failure(error)]


def _told(batch: list[Event], waiting: Waiting) -> list[Event]:
    """The batch without its progress, which is for those who wait."""
    kept: list[Event] = []
    for event in batch:
        if type(event) is Progress:
            waiting.progress(event)
        else:
            kept.append(event)
    return kept
