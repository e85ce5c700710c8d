"""Where in a model file the numbers lie that can be no numbers: NaN or infinite.

A quantised block is a few small integers and one or two scales, and only a scale can be that.
Sources: the block layouts of ggml (ggml-common.h), IEEE 754.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .formats import TENSOR_TYPES
from .header import GgufHeader

#: Tensor type: (kind of float, where the floats of a block begin). The rest has none, or only
#: such as hold no NaN.
_FLOATS: Final[dict[str, tuple[str, tuple[int, ...]]]] = {
    "F32": ("F32", (0,)),
    "F16": ("F16", (0,)),
    "BF16": ("BF16", (0,)),
    "Q4_0": ("F16", (0,)),
    "Q4_1": ("F16", (0, 2)),
    "Q5_0": ("F16", (0,)),
    "Q5_1": ("F16", (0, 2)),
    "Q8_0": ("F16", (0,)),
    "Q2_K": ("F16", (80, 82)),
    "Q3_K": ("F16", (108,)),
    "Q4_K": ("F16", (0, 2)),
    "Q5_K": ("F16", (0, 2)),
    "Q6_K": ("F16", (208,)),
    "IQ2_XXS": ("F16", (0,)),
    "IQ2_XS": ("F16", (0,)),
    "IQ2_S": ("F16", (0,)),
    "IQ3_XXS": ("F16", (0,)),
    "IQ3_S": ("F16", (0,)),
    "IQ1_S": ("F16", (0,)),
    "IQ4_NL": ("F16", (0,)),
    "IQ4_XS": ("F16", (0,)),
    "TQ1_0": ("F16", (52,)),
    "TQ2_0": ("F16", (64,)),
}
_BLOCKS: Final = {name: size for name, _, size in TENSOR_TYPES.values()}


class Floats(NamedTuple):
    """The floats of one tensor: they begin at `places` in each block of `block` bytes."""

    tensor: str
    start: int  # bytes from the start of the file
    size: int  # bytes
    block: int
    kind: str  # F32, F16 or BF16, little-endian
    places: tuple[int, ...]


def floats(header: GgufHeader) -> list[Floats]:
    """Those of every tensor that has any."""
    return [
        Floats(tensor.name, header.data_offset + tensor.offset, tensor.size, _BLOCKS[kind], *found)
        for tensor in header.tensors
        if (found := _FLOATS.get(kind := tensor.type))
    ]
