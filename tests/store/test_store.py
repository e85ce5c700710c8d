"""The store on a real disk: names, blobs, removal, and the company of junk and other programs."""

import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rillet.model.gguf import human_count
from rillet.model.manifest import CONFIG_TYPE, MODEL, SYSTEM, Config, encode, make_manifest
from rillet.model.names import Digest, ModelName
from rillet.store import BlobMismatch, ModelStore, import_gguf
from rillet.words.errors import InvalidModelFile, StoreError

TINY = Path(__file__).parents[1] / "data" / "models" / "tiny.gguf"
HOUR = 3600.0


def name(text: str) -> ModelName:
    return ModelName.parse(text)


def make(store: ModelStore, text: str, *contents: bytes) -> list[Digest]:
    """A model of these blobs; its digests, the configuration's last."""
    layers = [store.add_layer(MODEL, content) for content in contents]
    config = store.add_layer(CONFIG_TYPE, encode(Config(model_format="gguf", model_type=text)))
    store.write_manifest(name(text), encode(make_manifest(config, layers)))
    return [layer.address for layer in (*layers, config)]


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def test_a_root_that_is_not_there_is_an_empty_store(store: ModelStore) -> None:
    assert store.list() == []
    assert store.find(name("x")) is None
    assert store.delete(name("x")) is False
    assert store.collect().files == 0


def test_a_model_is_found_by_any_spelling(store: ModelStore) -> None:
    make(store, "Some/Model:V1", b"weights")
    found = store.find(name("some/MODEL:v1"))
    assert found is not None
    assert found.name.display() == "Some/Model:V1"
    assert found.size == sum(layer.size for layer in found.manifest.blobs())
    place = store.root / "manifests/registry.ollama.ai/Some/Model/V1"
    assert found.digest == Digest.of(place.read_bytes()).hex
    assert store.config(found).model_type == "Some/Model:V1"


def test_a_second_spelling_replaces_the_first(store: ModelStore) -> None:
    make(store, "Model", b"1")
    make(store, "mODEL", b"2")
    assert [model.name.display() for model in store.list()] == ["Model:latest"]


def test_a_new_name_is_spelled_like_those_that_are_there(store: ModelStore) -> None:
    make(store, "Some/Model:V1", b"1")
    make(store, "mODEL:v1", b"2")
    make(store, "OTHER/model:v2", b"3")
    names = {model.name.display() for model in store.list()}
    assert names == {"Some/Model:V1", "Model:V1", "OTHER/Model:v2"}


def test_the_layout_and_modes_are_ollamas(store: ModelStore) -> None:
    old = os.umask(0o022)
    try:
        weights, _ = make(store, "m", b"weights")
    finally:
        os.umask(old)
    blob = store.root / "blobs" / f"sha256-{weights.hex}"
    manifest = store.root / "manifests/registry.ollama.ai/library/m/latest"
    assert blob == store.blob_path(weights)
    assert blob.read_bytes() == b"weights"
    assert [stat.S_IMODE(p.stat().st_mode) for p in (blob, manifest)] == [0o644, 0o644]
    assert stat.S_IMODE(manifest.parent.stat().st_mode) == 0o755
    assert sorted(p.name for p in store.root.iterdir()) == [".rillet-lock", "blobs", "manifests"]


def test_the_list_is_newest_first_and_read_anew(store: ModelStore) -> None:
    for n, text in enumerate(["a", "b", "c"]):
        make(store, text, b"w")
        age(store.root / f"manifests/registry.ollama.ai/library/{text}/latest", 10 * (3 - n))
    assert [model.name.model for model in store.list()] == ["c", "b", "a"]
    (store.root / "manifests/registry.ollama.ai/library/b/latest").unlink()
    assert [model.name.model for model in store.list()] == ["c", "a"]


def test_junk_among_the_manifests_is_passed_over(store: ModelStore, tmp_path: Path) -> None:
    make(store, "m", b"w")
    library = store.root / "manifests/registry.ollama.ai/library"
    good = (library / "m/latest").read_bytes()
    (library / "m/broken").write_bytes(good[:-5])
    (library / "m/.DS_Store").write_bytes(good)
    (library / "m/folder").mkdir()
    (library / "stray").write_bytes(good)
    (library / "bad name").mkdir()
    (library / "bad name/latest").write_bytes(good)
    outside = tmp_path / "outside"
    outside.write_bytes(good)
    (library / "m/link").symlink_to(outside)
    assert [model.name.display() for model in store.list()] == ["m:latest"]
    assert store.find(name("m:link")) is None


def test_a_linked_folder_is_not_written_through(store: ModelStore, tmp_path: Path) -> None:
    make(store, "m", b"w")
    (tmp_path / "elsewhere").mkdir()
    (store.root / "manifests/registry.ollama.ai/trap").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="link"):
        store.copy(name("m"), name("trap/m"))
    assert list((tmp_path / "elsewhere").rglob("latest")) == []


def test_copy_and_delete_keep_what_is_shared(store: ModelStore) -> None:
    weights, config = make(store, "m", b"weights")
    assert store.copy(name("M"), name("Other/Copy:v2"))
    assert not store.copy(name("nope"), name("x"))
    assert store.delete(name("m"))
    assert store.has_blob(weights)
    found = store.find(name("other/copy:v2"))
    assert found is not None
    assert found.name.display() == "Other/Copy:v2"
    assert store.delete(name("OTHER/copy:V2"))
    assert not store.has_blob(weights)
    assert not store.has_blob(config)
    assert list((store.root / "manifests").iterdir()) == []


def test_copy_onto_itself(store: ModelStore) -> None:
    make(store, "m", b"w")
    assert store.copy(name("m"), name("m"))
    assert len(store.list()) == 1


def test_delete_leaves_a_blob_that_is_about_to_be_named(store: ModelStore) -> None:
    weights, config = make(store, "m", b"weights")
    manifest = store.root / "manifests/registry.ollama.ai/library/m/latest"
    age(store.blob_path(weights), 60)
    age(store.blob_path(config), 60)
    age(manifest, 60)
    assert store.put_blob(iter(()), weights) == weights
    store.delete(name("m"))
    assert store.has_blob(weights)
    assert not store.has_blob(config)


def test_delete_leaves_blobs_while_a_manifest_is_being_written(store: ModelStore) -> None:
    weights, _ = make(store, "m", b"weights")
    (store.root / "manifests/registry.ollama.ai/library/m/half").write_bytes(b'{"schemaVersion":2')
    store.delete(name("m"))
    assert store.has_blob(weights)


def test_deleting_a_broken_manifest(store: ModelStore) -> None:
    make(store, "m", b"w")
    (store.root / "manifests/registry.ollama.ai/library/m/latest").write_bytes(b"{")
    assert store.delete(name("m"))
    assert not (store.root / "manifests/registry.ollama.ai").exists()


def test_a_manifest_needs_its_blobs(store: ModelStore) -> None:
    weights, _ = make(store, "m", b"weights")
    data = (store.root / "manifests/registry.ollama.ai/library/m/latest").read_bytes()
    store.blob_path(weights).unlink()
    with pytest.raises(StoreError, match=f"{weights.short} of the model is missing"):
        store.write_manifest(name("x"), data)
    assert store.find(name("x")) is None


def test_blobs_are_verified(store: ModelStore) -> None:
    expected = Digest.of(b"right")
    with pytest.raises(BlobMismatch) as caught:
        store.put_blob([b"wr", b"ong"], expected)
    assert (
        str(caught.value) == f'digest mismatch, expected "{expected}", got "{Digest.of(b"wrong")}"'
    )
    assert list((store.root / "blobs").iterdir()) == []
    assert store.put_blob([b"ri", b"", b"ght"], expected) == expected
    assert store.read_blob(expected) == b"right"
    with pytest.raises(StoreError, match="larger than 2"):
        store.read_blob(expected, limit=2)


def test_a_blob_that_is_there_is_not_read_again(store: ModelStore) -> None:
    digest = store.put_blob([b"x"])

    def never() -> Iterator[bytes]:
        raise AssertionError("was read")
        yield b""

    assert store.put_blob(never(), digest) == digest


def test_a_stream_that_fails_leaves_nothing(store: ModelStore) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise ConnectionResetError(104, "reset by peer")

    with pytest.raises(StoreError, match="reset by peer"):
        store.put_blob(broken())
    assert list((store.root / "blobs").iterdir()) == []


def test_an_open_blob_stays_readable(store: ModelStore) -> None:
    weights, _ = make(store, "m", b"weights" * 1000)
    with open(store.blob_path(weights), "rb") as file:
        store.delete(name("m"))
        assert not store.has_blob(weights)
        assert file.read() == b"weights" * 1000


def test_collect_takes_only_what_is_old_and_unnamed(store: ModelStore) -> None:
    weights, _ = make(store, "m", b"weights")
    age(store.blob_path(weights), 2 * HOUR)
    orphan = store.put_blob([b"orphan"])
    fresh = store.put_blob([b"fresh"])
    blobs = store.root / "blobs"
    left = [blobs / f"sha256-{'0' * 64}-partial", blobs / ".rillet-draft", blobs / "sha256-tmp1"]
    kept = [blobs / "my notes.txt", blobs / f"sha256-{'1' * 64}-partial"]
    for path in (*left, *kept):
        path.write_bytes(b"12345")
    for path in (*left, kept[0], store.blob_path(orphan)):
        age(path, 2 * HOUR)
    empty = store.root / "manifests/host/space/model"
    empty.mkdir(parents=True)
    for path in (empty, empty.parent, empty.parent.parent):
        age(path, 2 * HOUR)
    forgotten = store.root / "manifests/.rillet-draft"
    forgotten.write_bytes(b"{")
    age(forgotten, 2 * HOUR)

    taken = store.collect()

    assert (taken.files, taken.size) == (4, 21)
    assert sorted(p.name for p in blobs.iterdir()) == sorted(
        [path.name for path in kept]
        + [d.blob_name for d in (fresh, weights)]
        + [layer.address.blob_name for m in store.list() for layer in [m.manifest.config]]
    )
    assert not forgotten.exists()
    assert not empty.exists()
    assert store.collect(now=time.time() + 2 * HOUR).files == 2  # "fresh" and the partial file
    assert store.find(name("m")) is not None


def test_collect_waits_while_a_manifest_is_being_written(store: ModelStore) -> None:
    orphan = store.put_blob([b"orphan"])
    age(store.blob_path(orphan), 2 * HOUR)
    half = store.root / "manifests/h/n/m/latest"
    half.parent.mkdir(parents=True)
    half.write_bytes(b'{"schemaVersion":2')
    assert store.collect().files == 0
    age(half, 2 * HOUR)  # what else it named nobody knows
    assert store.collect().files == 0
    assert store.delete(name("h/n/m"))
    assert store.collect().files == 1


def test_a_broken_manifest_does_not_keep_what_is_deleted(store: ModelStore) -> None:
    weights, _ = make(store, "m", b"weights")
    half = store.root / "manifests/h/n/m/latest"
    half.parent.mkdir(parents=True)
    half.write_bytes(b'{"schemaVersion":2')
    age(half, 2 * HOUR)
    assert store.delete(name("m"))
    assert not store.has_blob(weights)


def test_blobs_are_found_whose_names_are_of_an_old_ollama(store: ModelStore) -> None:
    weights, _ = make(store, "m", b"weights")
    blob = store.blob_path(weights)
    old = blob.with_name(f"sha256:{weights.hex}")
    blob.rename(old)
    store.rename_old()
    assert blob.read_bytes() == b"weights" and not old.exists()
    with pytest.raises(StoreError, match="read-only"):
        old.write_bytes(b"")
        ModelStore(store.root, read_only=True).rename_old()


def test_collect_believes_an_old_broken_manifest(store: ModelStore) -> None:
    weights = store.put_blob([b"weights"])
    age(store.blob_path(weights), 2 * HOUR)
    broken = store.root / "manifests/h/n/m/latest"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b'{"layers":[{"digest":"' + str(weights).encode())
    age(broken, 2 * HOUR)
    assert store.collect().files == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_collect_removes_nothing_where_a_manifest_is_closed_to_us(store: ModelStore) -> None:
    make(store, "m", b"w")
    os.chmod(store.root / "manifests/registry.ollama.ai/library/m/latest", 0)
    assert store.collect(now=time.time() + 2 * HOUR).files == 0


def test_read_only(store: ModelStore) -> None:
    weights, _ = make(store, "m", b"weights")
    before = {path: path.stat().st_mtime_ns for path in store.root.rglob("*")}
    reader = ModelStore(store.root, read_only=True)
    assert reader.find(name("m")) is not None
    for attempt in (
        lambda: reader.put_blob([b"x"]),
        lambda: reader.put_blob([b"x"], weights),
        lambda: reader.copy(name("m"), name("n")),
        lambda: reader.delete(name("m")),
        lambda: reader.collect(),
    ):
        with pytest.raises(StoreError, match="read-only"):
            attempt()
    assert before == {path: path.stat().st_mtime_ns for path in store.root.rglob("*")}


def test_a_disk_that_refuses_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = ModelStore(tmp_path / "file")
    with pytest.raises(StoreError, match=r"cannot write a blob: Not a directory"):
        store.put_blob([b"x"])


@pytest.mark.parametrize("link", [False, True])
def test_import_a_gguf_file(store: ModelStore, tmp_path: Path, link: bool) -> None:
    source = tmp_path / "tiny.gguf"
    source.write_bytes(TINY.read_bytes())
    model = import_gguf(store, source, name("tiny"), link=link)
    assert store.find(name("tiny")) == model
    (layer,) = model.manifest.layers
    assert layer.media_type == MODEL
    assert store.blob_path(layer.address).samefile(source) is link
    assert Digest.of(store.blob_path(layer.address).read_bytes()) == layer.address
    config = json.loads(store.read_blob(model.manifest.config.address))
    assert (config["model_format"], config["model_family"]) == ("gguf", "llama")
    assert (config["model_type"], config["file_type"]) == (human_count(133_952), "F32")
    again = import_gguf(store, source, name("again"), link=link)
    assert again.manifest == model.manifest
    assert source.read_bytes() == TINY.read_bytes()


def test_import_refuses_what_no_engine_could_load(store: ModelStore, tmp_path: Path) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(TINY.read_bytes()[:20_000])
    with pytest.raises(InvalidModelFile, match="cut off"):
        import_gguf(store, bad, name("bad"))
    with pytest.raises(StoreError, match="No such file"):
        import_gguf(store, tmp_path / "none.gguf", name("bad"))
    assert store.list() == []


def test_many_threads_at_once(store: ModelStore) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(8):
                make(store, f"m{number}:{turn % 2}", b"shared", b"%d" % turn)
                store.copy(name(f"m{number}:0"), name(f"n/m{turn % 3}"))
                store.delete(name(f"n/m{turn % 3}"))
        except StoreError as error:
            # The one honest loss: another thread deleted the blob between our two steps.
            if "is missing" not in str(error):
                failures.append(error)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for model in store.list():
        assert all(store.has_blob(layer.address) for layer in model.manifest.blobs())


def test_a_layer_of_text(store: ModelStore) -> None:
    layer = store.add_layer(SYSTEM, b"You are red")
    assert store.add_layer(SYSTEM, b"You are red") == layer
    assert store.read_blob(layer.address) == b"You are red"
