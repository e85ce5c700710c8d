"""What has to hold before a case: models loaded or not, copies, blobs, other requests. And after.

Everything is done through the API of the server under test.
"""

import hashlib
import json
import threading
import time
from collections.abc import Sequence
from typing import Any

from .cases import DATA, MODELS, Case, filled
from .exchange import Answer, exchange


class SetupFailed(Exception):
    """The server did not do what a case needs before it begins."""


class Setup:
    """Carries steps out on the server at `base`. `registry` is the address of a model registry."""

    def __init__(self, base: str, registry: str = "") -> None:
        self.base = base
        self.registry = registry

    def create_models(self) -> None:
        for name in MODELS:
            data = model_file(f"{name}.gguf")
            digest = self.upload(data)
            self._do("create", json.dumps({"model": name, "files": {f"{name}.gguf": digest}}))

    def upload(self, data: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        answer = exchange(self.base, "POST", f"/api/blobs/{digest}", data)
        if answer.status not in (200, 201):
            raise SetupFailed(f"blob: {answer}")
        return digest

    def run(self, case: Case, nonce: str) -> tuple[Case, Answer]:
        """The case with its blanks filled in, and the answer it got."""
        case = filled(case, lambda word: self._word(word, nonce))
        running: list[threading.Thread] = []
        try:
            for step in case.setup:
                word, _, rest = step.partition(" ")
                if word == "background":
                    running.append(self._background(*rest.split(" ", 1)))
                elif word != "finally":
                    self._do(word, rest)
            request = case.request
            body = None if request.body is None else request.body.encode()
            return case, exchange(self.base, request.method, request.path, body, request.headers)
        finally:
            for thread in running:
                thread.join()
            for step in case.setup:
                if step.startswith("finally "):
                    self._do(*step.removeprefix("finally ").split(" ", 1))

    def _do(self, step: str, rest: str) -> None:
        match step:
            case "model" | "need" | "registry":
                pass  # is there, or the case is not run
            case "loaded":
                self._must("/api/generate", {"model": rest})
            case "unloaded":
                self._unload([rest])
            case "nothing-loaded":
                self._unload(self._loaded())
            case "absent":
                exchange(self.base, "DELETE", "/api/delete", json.dumps({"model": rest}).encode())
            case "copy":
                source, destination = rest.split()
                self._must("/api/copy", {"source": source, "destination": destination})
            case "create":
                self._must("/api/create", {**json.loads(rest), "stream": False})
            case "blob":
                self.upload(rest.encode())
            case "blob-file":
                self.upload(model_file(rest))
            case "post":
                path, body = rest.split(" ", 1)
                exchange(self.base, "POST", path, body.encode())
            case "wait":
                time.sleep(float(rest))
            case other:
                raise ValueError(f"no such step: {other}")

    def _must(self, path: str, body: dict[str, Any]) -> None:
        answer = exchange(self.base, "POST", path, json.dumps(body).encode())
        if answer.status != 200:
            raise SetupFailed(f"{path} {body}: {answer}")

    def _loaded(self) -> list[str]:
        models = exchange(self.base, "GET", "/api/ps").json()["models"]
        return [model["name"] for model in models]

    def _unload(self, names: Sequence[str]) -> None:
        for name in names:
            self._must("/api/generate", {"model": name, "keep_alive": 0})
        deadline = time.monotonic() + 60
        while {_tagged(name) for name in names} & set(self._loaded()):
            if time.monotonic() > deadline:
                raise SetupFailed(f"{names} stay loaded")
            time.sleep(0.01)

    def _background(self, path: str, body: str) -> threading.Thread:
        """A request that is still running when this returns; its first byte is there by then."""
        came = threading.Event()

        def ask() -> None:
            try:
                exchange(self.base, "POST", path, body.encode(), first_byte=came.set)
            finally:
                came.set()

        thread = threading.Thread(target=ask)
        thread.start()
        came.wait()
        return thread

    def _word(self, word: str, nonce: str) -> str:
        """What stands in place of `{{word}}`."""
        place = self.base.partition("//")[2]
        known = {"nonce": nonce, "host": place, "registry": self.registry}
        known["port"] = place.rpartition(":")[2]
        if word.startswith("sha256:"):
            return hashlib.sha256(model_file(word.removeprefix("sha256:"))).hexdigest()
        if word.startswith("sha256 "):
            text = word.removeprefix("sha256 ").replace("[[nonce]]", nonce)
            return hashlib.sha256(text.encode()).hexdigest()
        return known.get(word, "{{" + word + "}}")  # templates have such braces, too


def model_file(name: str) -> bytes:
    return (DATA / "models" / name).read_bytes()


def _tagged(name: str) -> str:
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"
