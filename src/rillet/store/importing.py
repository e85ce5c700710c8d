"""A bare GGUF file becomes a model of the store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from rillet.model.gguf import GgufHeader, read_header, validate
from rillet.model.manifest import CONFIG_TYPE, MODEL, Layer, config_of, encode, make_manifest
from rillet.model.names import ModelName

from .files import disk_errors
from .store import ModelStore, StoredModel

_CHUNK = 4 << 20


def read_gguf(path: Path) -> GgufHeader:
    """Read and check the header of a model file. Raises `InvalidModelFile` or `StoreError`."""
    with disk_errors(f"read {path}"), open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size

        def read_at(offset: int, count: int) -> bytes:
            file.seek(offset)
            return file.read(count)

        header = read_header(read_at, size)
        validate(header, size)
        return header


def import_gguf(
    store: ModelStore, path: Path, name: ModelName, *, link: bool = False
) -> StoredModel:
    """Put the model file at `path` into the store under `name`.

    Its bytes are copied. With `link` they are shared with the file at `path`, which costs nothing
    but breaks the model if a program later writes into that file instead of replacing it, as
    downloaders and converters do; hence it is not the default.
    Raises `InvalidModelFile` or `StoreError`; then nothing was named.
    """
    header = read_gguf(path)
    digest = store.link_blob(path) if link else store.put_blob(_chunks(path))
    size = store.blob_path(digest).stat().st_size
    weights = Layer(media_type=MODEL, digest=str(digest), size=size)
    config = store.add_layer(CONFIG_TYPE, encode(config_of(header)))
    return store.write_manifest(name, encode(make_manifest(config, [weights])))


def _chunks(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
