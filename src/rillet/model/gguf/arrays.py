"""Arrays in the bytes of a metadata entry."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from .writing import key_bytes

_ARRAY, _STRING = 9, 8
_WORDS = (4, 5)  # of 32 bits
_WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


def shortened(entry: bytes, key: str, count: int) -> bytes:
    """The entry of an array, with no more than `count` elements; any other as it is."""
    start = len(key_bytes(key))
    kind, elements = struct.unpack_from("<II", entry, start)
    if kind != _ARRAY:
        return entry
    (there,) = struct.unpack_from("<Q", entry, start + 8)
    if there <= count or (elements != _STRING and elements not in _WIDTHS):
        return entry
    end = start + 16
    if elements == _STRING:
        for _ in range(count):
            end += 8 + struct.unpack_from("<Q", entry, end)[0]
    else:
        end += count * _WIDTHS[elements]
    return entry[: start + 8] + struct.pack("<Q", count) + entry[start + 16 : end]


def position(entry: bytes, key: str, text: str) -> int | None:
    """Where a text stands in an array of them; None where it does not."""
    return next((at for at, each in enumerate(texts(entry, key)) if each == text.encode()), None)


def joined_text(entry: bytes, key: str) -> str:
    """The texts of an array, as one. Raises `ValueError` where it holds anything else."""
    return b"".join(texts(entry, key)).decode()


def texts(entry: bytes, key: str) -> Iterator[bytes]:
    """Those of an array, one by one. Raises `ValueError` where it holds anything else."""
    start = len(key_bytes(key))
    kind, elements, count = struct.unpack_from("<IIQ", entry, start)
    if (kind, elements) != (_ARRAY, _STRING):
        raise ValueError(f"{key} holds no texts")
    at = start + 16
    for _ in range(count):
        size = struct.unpack_from("<Q", entry, at)[0]
        yield entry[at + 8 : at + 8 + size]
        at += 8 + size


def replaced(entry: bytes, key: str, numbers: Mapping[int, int]) -> bytes:
    """An array of whole numbers of 32 bits, with others at these places; any other as it is.

    Raises `ValueError` for a place behind its end.
    """
    start = len(key_bytes(key))
    kind, elements, count = struct.unpack_from("<IIQ", entry, start)
    if kind != _ARRAY or elements not in _WORDS:
        return entry
    if numbers and max(numbers) >= count:
        raise ValueError(f"{key} has {count} elements")
    changed = bytearray(entry)
    for place, number in numbers.items():
        struct.pack_into("<i", changed, start + 16 + 4 * place, number)
    return bytes(changed)
