"""Paths, methods, headers and limits, over a real socket."""

import asyncio
import json

import pytest

from rillet.words.settings import Settings

from .conftest import Running, running
from .scripted import ScriptedGeneration

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/", "HEAD, GET"),
        ("GET", "/api/generate", "POST"),
        ("POST", "/api/tags", "HEAD, GET"),
        ("HEAD", "/api/ps", "GET"),
        ("POST", "/api/delete", "DELETE"),
        ("GET", f"/api/blobs/{DIGEST}", "HEAD, POST"),
        ("GET", "/v1/chat/completions", "POST"),
        ("PUT", "/v1/models/x", "GET"),
    ],
)
async def test_a_wrong_method(server: Running, method: str, path: str, allow: str) -> None:
    answer = await server.ask(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allow)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.body == (b"" if method == "HEAD" else b"405 method not allowed")


@pytest.mark.parametrize("path", ["/nope", "/api/nope", "/API/tags", "/api/blobs/", "/api", "/v1"])
async def test_an_unknown_path(server: Running, path: str) -> None:
    answer = await server.ask("GET", path)
    assert (answer.status, answer.body) == (404, b"404 page not found")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("method", "path", "status", "location"),
    [
        ("GET", "/api/tags/", 301, "/api/tags"),
        ("GET", "//api/version?x=1", 301, "/api/version?x=1"),
        ("POST", "/api/generate/", 307, "/api/generate"),
        ("DELETE", "/api/delete/", 307, "/api/delete"),
        ("GET", "/api/delete/", 404, None),
        ("PUT", "/api/tags/", 404, None),
        ("GET", "/v1/models/a%0d%0aX:%20y/", 301, "/v1/models/a%0D%0AX:%20y"),
        ("GET", "//evil.example/", 301, "/evil.example/"),
        ("POST", "//api/tags", 301, "/api/tags"),
        ("HEAD", "/api//tags/", 301, "/api/tags/"),
        ("GET", "/api/./tags", 301, "/api/tags"),
        ("DELETE", "/v1/models/..", 301, "/v1"),
        ("GET", "/../", 301, "/"),
    ],
)
async def test_a_path_with_a_slash_too_many(
    server: Running, method: str, path: str, status: int, location: str | None
) -> None:
    answer = await server.ask(method, path)
    assert (answer.status, answer.headers.get("location")) == (status, location)


async def test_options_without_an_origin(server: Running) -> None:
    for host, status in (("localhost", 204), ("127.0.0.1", 405), ("[::1]:80", 405)):
        answer = await server.ask("OPTIONS", "/api/chat", headers={"Host": host})
        assert (answer.status, answer.headers["allow"]) == (status, "POST")
    assert (await server.ask("OPTIONS", "/nope", headers={"Host": "localhost"})).status == 204


@pytest.mark.parametrize(
    ("head", "status", "body"),
    [
        ("FOO /api/chat HTTP/1.1\r\nHost: localhost", 405, "405 method not allowed"),
        ("get /nope HTTP/1.1\r\nHost: localhost", 404, "404 page not found"),
        ("CONNECT /api/chat HTTP/1.1\r\nHost: localhost", 405, "405 method not allowed"),
        ("CONNECT a:80 HTTP/1.1\r\nHost: localhost", 400, "400 Bad Request"),
        ("hello", 400, "400 Bad Request"),
        ("GET /%zz HTTP/1.1\r\nHost: localhost", 400, "400 Bad Request"),
        ("GET / HTTP/1.1\r\nHost: a/b", 400, "400 Bad Request: malformed Host header"),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nExpect: more", 417, ""),
        ("GET http://evil.example/ HTTP/1.1\r\nHost: localhost", 403, ""),
        ("GET http://127.0.0.1/ HTTP/1.1\r\nHost: evil.example", 200, "Ollama is running"),
        (
            "GET / HTTP/2.0\r\nHost: localhost",
            505,
            "505 HTTP Version Not Supported: unsupported protocol version",
        ),
        ("OPTIONS * HTTP/1.1\r\nHost: localhost", 200, ""),
        ("GET * HTTP/1.1\r\nHost: localhost", 400, ""),
    ],
)
async def test_what_is_refused_as_go_refuses_it(
    server: Running, head: str, status: int, body: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode())
    answer = (await asyncio.wait_for(reader.read(), 30)).decode()
    writer.close()
    assert answer.startswith(f"HTTP/1.1 {status} ") and answer.endswith(f"\r\n\r\n{body}")


async def test_a_body_that_looks_like_a_strange_request_is_a_body(server: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    body = b"FOO /api/chat HTTP/1.1\r\n"
    head = b"POST /api/show HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d"
    writer.write(head % len(body) + b"\r\nExpect: 100-continue\r\n\r\n")
    assert b"100 Continue" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    writer.write(body)
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    assert b"invalid character 'F' looking for beginning of value" in answer


async def test_the_root_and_the_version(server: Running) -> None:
    assert (await server.ask("GET", "/")).body == b"Ollama is running"
    answer = await server.ask("GET", "/api/version")
    assert answer.json() == {"version": "0.33.0"} and answer.headers["rillet-version"]
    for path in ("/", "/api/version", "/api/tags"):
        head = await server.ask("HEAD", path)
        assert head.status == 200 and int(head.headers["content-length"]) > 0


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_the_type_of_a_body_does_not_matter(
    server: Running, content_type: str | None
) -> None:
    answer = await server.ask(
        "POST", "/api/show", {"model": "tiny"}, {"Content-Type": content_type}
    )
    assert answer.status == 200


async def test_a_chunked_body_and_one_that_wants_to_be_asked_for(server: Running) -> None:
    chunked = b'9\r\n{"model":\r\n8\r\n "tiny"}\r\n0\r\n\r\n'
    for length in (None, "3", str(len(chunked))):
        headers = {"Transfer-Encoding": "chunked", "Content-Length": length}
        assert (await server.ask("POST", "/api/show", chunked, headers)).status == 200
    answer = await server.open("POST", "/api/show", {"model": "tiny"}, {"Expect": "100-continue"})
    assert (await answer.head()).status == 100
    answer.headers.clear()
    assert (await answer.head()).status == 200


@pytest.mark.parametrize(
    ("version", "body", "expect", "told"),
    [
        ("1.1", b"{}", "100-continue", True),
        ("1.1", b"{}", "100-Continue, x", True),
        ("1.1", b"", "100-continue", False),
        ("1.0", b"{}", "100-continue", False),
    ],
)
async def test_who_is_told_to_go_on(
    server: Running, version: str, body: bytes, expect: str, told: bool
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = f"POST /api/show HTTP/{version}\r\nHost: localhost\r\nConnection: close\r\n"
    head += f"Expect: {expect}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\n") is told and b'{"error"' in answer


@pytest.mark.parametrize(
    "offer",
    [
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA",
        "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
    ],
)
@pytest.mark.parametrize("pieces", [1, 2, 7])
async def test_an_offer_of_another_protocol_is_passed_over(
    server: Running, offer: str, pieces: int
) -> None:
    """Java's HttpClient offers HTTP/2 with each request, and sends its body all the same."""
    body = b'{"model": "tiny"}'
    head = f"POST /api/show HTTP/1.1\r\nHost: localhost\r\n{offer}\r\nContent-Length: {len(body)}"
    chunked = f"POST /api/show HTTP/1.1\r\nHost: localhost\r\n{offer}\r\nTransfer-Encoding: chunked"
    sent = head.encode() + b"\r\n\r\n" + body
    sent += chunked.encode() + b"\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    sent += b"GET /api/version HTTP/1.1\r\nHost: localhost\r\nConnection: close, upgrade\r\n"
    sent += b"Upgrade: h2c\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    size = len(sent) // pieces
    for place in range(0, len(sent), size):
        writer.write(sent[place : place + size])
        await writer.drain()
        await asyncio.sleep(0)
    answers = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    assert answers.count(b"HTTP/1.1 200 OK") == 3 and answers.count(b"HTTP/1.1") == 3
    assert b'"version"' in answers.rpartition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("stream", [True, False])
async def test_http_1_0_gets_no_chunks(server: Running, stream: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    body = json.dumps({"model": "tiny", "prompt": "hi", "stream": stream}).encode()
    writer.write(b"POST /api/generate HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    head, _, answer = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert b"transfer-encoding" not in head and b"connection: close" in head
    assert (b"content-length" in head) is not stream
    records = [json.loads(line) for line in answer.splitlines()]
    assert records[-1]["done"] and (len(records) > 1) is stream


async def test_http_1_0_keeps_a_connection_that_is_asked_to_be_kept(server: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    keep, body = b"HTTP/1.0\r\nConnection: keep-alive\r\n", b'{"model": "tiny", "prompt": "hi"}'
    for _ in range(2):
        writer.write(b"GET / " + keep + b"\r\n")
        answer = await asyncio.wait_for(reader.readuntil(b"Ollama is running"), 30)
        assert b"connection: keep-alive" in answer
    writer.write(b"POST /api/generate " + keep + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    answer = await asyncio.wait_for(reader.read(), 30)  # a stream has no other end
    writer.close()
    assert b"connection: close" in answer and b'"done":true' in answer


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_large(announced: bool) -> None:
    async with running(Settings(host="127.0.0.1:0", max_body=1000)) as server:
        data = json.dumps({"model": "tiny", "x": "a" * 5000}).encode()
        headers: dict[str, str | None] = {}
        if not announced:
            headers = {"Transfer-Encoding": "chunked", "Content-Length": None}
            data = b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data)
        answer = await server.ask("POST", "/api/show", data, headers)
        assert (answer.status, answer.json()["error"]) == (
            413,
            "the request body is larger than 1000 bytes",
        )
        assert server.operations.asked == []


async def test_a_head_that_is_too_large(server: Running) -> None:
    assert (await server.ask("GET", "/", headers={"X": "a" * 700_000})).status == 200
    answer = await server.ask("GET", "/", headers={"X": "a" * 1_050_000})
    assert answer.status == 431
    assert answer.body == b"431 Request Header Fields Too Large"


@pytest.mark.parametrize("coding", ["gzip", "identity", "gzip, chunked", "xchunked"])
async def test_a_body_that_is_coded_in_an_unknown_way(server: Running, coding: str) -> None:
    headers = {"Transfer-Encoding": coding, "Content-Length": None}
    answer = await server.ask("POST", "/api/show", b"0\r\n\r\n", headers)
    assert (answer.status, answer.body) == (501, b"Unsupported transfer encoding")


async def test_lists_answer_while_a_generation_runs(server: Running) -> None:
    server.operations.next = ScriptedGeneration().hold()
    await server.open("POST", "/api/generate", {"model": "tiny", "prompt": "x"})
    await server.operations.calls.get()
    assert (await server.ask("GET", "/api/ps")).json() == {"models": []}


async def test_the_cloud_is_off(server: Running) -> None:
    assert (await server.ask("GET", "/api/status")).json()["cloud"]["disabled"] is True
    answer = await server.ask("GET", "/api/experimental/model-recommendations")
    assert (answer.status, answer.json()) == (200, {"recommendations": []})
    search, no_signout = "/api/experimental/web_search", "there was an error signing out"
    for method, path, body, status, text in (
        ("POST", search, {}, 403, "ollama cloud is disabled: web search is unavailable"),
        ("POST", search, None, 400, "missing request body"),
        ("POST", "/api/me", None, 503, "account unavailable"),
        ("POST", "/api/signout", None, 500, no_signout),
        ("DELETE", "/api/user/keys/a", None, 500, no_signout),
    ):
        answer = await server.ask(method, path, body)
        assert (answer.status, answer.json()) == (status, {"error": text})
