"""A registry in a thread that speaks real HTTP and misbehaves where a test says so.

Faults are functions that get the request first; one that answers returns True.
"""

import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rillet.model.names import Digest

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True)
class Seen:
    """What a request was."""

    command: str
    path: str
    headers: dict[str, str]
    body: bytes
    range: tuple[int, int] | None


class Question(BaseHTTPRequestHandler):
    """One request; `registry` is whom it is for."""

    protocol_version = "HTTP/1.1"
    registry: "ScriptedRegistry"
    body = b""

    def log_message(self, format: str, *args: Any) -> None:
        pass

    @property
    def range(self) -> tuple[int, int] | None:
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        return (int(match[1]), int(match[2]) + 1) if match else None

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query)

    def reply(self, status: int, body: bytes = b"", **headers: object) -> None:
        self.head(status, len(body), **headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def head(self, status: int, length: int, **headers: object) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True

    def blob_head(self, data: bytes) -> bytes:
        """Send the head for the range that is asked for; what its body has to be."""
        if self.range is None:
            self.head(200, len(data))
            return data
        start, end = self.range
        part = data[start:end]
        span = f"bytes {start}-{start + len(part) - 1}/{len(data)}"
        self.head(206, len(part), Content_Range=span)
        return part

    def _handle(self) -> None:
        registry = self.registry
        if any(hasty(self) for hasty in registry.hasty):
            self.close_connection = True
            return
        length = int(self.headers.get("Content-Length", "0"))
        self.body = self.rfile.read(length) if length else b""
        registry.seen.append(
            Seen(self.command, self.path, dict(self.headers), self.body, self.range)
        )
        for fault in list(registry.faults):
            if fault(self):
                return
        registry.answer(self)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = _handle


Fault = Callable[[Question], bool]


class ScriptedRegistry:
    """`blobs` by digest, `manifests` by "namespace/model:tag"."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, bytes] = {}
        self.uploads: dict[str, bytearray] = {}
        self.faults: list[Fault] = []
        self.hasty: list[Fault] = []  # those that answer before they have read the body
        self.seen: list[Seen] = []
        handler = type("Handler", (Question,), {"registry": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def add_blob(self, data: bytes) -> str:
        digest = str(Digest.of(data))
        self.blobs[digest] = data
        return digest

    def asked(self, method: str, kind: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.command == method and f"/{kind}/" in seen.path]

    def answer(self, question: Question) -> None:
        path = urlsplit(question.path).path
        match = re.fullmatch(r"/v2/([^/]+/[^/]+)/(manifests|blobs)/(.*)", path)
        if match is None:
            question.reply(404, b"{}")
        elif match[2] == "manifests":
            self._manifest(question, f"{match[1]}:{match[3]}")
        elif match[3].startswith("uploads/"):
            self._upload(question, match[1], match[3].removeprefix("uploads/"))
        elif match[3] in self.blobs:
            part = question.blob_head(self.blobs[match[3]])
            if question.command != "HEAD":
                question.wfile.write(part)
        else:
            question.reply(404, b'{"errors":[{"code":"BLOB_UNKNOWN"}]}')

    def _manifest(self, question: Question, name: str) -> None:
        if question.command == "PUT":
            self.manifests[name] = question.body
            question.reply(201)
        elif name in self.manifests:
            question.reply(200, self.manifests[name], Content_Type=MANIFEST)
        else:
            question.reply(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')

    def _upload(self, question: Question, name: str, key: str) -> None:
        if question.command == "POST":
            key = f"u{len(self.uploads)}"
            self.uploads[key] = bytearray()
            question.reply(202, Location=f"/v2/{name}/blobs/uploads/{key}")
            return
        if key not in self.uploads:
            question.reply(404)
            return
        content = self.uploads[key]
        if question.command == "PATCH":
            content += question.body
            question.reply(202, Location=question.path)
        elif question.command == "GET":
            last = max(0, len(content) - 1)
            question.reply(204, Location=question.path, Range=f"0-{last}")
        elif str(Digest.of(bytes(content))) == question.query["digest"][0]:
            self.add_blob(bytes(self.uploads.pop(key)))
            question.reply(201)
        else:
            question.reply(400, b'{"errors":[{"code":"DIGEST_INVALID"}]}')


@contextmanager
def scripted_registry(context: ssl.SSLContext | None = None) -> Iterator[ScriptedRegistry]:
    registry = ScriptedRegistry(context)
    thread = threading.Thread(
        target=registry.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield registry
    finally:
        registry.server.shutdown()
        registry.server.server_close()
        thread.join()


def times(count: int, fault: Fault) -> Fault:
    """The fault for the first `count` requests that it takes."""
    slots = threading.Semaphore(count)

    def limited(question: Question) -> bool:
        if not slots.acquire(blocking=False):
            return False
        try:
            taken = fault(question)
        except OSError:  # the client has hung up, as it should
            question.close_connection = True
            return True
        if not taken:
            slots.release()
        return taken

    return limited


def on_blobs(fault: Callable[[Question, bytes], object]) -> Fault:
    """The fault for GETs of blobs; it is given the content too."""

    def chosen(question: Question) -> bool:
        digest = question.path.rpartition("/")[2]
        if question.command != "GET" or digest not in question.registry.blobs:
            return False
        fault(question, question.registry.blobs[digest])
        return True

    return chosen
