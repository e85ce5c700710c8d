"""A model's manifest and configuration: the two JSON files that make blobs into a model.

Source: Ollama's store layout, which is that of a container registry. A manifest that was pulled is
kept byte for byte; one that we make is written as Ollama writes it, so that the same model has the
same digest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from rillet.words.errors import ModelError

from .gguf import GgufHeader
from .names import Digest, InvalidDigest

MANIFEST_TYPE: Final = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG_TYPE: Final = "application/vnd.docker.container.image.v1+json"

_LAYER: Final = "application/vnd.ollama.image."
MODEL: Final = _LAYER + "model"
PROJECTOR: Final = _LAYER + "projector"
ADAPTER: Final = _LAYER + "adapter"
DRAFT: Final = _LAYER + "draft"
TEMPLATE: Final = _LAYER + "template"
PROMPT: Final = _LAYER + "prompt"  # a template, in models of long ago
SYSTEM: Final = _LAYER + "system"
PARAMS: Final = _LAYER + "params"
MESSAGES: Final = _LAYER + "messages"
LICENSE: Final = _LAYER + "license"
TENSOR: Final = _LAYER + "tensor"

#: A manifest or a configuration above this size is refused unread.
MAX_BYTES: Final = 4 << 20
_MAX_LAYERS: Final = 20_000


class InvalidManifest(ModelError, ValueError):
    """The JSON is not a manifest or configuration of a model."""


class BadDigest(InvalidManifest):
    """A digest in it is none."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"the manifest names a bad digest {digest[:80]!r}")
        self.digest = digest


class Layer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One blob of a model: what it is, its address and its size in bytes.

    To Go, which reads these, what is not said is empty or 0. (A factory, because a size of 0 is
    written all the same.)
    """

    media_type: str = msgspec.field(default_factory=str)
    digest: str = msgspec.field(default_factory=str)
    size: int = msgspec.field(default_factory=int)
    from_: str = msgspec.field(default="", name="from")
    name: str = ""

    @property
    def address(self) -> Digest:
        return Digest.parse(self.digest)


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The list of a model's blobs; `config` is one like the others, or has no digest: is none."""

    schema_version: int = 2
    media_type: str = MANIFEST_TYPE
    config: Layer = Layer()
    layers: tuple[Layer, ...] = ()  # none where the model runs remotely

    @property
    def size(self) -> int:
        """Bytes of the whole model."""
        return self.config.size + sum(layer.size for layer in self.layers)

    def blobs(self) -> tuple[Layer, ...]:
        """Every blob that the model needs, the configuration last, as they are pulled."""
        return (*self.layers, self.config) if self.config.digest else self.layers

    def of_type(self, *media_types: str) -> tuple[Layer, ...]:
        return tuple(layer for layer in self.layers if layer.media_type in media_types)

    def first(self, media_type: str) -> Layer | None:
        return next(iter(self.of_type(media_type)), None)


class Config(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What lists show of a model without opening its file. Unknown fields are left alone."""

    model_format: str = ""
    model_family: str = ""
    model_families: tuple[str, ...] | None = None
    model_type: str = ""  # the parameter size: "1.2B"
    file_type: str = ""  # the quantisation: "Q4_K_M"
    renderer: str = ""
    parser: str = ""
    requires: str = ""
    capabilities: tuple[str, ...] | None = None
    remote_host: str = ""
    remote_model: str = ""
    context_length: int = 0
    embedding_length: int = 0
    base_name: str = ""
    architecture: str = ""
    os: str = ""


def make_manifest(config: Layer, layers: Sequence[Layer]) -> Manifest:
    """A new manifest of these blobs."""
    return Manifest(config=config, layers=tuple(layers))


def config_of(header: GgufHeader) -> Config:
    """The configuration of a model that is this GGUF file."""
    family = header.architecture
    return Config(
        model_format="gguf",
        model_family=family,
        model_families=(family,),
        model_type=header.parameter_size,
        file_type=header.file_type,
        architecture="amd64",
        os="linux",
    )


def encode(value: Manifest | Config | Mapping[str, Any] | Sequence[Any]) -> bytes:
    """The JSON of a manifest, a configuration or a layer, byte for byte as Ollama writes it.

    So the same model has the same id, whoever made it: compact, with a newline at its end, and the
    characters that mean something to HTML escaped, as Go's encoder does.
    """
    data = msgspec.json.encode(value)
    for plain, escaped in _ESCAPES.items():  # these stand within texts only
        data = data.replace(plain, escaped)
    return data + b"\n"


def decode_manifest(data: bytes) -> Manifest:
    """Read a manifest; every digest in it is checked. Raises `InvalidManifest`."""
    manifest = _decode(data, Manifest, "manifest")
    if not manifest.blobs():  # such as the index of several, or one of the first version
        raise InvalidManifest(f"the manifest ({manifest.media_type}) names no layers")
    if len(manifest.layers) > _MAX_LAYERS:
        raise InvalidManifest(f"the manifest has {len(manifest.layers)} layers")
    for layer in manifest.blobs():
        try:
            Digest.parse(layer.digest)
        except InvalidDigest:
            raise BadDigest(layer.digest) from None
        if layer.size < 0:
            raise InvalidManifest(f"the manifest names a blob of {layer.size} bytes")
    return manifest


def decode_config(data: bytes) -> Config:
    """Read a configuration. Raises `InvalidManifest`."""
    return _decode(data, Config, "configuration")


_T = TypeVar("_T")
_ESCAPES = {
    b"<": rb"\u003c",
    b">": rb"\u003e",
    b"&": rb"\u0026",
    "\u2028".encode(): rb"\u2028",
    "\u2029".encode(): rb"\u2029",
}


def _decode(data: bytes, kind: type[_T], what: str) -> _T:
    if len(data) > MAX_BYTES:
        raise InvalidManifest(f"the {what} is larger than {MAX_BYTES} bytes")
    try:
        if b":null" not in data and b": null" not in data:
            return msgspec.json.decode(data, type=kind)
        # To Go, which writes these files, null is the same as nothing.
        return msgspec.convert(_without_nulls(msgspec.json.decode(data)), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidManifest(f"the {what} of the model cannot be read: {error}") from error


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
