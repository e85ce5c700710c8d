"""Reads a GGUF header: one pass, bounded memory, linear in the bytes before the tensor data.

The law here: a stranger wrote the file. Every length is held against the limits and the end of
the file before anything is read or kept, and what is wrong is always an `InvalidModelFile`.
"""

from __future__ import annotations

import struct
from dataclasses import replace

from rillet.words.errors import InvalidModelFile

from .cursor import Cursor, ReadAt
from .formats import ARRAY, DEFAULT_LIMITS, SCALARS, STRING, TENSOR_TYPES, Limits
from .header import GgufArray, GgufHeader, MetadataValue, Scalar, Tensor

Source = bytes | bytearray | memoryview | ReadAt

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MAX_DIMENSIONS = 4
_MAX_ELEMENTS = 1 << 62


def read_header(
    source: Source, file_size: int | None = None, limits: Limits = DEFAULT_LIMITS
) -> GgufHeader:
    """Read the header of a GGUF file.

    `source` is the file's bytes (or its beginning), or a callable `(offset, count) -> bytes` that
    returns fewer bytes only at the end of the file; then `file_size` must be given.
    Raises `InvalidModelFile`. Whether an engine can load the model is said by `validate`.
    """
    cursor = open_cursor(source, file_size, limits)
    if cursor.size < 4 or cursor.take(4) != _MAGIC:
        raise InvalidModelFile("this is not a GGUF file: it does not begin with GGUF")
    version = cursor.uint32()
    if version not in _VERSIONS:
        raise InvalidModelFile(_version_complaint(version))
    tensor_count, metadata_count = cursor.uint64(), cursor.uint64()
    _within(tensor_count, limits.max_tensors, "tensors")
    _within(metadata_count, limits.max_metadata, "metadata entries")
    metadata = _read_metadata(cursor, metadata_count)
    alignment = _alignment(metadata)
    tensors = _read_tensors(cursor, tensor_count)
    data_offset = -(-cursor.position // alignment) * alignment
    return GgufHeader(version, metadata, tensors, alignment, data_offset)


def read_array(
    source: Source,
    array: GgufArray,
    file_size: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> list[Scalar]:
    """The values of an array that the header did not keep. Raises `InvalidModelFile`."""
    if array.values is not None:
        return list(array.values)
    # Whoever asks for all of an array wants to keep it.
    cursor = open_cursor(source, file_size, replace(limits, max_kept=limits.max_header * 4))
    cursor.skip(array.offset)
    return _read_elements(cursor, array.value_type, array.count)


def open_cursor(
    source: Source, file_size: int | None = None, limits: Limits = DEFAULT_LIMITS
) -> Cursor:
    """A reading place at the beginning of the file."""
    if callable(source):
        if file_size is None:
            raise TypeError("file_size must be given with a callable source")
        return Cursor(source, file_size, limits)
    view = memoryview(source)
    size = len(view) if file_size is None else file_size
    return Cursor(lambda offset, count: bytes(view[offset : offset + count]), size, limits)


def _version_complaint(version: int) -> str:
    if int.from_bytes(version.to_bytes(4, "little"), "big") in _VERSIONS:
        return "this GGUF file is big-endian; a little-endian one is needed"
    return f"GGUF version {version} is not supported, only versions 2 and 3 are"


def _within(count: int, most: int, what: str) -> None:
    if count > most:
        raise InvalidModelFile(f"the file claims {count} {what}, more than the {most} allowed")


def _read_metadata(cursor: Cursor, count: int) -> dict[str, MetadataValue]:
    metadata: dict[str, MetadataValue] = {}
    for _ in range(count):
        key = cursor.text(cursor.limits.max_key, "a metadata key")
        if key in metadata:
            raise InvalidModelFile(f"the metadata key {key!r} is there twice")
        metadata[key] = read_value(cursor, cursor.uint32(), key)
    return metadata


def read_value(cursor: Cursor, value_type: int, key: str) -> MetadataValue:
    """One metadata value of this type."""
    if value_type != ARRAY:
        if value_type != STRING and value_type not in SCALARS:
            raise InvalidModelFile(f"the value of {key!r} has the unknown type {value_type}")
        return _read_elements(cursor, value_type, 1)[0]
    element_type, count = cursor.uint32(), cursor.uint64()
    if element_type != STRING and element_type not in SCALARS:
        raise InvalidModelFile(f"the array {key!r} has elements of the unknown type {element_type}")
    cursor.spend_elements(count, key)
    offset = cursor.position
    if count <= cursor.limits.inline_array:
        values = tuple(_read_elements(cursor, element_type, count))
        return GgufArray(element_type, count, offset, values)
    if element_type == STRING:
        cursor.skip_texts(count)
    else:
        cursor.skip(count * SCALARS[element_type][1])
    return GgufArray(element_type, count, offset, None)


def _read_elements(cursor: Cursor, value_type: int, count: int) -> list[Scalar]:
    if value_type == STRING:
        longest = cursor.limits.max_string
        return [cursor.text(longest, "a text value") for _ in range(count)]
    letter, size, name = SCALARS[value_type]
    cursor.keep(count * size)
    values: tuple[Scalar, ...] = struct.unpack(f"<{count}{letter}", cursor.take(count * size))
    return [_shortest(float(v)) for v in values] if name == "float32" else list(values)


_ABOVE_FLOAT32 = 3.4028235677973366e38  # what is below is rounded to a number of 32 bits


def _shortest(value: float) -> float:
    """The shortest decimal that is the same float32: 1e-05, not 9.999999747378752e-06."""
    if value != value or value in (float("inf"), float("-inf")):
        return value
    if value.is_integer() and abs(value) < 1 << 24:
        return value
    for digits in (6, 7, 8):
        short = float(f"{value:.{digits}g}")
        if (
            abs(short) < _ABOVE_FLOAT32
            and struct.unpack("<f", struct.pack("<f", short))[0] == value
        ):
            return short
    return float(f"{value:.9g}")


def _alignment(metadata: dict[str, MetadataValue]) -> int:
    value = metadata.get("general.alignment", 32)
    if not isinstance(value, int) or value < 1 or value & (value - 1) or value > 1 << 20:
        raise InvalidModelFile(f"general.alignment is {value!r}, not a power of two")
    return value


def _read_tensors(cursor: Cursor, count: int) -> list[Tensor]:
    tensors: list[Tensor] = []
    names: set[str] = set()
    for _ in range(count):
        tensor = _read_tensor(cursor)
        if tensor.name in names:
            raise InvalidModelFile(f"the tensor {tensor.name!r} is there twice")
        names.add(tensor.name)
        tensors.append(tensor)
    return tensors


def _read_tensor(cursor: Cursor) -> Tensor:
    name = cursor.text(cursor.limits.max_key, "a tensor name")
    dimensions = cursor.uint32()
    if not 1 <= dimensions <= _MAX_DIMENSIONS:
        raise InvalidModelFile(f"the tensor {name!r} has {dimensions} dimensions, not 1 to 4")
    shape = struct.unpack(f"<{dimensions}Q", cursor.take(8 * dimensions))
    type_number, offset = cursor.uint32(), cursor.uint64()
    known = TENSOR_TYPES.get(type_number)
    if known is None:
        raise InvalidModelFile(f"the tensor {name!r} has the unknown type {type_number}")
    elements = 1
    for length in shape:
        elements *= length
    if not 1 <= elements <= _MAX_ELEMENTS:
        raise InvalidModelFile(f"the tensor {name!r} has the impossible shape {list(shape)}")
    type_name, block, block_bytes = known
    if shape[0] % block:
        raise InvalidModelFile(
            f"the tensor {name!r} has rows of {shape[0]} elements; {type_name} needs "
            f"a multiple of {block}"
        )
    return Tensor(name, type_name, shape, offset, elements, elements // block * block_bytes)
