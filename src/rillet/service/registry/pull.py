"""The steps of a pull."""

import asyncio
from collections.abc import AsyncIterator

from rillet.model.manifest import MANIFEST_TYPE, MAX_BYTES, Layer, Manifest
from rillet.model.names import ModelName
from rillet.service.registry.client import Registry
from rillet.service.registry.manifest import read_manifest
from rillet.service.registry.patience import Patience, RegistryError
from rillet.service.registry.progress import follow, line
from rillet.service.registry.sharing import Shares, shares
from rillet.store.blobs import BlobMismatch
from rillet.store.store import ModelStore
from rillet.words.errors import RilletError
from rillet.words.events import Progress

_CHECKS_BEHIND = 3  # blobs that may wait for their check while the next is fetched


async def pull_model(
    store: ModelStore, name: ModelName, *, insecure: bool, patience: Patience, prune: bool
) -> AsyncIterator[Progress]:
    """Bring a model into the store; the lines are Ollama's. Raises `RilletError`.

    Broken off at any moment, the next pull goes on with what is there.
    """
    yield Progress("pulling manifest")
    name = await asyncio.to_thread(store.respelled, name)
    registry = Registry(name, insecure=insecure, patience=patience)
    try:
        data, manifest = await _manifest(registry, name)
        async with shares(store, registry) as joined:
            for layer in manifest.blobs():
                async for step in _layer(store, joined, layer):
                    yield step
            yield Progress("verifying sha256 digest")
            await joined.checked()
        yield Progress("writing manifest")
        before = await asyncio.to_thread(store.find, name)
        await asyncio.to_thread(store.write_manifest, name, data)
        if before and prune and _addresses(before.manifest) - _addresses(manifest):
            yield Progress("removing unused layers")
            await asyncio.to_thread(store.drop_replaced, before)
        yield Progress("success")
    finally:
        registry.close()


async def _manifest(registry: Registry, name: ModelName) -> tuple[bytes, Manifest]:
    """The manifest, byte for byte, and what it says."""
    try:
        place = registry.place(f"/manifests/{name.tag}")
        async with await registry.ask("GET", place, headers=(("Accept", MANIFEST_TYPE),)) as answer:
            if answer.status >= 400:
                raise await registry.refusal(answer)
            data = await answer.whole(MAX_BYTES)
    except RilletError as error:
        raise RegistryError(f"pull model manifest: {error.message}") from error
    return data, read_manifest(data, name)


def _addresses(manifest: Manifest) -> set[str]:
    return {str(layer.address) for layer in manifest.blobs()}


async def _layer(store: ModelStore, joined: Shares, layer: Layer) -> AsyncIterator[Progress]:
    size = await asyncio.to_thread(_size_there, store, layer)
    if size is not None:
        yield line("pulling", layer.address, size, size)
        return
    download = await joined.join(layer)
    async for step in follow("pulling", download):
        yield step
    await joined.keep_up(_CHECKS_BEHIND)


def _size_there(store: ModelStore, layer: Layer) -> int | None:
    """The bytes of the blob if it is there whole; its grace begins anew, for nobody names it yet.

    A manifest may tell another size than the blob has, and a blob may be damaged: the digest says
    which.
    """
    path = store.blob_path(layer.address)
    if not path.is_file():
        if layer.size:
            return None
    elif path.stat().st_size != layer.size and not store.is_whole(layer.address):
        return None
    try:
        store.put_blob((), layer.address)  # writes the empty blob where that is the one
        return path.stat().st_size
    except (BlobMismatch, FileNotFoundError):
        return None
