"""`stop()` and cancellation in every phase: nothing hangs, nothing stays open."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from rillet.client.aio import AsyncClient
from rillet.client.sync import Client
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
from rillet.words.errors import InvalidRequest, ServerError, StreamTruncated
from rillet.words.timeouts import Timeouts
from tests.client.wires import WIRES

CHAT = WIRES[1]
TOKEN = chunk(CHAT.tokens(["tok "])[0])
LONG = Timeouts(connect=30, first_token=30, between_tokens=30)
SOON = 10  # seconds until a stop has to show, on a machine that is busy; alone it takes 1 ms
BUSY = answer(b"{}", status="503 Service Unavailable", headers=[("Retry-After", "20")])

PHASES: dict[str, Script] = {
    "waiting for the version": [Stall()],
    "waiting for the head": [Stall()],
    "within the head": [b"HTTP/1.1 200 OK\r\n", Stall()],
    "waiting for the first token": [CHUNKED, Stall()],
    "between tokens": [CHUNKED, TOKEN, Stall()],
    "within a record": [CHUNKED, chunk(CHAT.tokens(["tok "])[0][:9]), Stall()],
    "in the pause before another try": [BUSY],
}
CONNECTING = "connecting"


FAILING = [CHUNKED, TOKEN, chunk(CHAT.failing("boom")), Stall()]


def test_a_failure_hangs_up_though_the_error_and_the_stream_are_held() -> None:
    with ScriptedServer(FAILING, FAILING) as server, Client(server.url, api="ollama") as client:
        for read in (
            lambda stream: stream.reply(),
            lambda stream: [*iter(lambda: next(stream), 0)],
        ):
            stream = CHAT.start(client)
            with pytest.raises(ServerError) as caught:
                read(stream)
            assert server.disconnected.wait(SOON), (stream, caught)
            server.disconnected.clear()


async def test_the_same_with_asyncio() -> None:
    with ScriptedServer(FAILING) as server:
        async with AsyncClient(server.url, api="ollama") as client:
            stream = CHAT.start(client)
            with pytest.raises(ServerError) as caught:
                await stream.reply()
            gone = await asyncio.to_thread(server.disconnected.wait, SOON)
            assert gone, (stream, caught)


def api_of(phase: str) -> Any:
    return None if phase == "waiting for the version" else "ollama"


@pytest.fixture
def place(request: pytest.FixtureRequest, full_listener: str) -> Any:
    """The url of a server that is in the phase, and the server."""
    phase = request.param
    if phase == CONNECTING:
        yield phase, full_listener, None
        return
    with ScriptedServer(PHASES[phase]) as server:
        yield phase, server.url, server


every_phase = pytest.mark.parametrize("place", [*PHASES, CONNECTING], indirect=True)


def check_left(server: ScriptedServer | None) -> None:
    if server is not None:
        assert server.scripts == ([BUSY],) or server.disconnected.wait(SOON)


@every_phase
def test_a_thread_stops_a_blocked_reader(place: Any) -> None:
    phase, url, server = place
    with Client(url, api=api_of(phase), timeouts=LONG) as client:
        stream = client.stream_chat("m", [{"role": "user", "content": "Hi"}])
        stopped_at: list[float] = []

        def stop() -> None:
            time.sleep(0.1)
            stopped_at.append(time.monotonic())
            stream.stop()

        stopper = threading.Thread(target=stop)
        stopper.start()
        reply = stream.reply()
        woke = time.monotonic()
        stopper.join()
        assert woke - stopped_at[0] < SOON
        assert stream.stopped and not reply.complete
        check_left(server)


@every_phase
def test_a_signal_handler_stops_a_blocked_reader(place: Any) -> None:
    phase, url, server = place
    with Client(url, api=api_of(phase), timeouts=LONG) as client:
        stream = client.stream_chat("m", [{"role": "user", "content": "Hi"}])
        began = time.monotonic()
        before = signal.signal(signal.SIGALRM, lambda *_: stream.stop())
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            stream.reply()
        finally:
            signal.signal(signal.SIGALRM, before)
        assert time.monotonic() - began < 0.1 + SOON
        assert stream.stopped
        check_left(server)


@every_phase
def test_ctrl_c_is_raised_at_once(place: Any) -> None:
    phase, url, server = place

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with Client(url, api=api_of(phase), timeouts=LONG) as client:
        stream = client.stream_chat("m", [{"role": "user", "content": "Hi"}])
        began = time.monotonic()
        before = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            with pytest.raises(KeyboardInterrupt):
                stream.reply()
        finally:
            signal.signal(signal.SIGALRM, before)
        assert time.monotonic() - began < 0.1 + SOON
        check_left(server)


Stop = Callable[[], None]
Stopper = Callable[[Stop], Any]


async def by_task(stop: Stop) -> None:
    await asyncio.sleep(0.1)
    stop()


async def by_thread(stop: Stop) -> None:
    await asyncio.to_thread(lambda: (time.sleep(0.1), stop()))


async def by_signal(stop: Stop) -> None:
    before = signal.signal(signal.SIGALRM, lambda *_: stop())
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    await asyncio.sleep(0.3)
    signal.signal(signal.SIGALRM, before)


@every_phase
@pytest.mark.parametrize("stopper", [by_task, by_thread, by_signal])
async def test_an_asyncio_reader_is_stopped(place: Any, stopper: Stopper) -> None:
    phase, url, server = place
    async with AsyncClient(url, api=api_of(phase), timeouts=LONG) as client:
        stream = client.stream_chat("m", [{"role": "user", "content": "Hi"}])
        stopped_at: list[float] = []
        stopping = asyncio.create_task(
            stopper(lambda: (stopped_at.append(time.monotonic()), stream.stop())[1])
        )
        reply = await stream.reply()
        assert time.monotonic() - stopped_at[0] < SOON
        await stopping
        assert stream.stopped and not reply.complete
        await asyncio.to_thread(check_left, server)


@every_phase
async def test_a_cancelled_task_leaves_nothing_open(place: Any) -> None:
    phase, url, server = place
    async with AsyncClient(url, api=api_of(phase), timeouts=LONG) as client:
        stream = client.stream_chat("m", [{"role": "user", "content": "Hi"}])
        task = asyncio.create_task(stream.reply())
        await asyncio.sleep(0.1)
        others = asyncio.all_tasks() - {asyncio.current_task(), task}
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        assert not [other for other in others if not other.done()]
        await asyncio.to_thread(check_left, server)


async def test_cancelled_at_each_step_of_the_loop() -> None:
    """However far the loop has come, cancellation ends it and leaves no task and no connection."""
    script: Script = [CHUNKED, TOKEN, TOKEN, Stall()]
    for steps in range(25):
        with ScriptedServer(script) as server:
            async with AsyncClient(server.url, timeouts=LONG, api="ollama") as client:
                stream = client.stream_chat("m", [{"role": "user", "content": "Hi"}])
                task = asyncio.create_task(stream.reply())
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                for _ in range(3):
                    await asyncio.sleep(0)
                assert asyncio.all_tasks() == {asyncio.current_task()}
            if server.connections:
                assert await asyncio.to_thread(server.disconnected.wait, SOON)


def test_stop_within_the_loop_ends_it_before_the_next_event() -> None:
    script: Script = [CHUNKED, chunk(b"".join(CHAT.tokens(["a", "b", "c", "d"]))), Stall()]
    with ScriptedServer(script) as server, Client(server.url, api="ollama") as client:
        stream = client.stream_chat("m", [{"role": "user", "content": "Hi"}])
        seen = []
        for piece in stream.text():
            seen.append(piece)
            if piece == "b":
                stream.stop()
        assert seen == ["a", "b"]
        assert stream.stopped


async def test_stop_within_the_async_loop_ends_it_before_the_next_event() -> None:
    script: Script = [CHUNKED, chunk(b"".join(CHAT.tokens(["a", "b", "c", "d"]))), Stall()]
    with ScriptedServer(script) as server:
        async with AsyncClient(server.url, api="ollama") as client:
            stream = client.stream_chat("m", [{"role": "user", "content": "Hi"}])
            seen = []
            async for piece in stream.text():
                seen.append(piece)
                if piece == "b":
                    stream.stop()
            assert seen == ["a", "b"]
            assert stream.stopped


@pytest.mark.parametrize("before", [True, False])
async def test_stop_before_the_first_and_after_the_last_event(before: bool) -> None:
    whole = [CHUNKED, *map(chunk, [*CHAT.tokens(["Hi"]), *CHAT.ending()]), b"0\r\n\r\n"]
    with ScriptedServer(whole) as server:
        with Client(server.url, api="ollama") as client:
            stream = client.stream_chat("m", [{"role": "user", "content": "Hi"}])
            if before:
                stream.stop()
            reply = stream.reply()
            stream.stop()
            assert stream.stopped is before and reply.complete is not before
        async with AsyncClient(server.url, api="ollama") as client:
            other = client.stream_chat("m", [{"role": "user", "content": "Hi"}])
            if before:
                other.stop()
            reply = await other.reply()
            other.stop()
            assert other.stopped is before and reply.complete is not before
        assert len(server.requests) == (0 if before else 2), "nothing is sent for a stopped stream"


def test_many_threads_stop_many_streams_of_one_client() -> None:
    script: Script = [CHUNKED, TOKEN, Stall()]
    with ScriptedServer(script) as server, Client(server.url, api="ollama") as client:
        streams = [client.stream_chat("m", [{"role": "user", "content": "Hi"}]) for _ in range(20)]
        readers = [threading.Thread(target=stream.reply) for stream in streams]
        for reader in readers:
            reader.start()
        time.sleep(0.1)
        for stream in streams:
            for _ in range(3):
                stream.stop()
        for reader in readers:
            reader.join(SOON)
        assert not any(reader.is_alive() for reader in readers)


def test_closing_the_client_ends_nobody_elses_stream() -> None:
    script: Script = [CHUNKED, TOKEN, *map(chunk, CHAT.ending()), b"0\r\n\r\n"]
    with ScriptedServer(script) as server:
        client = Client(server.url, api="ollama")
        stream = client.stream_chat("m", [{"role": "user", "content": "Hi"}])
        next(stream)
        client.close()
        assert stream.reply().text == "tok "


def test_a_failure_is_raised_after_what_came_before_it_and_once() -> None:
    cut = [CHUNKED, chunk(b"".join(CHAT.tokens(["a", "b"]))), b"0\r\n\r\n"]
    with ScriptedServer(cut) as server, Client(server.url, api="ollama") as client:
        stream = client.stream_chat("m", [{"role": "user", "content": "Hi"}])
        seen = []
        with pytest.raises(StreamTruncated) as caught:
            for piece in stream.text():
                seen.append(piece)
        assert seen == ["a", "b"]
        assert caught.value.partial is not None and caught.value.partial.text == "ab"
        assert list(stream) == []


def waited_for() -> tuple[threading.Event, Script]:
    """An answer that goes on when the event is set."""
    going_on = threading.Event()
    rest = [*map(chunk, CHAT.tokens(["b"])), *map(chunk, CHAT.ending()), LAST_CHUNK]
    return going_on, [CHUNKED, TOKEN, WaitFor(going_on), *rest]


def test_a_second_reader_is_told_and_the_first_reads_on() -> None:
    going_on, script = waited_for()
    with ScriptedServer(script) as server, Client(server.url, api="ollama") as client:
        stream = CHAT.start(client)
        next(stream)
        replies: list[str] = []
        reader = threading.Thread(target=lambda: replies.append(stream.reply().text))
        reader.start()
        while stream._source._turn._free:  # until it reads, of which no event tells
            time.sleep(0.001)
        with pytest.raises(InvalidRequest, match="being read already"):
            next(stream)
        going_on.set()
        reader.join(10)
        assert replies == ["tok b"]


async def test_a_second_task_is_told_and_the_first_reads_on() -> None:
    going_on, script = waited_for()
    with ScriptedServer(script) as server:
        async with AsyncClient(server.url, api="ollama") as client:
            stream = CHAT.start(client)
            await anext(stream)
            reader = asyncio.create_task(stream.reply())
            await asyncio.sleep(0)
            with pytest.raises(InvalidRequest, match="being read already"):
                await anext(stream)
            going_on.set()
            assert (await reader).text == "tok b"
