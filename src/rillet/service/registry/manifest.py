"""A manifest as a registry sends it: read, or refused in Ollama's words."""

import msgspec

from rillet.model.manifest import TENSOR, BadDigest, InvalidManifest, Manifest, decode_manifest
from rillet.model.names import InvalidDigest, ModelName
from rillet.model.pull_plan import MAX_BLOB
from rillet.service.registry.patience import RegistryError
from rillet.wire.go_scanner import unmarshal_fault
from rillet.wire.go_types import fault_of, int64, integer, list_of, string, struct

_LAYER = struct(
    "manifest.Layer",
    {"mediaType": string, "digest": string, "size": int64, "from": string, "name": string},
)
_MANIFEST = struct(
    "manifest.Manifest",
    {
        "schemaVersion": integer,
        "mediaType": string,
        "config": _LAYER,
        "layers": list_of(_LAYER, "[]manifest.Layer"),
    },
)
_NO_MLX = "this model requires MLX support, but the MLX runtime is not available"
_EXPLAINED = 65536  # bytes; what is larger and no manifest gets a sentence of our own


def read_manifest(data: bytes, name: ModelName) -> Manifest:
    """Raises `RegistryError` for what is none, or of a model that cannot be run here."""
    try:
        manifest = decode_manifest(data)
    except BadDigest as error:
        model = f"{name.namespace}/{name.model}"
        bad = str(InvalidDigest()) if error.digest else f"{model}: digest is empty"
        raise RegistryError(bad) from None
    except InvalidManifest as error:
        raise _refused(_fault(data) or error.message) from None
    if any(layer.size > MAX_BLOB for layer in manifest.blobs()):
        raise _refused(f"the manifest names a blob of more than {MAX_BLOB} bytes")
    if manifest.first(TENSOR):  # some gigabytes that nobody could use
        raise RegistryError(_NO_MLX)
    return manifest


def _refused(message: str) -> RegistryError:
    return RegistryError(f"pull model manifest: {message}")


def _fault(data: bytes) -> str:
    """What Go says of it; "" where it would take it."""
    if len(data) > _EXPLAINED:
        return ""
    said = unmarshal_fault(data.decode(errors="replace"))
    if said is not None:
        return said
    try:
        return str(fault_of(msgspec.json.decode(data), _MANIFEST) or "")
    except (ValueError, RecursionError):
        return ""
