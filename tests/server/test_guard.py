"""Host and Origin: pure rules in tables, and the answers over a real socket."""

import asyncio

import pytest

from rillet.server.guard import is_same_host, origin_matcher
from rillet.server.hosts import host_allowed
from rillet.words.settings import Settings

from .conftest import Running, running


@pytest.mark.parametrize(
    "host",
    [
        *("", "localhost", "localhost:80", "LOCALHOST:1", "foo.localhost", "box.local:8080"),
        *("host.docker.internal", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:11434", "0.0.0.0:1"),
        *("10.1.2.3", "192.168.0.7:99", "172.31.0.1", "[fd00::1]:5", "me", "me:80", "localhost."),
    ],
)
def test_names_of_this_machine(host: str) -> None:
    assert host_allowed(host, "me")


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example",
            "evil.example:11434",
            "8.8.8.8",
            "localhost.evil.example",
            "[2001:db8::1]",
        ),
        *("box.local.evil.example", "172.32.0.1", "192.0.2.1", "local", "127.0.0.1.evil.example"),
        *("localhost:80.evil.example", "[::1].evil.example", "evil@localhost", "169.254.169.254"),
        *("[]", "[]:80"),
    ],
)
def test_names_of_others(host: str) -> None:
    assert not host_allowed(host, "me")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost", True),
        ("https://localhost:3000", True),
        ("http://127.0.0.1:1", True),
        ("http://[::1]:1", True),
        ("app://obsidian.md", True),
        ("vscode-webview://abc", True),
        ("tauri://localhost", True),
        ("file://", True),
        ("null", False),
        ("http://evil.example", False),
        ("http://localhost.evil.example", False),
        ("http://localhost:80.evil.example", False),
        ("http://localhost:", False),
        ("http://127a0b0c1", False),
        ("chrome-extension://abc", False),
        ("http://localhost:3000\n", False),
    ],
)
def test_default_origins(origin: str, allowed: bool) -> None:
    assert origin_matcher(())(origin) is allowed


@pytest.mark.parametrize(
    ("setting", "origin", "allowed"),
    [
        ("*", "http://evil.example", True),
        ("chrome-extension://*", "chrome-extension://abc", True),
        ("https://*.a.example", "https://b.a.example", True),
        ("https://*.a.example", "https://a.example", False),
        ("https://*.a.example", "https://evil.example/.a.example", False),
        ("*.a.example", "https://b.a.example", True),
        ("*.a.example", "https://evil.example/.a.example", False),
        ("http://box:*", "http://box:8080", True),
        ("http://box:*", "http://box:80.evil.example", False),
        ("http://box", "http://box:8080", False),
        ("http://a.b", "http://aXb", False),
    ],
)
def test_origins_of_the_settings(setting: str, origin: str, allowed: bool) -> None:
    assert origin_matcher([setting])(origin) is allowed


def test_the_same_host_needs_the_same_port() -> None:
    assert is_same_host("http://box.local:80", "box.local:80")
    assert not is_same_host("http://box.local:81", "box.local:80")
    assert not is_same_host("http://", "")


async def test_a_wrong_host_is_refused_without_a_body(server: Running) -> None:
    for method, path in (("GET", "/api/version"), ("POST", "/api/generate"), ("OPTIONS", "/")):
        answer = await server.ask(method, path, headers={"Host": "evil.example"})
        assert (answer.status, answer.body) == (403, b"")


async def test_a_page_of_this_machine_may_read_the_answer(server: Running) -> None:
    origin = {"Origin": "http://localhost:3000"}
    for path, status in (("/api/version", 200), ("/api/nope", 404)):
        answer = await server.ask("GET", path, headers=origin)
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
        assert "Rillet-Stream" in answer.headers["access-control-expose-headers"]
        assert "Rillet-Last" in answer.headers["access-control-expose-headers"]
        assert answer.headers["vary"] == "Origin"


async def test_where_all_may_read_all_are_told_the_same() -> None:
    async with running(Settings(host="127.0.0.1:0", origins=("http://a.example", "*"))) as server:
        origin = {"Origin": "http://evil.example"}
        for method, path, status in (
            ("GET", "/api/version", 200),
            ("GET", "/nope", 404),
            ("OPTIONS", "/api/chat", 204),
        ):
            answer = await server.ask(method, path, headers=origin)
            assert answer.status == status and "vary" not in answer.headers
            assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_page_of_somebody_else_may_not(server: Running) -> None:
    origin = {"Origin": "http://evil.example"}
    answer = await server.ask("POST", "/api/delete", {"model": "tiny"}, origin)
    assert (answer.status, answer.body) == (403, b"")
    assert "access-control-allow-origin" not in answer.headers
    assert server.operations.asked == []


async def test_a_preflight(server: Running) -> None:
    headers = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    answer = await server.ask("OPTIONS", "/api/chat", headers=headers)
    assert answer.status == 204
    assert answer.headers["access-control-max-age"] == "43200"
    assert "X-Stainless-Arch" in answer.headers["access-control-allow-headers"]
    assert "DELETE" in answer.headers["access-control-allow-methods"]


async def test_an_origin_without_a_value_and_one_of_the_same_host(server: Running) -> None:
    assert (await server.ask("GET", "/", headers={"Origin": ""})).status == 200
    same = {"Origin": "http://box.local:5", "Host": "box.local:5"}
    answer = await server.ask("GET", "/", headers=same)
    assert answer.status == 200 and "access-control-allow-origin" not in answer.headers


async def test_on_all_addresses_any_host_is_taken() -> None:
    async with running(Settings(host="0.0.0.0:0")) as server:
        assert (await server.ask("GET", "/", headers={"Host": "evil.example"})).status == 200


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"GET / HTTP/1.1\r\n", b"400 Bad Request: missing required Host header"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", b"400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"Ollama is running"),
        (b"GET / HTTP/1.0\r\n", b"Ollama is running"),
    ],
)
async def test_there_is_one_host(server: Running, head: bytes, said: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head + b"Connection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 30)
    assert answer.endswith(b"\r\n\r\n" + said)
    writer.close()


async def test_answers_of_the_guard_tell_which_methods_a_path_has(server: Running) -> None:
    """As the real server's do: `Allow` is there wherever a path does not go with its method."""
    for method, path, headers, status, allow in (
        ("GET", "/api/chat", {"Host": "evil.example"}, 403, "POST"),
        ("POST", "/api/chat", {"Host": "evil.example"}, 403, None),
        ("PUT", "/", {"Origin": "http://evil.example"}, 403, "HEAD, GET"),
        ("OPTIONS", "/api/chat", {"Origin": "http://localhost:1"}, 204, "POST"),
        ("OPTIONS", "/nope", {"Origin": "http://localhost:1"}, 204, None),
    ):
        answer = await server.ask(method, path, headers=headers)
        assert (answer.status, answer.headers.get("allow")) == (status, allow)
