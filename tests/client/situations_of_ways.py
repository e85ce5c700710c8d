"""The rows about the way to a server (1i, 1j, 1k): codings, connections, addresses, proxies."""

import asyncio
import gzip
import os
import socket
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import brotli
import pytest
import zstandard

from rillet.client.aio import AsyncClient
from rillet.client.sync import Client
from rillet.testing import (
    CHUNKED,
    LAST_CHUNK,
    Hangup,
    Pause,
    Script,
    ScriptedServer,
    answer,
    chunk,
    head,
)
from rillet.words.errors import InvalidHost, InvalidRequest, Unreachable
from rillet.words.events import Event, Finish, Text
from tests.client.reading import QUICK, read
from tests.client.situations import TEXT, check_right, plain, situation
from tests.client.wires import Wire, chunked

Coder = Callable[[], tuple[Callable[[bytes], bytes], Callable[[], bytes]]]
LATE = 2.0  # seconds after which a token that was sent counts as withheld


def _zlib(wbits: int) -> Coder:
    def make() -> Any:
        coder = zlib.compressobj(wbits=wbits)
        return lambda data: coder.compress(data) + coder.flush(zlib.Z_SYNC_FLUSH), coder.flush

    return make


def _brotli() -> Any:
    coder = brotli.Compressor()
    return lambda data: coder.process(data) + coder.flush(), coder.finish


def _zstd() -> Any:
    coder = zstandard.ZstdCompressor().compressobj()
    flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
    return lambda data: coder.compress(data) + coder.flush(flush), coder.flush


CODERS: dict[str, Coder] = {
    "gzip": _zlib(31),
    "deflate": _zlib(15),
    "br": _brotli,
    "zstd": _zstd,
}


class Paced:
    """After a token: waits until the reader has it, before anything more is sent."""

    def __init__(self) -> None:
        self.seen = threading.Semaphore(0)
        self.withheld = 0

    def see(self, event: Event) -> None:
        if isinstance(event, Text):
            self.seen.release()

    def play(self, connection: Any) -> bool:
        self.withheld += not self.seen.acquire(timeout=LATE if not self.withheld else 0)
        return False


def check_pace(shell: str, wire: Wire, tell: Callable[[Paced], Script]) -> str:
    """All the text, and each token without waiting for the next."""
    paced = Paced()
    with ScriptedServer(tell(paced)) as server:
        outcome = read(shell, wire, server.url, see=paced.see)
    check_right(outcome, "tok " * 20)
    assert not paced.withheld, f"{paced.withheld} tokens came only with what followed them"
    return "ok"


for coding, coder in CODERS.items():

    @situation("1i", f"i_{coding}", f"{coding}, flushed for each token, though not asked for")
    def _coded(shell: str, wire: Wire, coding: str = coding, coder: Coder = coder) -> str:
        encode, finish = coder()

        def tell(paced: Paced) -> Script:
            fields = [("Content-Encoding", coding), ("Transfer-Encoding", "chunked")]
            tokens = wire.tokens(["tok "] * 20)
            steps = [step for token in tokens for step in (chunk(encode(token)), paced)]
            end = chunk(encode(b"".join(wire.ending())) + finish())
            return [head(headers=fields), *steps, end, LAST_CHUNK]

        return check_pace(shell, wire, tell)


for name, first in (
    ("close", head(headers=[("Connection", "close")])),
    ("http_1_0", b"HTTP/1.0 200 OK\r\n\r\n"),
):

    @situation("1i", f"i_{name}", "a body that ends with its connection comes without delay")
    def _undelayed(shell: str, wire: Wire, first: bytes = first) -> str:
        def tell(paced: Paced) -> Script:
            steps = [step for token in wire.tokens(["tok "] * 20) for step in (token, paced)]
            return [first, *steps, *wire.ending(), Hangup()]

        return check_pace(shell, wire, tell)


@situation("1i", "i_gzip_whole", "a whole answer, compressed")
def _gzip_whole(shell: str, wire: Wire) -> str:
    coded = answer(gzip.compress(b"".join(plain(wire))), headers=[("Content-Encoding", "gzip")])
    with ScriptedServer([coded]) as server:
        outcome = read(shell, wire, server.url)
    check_right(outcome, TEXT)
    return "ok"


# 1j: connections


@situation("1j", "j_50_calls", "fifty calls, one connection")
def _fifty(shell: str, wire: Wire) -> str:
    with ScriptedServer(chunked(plain(wire))) as server:
        if shell == "sync":
            with Client(server.url, api=wire.api, timeouts=QUICK) as client:
                texts = [wire.start(client).reply().text for _ in range(50)]
        else:
            texts = asyncio.run(_fifty_replies(wire, server.url))
    assert texts == [TEXT] * 50
    assert server.connections == 1
    return "ok"


async def _fifty_replies(wire: Wire, url: str) -> list[str]:
    async with AsyncClient(url, api=wire.api, timeouts=QUICK) as client:
        return [(await wire.start(client).reply()).text for _ in range(50)]


@situation("1j", "j_break_at_finish", "a loop left at the end, whose last chunk comes later")
def _break_at_finish(shell: str, wire: Wire) -> str:
    script = [CHUNKED, *map(chunk, plain(wire)), Pause(0.005), LAST_CHUNK]
    with ScriptedServer(script) as server:
        if shell == "sync":
            with Client(server.url, api=wire.api, timeouts=QUICK) as client:
                for _ in range(5):
                    for event in wire.start(client):
                        if isinstance(event, Finish):
                            break
        else:
            asyncio.run(_break_five_times(wire, server.url))
    assert server.connections == 1
    return "ok"


async def _break_five_times(wire: Wire, url: str) -> None:
    async with AsyncClient(url, api=wire.api, timeouts=QUICK) as client:
        for _ in range(5):
            async for event in wire.start(client):
                if isinstance(event, Finish):
                    break


@situation("1j", "j_stale", "a kept connection that the server closed meanwhile")
def _stale(shell: str, wire: Wire) -> str:
    script = [*chunked(plain(wire)), Hangup()]
    with ScriptedServer(script) as server:
        if shell == "sync":
            with Client(server.url, api=wire.api, timeouts=QUICK, retries=0) as client:
                texts = [wire.start(client).reply().text for _ in range(5)]
        else:
            texts = asyncio.run(_five(wire, server.url))
    assert texts == [TEXT] * 5
    return "ok"


async def _five(wire: Wire, url: str) -> list[str]:
    async with AsyncClient(url, api=wire.api, timeouts=QUICK, retries=0) as client:
        return [(await wire.start(client).reply()).text for _ in range(5)]


# 1k: addresses and proxies


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """These variables, and no other setting of proxies or hosts."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(("OLLAMA_", "RILLET_")):
            del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def has_ipv6() -> bool:
    """Containers often have none."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def reaches(name: str, says: str, form: str, path: str = "", **listen: Any) -> None:
    """A row whose way of writing the host leads to the server; `{port}` is its port."""

    @situation("1k", name, says)
    def run(shell: str, wire: Wire) -> str:
        if listen.get("host") == "::1" and not has_ipv6():
            pytest.skip("no IPv6 here")
        with environment(), ScriptedServer(chunked(plain(wire)), **listen) as server:
            outcome = read(shell, wire, form.format(port=server.port))
            from_env = form.format(port=server.port)
            with environment(OLLAMA_HOST=from_env):
                again = read(shell, wire, "")
        check_right(outcome, TEXT)
        check_right(again, TEXT)
        assert all(request.path.startswith(path + "/") for request in server.requests)
        assert all("//" not in request.path for request in server.requests)
        return "ok"


reaches("k_host_port", "127.0.0.1:port", "127.0.0.1:{port}")
reaches("k_port", ":port", ":{port}")
reaches("k_localhost", "localhost:port, on IPv4 alone", "localhost:{port}")
reaches("k_ipv6", "[::1]:port", "[::1]:{port}", host="::1")
reaches("k_localhost6", "localhost:port, on IPv6 alone", "localhost:{port}", host="::1")
reaches("k_any", "0.0.0.0:port means this machine", "0.0.0.0:{port}")
reaches("k_slash", "a slash at the end", "http://127.0.0.1:{port}/")
reaches("k_prefix", "a path before all paths", "http://127.0.0.1:{port}/deep/er/", "/deep/er")
reaches("k_pasted_v1", "/v1 pasted with it", "http://127.0.0.1:{port}/v1")
reaches("k_pasted_api", "/api pasted with it", "http://127.0.0.1:{port}/api/")
reaches("k_blanks", "blanks around it", "  http://127.0.0.1:{port}  ")
reaches("k_quotes", "quotes around it", '"http://127.0.0.1:{port}"')


@situation("1k", "k_credentials", "user:password@host are sent")
def _credentials(shell: str, wire: Wire) -> str:
    with environment(), ScriptedServer(chunked(plain(wire))) as server:
        outcome = read(shell, wire, f"http://me:p%40ss@127.0.0.1:{server.port}")
    check_right(outcome, TEXT)
    assert server.requests[0].header("authorization") == "Basic bWU6cEBzcw=="
    return "ok"


@situation("1k", "k_api_key", "a key from the argument or the environment, in one header")
def _api_key(shell: str, wire: Wire) -> str:
    with environment(RILLET_API_KEY="k1"), ScriptedServer(chunked(plain(wire))) as server:
        read(shell, wire, server.url)
        read(shell, wire, server.url, api_key="k2")
    sent = [request.header("authorization") for request in server.requests]
    assert sent == ["Bearer k1", "Bearer k2"]
    return "ok"


@situation("1k", "k_unreadable", "what cannot be read is an error, never the default server")
def _unreadable(shell: str, wire: Wire) -> str:
    for host in (
        "127.0.0.1:99999",
        "tcp://127.0.0.1",
        "[::1",
        "127.0.0.1:0",
        "http://a b",
        "h?q=1",
    ):
        with environment():
            outcome = read(shell, wire, host)
        assert type(outcome.error) is InvalidHost, host
    return "InvalidHost"


@situation("1k", "k_ipv6_bare", "::1 without brackets is that address")
def _bare(shell: str, wire: Wire) -> str:
    with environment():
        client: Any = Client("::1") if shell == "sync" else AsyncClient("::1")
    target = client._door._transport.target
    assert (target.host, target.port) == ("::1", 11434)
    return "ok"


@situation("1k", "k_proxy_loopback", "proxies are not asked for this machine")
def _loopback(shell: str, wire: Wire) -> str:
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    with environment(**proxies), ScriptedServer(chunked(plain(wire))) as server:
        outcome = read(shell, wire, server.url)
    check_right(outcome, TEXT)
    return "ok"


@situation("1k", "k_proxy", "a proxy is asked for other machines, NO_PROXY heeded in all its forms")
def _proxied(shell: str, wire: Wire) -> str:
    exempt = "::1,fe80::/10,[::1],.internal"
    with (
        ScriptedServer(chunked(plain(wire))) as proxy,
        environment(HTTP_PROXY=proxy.url, NO_PROXY=exempt),
    ):
        outcome = read(shell, wire, "http://models.example:8000")
    check_right(outcome, TEXT)
    assert proxy.requests[0].path.startswith("http://models.example:8000/")
    return "ok"


@situation("1k", "k_socks", "a SOCKS proxy for other machines is refused in words")
def _socks(shell: str, wire: Wire) -> str:
    with environment(ALL_PROXY="socks5://127.0.0.1:9"):
        outcome = read(shell, wire, "http://models.example:8000")
        assert type(outcome.error) is InvalidRequest
        with ScriptedServer(chunked(plain(wire))) as server:
            check_right(read(shell, wire, server.url), TEXT)
    return "InvalidRequest"


@situation("1k", "k_refused", "nobody listens there")
def _refused(shell: str, wire: Wire) -> str:
    with ScriptedServer() as server:
        url = server.url
    with environment():
        outcome = read(shell, wire, url)
    assert type(outcome.error) is Unreachable
    assert outcome.error.hint
    return outcome.verdict


@situation("1k", "k_unix", "a unix socket")
def _unix(shell: str, wire: Wire) -> str:
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        ScriptedServer(chunked(plain(wire)), unix=f"{folder}/s") as server,
    ):
        outcome = read(shell, wire, server.url)
    check_right(outcome, TEXT)
    return "ok"
