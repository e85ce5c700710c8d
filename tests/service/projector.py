"""Writes an image projector with random weights: 28 x 28 pixels in four patches, two layers.

Its vectors fit the tiny models (64 numbers). What it sees means nothing, but a model that is
shown an image says something else than one that is not. Source of the names: llama.cpp's mtmd.
"""

import base64
import struct
import zlib
from pathlib import Path

import gguf
import numpy

_WIDTH, _FORWARD, _PATCH, _SIZE, _OUT = 32, 64, 14, 28, 64


def write_projector(path: Path) -> None:
    """A file of some 170 KB, the same each time."""
    random = numpy.random.default_rng(1)
    writer = gguf.GGUFWriter(str(path), "clip")
    writer.add_string("general.type", "mmproj")
    writer.add_uint32("general.file_type", 0)
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_bool("clip.use_gelu", True)
    writer.add_string("clip.projector_type", "mlp")
    numbers = {
        "image_size": _SIZE,
        "patch_size": _PATCH,
        "embedding_length": _WIDTH,
        "feed_forward_length": _FORWARD,
        "projection_dim": _OUT,
        "block_count": 2,
        "attention.head_count": 2,
    }
    for name, value in numbers.items():
        writer.add_uint32(f"clip.vision.{name}", value)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    for name in ("image_mean", "image_std"):
        writer.add_array(f"clip.vision.{name}", [0.5, 0.5, 0.5])
    for name, shape in _tensors():
        values = random.standard_normal(shape) * 0.05
        writer.add_tensor(name, values.astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def png(width: int = 40, height: int = 30, colour: tuple[int, int, int] = (200, 30, 30)) -> str:
    """An image of one colour, as base64."""
    rows = b"".join(b"\0" + bytes(colour) * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return base64.b64encode(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        )
    ).decode()


def _tensors() -> list[tuple[str, tuple[int, ...]]]:
    square, line = (_WIDTH, _WIDTH), (_WIDTH,)
    found: list[tuple[str, tuple[int, ...]]] = [
        ("v.class_embd", line),
        ("v.patch_embd.weight", (_WIDTH, 3, _PATCH, _PATCH)),
        ("v.position_embd.weight", ((_SIZE // _PATCH) ** 2 + 1, _WIDTH)),
        ("v.pre_ln.weight", line),
        ("v.pre_ln.bias", line),
        ("mm.0.weight", (_OUT, _WIDTH)),
        ("mm.0.bias", (_OUT,)),
        ("mm.2.weight", (_OUT, _OUT)),
        ("mm.2.bias", (_OUT,)),
    ]
    for block in ("v.blk.0.", "v.blk.1."):
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            found += [(f"{block}{name}.weight", square), (f"{block}{name}.bias", line)]
        for name in ("ln1", "ln2"):
            found += [(f"{block}{name}.weight", line), (f"{block}{name}.bias", line)]
        found += [
            (f"{block}ffn_down.weight", (_WIDTH, _FORWARD)),
            (f"{block}ffn_down.bias", line),
            (f"{block}ffn_up.weight", (_FORWARD, _WIDTH)),
            (f"{block}ffn_up.bias", (_FORWARD,)),
        ]
    return found
