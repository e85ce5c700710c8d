"""What is looked at in a header to tell Ollama's own layout from that of llama.cpp."""

from __future__ import annotations

from .draft import SENSES
from .header import GgufArray, GgufHeader


def shape(header: GgufHeader, name: str) -> tuple[int, ...]:
    """() where there is no such tensor."""
    return next((tensor.shape for tensor in header.tensors if tensor.name == name), ())


def numbers(header: GgufHeader, key: str) -> tuple[int, ...]:
    """() where it is no array, or a long one. Raises `ValueError` where it holds no numbers."""
    value = header.metadata.get(key)
    values = value.values if isinstance(value, GgufArray) else None
    return tuple(int(each) for each in values or ())


def count(header: GgufHeader, key: str) -> int:
    """Of the elements of an array; 0 where it is none."""
    value = header.metadata.get(key)
    return value.count if isinstance(value, GgufArray) else 0


def has_senses(header: GgufHeader) -> bool:
    return begins(header, SENSES)


def begins(header: GgufHeader, beginnings: str | tuple[str, ...]) -> bool:
    """Whether the name of a tensor does."""
    return any(tensor.name.startswith(beginnings) for tensor in header.tensors)


def ends(header: GgufHeader, *ends: str) -> bool:
    """Whether the name of a tensor does."""
    return any(tensor.name.endswith(ends) for tensor in header.tensors)


def always(_: GgufHeader) -> bool:
    return True
