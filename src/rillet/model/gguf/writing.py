"""A GGUF file written anew from another: its metadata as they are but for a few entries, its
tensors in other types. Pure: this makes the bytes before the tensor data.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .formats import TENSOR_TYPES
from .reader import Source, open_cursor, read_value

_UINT8, _UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 0, 4, 5, 6, 7, 8, 9
_NUMBERS = {name: number for number, (name, _, _) in TENSOR_TYPES.items()}


class NewTensor(NamedTuple):
    """A tensor as it will be; `type` as in `Tensor`."""

    name: str
    shape: tuple[int, ...]
    type: str

    @property
    def size(self) -> int:
        """In bytes."""
        elements = 1
        for length in self.shape:
            elements *= length
        _, block, block_bytes = TENSOR_TYPES[_NUMBERS[self.type]]
        return elements // block * block_bytes


def type_number(name: str) -> int:
    return _NUMBERS[name]


def block_length(name: str) -> int:
    """How many elements of a row belong together in this type."""
    return TENSOR_TYPES[_NUMBERS[name]][1]


def block_bytes(name: str) -> int:
    """How many bytes these elements take."""
    return TENSOR_TYPES[_NUMBERS[name]][2]


def metadata_entries(source: Source, file_size: int | None = None) -> dict[str, bytes]:
    """Every metadata entry of a file by its key, as its bytes stand there.

    Raises `InvalidModelFile`.
    """
    cursor = open_cursor(source, file_size)
    cursor.take(8)
    cursor.uint64()
    spans: dict[str, tuple[int, int]] = {}
    for _ in range(cursor.uint64()):
        start = cursor.position
        key = cursor.text(cursor.limits.max_key, "a metadata key")
        read_value(cursor, cursor.uint32(), key)
        spans[key] = (start, cursor.position)
    again = open_cursor(source, file_size)
    again.take(24)
    return {key: again.take(end - start) for key, (start, end) in spans.items()}


def number_entry(key: str, value: int) -> bytes:
    """A metadata entry that holds a whole number of 32 bits."""
    return _text(key) + struct.pack("<II", _UINT32, value)


def text_entry(key: str, value: str) -> bytes:
    """A metadata entry that holds a text."""
    return _text(key) + struct.pack("<I", _STRING) + _text(value)


def float_entry(key: str, value: float) -> bytes:
    """A metadata entry that holds a number of 32 bits with a point."""
    return _text(key) + struct.pack("<If", _FLOAT32, value)


def numbers_entry(key: str, values: Sequence[int]) -> bytes:
    """A metadata entry that holds a list of whole numbers of 32 bits."""
    begun = struct.pack("<IIQ", _ARRAY, _INT32, len(values))
    return _text(key) + begun + struct.pack(f"<{len(values)}i", *values)


def floats_entry(key: str, values: Sequence[float]) -> bytes:
    """A metadata entry that holds a list of numbers of 32 bits with a point."""
    begun = struct.pack("<IIQ", _ARRAY, _FLOAT32, len(values))
    return _text(key) + begun + struct.pack(f"<{len(values)}f", *values)


def bytes_entry(key: str, value: bytes) -> bytes:
    """A metadata entry that holds a list of bytes."""
    return _text(key) + struct.pack("<IIQ", _ARRAY, _UINT8, len(value)) + value


def flag_entry(key: str, value: bool) -> bytes:
    """A metadata entry that is true or false."""
    return _text(key) + struct.pack("<I?", _BOOL, value)


def renamed_entry(entry: bytes, key: str, other: str) -> bytes:
    """The same value under another key."""
    return _text(other) + entry[len(_text(key)) :]


def key_bytes(key: str) -> bytes:
    """What an entry begins with."""
    return _text(key)


def head(entries: Iterable[bytes], tensors: Sequence[NewTensor], alignment: int) -> bytes:
    """All before the tensor data, which follow in this order, each from a multiple of `alignment`
    on."""
    listed = list(entries)
    parts = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(listed)), *listed]
    offset = 0
    for tensor in tensors:
        count = len(tensor.shape)
        place = struct.pack(f"<I{count}QIQ", count, *tensor.shape, _NUMBERS[tensor.type], offset)
        parts.append(_text(tensor.name) + place)
        offset += aligned(tensor.size, alignment)
    written = b"".join(parts)
    return written.ljust(aligned(len(written), alignment), b"\0")


def aligned(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data
