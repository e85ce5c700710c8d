"""kill -9 at any moment leaves every model whole; what is left half-done is taken away later."""

import contextlib
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rillet.model.manifest import decode_manifest
from rillet.model.names import Digest
from rillet.store import ModelStore

CHURN = Path(__file__).with_name("churn.py")


@contextlib.contextmanager
def churning(root: Path, seed: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, str(CHURN), str(root), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        try:
            assert child.stdout.readline() == b"ready\n"
            yield child
        finally:
            child.kill()


def assert_whole(store: ModelStore) -> None:
    for path in (store.root / "manifests").rglob("*"):
        if path.is_file() and not path.name.startswith(".rillet-"):
            for layer in decode_manifest(path.read_bytes()).blobs():
                content = store.blob_path(layer.address).read_bytes()
                assert Digest.of(content) == layer.address
                assert len(content) == layer.size


def kill_once(store: ModelStore, seed: int) -> None:
    chance = random.Random(seed)
    with churning(store.root, seed) as one, churning(store.root, seed + 1000) as other:
        # The one sleep of these tests: the moment of death has to be any moment.
        time.sleep(chance.uniform(0, 0.15))
        one.kill()
        time.sleep(chance.uniform(0, 0.05))
        other.kill()
        for child in (one, other):
            assert child.stderr is not None
            assert child.stderr.read() == b""
    assert_whole(store)


def rounds(store: ModelStore, seeds: range) -> None:
    for seed in seeds:
        kill_once(store, seed)
    store.collect(grace_seconds=0, now=time.time() + 10)
    assert_whole(store)
    wanted = {layer.address.blob_name for m in store.list() for layer in m.manifest.blobs()}
    assert {path.name for path in (store.root / "blobs").iterdir()} == wanted


def test_killed_at_random_moments(tmp_path: Path) -> None:
    rounds(ModelStore(tmp_path), range(6))


@pytest.mark.slow
def test_killed_at_very_many_moments(tmp_path: Path) -> None:
    rounds(ModelStore(tmp_path), range(100, 140))
