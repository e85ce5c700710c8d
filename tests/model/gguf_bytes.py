"""Writes GGUF bytes for the tests, right ones and wrong ones alike."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

U32, F32, BOOL, STRING, ARRAY, U64 = 4, 6, 7, 8, 9, 10
_LETTERS = {U32: "I", F32: "f", BOOL: "?", U64: "Q"}

LLAMA: dict[str, tuple[int, Any]] = {
    "general.architecture": (STRING, "llama"),
    "llama.embedding_length": (U32, 64),
    "llama.block_count": (U32, 2),
    "llama.context_length": (U32, 2048),
    "llama.attention.head_count": (U32, 4),
    "llama.attention.head_count_kv": (U32, 2),
}
#: name, shape, type number, offset
WEIGHT = ("a.weight", (32, 2), 0, 0)


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def scalar(kind: int, value: Any) -> bytes:
    return text(value) if kind == STRING else struct.pack("<" + _LETTERS[kind], value)


def array(kind: int, values: Sequence[Any]) -> bytes:
    return struct.pack("<IQ", kind, len(values)) + b"".join(scalar(kind, v) for v in values)


def entry(key: str, kind: int, value: Any) -> bytes:
    raw = value if kind == ARRAY else scalar(kind, value)
    return text(key) + struct.pack("<I", kind) + raw


def tensor(name: str, shape: Sequence[int], kind: int, offset: int) -> bytes:
    sizes = struct.pack(f"<{len(shape)}Q", *shape)
    return text(name) + struct.pack("<I", len(shape)) + sizes + struct.pack("<IQ", kind, offset)


def gguf(
    metadata: Mapping[str, tuple[int, Any]] = LLAMA,
    tensors: Sequence[tuple[str, Sequence[int], int, int]] = (WEIGHT,),
    *,
    version: int = 3,
    data: int = 1024,
    alignment: int = 32,
) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    head += b"".join(entry(key, kind, value) for key, (kind, value) in metadata.items())
    head += b"".join(tensor(*parts) for parts in tensors)
    return head + b"\0" * (-len(head) % alignment) + b"\0" * data


def changed(**values: tuple[int, Any] | None) -> dict[str, tuple[int, Any]]:
    """LLAMA with some keys (written with __ for a dot) replaced, or left out by None."""
    result = dict(LLAMA)
    for name, value in values.items():
        key = name.replace("__", ".")
        if value is None:
            del result[key]
        else:
            result[key] = value
    return result
