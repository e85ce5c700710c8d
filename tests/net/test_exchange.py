"""What comes over the wire, on every shell: bodies whole, ends told apart, clocks exact."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
import zstandard

from rillet.net import aio, sync
from rillet.net.faults import Closed, Cut, TimedOut
from rillet.net.http1 import Request
from rillet.testing import (
    CHUNKED,
    LAST_CHUNK,
    Drip,
    Hangup,
    Pause,
    Reset,
    Script,
    ScriptedServer,
    Send,
    Signal,
    Stall,
    WaitFor,
    answer,
    chunk,
    head,
)
from rillet.words.errors import MalformedStream, ServerError, Stalled, Unreachable
from tests.net.shells import GET, POST, Shell

Serve = Callable[..., ScriptedServer]

TOKENS = [b'{"a":1}\n', b'{"b":"\xf0\x9f\x98\x80"}\n', b'{"done":true}\n']
TEXT = b"".join(TOKENS)
STREAM = CHUNKED + b"".join(map(chunk, TOKENS)) + LAST_CHUNK
WHOLE: dict[str, Script] = {
    "chunked": [STREAM],
    "every byte its own segment": [Send(STREAM, size=1)],
    "early hints first": [head("103 Early Hints", [("Link", "</x>")]), STREAM],
    "continue and processing first": [head("100 Continue") + head("102 Processing") + STREAM],
    "content-length": [answer(TEXT)],
    "until close": [head() + TEXT, Hangup()],
    "http/1.0": [b"HTTP/1.0 200 OK\r\nContent-Type: x\r\n\r\n" + TEXT, Hangup()],
    "connection: close": [head(headers=[("Connection", "close")]) + TEXT, Hangup()],
    "extensions and trailers": [
        CHUNKED + b"8;name=value\r\n" + TOKENS[0] + b"\r\n" + chunk(TOKENS[1] + TOKENS[2]),
        b"0;last\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n",
    ],
    "line feeds alone": [b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(TEXT), TEXT],
}
CUT: dict[str, Script] = {
    "fin between chunks": [STREAM[: -len(LAST_CHUNK)], Hangup()],
    "fin inside a chunk": [STREAM[:-9], Hangup()],
    "reset": [STREAM[: -len(LAST_CHUNK)], Pause(0.05), Reset()],
    "short content-length": [head(headers=[("Content-Length", "999")]) + TEXT, Hangup()],
    "broken chunk size": [CHUNKED + chunk(TEXT) + b"zz\r\n"],
}


@pytest.mark.parametrize("case", WHOLE)
def test_a_whole_answer_comes_whole(shell: Shell, serve: Serve, case: str) -> None:
    talk = shell.ask(serve(WHOLE[case]).url, POST)
    assert talk.head().status == 200
    assert talk.rest() == TEXT
    assert talk.read() == b"", "the end stays the end"


@pytest.mark.parametrize("case", CUT)
def test_an_improper_end_is_told_after_what_came(shell: Shell, serve: Serve, case: str) -> None:
    talk = shell.ask(serve(CUT[case]).url, POST)
    talk.head()
    got = b""
    with pytest.raises(Cut) as cut:
        while True:
            data = talk.read()
            assert data, "a proper end was reported"
            got += data
    assert cut.value.cause
    assert got and TEXT.startswith(got)
    talk.close()


def test_an_end_before_the_head(shell: Shell, serve: Serve) -> None:
    for script in ([Hangup()], [b"HTTP/1.1 200 OK\r\nX: ", Hangup()], [Reset()]):
        with pytest.raises(Cut):
            shell.ask(serve(script).url, POST).head()


@pytest.mark.parametrize("noise", [b"SSH-2.0-OpenSSH\r\n", b"\x15\x03\x01\x00\x02", b"<html>"])
def test_a_peer_that_speaks_something_else(shell: Shell, serve: Serve, noise: bytes) -> None:
    server = serve([noise, Stall()])
    with pytest.raises(MalformedStream, match=str(server.port)):
        shell.ask(server.url, POST).head()
    assert server.disconnected.wait(30)


def test_endless_headers_end(shell: Shell, serve: Serve) -> None:
    with pytest.raises(MalformedStream, match="too long"):
        shell.ask(serve([b"HTTP/1.1 200 OK\r\n", Drip(b"x" * 9000, 0)]).url, POST).head()


def test_each_token_comes_when_it_is_there(shell: Shell, serve: Serve) -> None:
    for start, frame in ((CHUNKED, chunk), (head(), bytes)):  # chunked, and until close
        go = [threading.Event() for _ in TOKENS]
        script: list[object] = [start]
        for event, token in zip(go, TOKENS, strict=True):
            script += [WaitFor(event), frame(token)]
        talk = shell.ask(serve([*script, Stall()]).url, POST)
        talk.head()
        for event, token in zip(go, TOKENS, strict=True):
            event.set()
            assert talk.read() == token
        talk.close()


def _flushed(coding: str) -> list[bytes]:
    """The tokens, coded with a flush after each."""
    if coding == "gzip":
        coder, sync = zlib.compressobj(wbits=31), zlib.Z_SYNC_FLUSH
    elif coding == "deflate":
        coder, sync = zlib.compressobj(), zlib.Z_SYNC_FLUSH
    elif coding == "zstd":
        coder, sync = zstandard.ZstdCompressor().compressobj(), zstandard.COMPRESSOBJ_FLUSH_BLOCK
    else:
        made = brotli.Compressor()
        parts = [made.process(token) + made.flush() for token in TOKENS]
        return [*parts[:-1], parts[-1] + made.finish()]
    parts = [coder.compress(token) + coder.flush(sync) for token in TOKENS]
    return [*parts[:-1], parts[-1] + coder.flush()]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_coded_unasked_and_flushed_per_token(shell: Shell, serve: Serve, coding: str) -> None:
    start = head(headers=[("Transfer-Encoding", "chunked"), ("Content-Encoding", coding)])
    go = [threading.Event() for _ in TOKENS]
    script: list[object] = [start]
    for event, data in zip(go, _flushed(coding), strict=True):
        script += [WaitFor(event), chunk(data)]
    server = serve([*script, LAST_CHUNK])
    talk = shell.ask(server.url, POST)
    talk.head()
    assert server.requests[0].header("accept-encoding") == "identity"
    for event, token in zip(go, TOKENS, strict=True):
        event.set()
        assert talk.read() == token
    assert talk.read() == b""


def test_broken_and_unfinished_coding(shell: Shell, serve: Serve) -> None:
    coded = [("Content-Encoding", "gzip")]
    talk = shell.ask(serve([answer(b"not gzip", headers=coded)]).url, POST)
    talk.head()
    with pytest.raises(MalformedStream):
        talk.read()
    talk = shell.ask(serve([answer(gzip.compress(TEXT)[:-9], headers=coded)]).url, POST)
    talk.head()
    with pytest.raises(Cut, match="early"):
        talk.rest()
    unknown = [("Content-Encoding", "rot13")]
    talk = shell.ask(serve([answer(TEXT, headers=unknown)]).url, POST)
    talk.head()
    with pytest.raises(MalformedStream, match="rot13"):
        talk.read()


def test_deadlines_strike_on_silence_and_under_drip(shell: Shell, serve: Serve) -> None:
    for step in (Stall(), Drip(chunk(b"\n"), 0.005), Drip(chunk(b"x" * 20000), 0)):
        talk = shell.ask(serve([CHUNKED, step]).url, POST)
        talk.head()
        start = time.monotonic()
        with pytest.raises(TimedOut):
            end = start + 0.25
            while True:
                talk.read(end - time.monotonic())
        assert 0.2 < time.monotonic() - start < 10
        talk.close()


def test_a_deadline_for_the_head_and_one_that_has_passed(shell: Shell, serve: Serve) -> None:
    server = serve([Stall()])
    with pytest.raises(TimedOut):
        shell.ask(server.url, POST).head(within=0.1)
    assert server.disconnected.wait(30), "a head that timed out hangs up"
    talk = shell.ask(serve([STREAM]).url, POST)
    talk.head()
    time.sleep(0.05)
    got = b""
    with pytest.raises(TimedOut):  # what has been received may come, no more is waited for
        while data := talk.read(-1):
            got += data
        assert got == TEXT
        raise TimedOut


def test_a_nearer_deadline_counts_although_a_later_one_was_set(shell: Shell, serve: Serve) -> None:
    talk = shell.ask(serve([CHUNKED, chunk(b"1"), Pause(0.05), chunk(b"2"), Stall()]).url, POST)
    talk.head()
    assert talk.read(30) == b"1"
    assert talk.read(30) == b"2"
    start = time.monotonic()
    with pytest.raises(TimedOut):
        talk.read(0.1)
    assert time.monotonic() - start < 10
    talk.close()


def test_the_reader_stops_a_fast_server(shell: Shell, serve: Serve) -> None:
    done = threading.Event()
    block = chunk(b"x" * 65536)
    script = [CHUNKED, *[block] * 512, Signal(done), LAST_CHUNK]
    talk = shell.ask(serve(script).url, POST)
    talk.head()
    talk.read()
    if shell.name != "sync":
        import asyncio

        shell.run(asyncio.sleep(0.2))
    assert not done.wait(0.1), "32 MiB were taken in although nobody reads"
    assert len(talk.rest()) > 32 * 2**20 - 2**20
    assert done.is_set()


def test_close_hangs_up_at_once_and_any_number_of_times(shell: Shell, serve: Serve) -> None:
    server = serve([CHUNKED + chunk(b"1"), Stall()])
    talk = shell.ask(server.url, POST)
    talk.head()
    assert talk.read() == b"1"
    talk.close()
    talk.close()
    if shell.name != "sync":
        import asyncio

        shell.run(asyncio.sleep(0))
    assert server.disconnected.wait(30)
    with pytest.raises(Closed):
        talk.read()


def test_closed_before_it_began(shell: Shell, serve: Serve) -> None:
    server = serve()
    talk = shell.ask(server.url, POST)
    talk.close()
    with pytest.raises(Closed):
        talk.head()
    assert server.connections == 0


def test_a_request_arrives_as_it_was_meant(shell: Shell, serve: Serve) -> None:
    server = serve()
    ask = shell.transport(
        server.url.replace("//", "//us%40er:pass@") + "/pre/fix/",
        headers=[("Content-Type", "default"), ("X-Kept", "yes")],
    )
    assert ask(POST).head().status == 200
    request = server.requests[0]
    assert (request.method, request.path, request.body) == ("POST", "/pre/fix/api/chat", POST.body)
    assert request.header("host") == f"127.0.0.1:{server.port}"
    assert request.header("authorization") == "Basic dXNAZXI6cGFzcw=="
    assert request.header("content-type") == "application/json"
    assert request.header("x-kept") == "yes"
    assert request.header("content-length") == str(len(POST.body))


def test_an_upload_goes_out_in_pieces(shell: Shell, serve: Serve) -> None:
    server = serve()
    pieces = [b"a" * 70000] * 40
    request = Request("POST", "/api/blobs/x", (), iter(pieces), 70000 * 40)
    assert shell.ask(server.url, request).head().status == 200
    assert server.requests[0].body == b"".join(pieces)


def test_head_requests_have_no_body(shell: Shell, serve: Serve) -> None:
    server = serve([head(headers=[("Content-Length", "99")])])
    ask = shell.transport(server.url)
    for _ in range(2):
        talk = ask(Request("HEAD", "/api/blobs/x"))
        assert talk.head().headers["Content-Length"] == "99"
        assert talk.read() == b""
    assert server.connections == 1


# Connections.


@pytest.mark.parametrize("late", [False, True])
def test_fifty_calls_are_one_connection(
    shell: Shell, serve: Serve, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in (aio, sync):  # a busy machine may be later than what is worth waiting for
        monkeypatch.setattr(room, "DRAIN_TIME", 10.0)
    ending: Script = [Pause(0.002), LAST_CHUNK] if late else [LAST_CHUNK]
    server = serve([CHUNKED, chunk(TEXT), *ending])
    ask = shell.transport(server.url)
    for _ in range(50):
        talk = ask(POST)
        talk.head()
        assert talk.read() == TEXT  # the reader saw done:true and stops here
        talk.release()
        talk.close()
    assert server.connections == 1


def test_what_is_not_finished_is_not_kept(shell: Shell, serve: Serve) -> None:
    server = serve([CHUNKED, chunk(TEXT), Stall()])
    ask = shell.transport(server.url)
    for count in (1, 2):
        talk = ask(POST)
        talk.head()
        talk.read()
        start = time.monotonic()
        talk.release()
        assert time.monotonic() - start < 10
        assert server.connections == count


def test_a_kept_connection_that_died_costs_nothing(shell: Shell, serve: Serve) -> None:
    hang_up = threading.Event()
    server = serve([answer(b"1"), WaitFor(hang_up), Hangup()], [answer(b"2")])
    ask = shell.transport(server.url)
    first = ask(POST)
    first.head()
    assert first.rest() == b"1"
    hang_up.set()
    assert server.disconnected.wait(30)
    second = ask(POST)
    second.head()
    assert second.rest() == b"2"
    assert (server.connections, len(server.requests)) == (2, 2)


def test_a_kept_connection_closed_on_the_request_is_replaced_once(
    shell: Shell, serve: Serve
) -> None:
    server = serve([answer(b"1")], [Hangup()], [answer(b"2")], [Reset()], [Hangup()])
    ask = shell.transport(server.url)
    for expected in (b"1", b"2"):
        talk = ask(POST)
        talk.head()
        assert talk.rest() == expected
    assert (server.connections, len(server.requests)) == (2, 3)
    with pytest.raises(Cut):
        ask(POST).head()
    assert (server.connections, len(server.requests)) == (3, 5), "asked once more, not twice"


def test_no_second_try_where_the_server_had_begun(
    shell: Shell, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that dies long after the question was no dead one."""
    for module in (sync, aio):
        monkeypatch.setattr(module, "STALE", 0.05)
    server = serve([answer(b"1")], [Pause(0.1), Hangup()])
    ask = shell.transport(server.url)
    talk = ask(POST)
    talk.head()
    talk.rest()
    with pytest.raises(Cut):
        ask(POST).head()
    assert len(server.requests) == 2


def test_no_second_try_after_a_byte_of_an_answer(shell: Shell, serve: Serve) -> None:
    server = serve([answer(b"1")], [b"H", Hangup()])
    ask = shell.transport(server.url)
    talk = ask(POST)
    talk.head()
    talk.rest()
    with pytest.raises(Cut):
        ask(POST).head()
    assert len(server.requests) == 2


def test_bytes_nobody_asked_for_end_a_connection(shell: Shell, serve: Serve) -> None:
    server = serve([answer(b"1") + answer(b"injected")], [answer(b"2")])
    ask = shell.transport(server.url)
    for expected in (b"1", b"2"):
        talk = ask(POST)
        talk.head()
        assert talk.rest() == expected
    assert server.connections == 2


# Redirects.


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_keeps_method_and_body(shell: Shell, serve: Serve, status: str) -> None:
    there = serve([answer(b"here")])
    moved = answer(status=status, headers=[("Location", f"{there.url}/v2/chat?x=1")])
    here = serve([moved])
    request = Request("POST", "/api/chat", (("Authorization", "secret"),), b"body")
    talk = shell.ask(here.url, request, headers=[("X-Key", "secret")])
    talk.head()
    assert talk.rest() == b"here"
    got = there.requests[0]
    assert (got.method, got.path, got.body) == ("POST", "/v2/chat?x=1", b"body")
    assert "secret" not in str(got.headers), "credentials went to another host"


def test_a_redirect_within_the_host_keeps_credentials(shell: Shell, serve: Serve) -> None:
    server = serve([answer(status="303 See Other", headers=[("Location", "other")])], [answer()])
    url = server.url.replace("//", "//u:p@") + "/pre"
    shell.ask(url, POST, headers=[("X-Key", "k")]).head()
    got = server.requests[1]
    assert (got.method, got.path, got.body) == ("GET", "/pre/api/other", b"")
    assert got.header("authorization") and got.header("x-key") == "k"
    assert server.connections == 1


def test_a_place_written_as_people_do(shell: Shell, serve: Serve) -> None:
    server = serve(
        [answer(status="307 Again", headers=[("Location", "/a b/é%20?q=ü&r")])], [answer()]
    )
    shell.ask(server.url, POST).head()
    assert server.requests[1].path == "/a%20b/%C3%A9%20?q=%C3%BC&r"


def test_redirects_end(shell: Shell, serve: Serve) -> None:
    server = serve([answer(status="307 Again", headers=[("Location", "/again")])])
    with pytest.raises(ServerError, match="circles"):
        shell.ask(server.url, POST).head()
    assert len(server.requests) == 6
    server = serve([answer(status="302 Out", headers=[("Location", "ftp://x/")])])
    with pytest.raises(ServerError, match="ftp"):
        shell.ask(server.url, POST).head()


def test_who_sent_us_to_a_place_that_is_not_there_is_told(shell: Shell, serve: Serve) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        there = f"https://127.0.0.1:{unused.getsockname()[1]}/"
        server = serve([answer(status="302 Portal", headers=[("Location", there)])])
        with pytest.raises(Unreachable, match=rf"to which 127.0.0.1:{server.port} redirects"):
            shell.ask(server.url, POST).head()


def test_a_server_that_waits_for_tls_is_told(shell: Shell, serve: Serve) -> None:
    server = serve([b"\x15\x03\x01\x00\x02\x02\x46", Hangup()])
    with pytest.raises(MalformedStream, match="try https:// for http://"):
        shell.ask(server.url, POST).head()


def test_a_redirect_without_a_place_is_an_answer(shell: Shell, serve: Serve) -> None:
    assert shell.ask(serve([answer(status="304 Same")]).url, GET).head().status == 304
    assert shell.ask(serve([answer(status="302 Where")]).url, GET).head().status == 302


# Reaching a server.


def test_nothing_listens(shell: Shell, short_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(Unreachable, match=f"127.0.0.1:{port}") as refused:
            shell.ask(f"127.0.0.1:{port}", GET).head()
    assert "running" in refused.value.hint
    with pytest.raises(Unreachable, match=r"no\.sock") as missing:
        shell.ask(f"unix://{short_path}/no.sock", GET).head()
    assert "rillet serve" in missing.value.hint


def test_no_such_name(shell: Shell) -> None:
    with pytest.raises(Unreachable, match=r"nosuch\.invalid"):
        shell.ask("nosuch.invalid", GET).head(connect=8)


def test_a_connection_that_never_stands(shell: Shell) -> None:
    # A full backlog drops what comes: real silence, without leaving the machine.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fill = [socket.socket() for _ in range(4)]
        for sock in fill:
            sock.setblocking(False)
            sock.connect_ex(address)
        start = time.monotonic()
        with pytest.raises(Stalled) as stalled:
            shell.ask(f"127.0.0.1:{address[1]}", GET).head(connect=0.2)
        assert (stalled.value.phase, stalled.value.after) == ("connect", 0.2)
        assert time.monotonic() - start < 10
        with pytest.raises(TimedOut):
            shell.ask(f"127.0.0.1:{address[1]}", GET).head(connect=5, within=0.2)
        for sock in fill:
            sock.close()


def test_unix_sockets(shell: Shell, serve: Serve, short_path: Path) -> None:
    server = serve([STREAM], unix=f"{short_path}/s")
    ask = shell.transport(server.url)
    for _ in range(2):
        talk = ask(POST)
        talk.head()
        assert talk.rest() == TEXT
    assert server.connections == 1
    assert server.requests[0].header("host") == "localhost"


def test_ipv6_and_the_way_from_localhost_to_it(shell: Shell, serve: Serve) -> None:
    try:
        server = serve([answer(b"six")], host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    for url in (server.url, f"localhost:{server.port}"):
        talk = shell.ask(url, GET)
        talk.head()
        assert talk.rest() == b"six"
    assert server.requests[0].header("host") == f"[::1]:{server.port}"
