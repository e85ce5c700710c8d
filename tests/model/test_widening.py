import gguf
import numpy
import pytest

from rillet.model.gguf.widening import WIDENED, widened


@pytest.mark.parametrize("name", sorted(WIDENED))
def test_floats_are_those_of_the_format(name: str) -> None:
    kind = gguf.GGMLQuantizationType[name]
    lot = numpy.random.default_rng(3)
    if name in ("F32", "F16", "BF16", "Q8_0"):
        data = gguf.quants.quantize(lot.normal(0, 1, 512).astype(numpy.float32), kind).tobytes()
    else:  # the package cannot make these: bytes at random, but for the scales
        size = gguf.GGML_QUANT_SIZES[kind][1]
        blocks = lot.integers(0, 256, (2, size), numpy.uint8)
        places = (0, 2) if name == "Q4_K" else (208,)
        for place, scale in zip(places, (0.25, 0.75), strict=False):
            blocks[:, place : place + 2] = numpy.array([scale], numpy.float16).view(numpy.uint8)
        data = blocks.tobytes()
    wanted = gguf.quants.dequantize(numpy.frombuffer(data, numpy.uint8), kind).ravel()
    assert numpy.array_equal(numpy.frombuffer(widened(name, data), numpy.float32), wanted)
