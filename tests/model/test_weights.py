"""Where floats lie in the blocks of each type, as the gguf package reads them, and what the child
makes of them."""

import math
import struct
from pathlib import Path

import gguf
import numpy
import pytest

from rillet.engine.child import check_floats
from rillet.model.gguf.formats import TENSOR_TYPES
from rillet.model.gguf.weights import _BLOCKS, _FLOATS, Floats

SHORT = [name for name, (kind, _) in _FLOATS.items() if kind == "F16"]
FORMS = {"F32": "<f", "F16": "<e"}
TYPES = [(name, place) for name, (_, places) in _FLOATS.items() for place in places]


def packed(kind: str, value: float) -> bytes:
    if kind == "BF16":
        return struct.pack("<f", value)[2:]
    return struct.pack(FORMS[kind], value)


@pytest.mark.parametrize(("name", "place"), TYPES)
@pytest.mark.parametrize("value", [math.nan, -math.nan, math.inf, -math.inf])
def test_one_that_is_no_number_is_found(
    name: str, place: int, value: float, tmp_path: Path
) -> None:
    kind, places = _FLOATS[name]
    block = _BLOCKS[name]
    data = bytearray(b"pad" + bytes(block * 9) + b"pad")
    floats = Floats("x", 3, block * 9, block, kind, places)
    file = tmp_path / "weights"
    for number in (0, 5, 8):
        at = 3 + block * number + place
        put = packed(kind, value)
        file.write_bytes(data[:at] + put + data[at + len(put) :])
        with pytest.raises(ValueError, match="tensor 'x' has a weight that is not a number"):
            check_floats(str(file), [(*floats[:5], list(places))])


@pytest.mark.parametrize(("kind", "most"), [("F32", 3.4e38), ("F16", 65504.0), ("BF16", 3.38e38)])
def test_the_largest_number_is_one(kind: str, most: float, tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(packed(kind, most) * 9 + packed(kind, -most) * 9)
    width = len(packed(kind, 0))
    check_floats(str(file), [("x", 0, 18 * width, width, kind, [0])])


def test_whole_numbers_of_a_block_may_be_anything(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes((packed("F16", 1.0) + b"\xff" * 16) * 100)
    check_floats(str(file), [("x", 0, 1800, 18, "F16", [0])])


@pytest.mark.parametrize("number", [n for n, (name, _, _) in TENSOR_TYPES.items() if name in SHORT])
def test_floats_lie_where_the_gguf_package_reads_them(number: int) -> None:
    name, _, size = TENSOR_TYPES[number]
    found = []
    for place in range(size - 1):
        block = numpy.full((1, size), 0x11, dtype=numpy.uint8)
        block[0, place : place + 2] = list(packed("F16", math.nan))
        with numpy.errstate(all="ignore"):
            read = gguf.quants.dequantize(block, gguf.GGMLQuantizationType(number))
        if numpy.isnan(read).any():
            found.append(place)
    assert tuple(found) == _FLOATS[name][1]
