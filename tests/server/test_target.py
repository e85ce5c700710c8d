"""Targets of requests, taken apart as Go takes them."""

import asyncio

import pytest

from rillet.server.target import Target, parse_target

from .conftest import Running


@pytest.mark.parametrize(
    ("target", "parsed"),
    [
        (b"/a%20b?x#y", Target(None, b"/a%20b", "/a b", b"x#y")),
        (b"/a#b", Target(None, b"/a#b", "/a#b", b"")),
        (b"*", Target(None, b"*", "*", b"")),
        (b"HTTP://Box:80/a?b", Target(b"Box:80", b"/a", "/a", b"b")),
        (b"http://me:pw@box?b", Target(b"box", b"", "", b"b")),
        (b"http:///a", Target(None, b"/a", "/a", b"")),
        (b"/%ff", Target(None, b"/%ff", "/�", b"")),
        (b"//box/a", Target(None, b"//box/a", "//box/a", b"")),
    ],
)
def test_targets(target: bytes, parsed: Target) -> None:
    assert parse_target(target) == parsed


@pytest.mark.parametrize("target", [b"*/a", b"a/b", b"?a", b""])
def test_what_is_no_target(target: bytes) -> None:
    with pytest.raises(ValueError, match="no path"):
        parse_target(target)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("GET /é HTTP/1.1\r\nHost: localhost\r\n\r\n", "404 page not found"),
        ("GET /v1/models/é HTTP/1.1\r\nHost: localhost\r\n\r\n", "invalid model name"),
        ("GET /api/version#x HTTP/1.1\r\nHost: localhost\r\n\r\n", "404 page not found"),
        ("GET http://localhost?x HTTP/1.1\r\nHost: a\r\n\r\n", "location: /?x\r\n"),
        ("GET http://u:p@localhost/ HTTP/1.1\r\nHost: a\r\n\r\n", "Ollama is running"),
        ("GET / HTTP/1.1\nHost: localhost\n\n", "Ollama is running"),
        ("GET / HTTP/1.0\n\n", "Ollama is running"),
        ('POST /api/show HTTP/1.1\nHost: a.local\nContent-Length: 6\n\n{\n"a"\n', "unexpected EOF"),
    ],
)
@pytest.mark.parametrize("typed", [False, True])
async def test_what_people_type(server: Running, sent: str, said: str, typed: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for line in sent.splitlines(keepends=True) if typed else [sent]:
        writer.write(line.encode())
        await writer.drain()
        await asyncio.sleep(0)
    writer.write_eof()
    assert said in (await asyncio.wait_for(reader.read(), 30)).decode()
    writer.close()
