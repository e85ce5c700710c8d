"""What the tests of pull and push share: a small model, stores, and little patience."""

import json
import random
from collections.abc import AsyncIterator
from pathlib import Path

from rillet.model.manifest import MODEL, SYSTEM
from rillet.model.names import Digest, ModelName
from rillet.model.pull_plan import Part, encode_part, partial_name, state_name
from rillet.service.library import Library
from rillet.service.registry.patience import Patience
from rillet.service.transfers import pull
from rillet.store.store import ModelStore
from rillet.words.errors import RilletError
from rillet.words.events import Progress
from rillet.words.models import TransferRequest

from .scripted_registry import MANIFEST, ScriptedRegistry

FAST = Patience(backoff=0.001, stall=0.5, answer=5.0, commit=5.0, connect=5.0)


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


class Published:
    """A model at a scripted registry."""

    def __init__(
        self,
        registry: ScriptedRegistry,
        weights: bytes,
        name: str = "good",
        system: str = "Be kind.",
    ) -> None:
        self.registry = registry
        self.weights = weights
        self.digest = Digest.parse(registry.add_blob(weights))
        self.name = ModelName.parse(f"{registry.host}/library/{name}")
        config = b'{"model_format": "gguf", "model_family": "none"}'
        # Spaces and an unknown field: what is kept has to be what was sent.
        self.manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": _layer(
                    registry, "application/vnd.docker.container.image.v1+json", config
                ),
                "layers": [
                    _layer(registry, MODEL, weights),
                    _layer(registry, SYSTEM, system.encode()),
                ],
                "annotation": "of another program",
            },
            indent=1,
        ).encode()
        registry.manifests[f"library/{name}:latest"] = self.manifest


def _layer(registry: ScriptedRegistry, kind: str, data: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": registry.add_blob(data), "size": len(data)}


def library(root: Path) -> Library:
    return Library([ModelStore(root)], built_in=None)


def pulling(
    root: Path, name: ModelName | str, patience: Patience = FAST, insecure: bool = True
) -> AsyncIterator[Progress]:
    request = TransferRequest(model=str(name), insecure=insecure)
    return pull(library(root), request, patience=patience)


async def pulled(root: Path, name: ModelName | str, patience: Patience = FAST) -> list[str]:
    """Pull to the end; the different statuses in their order."""
    return list(dict.fromkeys([step.status async for step in pulling(root, name, patience)]))


async def failing(steps: AsyncIterator[Progress]) -> tuple[list[str], RilletError]:
    """The different statuses before the error, and the error."""
    seen: dict[str, None] = {}
    try:
        async for step in steps:
            seen[step.status] = None
    except RilletError as error:
        return list(seen), error
    raise AssertionError(f"it did not fail: {list(seen)}")


def assert_complete(root: Path, model: Published) -> None:
    """The model is there byte for byte, and nothing else is."""
    store = ModelStore(root)
    assert store.manifest_bytes(model.name) == model.manifest
    stored = store.find(model.name)
    assert stored is not None
    for layer in stored.manifest.blobs():
        assert store.blob_path(layer.address).read_bytes() == model.registry.blobs[layer.digest]
    assert_clean(root)


def assert_clean(root: Path) -> None:
    """No half-done file is left."""
    left = [path.name for path in root.rglob("*") if "-partial" in path.name]
    left += [path.name for path in root.rglob(".rillet-*") if path.name != ".rillet-lock"]
    assert not left, left


def begun(root: Path, content: bytes, cuts: list[int], done: list[int]) -> None:
    """A download that Ollama broke off: parts that begin at `cuts`, of which so much is there."""
    digest = Digest.of(content)
    blobs = root / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    data = bytearray(len(content))
    ends = [*cuts[1:], len(content)]
    for n, (start, end, count) in enumerate(zip(cuts, ends, done, strict=True)):
        data[start : start + count] = content[start : start + count]
        (blobs / state_name(digest, n)).write_bytes(encode_part(Part(n, start, end - start, count)))
    (blobs / partial_name(digest)).write_bytes(data)
