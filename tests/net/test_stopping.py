"""Stopping from elsewhere: a thread, a signal handler, a cancelled task. Nothing stays open."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator

import pytest
import trustme

from rillet.net.address import parse_host
from rillet.net.aio import AsyncTransport
from rillet.net.faults import Closed, TimedOut
from rillet.net.sync import Exchange, Transport
from rillet.net.tls import TlsOptions
from rillet.testing import (
    CHUNKED,
    LAST_CHUNK,
    Script,
    ScriptedServer,
    Stall,
    WaitFor,
    answer,
    chunk,
)
from tests.net.shells import POST

Serve = Callable[..., ScriptedServer]


@contextlib.contextmanager
def silent_listener() -> Iterator[int]:
    """A port whose connections never stand: its backlog is full."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def close_later(exchange: Exchange, after: float = 0.1) -> list[float]:
    """Close from another thread; the list will hold the moment."""
    moment: list[float] = []

    def close() -> None:
        moment.append(time.monotonic())
        exchange.close()

    threading.Timer(after, close).start()
    return moment


def in_head(exchange: Exchange) -> None:
    exchange.head(connect=20)


def in_read(exchange: Exchange) -> None:
    exchange.head(connect=20)
    while exchange.read():
        pass


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    ("script", "wait"), [([Stall()], in_head), ([CHUNKED, Stall()], in_read)], ids=["head", "read"]
)
def test_close_from_another_thread_wakes_at_once(
    serve: Serve, script: Script, wait: Callable[[Exchange], None], tls: bool
) -> None:
    server, options = _server(serve, script, tls)
    exchange = Transport(parse_host(server.url), tls=options, env={}).exchange(POST)
    moment = close_later(exchange)
    with pytest.raises(Closed):
        wait(exchange)
    assert time.monotonic() - moment[0] < 0.1
    assert server.disconnected.wait(10)


def test_close_while_connecting(serve: Serve) -> None:
    with silent_listener() as port:
        exchange = Transport(parse_host(f"127.0.0.1:{port}"), env={}).exchange(POST)
        moment = close_later(exchange)
        with pytest.raises(Closed):
            exchange.head()
        assert time.monotonic() - moment[0] < 0.1


def test_close_while_a_resolver_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = threading.Event()  # a resolver that does not answer is not to be had for real
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: resolved.wait(10) and [])
    exchange = Transport(parse_host("slow.test"), env={}).exchange(POST)
    moment = close_later(exchange)
    with pytest.raises(Closed):
        exchange.head(connect=9)
    assert time.monotonic() - moment[0] < 0.1
    resolved.set()


def test_close_in_a_signal_handler(serve: Serve) -> None:
    server = serve([CHUNKED, Stall()])
    exchange = Transport(parse_host(server.url), env={}).exchange(POST)
    exchange.head()
    before = signal.signal(signal.SIGUSR1, lambda *_: exchange.close())
    try:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        with pytest.raises(Closed):
            exchange.read()
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_ctrl_c_gets_through(serve: Serve) -> None:
    server = serve([CHUNKED, Stall()])
    exchange = Transport(parse_host(server.url), env={}).exchange(POST)
    exchange.head()
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        exchange.read()
    exchange.close()
    assert server.disconnected.wait(10)


def test_many_closes_race_with_reading_and_keeping(serve: Serve) -> None:
    server = serve([CHUNKED + chunk(b"x" * 99) + LAST_CHUNK])
    transport = Transport(parse_host(server.url), env={})
    outcomes = set()
    for count in range(200):
        exchange = transport.exchange(POST)
        thread = threading.Thread(target=exchange.close)
        with contextlib.suppress(Closed):
            exchange.head()
            if count % 2:
                thread.start()
            while exchange.read(time.monotonic() + 5):
                pass
            outcomes.add("whole")
        exchange.close()
        if count % 2:
            thread.join()
    last = transport.exchange(POST)  # no closed one may have got into the pool
    assert last.head().status == 200
    last.close()
    transport.close()
    assert "whole" in outcomes


def test_an_abandoned_exchange_is_hung_up_without_the_garbage_collector(serve: Serve) -> None:
    server = serve([CHUNKED + chunk(b"1"), Stall()])
    exchange = Transport(parse_host(server.url), env={}).exchange(POST)
    exchange.head()
    exchange.read()
    with pytest.warns(ResourceWarning):
        del exchange
    assert server.disconnected.wait(10)


def test_the_alarm_of_a_program_is_its_own(serve: Serve) -> None:
    server = serve([CHUNKED + chunk(b"1"), Stall()])
    transport = Transport(parse_host(server.url), env={})
    exchange = transport.exchange(POST)
    exchange.head()
    assert exchange.read() == b"1"

    def strike(*_: object) -> None:
        raise TimeoutError("the program's own")

    before = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(TimeoutError, match="the program's own"):
            exchange.read(time.monotonic() + 20)
    finally:
        signal.signal(signal.SIGALRM, before)
        exchange.close()


def test_a_client_that_is_dropped_closes_what_it_kept_without_a_warning(serve: Serve) -> None:
    server = serve([answer(b"1")])
    transport = Transport(parse_host(server.url), env={})
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        exchange = transport.exchange(POST)
        exchange.head()
        while exchange.read():
            pass
        del exchange, transport
        gc.collect()
    assert server.disconnected.wait(10) and not warned


# asyncio: each await, cancelled.

AUTHORITY = trustme.CA()


def _server(serve: Serve, script: Script, tls: bool) -> tuple[ScriptedServer, TlsOptions | None]:
    if not tls:
        return serve(script), None
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    return serve(script, tls=context), TlsOptions(verify=False)


async def head_of(transport: AsyncTransport) -> None:
    await transport.exchange(POST).head()


async def read_of(transport: AsyncTransport) -> None:
    exchange = transport.exchange(POST)
    await exchange.head()
    while await exchange.read():
        pass


async def release_of(transport: AsyncTransport) -> None:
    exchange = transport.exchange(POST)
    await exchange.head()
    await exchange.read()
    await exchange.release()


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    ("script", "work"),
    [
        ([Stall()], head_of),
        ([CHUNKED + chunk(b"1"), Stall()], read_of),
        ([CHUNKED + chunk(b"1"), Stall()], release_of),
    ],
)
async def test_a_cancelled_task_leaves_nothing_open(
    serve: Serve,
    script: Script,
    work: Callable[[AsyncTransport], Awaitable[None]],
    tls: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cancelled after 1, 2, 3, … rounds of the loop: every await is met."""
    monkeypatch.setattr("rillet.net.aio.DRAIN_TIME", 60)  # or a release ends before the cancel
    server, options = _server(serve, script, tls)
    for rounds in range(30):
        transport = AsyncTransport(parse_host(server.url), tls=options, env={})
        transport.context() if tls else None
        task = asyncio.ensure_future(work(transport))
        for _ in range(rounds):
            await asyncio.sleep(0 if rounds % 3 else 0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await settled()
        assert not _transports(), f"open after {rounds} rounds"


def _transports() -> list[int]:
    """Descriptors that the running loop still watches, its own wake-up pipe left out."""
    loop = asyncio.get_running_loop()
    watched = loop._selector.get_map().values()  # type: ignore[attr-defined]
    return [key.fd for key in watched if key.fd != loop._ssock.fileno()]  # type: ignore[attr-defined]


async def test_cancelled_while_connecting_or_resolving(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_listener() as port:
        before = open_files()
        task = asyncio.ensure_future(
            head_of(AsyncTransport(parse_host(f"127.0.0.1:{port}"), env={}))
        )
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await settled()
        assert open_files() == before
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(10) and [])
    task = asyncio.ensure_future(head_of(AsyncTransport(parse_host("slow.test"), env={})))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    answered.set()


@pytest.mark.parametrize("where", ["connect", "head", "read"])
async def test_close_wakes_a_waiting_task(serve: Serve, where: str) -> None:
    server = serve([CHUNKED + chunk(b"1"), Stall()] if where == "read" else [Stall()])
    with silent_listener() as silent:
        port = silent if where == "connect" else server.port
        exchange = AsyncTransport(parse_host(f"127.0.0.1:{port}"), env={}).exchange(POST)

        async def work() -> None:
            await exchange.head()
            while await exchange.read():
                pass

        task = asyncio.ensure_future(work())
        await asyncio.sleep(0.1)
        exchange.close()
        with pytest.raises(Closed):
            await asyncio.wait_for(task, 10)
    if where != "connect":
        assert await asyncio.to_thread(server.disconnected.wait, 30)


async def test_a_timeout_around_read_leaves_nothing_open(serve: Serve) -> None:
    server = serve([CHUNKED, Stall()])
    exchange = AsyncTransport(parse_host(server.url), env={}).exchange(POST)
    await exchange.head()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await exchange.read()
    assert await asyncio.to_thread(server.disconnected.wait, 30)


@pytest.mark.parametrize("factory", ["asyncio", "uvloop"])
def test_the_end_of_a_loop_closes_what_it_kept(serve: Serve, factory: str) -> None:
    import uvloop

    server = serve([answer(b"1")])
    transport = AsyncTransport(parse_host(server.url), env={})

    async def call() -> bytes:
        exchange = transport.exchange(POST)
        await exchange.head()
        return await exchange.read() + await exchange.read()

    for count in (1, 2):  # the same transport, a new loop each time
        server.disconnected.clear()
        run = asyncio.run if factory == "asyncio" else uvloop.run
        assert run(call()) == b"1"
        assert server.disconnected.wait(10)
        assert server.connections == count


async def test_a_kept_connection_notices_a_hangup(serve: Serve) -> None:
    server = serve([answer(b"1")])
    transport = AsyncTransport(parse_host(server.url), env={})
    exchange = transport.exchange(POST)
    await exchange.head()
    await exchange.read()
    assert await exchange.read() == b""
    await asyncio.to_thread(server.close)
    await settled()
    assert not _transports()


async def test_time_out_in_read_can_be_followed_by_more(serve: Serve) -> None:
    go = threading.Event()
    server = serve([CHUNKED, WaitFor(go), chunk(b"1"), LAST_CHUNK])
    exchange = AsyncTransport(parse_host(server.url), env={}).exchange(POST)
    await exchange.head()
    with pytest.raises(TimedOut):
        await exchange.read(time.monotonic() + 0.05)
    go.set()
    assert await exchange.read() == b"1"
    assert await exchange.read() == b""
