"""The send loop: order, hang-ups, slow readers, a server that stops. All over real sockets."""

import asyncio
import json
import socket

import pytest

from rillet.words.events import Progress, Text

from .conftest import Running, running
from .scripted import STOP, ScriptedGeneration

HI = {"model": "tiny", "prompt": "hi"}


async def test_each_batch_is_sent_when_it_comes(server: Running) -> None:
    generation = ScriptedGeneration(((Text("a"),), (Text("b"), Text("c")), (STOP,))).hold()
    server.operations.next = generation
    answer = await server.open("POST", "/api/generate", HI)
    for number, records in ((1, 1), (2, 2), (3, 1)):
        assert generation.read == number - 1
        generation.let(number)
        if number == 1:
            await answer.head()
        assert (await answer.chunk()).count(b"\n") == records
    assert await answer.chunk() == b""
    await asyncio.wait_for(generation.closed.wait(), 30)


async def test_the_head_waits_for_the_first_event(server: Running) -> None:
    generation = ScriptedGeneration().hold()
    server.operations.next = generation
    answer = await server.open("POST", "/api/generate", HI)
    head = asyncio.create_task(answer.head())
    other = await server.ask("GET", "/api/version")  # a round trip: the other had its chance
    assert other.status == 200 and not head.done()
    generation.let(3)
    assert (await head).status == 200


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("held", [0, 1])
async def test_a_hang_up_closes_the_generation_at_once(
    server: Running, stream: bool, held: int
) -> None:
    generation = ScriptedGeneration().hold(held)
    server.operations.next = generation
    answer = await server.open("POST", "/api/generate", {**HI, "stream": stream})
    if stream and held:
        await (await answer.head()).chunk()
    else:
        await (generation.reads.get() if held else server.operations.calls.get())
    answer.hang_up()
    await asyncio.wait_for(generation.closed.wait(), 30)
    assert generation.read == held


async def test_a_hang_up_while_the_service_still_decides(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, cancelled = asyncio.Event(), asyncio.Event()

    async def generate(request: object) -> ScriptedGeneration:
        reached.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError

    monkeypatch.setattr(server.operations, "generate", generate)
    answer = await server.open("POST", "/api/generate", HI)
    await reached.wait()
    answer.hang_up()
    await asyncio.wait_for(cancelled.wait(), 30)


async def test_many_answers_on_one_connection(server: Running) -> None:
    answer = await server.open("POST", "/api/generate", HI)
    await (await answer.head()).rest()
    reader, writer = answer._reader, answer._writer
    body = json.dumps({**HI, "stream": False}).encode()
    head = f"POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    for _ in range(3):
        writer.write(head.encode() + body)
        again = await (await type(answer)(reader, writer).head()).rest()
        assert again.json()["response"] == "Hello"


async def test_a_reader_that_reads_nothing_is_cut_off() -> None:
    async with running(write_timeout=0.2) as server:
        flood = tuple((Text("x" * 100_000),) for _ in range(2_000))
        generation = ScriptedGeneration((*flood, (STOP,)))
        server.operations.next = generation
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, ("127.0.0.1", server.port))
        body = json.dumps(HI).encode()
        head = (
            f"POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        await loop.sock_sendall(sock, head.encode() + body)
        await asyncio.wait_for(generation.closed.wait(), 20)
        assert generation.read < 200  # back-pressure: the rest was never taken from the source
        received = b""
        while data := await loop.sock_recv(sock, 1 << 20):
            received = received[-10:] + data
        assert not received.endswith(b"0\r\n\r\n")  # cut, and it can be seen
        sock.close()


async def test_a_reader_who_is_slow_but_reads_gets_everything() -> None:
    async with running(write_timeout=0.3) as server:
        server.operations.next = ScriptedGeneration(
            (*(((Text("x" * 50_000)),) for _ in range(20)), (STOP,))
        )
        answer = await (await server.open("POST", "/api/generate", HI, limit=1024)).head()
        while await answer.chunk():  # noqa: ASYNC110  slowness is what is tested
            await asyncio.sleep(0.05)
        assert len(answer.lines()) == 21 and answer.lines()[-1]["done"] is True


async def test_a_server_that_stops_ends_every_stream_with_a_record() -> None:
    async with running() as server:
        begun = ScriptedGeneration().hold(1)
        server.operations.next = begun
        stream = await (await server.open("POST", "/api/generate", HI)).head()
        await stream.chunk()
        waiting = ScriptedGeneration(((Progress("queued"),), (STOP,))).hold()
        server.operations.next = waiting
        other = await server.open("POST", "/api/chat", {"model": "tiny", "messages": [{}]})
        for _ in range(2):
            await server.operations.calls.get()
        server.server.should_exit = True
        await stream.rest()
        assert stream.lines()[-1] == {"error": "the server is shutting down"}
        refused = await (await other.head()).rest()
        assert (refused.status, refused.json()) == (503, {"error": "the server is shutting down"})
        assert begun.closed.is_set() and waiting.closed.is_set()


async def test_a_reader_of_http_1_0_gets_the_text_until_the_end(server: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    body = json.dumps(HI).encode()
    writer.write(b"POST /api/generate HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    text = await reader.read()
    assert b'"done":true' in text
    writer.close()
