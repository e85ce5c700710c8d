"""The rows about waiting, size and leaving (1e, 1f, 1h): what a clock or a person ends."""

import asyncio
import gc
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rillet.client.aio import AsyncClient
from rillet.client.sync import Client
from rillet.testing import (
    CHUNKED,
    LAST_CHUNK,
    Drip,
    Pause,
    Script,
    ScriptedServer,
    Signal,
    Stall,
    chunk,
)
from rillet.words.errors import Stalled
from rillet.words.events import Text
from rillet.words.replies import Reply
from rillet.words.timeouts import Timeouts
from tests.client.reading import QUICK, read
from tests.client.situations import TEXT, TOKENS, Run, check_right, plain, situation
from tests.client.wires import Wire, chunked

SHORT = 0.25
LONG = 5.0  # what the other clocks allow
CLOSED = 0.1  # seconds within which a server has to see that its reader left


def stalled(
    name: str, says: str, tell: Callable[[Wire], Script], clocks: Timeouts, phase: str
) -> None:
    """A row that ends by a clock: the right one, at its time, with the text before it."""

    @situation("1e", name, says)
    def run(shell: str, wire: Wire) -> str:
        with ScriptedServer(tell(wire)) as server:
            outcome = read(shell, wire, server.url, timeouts=clocks)
        assert isinstance(outcome.error, Stalled), repr(outcome.error)
        assert (outcome.error.phase, outcome.error.after) == (phase, SHORT)
        assert outcome.text == (TEXT if phase != "first_token" else "")
        assert outcome.error.partial is not None
        assert outcome.error.partial.text == outcome.text
        assert SHORT <= outcome.took < LONG  # how late, is a busy machine's own affair
        return f"Stalled: {phase}"


def _spoken(*steps: Any) -> Callable[[Wire], Script]:
    return lambda w: [_begun(w), *steps]


def _begun(wire: Wire) -> bytes:
    """Head and tokens in one segment: between two, a busy machine may outlast the clock."""
    return CHUNKED + b"".join(map(chunk, wire.tokens(TOKENS)))


GAP = Timeouts(first_token=LONG, between_tokens=SHORT)
FIRST = Timeouts(first_token=SHORT, between_tokens=LONG)
TOTAL = Timeouts(first_token=LONG, between_tokens=LONG, total=SHORT)

stalled("e_stall", "silence after the third token", _spoken(Stall()), GAP, "between_tokens")
stalled("e_no_headers", "no answer at all", lambda w: [Stall()], FIRST, "first_token")
stalled("e_no_token", "headers, and no token", lambda w: [CHUNKED, Stall()], FIRST, "first_token")
BLANK = chunk(b"\n")
stalled("e_drip", "blank lines for ever", _spoken(Drip(BLANK)), GAP, "between_tokens")
stalled(
    "e_drip_comment",
    "comments for ever",
    _spoken(Drip(chunk(b": ping\n\n"))),
    GAP,
    "between_tokens",
)
stalled(
    "e_drip_empty",
    "empty records for ever",
    lambda w: [_begun(w), Drip(chunk(w.frame(w.content(b'""'))))],
    GAP,
    "between_tokens",
)
stalled(
    "e_drip_head",
    "the head drips",
    lambda w: [b"HTTP/1.1 200 OK\r\n", Drip(b"X-A: b\r\n")],
    FIRST,
    "first_token",
)
stalled(
    "e_total",
    "tokens for ever",
    lambda w: [_begun(w), Drip(chunk(w.frame(w.content(b'""'))))],
    TOTAL,
    "total",
)


@situation("1e", "e_slow_reader", "a reader who takes longer than the clocks allow the server")
def _slow_reader(shell: str, wire: Wire) -> str:
    first, *others = plain(wire)
    script = [CHUNKED, chunk(first), Pause(0.05), *map(chunk, others), LAST_CHUNK]
    with ScriptedServer(script) as server:
        if shell == "sync":
            texts = _read_slowly(wire, server.url)
        else:
            texts = asyncio.run(_read_slowly_async(wire, server.url))
    assert "".join(texts) == TEXT
    return "ok"


def _read_slowly(wire: Wire, url: str) -> list[str]:
    texts: list[str] = []
    with Client(url, api=wire.api, timeouts=GAP) as client:
        for event in wire.start(client):
            if not texts:
                time.sleep(SHORT * 1.2)
            texts += [event.text] if isinstance(event, Text) else []
    return texts


async def _read_slowly_async(wire: Wire, url: str) -> list[str]:
    texts: list[str] = []
    async with AsyncClient(url, api=wire.api, timeouts=GAP) as client:
        async for event in wire.start(client):
            if not texts:
                await asyncio.sleep(SHORT * 1.2)
            texts += [event.text] if isinstance(event, Text) else []
    return texts


@situation("1e", "e_defaults", "a healthy stream with the default clocks, and with none")
def _defaults(shell: str, wire: Wire) -> str:
    for clocks in (None, Timeouts(None, None, None, None)):
        with ScriptedServer([CHUNKED, Pause(SHORT), *chunked(plain(wire))[1:]]) as server:
            outcome = read(shell, wire, server.url, timeouts=clocks)
        check_right(outcome, TEXT)
    return "ok"


# 1f: size


@situation("1f", "f_16MiB_line", "a record of 16 MiB")
def _long_line(shell: str, wire: Wire) -> str:
    long = "x" * (16 << 20)
    with ScriptedServer(chunked([*wire.tokens([long]), *wire.ending()])) as server:
        outcome = read(shell, wire, server.url)
    check_right(outcome, long)
    return "ok"


@situation("1f", "f_many_tokens", "20 000 tokens")
def _many_tokens(shell: str, wire: Wire) -> str:
    token = b"".join(wire.tokens(["tok "]))
    block = chunk(token * 100)
    with ScriptedServer(
        [CHUNKED, *[block] * 200, *map(chunk, wire.ending()), LAST_CHUNK]
    ) as server:
        outcome = read(shell, wire, server.url)
    check_right(outcome, "tok " * 20_000)
    assert len(outcome.events) == 20_001
    return "ok"


# 1h: leaving


class Leaving:
    """A server that talks on for ever, and tells when it saw its reader leave."""

    def __init__(self, wire: Wire, *, silent: bool = False) -> None:
        self.reached = threading.Event()
        token = chunk(b"".join(wire.tokens(["tok "])))
        last = Stall() if silent else Drip(token, every=0.02)
        self.server = ScriptedServer([CHUNKED, token, Signal(self.reached), last])

    def __enter__(self) -> "Leaving":
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.close()

    def check_seen(self) -> str:
        """The reader has left just now."""
        assert self.server.disconnected.wait(CLOSED), "the server still talks"
        return "ok"


def leaving(
    name: str, says: str, sync: Callable[[Wire, Any], str], aio: Callable[[Wire, Any], Any]
) -> None:
    def run(shell: str, wire: Wire) -> str:
        with Leaving(wire, silent="block" in says or "thread" in says) as there:
            if shell == "sync":
                with Client(there.server.url, api=wire.api, timeouts=QUICK) as client:
                    return sync(wire, (client, there))
            return str(asyncio.run(_in_client(aio, wire, there)))

    situation("1h", name, says)(_patiently(run))


def _patiently(run: Run) -> Run:
    """Three tries: another program may have had the processor for longer than `CLOSED`."""

    def tried(shell: str, wire: Wire) -> str:
        for _ in range(2):
            try:
                return run(shell, wire)
            except AssertionError:
                pass
        return run(shell, wire)

    return tried


async def _in_client(aio: Callable[[Wire, Any], Any], wire: Wire, there: Leaving) -> str:
    async with AsyncClient(there.server.url, api=wire.api, timeouts=QUICK) as client:
        return str(await aio(wire, (client, there)))


def _break_sync(wire: Wire, at: Any) -> str:
    client, there = at
    for _ in wire.start(client):
        break
    return str(there.check_seen())


async def _break_async(wire: Wire, at: Any) -> str:
    client, there = at
    async for _ in wire.start(client):
        break
    return await asyncio.to_thread(there.check_seen)


def _break_alive_sync(wire: Wire, at: Any) -> str:
    client, there = at
    stream = wire.start(client)
    for _ in stream:
        break
    there.check_seen()
    assert stream.partial.text.startswith("tok ")
    return "ok"


async def _break_alive_async(wire: Wire, at: Any) -> str:
    client, there = at
    stream = wire.start(client)
    async for _ in stream:
        break
    await asyncio.to_thread(there.check_seen)
    assert stream.partial.text.startswith("tok ")
    return "ok"


def _with_sync(wire: Wire, at: Any) -> str:
    client, there = at
    try:
        with wire.start(client) as stream:
            next(stream)
            raise KeyError("the program has a fault of its own")
    except KeyError:
        there.check_seen()
    return "ok"


async def _with_async(wire: Wire, at: Any) -> str:
    client, there = at
    try:
        async with wire.start(client) as stream:
            await anext(stream)
            raise KeyError("the program has a fault of its own")
    except KeyError:
        await asyncio.to_thread(there.check_seen)
    return "ok"


@contextmanager
def stopped_by_thread(stream: Any) -> Iterator[threading.Event]:
    """Another thread stops the stream, a moment after the reader has its first piece."""
    first = threading.Event()
    stopper = threading.Thread(target=lambda: (first.wait(5), time.sleep(0.03), stream.stop()))
    stopper.start()
    yield first
    stopper.join()
    assert stream.stopped and stream.partial.text == "tok "


def _thread_sync(wire: Wire, at: Any) -> str:
    client, there = at
    stream = wire.start(client)
    with stopped_by_thread(stream) as first:
        for _ in stream.text():
            first.set()
        there.check_seen()
    return "ok"


async def _thread_async(wire: Wire, at: Any) -> str:
    client, there = at
    stream = wire.start(client)
    with stopped_by_thread(stream) as first:
        async for _ in stream.text():
            first.set()
        await asyncio.to_thread(there.check_seen)
    return "ok"


async def _cancel_async(wire: Wire, at: Any) -> str:
    client, there = at
    task = asyncio.create_task(wire.start(client).reply())
    await asyncio.to_thread(there.reached.wait)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return await asyncio.to_thread(there.check_seen)
    raise AssertionError("it was not cancelled")


def _interrupted_by_signal(there: Leaving, waits: Callable[[], Any], handler: Any) -> Any:
    before = signal.signal(signal.SIGINT, handler)
    main = threading.main_thread().ident
    assert main is not None
    sender = threading.Thread(
        target=lambda: (
            there.reached.wait(),
            time.sleep(0.05),
            signal.pthread_kill(main, signal.SIGINT),
        )
    )
    sender.start()
    try:
        return waits()
    finally:
        sender.join()
        signal.signal(signal.SIGINT, before)


def _signal_sync(wire: Wire, at: Any) -> str:
    client, there = at
    try:
        _interrupted_by_signal(
            there, lambda: wire.start(client).reply(), signal.default_int_handler
        )
    except KeyboardInterrupt:
        return str(there.check_seen())
    raise AssertionError("Ctrl-C was lost")


def _handler_sync(wire: Wire, at: Any) -> str:
    """A handler of the program's own stops the stream."""
    client, there = at
    stream = wire.start(client)
    reply = _interrupted_by_signal(there, stream.reply, lambda *_: stream.stop())
    assert reply.text == "tok " and stream.stopped
    return str(there.check_seen())


def _close_sync(wire: Wire, at: Any) -> str:
    client, there = at
    stream = wire.start(client)
    next(stream)
    stream.close()
    return str(there.check_seen())


async def _close_async(wire: Wire, at: Any) -> str:
    client, there = at
    stream = wire.start(client)
    await anext(stream)
    stream.close()
    return await asyncio.to_thread(there.check_seen)


async def _signal_async(wire: Wire, at: Any) -> str:
    """asyncio makes Ctrl-C a cancellation; here a handler of the program's own stops the stream."""
    client, there = at
    stream = wire.start(client)
    loop = asyncio.get_running_loop()
    before = signal.signal(signal.SIGINT, lambda *_: stream.stop())
    main = threading.main_thread().ident
    assert main is not None
    asyncio.create_task(asyncio.to_thread(there.reached.wait)).add_done_callback(
        lambda _: loop.run_in_executor(None, lambda: signal.pthread_kill(main, signal.SIGINT))
    )
    try:
        reply = await stream.reply()
        assert reply.text == "tok " and stream.stopped
        return await asyncio.to_thread(there.check_seen)
    finally:
        signal.signal(signal.SIGINT, before)


leaving("h_break", "leaving the loop", _break_sync, _break_async)
leaving(
    "h_break_alive",
    "leaving the loop, the stream's variable lives",
    _break_alive_sync,
    _break_alive_async,
)
leaving("h_with", "leaving the `with` by an exception", _with_sync, _with_async)
leaving("h_thread", "stop() from another thread while blocked", _thread_sync, _thread_async)
leaving(
    "h_cancel",
    "cancelled (Ctrl-C for threads) while blocked",
    _signal_sync,
    _cancel_async,
)
leaving("h_signal", "a signal while blocked", _handler_sync, _signal_async)
leaving("h_close", "close(), the stream's variable lives", _close_sync, _close_async)


@situation("1h", "h_thread_first", "stop() from another thread before the first token")
@_patiently
def _thread_first(shell: str, wire: Wire) -> str:
    asked = threading.Event()
    with ScriptedServer([CHUNKED, Signal(asked), Stall()]) as server:

        def stop(stream: Any) -> threading.Thread:
            stopper = threading.Thread(target=lambda: (asked.wait(5), stream.stop()))
            stopper.start()
            return stopper

        async def awaited() -> Reply:
            async with AsyncClient(server.url, api=wire.api, timeouts=QUICK) as client:
                stream = wire.start(client)
                stopper = stop(stream)
                reply: Reply = await stream.reply()
                stopper.join()
                return reply

        if shell == "sync":
            with Client(server.url, api=wire.api, timeouts=QUICK) as client:
                stream = wire.start(client)
                stopper = stop(stream)
                reply = stream.reply()
                stopper.join()
        else:
            reply = asyncio.run(awaited())
        assert server.disconnected.wait(CLOSED), "the server still talks"
    assert reply.text == "" and not reply.complete
    return "ok"


@situation("1h", "h_abandoned", "fifty streams abandoned in reference cycles, then gc")
def _abandoned(shell: str, wire: Wire) -> str:
    with ScriptedServer([CHUNKED, *map(chunk, wire.tokens(TOKENS)), Stall()]) as server:
        if shell == "sync":
            with Client(server.url, api=wire.api, timeouts=QUICK) as client:
                for _ in range(50):
                    stream = wire.start(client)
                    reader = iter(stream)
                    next(reader)
                    stream.own = [reader, stream]
                    del stream, reader
                gc.collect()
        else:
            asyncio.run(_abandon(wire, server.url))
        assert server.connections == 50
    return "ok"


async def _abandon(wire: Wire, url: str) -> None:
    async with AsyncClient(url, api=wire.api, timeouts=QUICK) as client:
        for _ in range(50):
            stream = wire.start(client)
            reader = aiter(stream)
            await anext(reader)
            stream.own = [reader, stream]
            del stream, reader
        gc.collect()
