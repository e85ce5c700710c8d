"""Several addresses for one name: one that refuses and one that is silent are passed over."""

import errno
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from rillet.net.course import Route
from rillet.net.proxies import Proxy
from rillet.net.reach import attempts, from_resolver, known_addresses, unreachable
from rillet.testing import ScriptedServer, answer
from tests.net.shells import GET, Shell
from tests.net.test_stopping import silent_listener

FOUR, SIX = socket.AF_INET, socket.AF_INET6


def found(family: int, where: tuple[Any, ...]) -> tuple[Any, ...]:
    return (family, socket.SOCK_STREAM, 6, "", where)


def test_the_families_take_turns() -> None:
    six = [found(SIX, (f"2001:db8::{n}", 80, 0, 0)) for n in (1, 2, 3)]
    four = [found(FOUR, ("192.0.2.1", 80))]
    order = [where[0] for _, where in from_resolver([*six, *six, *four])]
    assert order == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "2001:db8::3"]
    assert from_resolver([]) == []


def test_a_proxy_that_is_not_there_is_told_in_the_words_of_the_system() -> None:
    """Not in those of asyncio, which name the address once more."""
    route = Route(False, "192.0.2.1", 80, proxy=Proxy("127.0.0.1", 3128))
    refused = OSError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 3128)")
    error = unreachable(route, refused)
    said = os.strerror(errno.ECONNREFUSED)
    assert error.message == f"No connection to the proxy 127.0.0.1:3128: {said}"
    assert "NO_PROXY" in error.hint


def test_what_needs_no_resolver() -> None:
    assert known_addresses("192.0.2.1", 80) == [(FOUR, ("192.0.2.1", 80))]
    assert known_addresses("::1", 80) == [(SIX, ("::1", 80, 0, 0))]
    assert [where[0] for _, where in known_addresses("LocalHost", 80) or []] == ["127.0.0.1", "::1"]
    assert known_addresses("example.com", 80) is None


def test_the_only_address_gets_all_the_time() -> None:
    one = (FOUR, ("192.0.2.1", 80))
    assert list(attempts([one])) == [(one, None)]


@pytest.mark.parametrize("first", ["refuses", "silent"])
def test_the_next_address_is_tried(
    shell: Shell,
    serve: Callable[..., ScriptedServer],
    monkeypatch: pytest.MonkeyPatch,
    first: str,
) -> None:
    if shell.name == "uvloop":
        pytest.skip("it has a resolver of its own")
    server = serve([answer(b"second")])
    with silent_listener() as silent, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = silent if first == "silent" else closed.getsockname()[1]
        names = [found(FOUR, ("127.0.0.1", port)), found(FOUR, ("127.0.0.1", server.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: names)
        talk = shell.ask("http://two.test", GET)
        start = time.monotonic()
        talk.head(connect=8)
        assert talk.rest() == b"second"
        assert time.monotonic() - start < 3


def test_threads_share_a_transport(serve: Callable[..., ScriptedServer]) -> None:
    from rillet.net.address import parse_host
    from rillet.net.sync import Transport

    server = serve([answer(b"x")])
    transport = Transport(parse_host(server.url), env={}, pool_size=2)
    wrong: list[object] = []

    def work() -> None:
        for _ in range(20):
            exchange = transport.exchange(GET)
            exchange.head(deadline=time.monotonic() + 10)
            if exchange.read() + exchange.read() != b"x":
                wrong.append(exchange)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    transport.close()
    assert not wrong and len(server.requests) == 120
