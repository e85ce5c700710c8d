"""The numbers of the GGUF format: value types, tensor types, file types, and our limits.

Source: the GGUF specification of the ggml project, and the type tables that its tools print.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """What a header may ask of us. Real files stay an order of magnitude below each."""

    max_metadata: int = 16_384  # key/value pairs
    max_tensors: int = 131_072
    max_key: int = 1_024  # bytes of a metadata key or a tensor name
    max_string: int = 8 << 20  # bytes of one text value
    max_elements: int = 8_000_000  # elements of all arrays together
    max_header: int = 256 << 20  # bytes before the tensor data
    max_kept: int = 32 << 20  # bytes of texts and small arrays that stay in memory
    inline_array: int = 1_024  # longer arrays are not kept, only where they lie


DEFAULT_LIMITS: Final = Limits()

STRING: Final = 8
ARRAY: Final = 9
BOOL: Final = 7

#: Value type: (struct letter, bytes, name). Texts and arrays have no fixed size.
SCALARS: Final[dict[int, tuple[str, int, str]]] = {
    0: ("B", 1, "uint8"),
    1: ("b", 1, "int8"),
    2: ("H", 2, "uint16"),
    3: ("h", 2, "int16"),
    4: ("I", 4, "uint32"),
    5: ("i", 4, "int32"),
    6: ("f", 4, "float32"),
    BOOL: ("?", 1, "bool"),
    10: ("Q", 8, "uint64"),
    11: ("q", 8, "int64"),
    12: ("d", 8, "float64"),
}

#: Tensor type: (name, elements of a block, bytes of a block). Numbers left out are retired.
TENSOR_TYPES: Final[dict[int, tuple[str, int, int]]] = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 36),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
}

#: `general.file_type`: the quantisation as lists show it.
FILE_TYPES: Final[dict[int, str]] = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
    21: "Q2_K_S",
    22: "IQ3_XS",
    23: "IQ3_XXS",
    24: "IQ1_S",
    25: "IQ4_NL",
    26: "IQ3_S",
    27: "IQ3_M",
    28: "IQ2_S",
    29: "IQ2_M",
    30: "IQ4_XS",
    31: "IQ1_M",
    32: "BF16",
    36: "TQ1_0",
    37: "TQ2_0",
    38: "MXFP4",
    39: "NVFP4",
    40: "Q1_0",
}


def human_count(number: int) -> str:
    """A parameter count as Ollama shows it: 999, 134K, 2.77M, 361.82M, 7B, 1.2B."""
    if number >= 1_000_000_000:
        value, digits, letter = number / 1e9, 1, "B"
    elif number >= 1_000_000:
        value, digits, letter = number / 1e6, 2, "M"
    elif number >= 1_000:
        value, digits, letter = number / 1e3, 0, "K"
    else:
        return str(number)
    return f"{value:.0f}{letter}" if value.is_integer() else f"{value:.{digits}f}{letter}"
