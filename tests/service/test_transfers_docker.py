"""To a real registry and back: what is pulled is what was pushed, byte for byte."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rillet.model.manifest import CONFIG_TYPE, MODEL, SYSTEM, Layer, encode, make_manifest
from rillet.model.names import Digest, ModelName
from rillet.service.registry.push import push_model
from rillet.store.store import ModelStore

from .docker_registry import BINARY, docker_registry
from .transferred import FAST, assert_clean, begun, failing, library, noise, pulled, pulling

pytestmark = pytest.mark.skipif(
    BINARY is None, reason="no docker-registry here: apt-get install docker-registry"
)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with docker_registry(tmp_path_factory.mktemp("registry")) as host:
        yield host


def make_model(root: Path, name: ModelName, weights: bytes) -> dict[str, Digest]:
    """Put a model into a store; its files by the digest of what is in them."""
    store = ModelStore(root)
    layers = [store.add_layer(MODEL, weights), store.add_layer(SYSTEM, b"Be kind.")]
    config = store.add_layer(CONFIG_TYPE, b'{"model_format":"gguf"}')
    manifest = make_manifest(config, layers)
    store.write_manifest(name, encode(manifest) + b"\n")
    return files(root)


def files(root: Path) -> dict[str, Digest]:
    return {
        str(path.relative_to(root)): Digest.of(path.read_bytes())
        for folder in ("blobs", "manifests")
        for path in (root / folder).rglob("*")
        if path.is_file()
    }


async def pushed(root: Path, name: ModelName, piece: int) -> list[str]:
    steps = push_model(library(root).stores, name, insecure=True, patience=FAST, piece=piece)
    return list(dict.fromkeys([step.status async for step in steps]))


async def test_there_and_back(tmp_path: Path, host: str) -> None:
    name = ModelName.parse(f"{host}/someone/there:v1")
    sent = make_model(tmp_path / "one", name, noise(3_000_017))
    statuses = await pushed(tmp_path / "one", name, piece=1_000_000)
    assert statuses[-2:] == ["pushing manifest", "success"]
    assert (await pulled(tmp_path / "two", name))[-1] == "success"
    assert files(tmp_path / "two") == sent
    assert_clean(tmp_path / "two")


async def test_a_second_push_of_the_same_blobs(tmp_path: Path, host: str) -> None:
    one = ModelName.parse(f"{host}/someone/twice:v1")
    make_model(tmp_path, one, noise(10_000))
    await pushed(tmp_path, one, piece=4_000)
    two = ModelName.parse(f"{host}/someone/twice:v2")
    assert ModelStore(tmp_path).copy(one, two)
    assert (await pushed(tmp_path, two, piece=4_000))[-1] == "success"
    assert (await pulled(tmp_path / "other", two))[-1] == "success"


async def test_a_mount_from_another_repository(tmp_path: Path, host: str) -> None:
    base = ModelName.parse(f"{host}/someone/base:v1")
    make_model(tmp_path, base, noise(50_000))
    await pushed(tmp_path, base, piece=20_000)
    store = ModelStore(tmp_path)
    stored = store.find(base)
    assert stored is not None
    layers = [
        Layer(
            media_type=layer.media_type,
            digest=layer.digest,
            size=layer.size,
            from_=base.display(),
        )
        for layer in stored.manifest.layers
    ]
    child = ModelName.parse(f"{host}/another/child:v1")
    store.write_manifest(child, encode(make_manifest(stored.manifest.config, layers)))
    assert (await pushed(tmp_path, child, piece=20_000))[-1] == "success"
    assert (await pulled(tmp_path / "other", child))[-1] == "success"
    assert_clean(tmp_path / "other")


async def test_goes_on_in_parts(tmp_path: Path, host: str) -> None:
    name = ModelName.parse(f"{host}/someone/parts:v1")
    weights = noise(2_000_000, seed=3)
    sent = make_model(tmp_path / "one", name, weights)
    await pushed(tmp_path / "one", name, piece=2_000_000)
    begun(tmp_path / "two", weights, [0, 500_000, 1_200_000], [500_000, 3, 0])
    assert (await pulled(tmp_path / "two", name))[-1] == "success"
    assert files(tmp_path / "two") == sent


async def test_what_it_does_not_have(tmp_path: Path, host: str) -> None:
    _, error = await failing(pulling(tmp_path, f"{host}/someone/none"))
    assert error.message == "pull model manifest: file does not exist"


@pytest.mark.slow
async def test_a_large_one_in_its_own_parts(tmp_path: Path, host: str) -> None:
    """Above 100 MB a blob has several parts by the plan itself."""
    name = ModelName.parse(f"{host}/someone/large:v1")
    sent = make_model(tmp_path / "one", name, noise(1 << 20) * 230)
    await pushed(tmp_path / "one", name, piece=100_000_000)
    assert (await pulled(tmp_path / "two", name))[-1] == "success"
    assert files(tmp_path / "two") == sent
