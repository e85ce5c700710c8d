"""What must hold before an engine may see a model file.

An engine trusts the header: a head count that does not divide or a key/value head count of 0 ends
its process. Weights that are no numbers are found by the engine when it loads them.
"""

from __future__ import annotations

import math

from rillet.words.errors import InvalidModelFile

from .header import GgufArray, GgufHeader, Tensor

_MAX_EMBEDDING = 1 << 20
_MAX_BLOCKS = 4_096
_MAX_CONTEXT = 1 << 31

#: Files of these kinds hold a part of a model and have no layers of their own.
_PARTS = ("adapter", "mmproj", "imatrix")


def validate(header: GgufHeader, file_size: int) -> None:
    """Raise `InvalidModelFile`, in one plain sentence, unless the file can be a loadable model."""
    if part := header.number("split.no"):
        raise InvalidModelFile(
            f"it is part {part + 1} of {header.parts} of a model",
            hint="Name the first part; the others have to lie beside it",
        )
    if not header.tensors:
        raise InvalidModelFile("the file holds no tensors")
    validate_part(header, file_size)
    if not header.architecture:
        raise InvalidModelFile("the file does not say its architecture")
    if header.architecture == "clip" or header.text("general.type") in _PARTS:
        return
    _check_size(header, "embedding_length", _MAX_EMBEDDING)
    _check_size(header, "block_count", _MAX_BLOCKS)
    _check_size(header, "context_length", _MAX_CONTEXT)
    _check_heads(header)
    _check_floats(header)


def validate_part(header: GgufHeader, file_size: int) -> None:
    """What must hold for each file of a model that is split; the whole is looked at when joined."""
    for tensor in header.tensors:
        _check_place(tensor, header, file_size)


def _check_floats(header: GgufHeader) -> None:
    for key, value in header.metadata.items():
        if not isinstance(value, float) or not key.startswith(f"{header.architecture}."):
            continue
        if not math.isfinite(value) or (value < 0 and key.endswith("_epsilon")):
            raise InvalidModelFile(f"{key} is {value}, which cannot be")


def _check_place(tensor: Tensor, header: GgufHeader, file_size: int) -> None:
    if tensor.offset % header.alignment:
        raise InvalidModelFile(
            f"the tensor {tensor.name!r} does not lie on a multiple of {header.alignment} bytes"
        )
    end = header.data_offset + tensor.offset + tensor.size
    if end > file_size:
        raise InvalidModelFile(
            f"the file is cut off: the tensor {tensor.name!r} ends at byte {end}, "
            f"the file at byte {file_size}"
        )


def _check_size(header: GgufHeader, name: str, most: int) -> None:
    value = header.number(header.own(name))
    if not 1 <= value <= most:
        raise InvalidModelFile(f"{header.own(name)} is {value}, not within 1 to {most}")


def _check_heads(header: GgufHeader) -> None:
    heads = _per_layer(header, "attention.head_count")
    if heads is None:
        return
    kv_heads = _per_layer(header, "attention.head_count_kv") or heads
    # Layers without attention say 0, either layer by layer or, in pure state-space models, at once.
    mixed = len(heads) > 1 or len(kv_heads) > 1 or _has_state(header)
    own_width = header.own("attention.key_length") in header.metadata
    layers = max(len(heads), len(kv_heads))
    for layer in range(layers):
        head = heads[layer if len(heads) > 1 else 0]
        kv = kv_heads[layer if len(kv_heads) > 1 else 0]
        _check_layer(header, head, kv, mixed, own_width)


def _check_layer(header: GgufHeader, head: int, kv: int, mixed: bool, own_width: bool) -> None:
    what = header.own("attention.head_count")
    if head < 0 or kv < 0 or head > header.embedding_length * 16:
        raise InvalidModelFile(f"{what} is {head} with {kv} key/value heads, which cannot be")
    if head == 0 and not mixed:
        raise InvalidModelFile(f"{what} is 0")
    if kv == 0 and head and not mixed:
        raise InvalidModelFile(f"{what}_kv is 0")
    if head and kv and head % kv:
        raise InvalidModelFile(f"{what} is {head}, not a multiple of the {kv} key/value heads")
    # With a key length of its own a head need not be a slice of the embedding.
    if head and not own_width and header.embedding_length % head:
        raise InvalidModelFile(
            f"{what} is {head} and does not divide the embedding length {header.embedding_length}"
        )


def _has_state(header: GgufHeader) -> bool:
    keys = ("ssm.state_size", "ssm.conv_kernel", "wkv.head_size", "shortconv.l_cache")
    return any(header.own(key) in header.metadata for key in keys)


def _per_layer(header: GgufHeader, name: str) -> list[int] | None:
    """One number for all layers or one per layer; None where the key is missing."""
    key = header.own(name)
    value = header.metadata.get(key)
    if value is None:
        return None
    if not isinstance(value, GgufArray):
        return [header.number(key)]
    numbers = [v for v in value.values or () if isinstance(v, int)]
    if len(numbers) != value.count or value.count < header.block_count:
        raise InvalidModelFile(f"{key} has {value.count} numbers for {header.block_count} layers")
    return numbers
