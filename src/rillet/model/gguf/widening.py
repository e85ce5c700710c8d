"""Numbers of tensors as floats of 32 bits. Source: the block layouts of ggml (ggml-common.h)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final

from .writing import block_bytes


def widened(kind: str, data: bytes) -> bytes:
    """Whole blocks of the type `kind`, one of `WIDENED`, as F32."""
    return _WIDENERS[kind](data)


def _float16(data: bytes) -> bytes:
    count = len(data) // 2
    return struct.pack(f"<{count}f", *struct.unpack(f"<{count}e", data))


def _bfloat16(data: bytes) -> bytes:
    wide = bytearray(2 * len(data))
    wide[2::4], wide[3::4] = data[::2], data[1::2]
    return bytes(wide)


def _in_blocks(kind: str, numbers: Callable[[bytes], Iterator[float]]) -> Callable[[bytes], bytes]:
    def widen(data: bytes) -> bytes:
        size = block_bytes(kind)
        blocks = (data[at : at + size] for at in range(0, len(data), size))
        found = [number for block in blocks for number in numbers(block)]
        return struct.pack(f"<{len(found)}f", *found)

    return widen


def _q8_0(block: bytes) -> Iterator[float]:
    scale, *numbers = struct.unpack("<e32b", block)
    return (scale * number for number in numbers)


def _q4_k(block: bytes) -> Iterator[float]:
    """Eight parts of 32 numbers, each with a scale and a minimum of 6 bits."""
    scale, least = struct.unpack_from("<2e", block)
    packed, numbers = block[4:16], block[16:]
    for part in range(8):
        if part < 4:
            wide, low = packed[part] & 63, packed[part + 4] & 63
        else:
            wide = packed[part + 4] & 15 | packed[part - 4] >> 6 << 4
            low = packed[part + 4] >> 4 | packed[part] >> 6 << 4
        shift = part % 2 * 4
        for byte in numbers[part // 2 * 32 : part // 2 * 32 + 32]:
            yield scale * wide * (byte >> shift & 15) - least * low


def _q6_k(block: bytes) -> Iterator[float]:
    """Sixteen parts of 16 numbers, four bits of each in one place and two in another."""
    low, high = block[:128], block[128:192]
    scales = struct.unpack_from("<16b", block, 192)
    (scale,) = struct.unpack_from("<e", block, 208)
    for at in range(256):
        half, quarter, place = at // 128, at // 32 % 4, at % 32
        bits = low[half * 64 + quarter % 2 * 32 + place] >> quarter // 2 * 4 & 15
        more = high[half * 32 + place] >> quarter * 2 & 3
        yield scale * scales[at // 16] * ((bits | more << 4) - 32)


_WIDENERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "F32": bytes,
    "F16": _float16,
    "BF16": _bfloat16,
    "Q8_0": _in_blocks("Q8_0", _q8_0),
    "Q4_K": _in_blocks("Q4_K", _q4_k),
    "Q6_K": _in_blocks("Q6_K", _q6_k),
}
WIDENED: Final = frozenset(_WIDENERS)
