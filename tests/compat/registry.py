"""A model registry of three names: `good` can be pulled, `bad` lies about a digest, none is else.

Blobs are redirected to another host, as registries do that keep them elsewhere.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .steps import model_file

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_LAYER = "application/vnd.ollama.image.model"
_PATH = re.compile(r"/v2/library/(\w+)/(manifests|blobs)/([\w:]+)")
_PIECE = 1 << 20
_OTHER = b"not what was promised"
_WRONG = "sha256:" + "ab" * 32
_CONFIG = json.dumps(
    {
        "model_format": "gguf",
        "model_family": "llama",
        "model_families": ["llama"],
        "model_type": "69K",
        "file_type": "F32",
        "architecture": "amd64",
        "os": "linux",
    }
).encode()


class Registry(ThreadingHTTPServer):
    """Its weights, and how many bytes of blobs went out. `pause` is seconds between MiB."""

    daemon_threads = True

    def __init__(self, weights: bytes, pause: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pause = pause
        self.sent = 0
        self.address = f"127.0.0.1:{self.server_port}"
        good, bad = _part(_LAYER, weights), _part(_LAYER, _OTHER, _WRONG)
        self.manifests = {"good": _manifest(good), "bad": _manifest(bad)}
        self.blobs = {good["digest"]: weights, _digest(_CONFIG): _CONFIG, _WRONG: _OTHER}

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that was killed is none


@contextmanager
def registry(weights: bytes | None = None, pause: float = 0) -> Iterator[Registry]:
    """One on a free port of loopback; `good` has these weights."""
    server = Registry(weights or model_file("tinyhello.gguf"), pause)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _part(kind: str, data: bytes, digest: str = "") -> dict[str, Any]:
    return {"mediaType": kind, "digest": digest or _digest(data), "size": len(data)}


def _manifest(layer: dict[str, Any]) -> bytes:
    config = _part("application/vnd.docker.container.image.v1+json", _CONFIG)
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": [layer]}
    return json.dumps(manifest).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Registry

    def log_message(self, *words: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        found = _PATH.fullmatch(self.path)
        if self.path.startswith("/files/"):
            self._blob(self.server.blobs[self.path.removeprefix("/files/")])
        elif found and found[2] == "manifests" and found[1] in self.server.manifests:
            self._answer(200, self.server.manifests[found[1]], {"Content-Type": _MANIFEST})
        elif found and found[3] in self.server.blobs and self.command == "HEAD":
            self._blob(self.server.blobs[found[3]])
        elif found and found[3] in self.server.blobs:
            location = f"http://localhost:{self.server.server_port}/files/{found[3]}"
            self._answer(307, b"", {"Location": location})
        else:
            self._answer(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', {})

    def _blob(self, data: bytes) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if wanted is None:
            self._answer(200, data, {})
            return
        first, last = int(wanted[1]), min(int(wanted[2]), len(data) - 1)
        span = f"bytes {first}-{last}/{len(data)}"
        self._answer(206, data[first : last + 1], {"Content-Range": span})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            for at in range(0, len(body), _PIECE):
                self.wfile.write(body[at : at + _PIECE])
                self.server.sent += len(body[at : at + _PIECE])
                time.sleep(self.server.pause)
