"""TLS with an authority of our own, and the ways through proxies."""

import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from rillet.net.tls import TlsOptions, make_context
from rillet.testing import (
    Hangup,
    ScriptedServer,
    Stall,
    StartTls,
    answer,
    chunk,
    head,
)
from rillet.words.errors import InvalidRequest, Stalled, Unreachable
from tests.net.shells import GET, POST, Shell

Serve = Callable[..., ScriptedServer]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def server_context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("127.0.0.1", "localhost"))).configure_cert(context)
    return context


def test_a_stream_over_tls(shell: Shell, serve: Serve, authority: trustme.CA, trusted: str) -> None:
    start = head(headers=[("Transfer-Encoding", "chunked")])
    server = serve([start, chunk(b"1"), chunk(b"2"), b"0\r\n\r\n"], tls=server_context(authority))
    ask = shell.transport(server.url, tls=TlsOptions(verify=trusted))
    for _ in range(3):
        talk = ask(POST)
        talk.head()
        assert talk.rest() == b"12"
    assert server.connections == 1


def test_whom_to_trust(shell: Shell, serve: Serve, authority: trustme.CA, trusted: str) -> None:
    url = serve(tls=server_context(authority)).url
    assert shell.ask(url, GET, env={"SSL_CERT_FILE": trusted}).head().status == 200
    assert shell.ask(url, GET, tls=TlsOptions(verify=False)).head().status == 200
    with pytest.raises(Unreachable, match="not trusted") as refused:
        shell.ask(url, GET).head()
    assert "SSL_CERT_FILE" in refused.value.hint
    other = serve(tls=server_context(authority, "other.test")).url
    with pytest.raises(Unreachable, match="not trusted"):
        shell.ask(other, GET, tls=TlsOptions(verify=trusted)).head()


def test_files_that_are_none(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("hello")
    for path in (str(nonsense), str(tmp_path / "missing.pem")):
        with pytest.raises(InvalidRequest, match="pem"):
            make_context(TlsOptions(verify=path), {})
        with pytest.raises(InvalidRequest, match="pem"):
            make_context(TlsOptions(certificate=path), {})


def test_a_client_certificate(
    shell: Shell, serve: Serve, authority: trustme.CA, trusted: str, tmp_path: Path
) -> None:
    context = server_context(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    url = serve(tls=context).url
    mine = tmp_path / "mine.pem"
    authority.issue_cert("me@example.org").private_key_and_cert_chain_pem.write_to_path(mine)
    options = TlsOptions(verify=trusted, certificate=str(mine))
    assert shell.ask(url, GET, tls=options).head().status == 200


def test_https_to_a_server_that_has_none(shell: Shell, serve: Serve) -> None:
    with pytest.raises(Unreachable, match="does not speak TLS") as refused:
        shell.ask(f"https://127.0.0.1:{serve().port}", GET).head()
    assert "http://" in refused.value.hint


def test_a_handshake_that_never_ends(shell: Shell) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(Stalled, match="No connection"),
    ):
        shell.ask(f"https://127.0.0.1:{silent.getsockname()[1]}", GET).head(connect=0.2)


def test_a_proxy_gets_the_whole_address(shell: Shell, serve: Serve) -> None:
    proxy = serve([answer(b"via")])
    env = {"http_proxy": proxy.url.replace("//", "//me:word@")}
    talk = shell.ask("http://models.test:8080/pre", POST, env=env)
    talk.head()
    assert talk.rest() == b"via"
    request = proxy.requests[0]
    assert request.path == "http://models.test:8080/pre/api/chat"
    assert request.header("host") == "models.test:8080"
    assert request.header("proxy-authorization") == "Basic bWU6d29yZA=="


def test_a_tunnel_for_https(
    shell: Shell, serve: Serve, authority: trustme.CA, trusted: str
) -> None:
    context = server_context(authority, "models.test")
    proxy = serve([head("200 Go"), StartTls(context)], [answer(b"inside")])
    env = {"HTTPS_PROXY": proxy.url.replace("//", "//me:word@")}
    ask = shell.transport("https://models.test", env=env, tls=TlsOptions(verify=trusted))
    for _ in range(2):
        talk = ask(POST)
        talk.head()
        assert talk.rest() == b"inside"
    opening, request, _ = proxy.requests
    assert (opening.method, opening.path) == ("CONNECT", "models.test:443")
    assert opening.header("proxy-authorization") == "Basic bWU6d29yZA=="
    assert request.path == "/api/chat" and request.header("proxy-authorization") is None
    assert proxy.connections == 1


def test_a_proxy_that_refuses_hangs_up_or_is_silent(shell: Shell, serve: Serve) -> None:
    for script, message in (
        ([answer(b"no", status="407 Who")], "407 Who"),
        ([Hangup()], "closed the connection"),
    ):
        env = {"HTTPS_PROXY": serve(script).url}
        with pytest.raises(Unreachable, match=message):
            shell.ask("https://models.test", POST, env=env).head()
    env = {"HTTPS_PROXY": serve([Stall()]).url}
    with pytest.raises(Stalled, match="No connection"):
        shell.ask("https://models.test", POST, env=env).head(connect=0.2)


def test_loopback_needs_no_proxy(shell: Shell, serve: Serve) -> None:
    server = serve([answer(b"direct")])
    env = {"HTTP_PROXY": "http://nosuch.invalid:1", "ALL_PROXY": "socks5://nosuch.invalid:1"}
    talk = shell.ask(f"localhost:{server.port}", GET, env=env)
    talk.head()
    assert talk.rest() == b"direct"
