"""Tensors made of bytes of others: joined, split, with their rows in another order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from .header import Tensor
from .widening import WIDENED
from .writing import NewTensor


class CannotMake(ValueError):
    """Something that such a model may have, and that is not known here."""


class Span(NamedTuple):
    """Bytes of the old tensor data."""

    begin: int  # in bytes from the start of the tensor data
    size: int  # in bytes
    type: str  # of the numbers there, as in `Tensor`


#: Spans of the same size, each with a weight: their numbers are added up, and are F32 then.
Mixture = Sequence[tuple[float, Span]]


class Spliced(NamedTuple):
    """A new tensor: its spans and mixtures follow one another; without any it is all zeros.

    A span of another type is turned into that of the new tensor, which is F32 then.
    """

    new: NewTensor
    spans: Callable[[], Iterator[Span | Mixture]]


def kept(tensor: Tensor, new: NewTensor) -> Spliced:
    """As it is, or its first rows."""
    size = new.size if new.type == tensor.type else tensor.size
    return Spliced(new, lambda: iter((Span(tensor.offset, size, tensor.type),)))


def zeros(name: str, length: int) -> Spliced:
    return Spliced(NewTensor(name, (length,), "F32"), lambda: iter(()))


def joined(name: str, tensors: Sequence[Tensor]) -> Spliced:
    """One after the other along the slowest dimension; of several types as F32.

    Raises `ValueError` where their shapes do not fit together.
    """
    first = tensors[0]
    if len({tensor.shape[:-1] for tensor in tensors}) != 1:
        raise ValueError(f"the parts of {name} have several shapes")
    kinds = {tensor.type for tensor in tensors}
    kind = first.type if len(kinds) == 1 else "F32"
    if len(kinds) > 1:
        _check_widened(*kinds)
    shape = (*first.shape[:-1], sum(tensor.shape[-1] for tensor in tensors))
    spans = [Span(tensor.offset, tensor.size, tensor.type) for tensor in tensors]
    return Spliced(NewTensor(name, shape, kind), lambda: iter(spans))


def reordered(name: str, tensor: Tensor, order: Callable[[int], int]) -> Spliced:
    """With row `order(row)` of the old one at each `row`.

    Raises `ValueError` where it has no rows.
    """
    if len(tensor.shape) < 2:
        raise ValueError(f"{tensor.name} has no rows")
    rows = tensor.elements // tensor.shape[0]
    new = NewTensor(name, tensor.shape, tensor.type)
    return sliced(new, tensor, rows, lambda: map(order, range(rows)))


def row(name: str, tensor: Tensor, number: int) -> Spliced:
    """One row of a matrix, as F32. Raises `ValueError` where there is none such."""
    if len(tensor.shape) != 2 or number >= tensor.shape[1]:
        raise ValueError(f"{tensor.name} has no row {number}")
    return sliced(
        NewTensor(name, tensor.shape[:1], "F32"), tensor, tensor.shape[1], lambda: (number,)
    )


def sliced(
    new: NewTensor, tensor: Tensor, count: int, taken: Callable[[], Iterable[int]]
) -> Spliced:
    """Of `count` parts of the same size, those whose numbers are `taken`, in that order.

    Raises `ValueError` where they are not of the same size.
    """
    part = _part(tensor, count)
    if new.type != tensor.type:
        _check_widened(tensor.type)
    return Spliced(new, lambda: map(part, taken()))


def _part(tensor: Tensor, count: int) -> Callable[[int], Span]:
    size, rest = divmod(tensor.size, count)
    if rest:
        raise ValueError(f"{tensor.name} has not {count} parts")
    return lambda at: Span(tensor.offset + at * size, size, tensor.type)


def blended(
    new: NewTensor, tensor: Tensor, count: int, weights: Callable[[], Iterable[Mapping[int, float]]]
) -> Spliced:
    """Of `count` parts of the same size, mixtures of those whose numbers have `weights`."""
    part = _part(tensor, count)
    _check_widened(tensor.type)
    return Spliced(new, lambda: ([(each[at], part(at)) for at in each] for each in weights()))


def _check_widened(*kinds: str) -> None:
    if unknown := set(kinds) - WIDENED:
        raise CannotMake(f"numbers of the type {unknown.pop()} would have to be F32")
