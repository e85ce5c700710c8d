"""What strangers send: too much, or names that lead elsewhere. A clear 4xx, and no harm is done.

The store lies in a folder with a secret beside it: afterwards nothing outside the store has
changed, and no answer held the secret.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .exchange import Answer, exchange
from .serving import Serving, serving
from .steps import Setup, model_file

SECRET = "the secret beside the store"
LIBRARY = Path("manifests/registry.ollama.ai/library")
BODY = 4 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    place = tmp_path_factory.mktemp("place")
    (place / "secret").write_text(SECRET)
    (place / "secret.gguf").write_bytes(model_file("tinyhello.gguf"))
    before = outside(place)
    with serving(place / "store", RILLET_MAX_BODY=str(BODY)) as running:
        Setup(running.url).create_models()
        yield running
        answer = ask(running, "generate", {"model": "tinyhello", "prompt": "hi", "stream": False})
        assert answer.json()["response"] == "Hello world!"
    assert outside(place) == before


def outside(place: Path) -> dict[str, tuple[int, bytes]]:
    files = [path for path in place.rglob("*") if path.is_file() and "store" not in path.parts]
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def ask(server: Serving, path: str, body: Any, method: str = "POST") -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return exchange(server.url, method, f"/api/{path}", data)


def refused(answer: Answer, *statuses: int) -> str:
    """The error of an answer that has to be one of a client's mistakes."""
    assert answer.status in (statuses or (400, 404)), answer
    assert SECRET not in answer.text
    error = answer.json()["error"]
    assert isinstance(error, str) and error
    return error


NAMES = [
    "../secret",
    "../../secret.gguf",
    "a/../../../secret",
    "..",
    ".",
    "/",
    "a:..",
    "a/..",
    "a:../../secret",
    "a/b/c/d/e",
    ".hidden",
    "a\x00b",
    "a\nb",
    "a\\..\\secret",
    "C:\\secret",
    "file:///etc/passwd",
    "%2e%2e/secret",
    "~/secret",
    "\N{FULLWIDTH FULL STOP}\N{FULLWIDTH FULL STOP}/secret",
    "x" * 81,
    "x:" + "y" * 81,
    "h" * 351 + "/n/m",
    "x" * 100_000,
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_that_are_none(server: Serving, name: str) -> None:
    for path, body in (
        ("show", {"model": name}),
        ("generate", {"model": name, "prompt": "x"}),
        ("chat", {"model": name, "messages": [{"role": "user", "content": "x"}]}),
        ("embed", {"model": name, "input": "x"}),
        ("copy", {"source": "tiny", "destination": name}),
        ("copy", {"source": name, "destination": "x"}),
        ("create", {"model": name, "from": "tiny"}),
        ("create", {"model": "x", "from": name}),
        ("pull", {"model": name}),
    ):
        refused(ask(server, path, body))
    refused(ask(server, "delete", {"model": name}, "DELETE"))


def test_a_file_is_no_model_by_its_path(server: Serving) -> None:
    place = server.store.parent
    for name in (f"{place}/secret.gguf", "./secret.gguf", "../secret.gguf", "secret.gguf"):
        refused(ask(server, "generate", {"model": name, "prompt": "hi"}))
        refused(ask(server, "show", {"model": name}))


DIGESTS = [
    "sha256:../../../secret",
    "sha256:" + "g" * 64,
    "sha256:" + "a" * 63,
    "sha256:" + "a" * 65,
    "sha256-..%2f..%2fsecret",
    "md5:" + "a" * 64,
    "a" * 64,
    "sha256:" + "\N{FULLWIDTH LATIN SMALL LETTER A}" * 64,
    "",
]


@pytest.mark.parametrize("digest", DIGESTS)
def test_digests_that_are_none(server: Serving, digest: str) -> None:
    for body in (
        {"files": {"x.gguf": digest}},
        {"from": "tiny", "adapters": {"x.gguf": digest}},
    ):
        refused(ask(server, "create", {"model": "x", "stream": False, **body}), 400, 500)
    if digest.isascii() and digest:
        for method in ("HEAD", "POST"):
            # Dots in a path lead to the path without them, where there is nothing.
            status = exchange(server.url, method, f"/api/blobs/{digest}").status
            assert status in (400, 404, 301)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../secret", "a/../../secret", "..\\secret", "\\secret", "C:secret"]
)
def test_paths_that_lead_elsewhere(server: Serving, path: str) -> None:
    """They are names, and no file is opened by them: those with dots and slashes are refused."""
    digest = Setup(server.url).upload(model_file("tinyhello.gguf"))
    made = ask(server, "create", {"model": "x", "files": {path: digest}, "stream": False})
    if "/" in path:
        assert "relative" in refused(made, 400)
    else:
        assert (made.status, made.json()) == (200, {"status": "success"})
    adapters = {"model": "x", "from": "tiny", "adapters": {path: digest}, "stream": False}
    assert "not an adapter" in refused(ask(server, "create", adapters), 400, 500)


def test_nothing_is_written_through_a_link(server: Serving, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    tag = server.store / LIBRARY / "linked" / "latest"
    tag.parent.mkdir()
    tag.symlink_to(victim)
    assert ask(server, "copy", {"source": "tiny", "destination": "linked"}).status == 200
    data = os.urandom(32)
    digest = hashlib.sha256(data).hexdigest()
    blob = server.store / "blobs" / f"sha256-{digest}"
    blob.symlink_to(tmp_path / "new")
    assert exchange(server.url, "POST", f"/api/blobs/sha256:{digest}", data).status == 201
    assert blob.read_bytes() == data and not (tmp_path / "new").exists()
    assert victim.read_text() == "mine"


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize("levels", [1000, 100_000])
def test_a_body_that_is_too_deep(server: Serving, levels: int) -> None:
    chat = b'{"model":"tinytool","max_tokens":2,"messages":[{"role":"user","content":"x"}],%b}'
    schema = b'{"items":' * levels + b"{}" + b"}" * levels
    says = r"exceeded max depth|nested more than 64 deep"
    for field in (b'"format":' + schema, b'"tools":' + deep(levels), b'"x":' + deep(levels)):
        body = chat % field
        assert re.search(says, refused(ask(server, "chat", body), 400))
        answer = exchange(server.url, "POST", "/v1/messages", body)
        assert answer.status == 400


@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions", "/v1/messages", "/api/show"])
def test_a_body_that_is_too_large(server: Serving, path: str) -> None:
    body = json.dumps({"model": "tiny", "system": "x" * BODY}).encode()
    answer = exchange(server.url, "POST", path, body)
    assert answer.status == 413 and f"larger than {BODY} bytes" in answer.text


def test_too_many_values(server: Serving) -> None:
    body = b'{"model":"tiny","messages":[' + b",".join([b"{}"] * 600_000) + b"]}"
    assert "more than 1000000 values" in refused(ask(server, "chat", body), 400)


@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions", "/v1/messages"])
def test_too_many_messages(server: Serving, path: str) -> None:
    messages = [{"role": "user", "content": "x"}] * 10_001
    body = {"model": "tinychat", "max_tokens": 1, "stream": False, "messages": messages}
    answer = exchange(server.url, "POST", path, json.dumps(body).encode())
    assert answer.status == 400 and "10000 are the most" in answer.text


LONG: dict[str, dict[str, object]] = {
    "/api/chat": {"options": {"stop": ["x"] * 257}},
    "/v1/chat/completions": {"stop": ["x"] * 257},
    "/v1/messages": {"stop_sequences": ["x"] * 257},
}


@pytest.mark.parametrize("path", LONG)
def test_too_many_stop_strings(server: Serving, path: str) -> None:
    messages = [{"role": "user", "content": "x"}]
    body = {"model": "tinychat", "max_tokens": 1, "stream": False, "messages": messages}
    answer = exchange(server.url, "POST", path, json.dumps({**body, **LONG[path]}).encode())
    assert answer.status == 400 and "256 are the most" in answer.text


def test_numbers_that_are_too_large(server: Serving) -> None:
    huge = b"9" * 5000
    for number in (huge, b"-" + huge, huge + b".5e300", b"1e400"):
        for name in (b"num_ctx", b"num_predict", b"seed", b"temperature", b"num_batch"):
            body = b'{"model":"tiny","prompt":"x","stream":false,"options":{"%b":%b}}'
            refused(ask(server, "generate", body % (name, number)), 400)
