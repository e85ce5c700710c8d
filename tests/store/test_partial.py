"""Downloads: broken off anywhere, gone on with, and checked at the end."""

import os
import time
from pathlib import Path

import pytest

from rillet.model.names import Digest
from rillet.model.pull_plan import Part, encode_part
from rillet.store import BlobMismatch, ModelStore
from rillet.words.errors import StoreError

CONTENT = os.urandom(1000)
DIGEST = Digest.of(CONTENT)
NAME = f"sha256-{DIGEST.hex}-partial"


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path)


@pytest.fixture
def blobs(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


def test_a_download_in_one_go(store: ModelStore, blobs: Path) -> None:
    with store.download(DIGEST, 1000) as partial:
        (part,) = partial.remaining()
        assert part.range_header() == "bytes=0-999"
        partial.write(0, CONTENT[:600])
        assert partial.completed == 600
        assert not store.has_blob(DIGEST)
        with pytest.raises(ValueError, match="not complete"):
            partial.finish()
        partial.write(0, CONTENT[600:])
        assert partial.finish() == DIGEST
    assert store.read_blob(DIGEST) == CONTENT
    assert [path.name for path in blobs.iterdir()] == [DIGEST.blob_name]


def test_an_empty_blob(store: ModelStore) -> None:
    empty = Digest.of(b"")
    with store.download(empty, 0) as partial:
        assert partial.remaining() == ()
        partial.finish()
    assert store.read_blob(empty) == b""


def test_it_goes_on_after_a_break(store: ModelStore, blobs: Path) -> None:
    with store.download(DIGEST, 1000) as partial:
        partial.write(0, CONTENT[:300])
    assert sorted(path.name for path in blobs.iterdir()) == [NAME, f"{NAME}-0"]
    with store.download(DIGEST, 1000) as partial:
        assert partial.remaining()[0].range_header() == "bytes=300-999"
        partial.write(0, CONTENT[300:])
        partial.finish()
    assert store.read_blob(DIGEST) == CONTENT


def test_a_part_that_was_not_begun_does_not_cost_the_others(store: ModelStore, blobs: Path) -> None:
    """Ollama, too, takes the states that there are for all of the blob."""
    digest, size = Digest("ab" * 32), 350_000_000
    with store.download(digest, size) as partial:
        assert len(partial.remaining()) == len(list(blobs.glob("*-partial-*"))) == 4
        partial.write(2, b"begun")
    with store.download(digest, size) as partial:
        assert partial.completed == 5


def test_another_program_that_finishes_the_same_file_first(store: ModelStore, blobs: Path) -> None:
    digest = Digest.of(b"abc")
    with store.download(digest, 3) as partial:
        partial.write(0, b"abc")
        (blobs / f"{digest.blob_name}-partial").rename(blobs / digest.blob_name)
        assert partial.finish() == digest
    assert [path.name for path in blobs.iterdir()] == [digest.blob_name]


def test_parts_of_ollama_are_gone_on_with_in_any_order(store: ModelStore, blobs: Path) -> None:
    blobs.mkdir()
    (blobs / NAME).write_bytes(CONTENT[:200].ljust(1000, b"\0"))
    (blobs / f"{NAME}-0").write_bytes(encode_part(Part(0, 0, 400, 200)))
    (blobs / f"{NAME}-1").write_bytes(encode_part(Part(1, 400, 600)))
    with store.download(DIGEST, 1000) as partial:
        assert [part.place for part in partial.remaining()] == [200, 400]
        partial.write(1, CONTENT[400:])
        partial.write(0, CONTENT[200:400])
        partial.finish()
    assert store.read_blob(DIGEST) == CONTENT


@pytest.mark.parametrize("damage", ["no data", "short data", "bad state", "another size"])
def test_what_does_not_fit_together_is_begun_anew(
    store: ModelStore, blobs: Path, damage: str
) -> None:
    with store.download(DIGEST, 1000) as partial:
        partial.write(0, CONTENT[:300])
    if damage == "no data":
        (blobs / NAME).unlink()
    elif damage == "short data":
        (blobs / NAME).write_bytes(b"x")
    elif damage == "bad state":
        (blobs / f"{NAME}-0").write_bytes(b"{")
    with store.download(DIGEST, 900 if damage == "another size" else 1000) as partial:
        assert partial.completed == 0


def test_wrong_bytes_are_forgotten(store: ModelStore, blobs: Path) -> None:
    with store.download(DIGEST, 1000) as partial:
        partial.write(0, b"x" * 1000)
        with pytest.raises(BlobMismatch):
            partial.finish()
    assert list(blobs.iterdir()) == []


def test_too_many_bytes_are_refused(store: ModelStore) -> None:
    with store.download(DIGEST, 1000) as partial:
        with pytest.raises(ValueError, match="do not fit"):
            partial.write(0, CONTENT + b"x")
        assert partial.completed == 0


def test_only_one_at_a_time(store: ModelStore) -> None:
    with store.download(DIGEST, 1000), pytest.raises(StoreError, match="another program"):
        store.download(DIGEST, 1000)
    store.download(DIGEST, 1000).close()


def test_a_blob_that_was_just_finished_is_not_written_to(
    store: ModelStore, blobs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finish_first(file: object) -> bool:
        os.replace(blobs / NAME, blobs / DIGEST.blob_name)
        return True

    monkeypatch.setattr("rillet.store.partial.lock_file", finish_first)
    with pytest.raises(StoreError, match="another program"):
        store.download(DIGEST, 1000)


def test_the_state_lives_as_long_as_the_download(store: ModelStore, blobs: Path) -> None:
    with store.download(DIGEST, 1000) as partial:
        partial.write(0, CONTENT[:300])
    old = time.time() - 7200
    os.utime(blobs / f"{NAME}-0", (old, old))
    assert store.collect().files == 0
    os.utime(blobs / NAME, (old, old))
    orphan = blobs / f"sha256-{'0' * 64}-partial-7"
    orphan.write_bytes(b"{}")
    os.utime(orphan, (old, old))
    assert store.collect().files == 3


def test_read_only(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="read-only"):
        ModelStore(tmp_path, read_only=True).download(DIGEST, 1000)
    assert list(tmp_path.iterdir()) == []
