"""The store as the rest of the house knows it: models by name, blobs by digest.

All methods block on the disk; from asyncio call them in a thread. They raise `StoreError` where
the disk refuses, and may be called from several threads and processes at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from rillet.model.manifest import (
    Config,
    InvalidManifest,
    Layer,
    Manifest,
    decode_config,
    decode_manifest,
    encode,
)
from rillet.model.names import Digest, ModelName
from rillet.words.errors import StoreError

from .blobs import Blobs
from .files import disk_errors, draft, locked
from .manifests import Manifests, UnsureReferences
from .partial import PartialBlob, bytes_begun

#: How long bytes that nobody names are kept; Ollama's own figure.
GRACE_SECONDS = 3600
_MAX_SMALL_BLOB = 16 << 20


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model that is in the store, as it is spelled there."""

    name: ModelName
    manifest: Manifest
    digest: str  # SHA-256 of the manifest file, 64 hexadecimal digits: the model's id
    size: int  # bytes of all its blobs
    modified: datetime


@dataclass(frozen=True, slots=True)
class Collected:
    """What `collect` took away."""

    files: int = 0
    size: int = 0  # in bytes


class ModelStore:
    """A folder of models at `root`; it need not exist until something is written."""

    def __init__(self, root: Path, read_only: bool = False) -> None:
        self.root = root
        self.read_only = read_only
        self._blobs = Blobs(root / "blobs")
        self._manifests = Manifests(root / "manifests")

    # Models

    def list(self) -> list[StoredModel]:
        """All models, the newest first. The folder is read anew each time; junk is passed over."""
        found = [model for name in self._manifests.names() if (model := self._load(name))]
        return sorted(found, key=lambda model: (-model.modified.timestamp(), model.name.key()))

    def find(self, name: ModelName) -> StoredModel | None:
        """The model of this name, whatever its case, or None."""
        spelled = self._manifests.spelling(name)
        return self._load(spelled) if spelled else None

    def config(self, model: StoredModel) -> Config:
        """What the model's configuration says. Raises `StoreError` or `InvalidManifest`."""
        address = model.manifest.config.digest
        return decode_config(self.read_blob(Digest.parse(address))) if address else Config()

    def write_manifest(self, name: ModelName, data: bytes) -> StoredModel:
        """Name a model: these bytes become its manifest, over any that was there.

        Every blob in it must be in the store. Raises `InvalidManifest` or `StoreError`.
        """
        manifest = decode_manifest(data)
        with self._writing(f"write the manifest of {name}"):
            self._require(manifest)
            self._manifests.write(name, data)
            spelled = self._manifests.spelling(name) or name
            try:
                # Ollama does not know our lock and may just have taken one away.
                self._require(manifest)
            except StoreError:
                self._manifests.remove(spelled)
                raise
            stored = self._load(spelled)
        if stored is None:
            raise StoreError(f"the manifest of {name} was removed as soon as it was written")
        return stored

    def respelled(self, name: ModelName) -> ModelName:
        """The name as it is spelled here, or would be; its scheme stays."""
        return self._manifests.respelled(name)

    def manifest_bytes(self, name: ModelName) -> bytes | None:
        """The manifest of this name as it lies there, byte for byte; None where there is none."""
        spelled = self._manifests.spelling(name)
        read = self._manifests.read(spelled) if spelled else None
        return read[0] if read else None

    def drop_replaced(self, replaced: StoredModel) -> None:
        """Remove the blobs that only this model named, after another took its name."""
        with self._writing("remove unused layers"):
            self._drop_unused(encode(replaced.manifest), replaced.modified.timestamp())

    def copy(self, source: ModelName, destination: ModelName) -> bool:
        """Give a model a second name, over any model that had it. False: no such source."""
        spelled = self._manifests.spelling(source)
        read = self._manifests.read(spelled) if spelled else None
        if read is None:
            return False
        self.write_manifest(destination, read[0])
        return True

    def delete(self, name: ModelName) -> bool:
        """Remove a model and the blobs that no other model names. False: no such model."""
        with self._writing(f"delete {name}"):
            spelled = self._manifests.spelling(name)
            if spelled is None:
                return False
            read = self._manifests.read(spelled)
            self._manifests.remove(spelled)
            if read is not None:
                self._drop_unused(*read)
            return True

    def collect(self, grace_seconds: float = GRACE_SECONDS, now: float | None = None) -> Collected:
        """Remove what nobody names: blobs, half-done files, empty folders.

        Only what was not changed within the grace: someone may be about to name it. While a
        manifest is broken no blob goes; to pull or delete its model mends that.
        `now` is in seconds since the epoch.
        """
        now = time.time() if now is None else now
        if not self.root.is_dir():
            return Collected()
        with self._writing("remove unused blobs"):
            before = now - grace_seconds
            self._manifests.tidy(before)
            try:
                wanted = self._manifests.references(now, grace_seconds, broken=False)
            except UnsureReferences:
                return Collected()
            return Collected(*self._blobs.remove_stale(wanted, before))

    def rename_old(self) -> None:
        """Blobs of an earlier Ollama have a colon in their names; they get those of today."""
        old = self._blobs.old_names()
        if old:
            with self._writing("rename old blobs"):
                self._blobs.rename(old)

    # Blobs

    def blob_path(self, digest: Digest) -> Path:
        """Where this blob is, or would be. A file opened there stays readable if it is deleted."""
        return self._blobs.path(digest)

    def has_blob(self, digest: Digest) -> bool:
        return self._blobs.has(digest)

    def is_whole(self, digest: Digest) -> bool:
        """Read all of a blob: whether its bytes are those of its digest."""
        with disk_errors(f"read the blob {digest.short}"):
            return self._blobs.is_whole(digest)

    def read_blob(self, digest: Digest, limit: int = _MAX_SMALL_BLOB) -> bytes:
        """The bytes of a small blob; `StoreError` where it is missing or above `limit`."""
        return self._blobs.read(digest, limit)

    def put_blob(self, chunks: Iterable[bytes], expected: Digest | None = None) -> Digest:
        """Keep bytes under their digest. Where `expected` is there already nothing is read.

        Raises `BlobMismatch` where the bytes are others than expected; nothing is kept then.
        """
        if expected is not None and self._blobs.has(expected):
            with self._writing("use a blob again"):
                if self._blobs.freshen(expected):
                    return expected
        self._require_writable()
        with disk_errors("write a blob"):
            return self._blobs.put(chunks, expected)

    def download(self, digest: Digest, size: int) -> PartialBlob:
        """Begin or go on with the download of a blob of `size` bytes; close it when done.

        Raises `BlobBusy` while another program is at it.
        """
        self._require_writable()
        return PartialBlob(self._blobs.folder, digest, size)

    def bytes_begun(self, digest: Digest) -> int:
        """How much of a blob another program has downloaded so far."""
        return bytes_begun(self._blobs.folder, digest)

    def link_blob(self, source: Path) -> Digest:
        """Keep a file without a copy of its bytes: it must never be changed in place again."""
        self._require_writable()
        with disk_errors(f"link {source}"):
            return self._blobs.link(source)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A file whose bytes may become a blob by `link_blob`; its own name is gone afterwards."""
        self._require_writable()
        with disk_errors("write a blob"):
            self._blobs.folder.mkdir(parents=True, exist_ok=True)
            with draft(self._blobs.folder) as (_, path):
                yield path

    def add_layer(self, media_type: str, data: bytes) -> Layer:
        """Keep bytes and describe them as a layer of a manifest."""
        digest = self.put_blob((data,), Digest.of(data))
        return Layer(media_type=media_type, digest=str(digest), size=len(data))

    def _load(self, name: ModelName) -> StoredModel | None:
        read = self._manifests.read(name)
        return None if read is None else _stored(name, *read)

    def _drop_unused(self, manifest: bytes, written: float) -> None:
        """Remove the blobs of a removed manifest, unless they are or may be named elsewhere."""
        # Where that is not sure they stay, for `collect`.
        with contextlib.suppress(InvalidManifest, UnsureReferences):
            own = {layer.address for layer in decode_manifest(manifest).blobs()}
            unused = own - self._manifests.references(time.time(), GRACE_SECONDS)
            # A blob fresher than its manifest is about to be named by another one.
            self._blobs.remove(unused, written)

    def _require(self, manifest: Manifest) -> None:
        for layer in manifest.blobs():
            if not self._blobs.has(layer.address):
                raise StoreError(
                    f"the blob {layer.address.short} of the model is missing",
                    hint="Get or create the model again",
                )

    def _require_writable(self) -> None:
        if self.read_only:
            raise StoreError(f"the folder of models {self.root} is used read-only")

    @contextlib.contextmanager
    def _writing(self, doing: str) -> Iterator[None]:
        self._require_writable()
        with disk_errors(doing):
            self.root.mkdir(parents=True, exist_ok=True)
            with locked(self.root):
                yield


@lru_cache(maxsize=256)  # every answer begins with one, mostly the same
def _stored(name: ModelName, data: bytes, changed: float) -> StoredModel | None:
    """The model of a manifest; None where the bytes are none."""
    try:
        manifest = decode_manifest(data)
    except InvalidManifest:
        return None
    digest = hashlib.sha256(data).hexdigest()
    return StoredModel(name, manifest, digest, manifest.size, datetime.fromtimestamp(changed, UTC))
