"""`kill -9` of a real server at a random moment of a change: nothing that was whole is lost.

RILLET_KILLS says how many times (25); RILLET_KILL_SEED repeats a run.
"""

import hashlib
import http.client
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rillet.model.names import ModelName
from rillet.store import ModelStore

from .cases import MODELS
from .exchange import Answer, exchange
from .registry import Registry, registry
from .serving import Serving, start
from .steps import Setup, model_file

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("RILLET_KILLS", "25"))
SEED = int(os.environ.get("RILLET_KILL_SEED", "0")) or random.randrange(1 << 30)
WEIGHTS = model_file("tinyhello.gguf") + random.Random(1).randbytes(40 << 20)
#: Seconds that each operation takes at most in which something happens on the disk.
LONGEST = {"upload": 0.15, "create": 0.06, "copy": 0.03, "delete": 0.03, "pull": 1.0}


Operation = Callable[[Serving, int], Answer]


def post(server: Serving, path: str, body: dict[str, Any], method: str = "POST") -> Answer:
    return exchange(server.url, method, f"/api/{path}", json.dumps(body).encode())


def upload(server: Serving, number: int) -> Answer:
    data = model_file("tinyhello.gguf") + number.to_bytes(4) + WEIGHTS[: 8 << 20]
    digest = hashlib.sha256(data).hexdigest()
    answer = exchange(server.url, "POST", f"/api/blobs/sha256:{digest}", data)
    assert answer.status in (200, 201), answer
    body = {"model": "new", "files": {"x.gguf": f"sha256:{digest}"}, "stream": False}
    return post(server, "create", body)


def create(server: Serving, number: int) -> Answer:
    parameters = {"seed": number}
    body = {"model": "new", "from": "kept", "system": f"{number}", "parameters": parameters}
    return post(server, "create", {**body, "stream": False})


def copy(server: Serving, number: int) -> Answer:
    return post(server, "copy", {"source": "other", "destination": "new"})


def delete(server: Serving, number: int) -> Answer:
    answer = post(server, "delete", {"model": "victim"}, "DELETE")
    return answer._replace(status=200) if answer.status == 404 else answer  # it is gone


def puller(source: Registry) -> Operation:
    def pull(server: Serving, number: int) -> Answer:
        body = {"model": f"{source.address}/library/good", "insecure": True, "stream": False}
        return post(server, "pull", body)

    return pull


@pytest.fixture(scope="module")
def source() -> Iterator[Registry]:
    with registry(WEIGHTS, pause=0.015) as running:
        yield running


def check(store: Path, models: set[str]) -> None:
    """All these models are there and whole, and so is every other one that is listed."""
    opened = ModelStore(store)
    listed = {model.name.display(): model for model in opened.list()}
    assert models <= listed.keys()
    manifests = [path for path in (store / "manifests").rglob("*") if path.is_file()]
    assert len([path for path in manifests if path.name[0] != "."]) == len(listed)
    for model in listed.values():
        for layer in model.manifest.blobs():
            with open(opened.blob_path(layer.address), "rb") as file:
                assert hashlib.file_digest(file, "sha256").hexdigest() == layer.address.hex
    for partial in (store / "blobs").glob("*-partial-*"):
        json.loads(partial.read_bytes())


def killed_in(operation: Operation, server: Serving, number: int, delay: float) -> bool:
    """Kill the server in `delay` seconds; whether it had said before that it was done."""
    statuses: list[int] = []

    def ask() -> None:
        try:
            statuses.append(operation(server, number).status)
        except (OSError, http.client.HTTPException):
            pass  # it was killed

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(delay)
    server.kill()
    asking.join()
    assert statuses in ([], [200])
    return bool(statuses)


def test_nothing_is_lost(tmp_path: Path, source: Registry) -> None:
    print(f"RILLET_KILL_SEED={SEED}")
    chance = random.Random(SEED)
    operations = {
        "upload": upload,
        "create": create,
        "copy": copy,
        "delete": delete,
        "pull": puller(source),
    }
    server = start(tmp_path)
    Setup(server.url).create_models()
    for name, base in (("kept", "tinyhello"), ("other", "tiny")):
        assert post(server, "copy", {"source": base, "destination": name}).status == 200
    kept = {f"{name}:latest" for name in (*MODELS, "kept", "other")}
    cut = resumed = 0
    for number in range(KILLS):
        victim = {"model": "victim", "from": "kept", "system": f"{number}", "stream": False}
        assert post(server, "create", victim).status == 200
        name = chance.choice(list(operations))
        # Mostly early: on a quick machine nearly all of the longest time lies behind the end.
        delay = chance.random() ** 4 * LONGEST[name]
        done = killed_in(operations[name], server, number, delay)
        cut += not done
        whole = {"new:latest"} if done and name in ("upload", "create", "copy") else set()
        check(tmp_path, kept | whole | (set() if name == "delete" else {"victim:latest"}))
        there, sent = _downloaded(tmp_path), source.sent
        server = start(tmp_path)
        assert operations[name](server, number).status == 200, name
        if name == "pull":
            resumed += there > 0
            assert source.sent - sent <= len(WEIGHTS) - there + 4096
            pulled = {"model": f"{source.address}/library/good"}
            assert post(server, "delete", pulled, "DELETE").status == 200
        check(tmp_path, kept)
    server.kill()
    print(f"{cut} of {KILLS} were cut, {resumed} downloads went on")
    assert cut > KILLS // 5
    _nothing_is_left_over(tmp_path)


def _downloaded(store: Path) -> int:
    """Bytes that the state of a broken download vouches for."""
    states = [json.loads(path.read_bytes()) for path in (store / "blobs").glob("*-partial-*")]
    return sum(state["Completed"] for state in states)


def _nothing_is_left_over(store: Path) -> None:
    """What the killed ones left half-done goes when its time has come, and only that."""
    opened = ModelStore(store)
    before = {model.name.display() for model in opened.list()}
    opened.collect(grace_seconds=0, now=time.time() + 1)
    check(store, before)
    named = {layer.address for model in opened.list() for layer in model.manifest.blobs()}
    files = {path.name for path in (store / "blobs").iterdir()}
    assert files == {digest.blob_name for digest in named}
    assert opened.find(ModelName.parse("kept")) is not None
