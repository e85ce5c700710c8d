"""Start and stop: addresses that cannot be had, signals, what is closed and in which order."""

import asyncio
import os
import signal
import socket

import pytest

from rillet.net.address import parse_host
from rillet.server.listen import bind, listen_and_serve, on_ipv6, place_of
from rillet.words.errors import InvalidHost, Unreachable
from rillet.words.settings import Settings

from .scripted import ScriptedGeneration, ScriptedOperations
from .talk import Talk


def test_a_busy_address_says_what_to_do() -> None:
    with bind(parse_host("127.0.0.1:0", listening=True)) as first:
        first.listen()
        with pytest.raises(Unreachable, match="is in use") as caught:
            bind(parse_host(place_of(first), listening=True))
    assert "RILLET_HOST" in caught.value.hint


@pytest.mark.parametrize("host", ["https://127.0.0.1:1", "unix:///tmp/x"])
def test_what_it_cannot_listen_on(host: str) -> None:
    with pytest.raises(InvalidHost):
        bind(parse_host(host, listening=True))


def test_an_address_of_another_machine() -> None:
    with pytest.raises(Unreachable, match=r"Cannot listen on 192\.0\.2\.1"):
        bind(parse_host("192.0.2.1:0", listening=True))


def test_all_addresses_stay_all_addresses() -> None:
    with bind(parse_host("0.0.0.0:0", listening=True)) as sock:
        assert sock.getsockname()[0] == "0.0.0.0"


async def test_all_addresses_are_those_of_ipv6_too() -> None:
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 here")
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    settings = Settings(host="0.0.0.0:0")
    task = asyncio.create_task(listen_and_serve(ScriptedOperations(), settings, ready.set_result))
    port = int((await ready).removeprefix("0.0.0.0:"))
    for host in ("127.0.0.1", "::1"):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        assert b"Ollama is running" in await asyncio.wait_for(reader.read(), 30)
        writer.close()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(task, 30)


def test_one_address_stays_one() -> None:
    with bind(parse_host("127.0.0.1:0", listening=True)) as sock:
        assert on_ipv6(sock) == []


async def test_the_service_is_closed_when_it_cannot_listen() -> None:
    operations = ScriptedOperations()
    with bind(parse_host("127.0.0.1:0", listening=True)) as first:
        first.listen()
        with pytest.raises(Unreachable):
            await listen_and_serve(operations, Settings(host=place_of(first)))
    assert operations.closed


ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


@pytest.mark.parametrize("number", ENDS)
async def test_a_signal_ends_streams_properly_and_closes_the_service(number: int) -> None:
    before = signal.getsignal(number)
    operations = ScriptedOperations()
    operations.next = ScriptedGeneration().hold(1)
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    settings = Settings(host="127.0.0.1:0")
    task = asyncio.create_task(listen_and_serve(operations, settings, ready.set_result))
    talk = Talk(int((await ready).rpartition(":")[2]))
    answer = await talk.open("POST", "/api/generate", {"model": "tiny", "prompt": "x"})
    await (await answer.head()).chunk()
    os.kill(os.getpid(), number)
    await answer.rest()
    assert answer.lines()[-1] == {"error": "the server is shutting down"}
    await asyncio.wait_for(task, 30)
    assert operations.closed and operations.next.closed.is_set()
    assert signal.getsignal(number) == before
    await talk.close()


async def test_a_hang_up_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        async with asyncio.timeout(20):
            ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            serving = listen_and_serve(
                ScriptedOperations(), Settings(host="127.0.0.1:0"), ready.set_result
            )
            task = asyncio.create_task(serving)
            await ready
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            os.kill(os.getpid(), signal.SIGTERM)
            await task
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_place_of_an_ipv6_socket_has_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        sock = bind(parse_host("[::1]:0", listening=True))
    except Unreachable:
        pytest.skip("no IPv6 here")
    with sock:
        assert place_of(sock).startswith("[::1]:")
