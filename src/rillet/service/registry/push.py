"""The steps of a push."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from rillet.model.manifest import Manifest, decode_manifest
from rillet.model.names import ModelName
from rillet.service.registry.client import Registry
from rillet.service.registry.patience import Patience, RegistryError
from rillet.service.registry.progress import follow
from rillet.service.registry.upload import PIECE, Upload
from rillet.store.store import ModelStore
from rillet.words.events import Progress


async def push_model(
    stores: Sequence[ModelStore],
    name: ModelName,
    *,
    insecure: bool,
    patience: Patience,
    piece: int = PIECE,
) -> AsyncIterator[Progress]:
    """Put a model of the first store that has it into its registry. Raises `RilletError`."""
    yield Progress("retrieving manifest")
    found = await asyncio.to_thread(_find, stores, name)
    if found is None:
        yield Progress("couldn't retrieve manifest")
        raise RegistryError(f"model '{name.display()}' not found")
    store, data = found
    name = await asyncio.to_thread(store.respelled, name)
    manifest = decode_manifest(data)
    registry = Registry(name, insecure=insecure, patience=patience)
    upload: Upload | None = None
    try:
        for layer in manifest.blobs():
            upload = Upload(registry, layer, store.blob_path(layer.address), piece)
            async for step in follow("pushing", upload):
                yield step
        yield Progress("pushing manifest")
        await _manifest(registry, name, manifest, data)
        yield Progress("success")
    finally:
        if upload is not None:
            upload.moving.cancel()
        registry.close()


def _find(stores: Sequence[ModelStore], name: ModelName) -> tuple[ModelStore, bytes] | None:
    for store in stores:
        data = store.manifest_bytes(name)
        if data is not None:
            return store, data
    return None


async def _manifest(registry: Registry, name: ModelName, manifest: Manifest, data: bytes) -> None:
    headers = (("Content-Type", manifest.media_type),)
    place = registry.place(f"/manifests/{name.tag}")
    async with await registry.ask("PUT", place, headers=headers, body=data) as answer:
        if not 200 <= answer.status < 300:
            raise await registry.refusal(answer)
