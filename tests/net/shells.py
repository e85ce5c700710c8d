"""Both shells behind one face, so that each case is written once and run on all of them."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import uvloop

from rillet.net.address import parse_host
from rillet.net.aio import AsyncExchange, AsyncTransport
from rillet.net.http1 import Head, Request
from rillet.net.sync import Exchange, Transport
from rillet.net.tls import TlsOptions

Run = Callable[[Any], Any]
WAIT = 10.0  # seconds after which a test that hangs fails


class Talk:
    """One exchange. A deadline of `WAIT` stands wherever the test names none."""

    def __init__(self, run: Run, exchange: Exchange | AsyncExchange) -> None:
        self._run = run
        self.exchange = exchange

    def head(self, *, connect: float | None = 5.0, within: float = WAIT) -> Head:
        deadline = time.monotonic() + within
        return self._run(self.exchange.head(connect=connect, deadline=deadline))

    def read(self, within: float = WAIT) -> bytes:
        return self._run(self.exchange.read(time.monotonic() + within))

    def rest(self) -> bytes:
        pieces = []
        while data := self.read():
            pieces.append(data)
        return b"".join(pieces)

    def release(self) -> None:
        self._run(self.exchange.release())

    def close(self) -> None:
        self.exchange.close()


class Shell:
    """A way to make transports and to wait for what they do."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._transports: list[Transport | AsyncTransport] = []
        self._exchanges: list[Exchange | AsyncExchange] = []
        factory = uvloop.new_event_loop if name == "uvloop" else None
        self._runner = None if name == "sync" else asyncio.Runner(loop_factory=factory)

    def run(self, step: Any) -> Any:
        if self._runner is None or not asyncio.iscoroutine(step):
            return step
        return self._runner.run(step)

    def transport(
        self,
        url: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        tls: TlsOptions | None = None,
        env: Mapping[str, str] | None = None,
        pool_size: int = 8,
    ) -> Callable[[Request], Talk]:
        make = Transport if self._runner is None else AsyncTransport
        transport = make(
            parse_host(url), headers=headers, tls=tls, env=env or {}, pool_size=pool_size
        )
        self._transports.append(transport)

        def ask(request: Request) -> Talk:
            self._exchanges.append(transport.exchange(request))
            return Talk(self.run, self._exchanges[-1])

        return ask

    def ask(self, url: str, request: Request, **options: Any) -> Talk:
        return self.transport(url, **options)(request)

    def close(self) -> None:
        for exchange in self._exchanges:
            exchange.close()
        for transport in self._transports:
            if isinstance(transport, Transport):
                transport.close()
        if self._runner is not None:
            self._runner.close()


POST = Request("POST", "/api/chat", (("Content-Type", "application/json"),), b'{"model": "m"}')
GET = Request("GET", "/api/tags")
