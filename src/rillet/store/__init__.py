"""The folder of models on disk, in Ollama's layout, which Ollama may use at the same time.

    manifests/<host>/<namespace>/<model>/<tag>    one JSON file per name
    blobs/sha256-<hex>                            content by its digest

The laws of this room:
- A file appears whole or not at all: it is written beside its place, synced, and renamed.
- A manifest is written after its blobs and removed before them; a kill in between leaves
  bytes that nobody names, and `collect` takes those away after a grace.
- Paths are made from parsed names and digests only, so nothing is written outside the root.
"""

from .blobs import BlobMismatch
from .importing import import_gguf
from .partial import PartialBlob
from .roots import default_roots
from .store import Collected, ModelStore, StoredModel

__all__ = [
    "BlobMismatch",
    "Collected",
    "ModelStore",
    "PartialBlob",
    "StoredModel",
    "default_roots",
    "import_gguf",
]
