"""Writes projectors with random weights, for images (28 x 28 pixels in four patches) and for sounds
(30 s in 30 frames).

Their vectors fit the tiny models (64 numbers). What they see and hear means nothing, but a model
that is shown an image says something else than one that is not. Source of the names: llama.cpp's
mtmd.
"""

import base64
import io
import struct
import wave
import zlib
from pathlib import Path

import gguf
import numpy

from rillet.service.service import Service
from rillet.words.models import CreateRequest

_WIDTH, _FORWARD, _PATCH, _SIZE, _OUT = 32, 64, 14, 28, 64
_EAR, _BINS, _STACK = 16, 80, 50
Shapes = list[tuple[str, tuple[int, ...]]]


def write_projector(
    path: Path, *, kind: str | None = "mlp", general: bool = True, size: int = _SIZE
) -> None:
    """A file of some 170 KB, the same each time. Images become squares of `size` pixels.

    Old ones tell neither what they are (`general`) nor their `kind`.
    """
    writer = gguf.GGUFWriter(str(path), "clip")
    if general:
        writer.add_string("general.type", "mmproj")
    writer.add_uint32("general.file_type", 0)
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_bool("clip.use_gelu", True)
    if kind:
        writer.add_string("clip.projector_type", kind)
    numbers = {
        "image_size": size,
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
    _write(writer, _tensors(size))


def write_ears(path: Path) -> None:
    """A file of some 330 KB for sounds alone."""
    writer = gguf.GGUFWriter(str(path), "clip")
    writer.add_string("general.type", "mmproj")
    writer.add_uint32("general.file_type", 0)
    writer.add_bool("clip.has_audio_encoder", True)
    writer.add_string("clip.projector_type", "ultravox")
    numbers = {
        "embedding_length": _EAR,
        "feed_forward_length": _EAR,
        "projection_dim": _OUT,
        "block_count": 1,
        "num_mel_bins": _BINS,
        "attention.head_count": 2,
        "projector.stack_factor": _STACK,
    }
    for name, value in numbers.items():
        writer.add_uint32(f"clip.audio.{name}", value)
    writer.add_float32("clip.audio.attention.layer_norm_epsilon", 1e-5)
    _write(writer, _ear_tensors())


def _write(writer: gguf.GGUFWriter, shapes: Shapes) -> None:
    random = numpy.random.default_rng(1)
    for name, shape in shapes:
        values = random.standard_normal(shape) * 0.05
        half = ".conv1d." in name and name.endswith("weight")
        writer.add_tensor(name, values.astype(numpy.float16 if half else numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def put(service: Service, path: str | Path) -> str:
    """The digest of an uploaded file."""
    return str(service.library.store.put_blob((Path(path).read_bytes(),)))


async def created(service: Service, weights: str, projector: Path, template: str = "") -> str:
    """A model with this projector; its name."""
    files = {"a.gguf": put(service, weights), "b.gguf": put(service, projector)}
    request = CreateRequest(model="sees", files=files, template=template or None)
    async for _ in service.create(request):
        pass
    return "sees"


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


def wav(seconds: float = 0.25, rate: int = 16_000) -> str:
    """A hum, as base64."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(struct.pack("<2h", 9000, -9000) * int(seconds * rate / 2))
    return base64.b64encode(file.getvalue()).decode()


def _tensors(size: int) -> Shapes:
    line = (_WIDTH,)
    found: Shapes = [
        ("v.class_embd", line),
        ("v.patch_embd.weight", (_WIDTH, 3, _PATCH, _PATCH)),
        ("v.position_embd.weight", ((size // _PATCH) ** 2 + 1, _WIDTH)),
        ("v.pre_ln.weight", line),
        ("v.pre_ln.bias", line),
        ("mm.0.weight", (_OUT, _WIDTH)),
        ("mm.0.bias", (_OUT,)),
        ("mm.2.weight", (_OUT, _OUT)),
        ("mm.2.bias", (_OUT,)),
    ]
    return found + _block("v.blk.0.", _WIDTH, _FORWARD) + _block("v.blk.1.", _WIDTH, _FORWARD)


def _ear_tensors() -> Shapes:
    line, once = (_EAR,), (_EAR, 1)
    found: Shapes = [
        ("a.position_embd.weight", (1500, _EAR)),
        ("a.post_ln.weight", line),
        ("a.post_ln.bias", line),
        ("a.conv1d.1.weight", (_EAR, _BINS, 3)),
        ("a.conv1d.1.bias", once),
        ("a.conv1d.2.weight", (_EAR, _EAR, 3)),
        ("a.conv1d.2.bias", once),
        ("mm.a.norm_pre.weight", (_EAR * _STACK,)),
        ("mm.a.mlp.1.weight", (_OUT, _EAR * _STACK)),
        ("mm.a.norm_mid.weight", (_OUT // 2,)),
        ("mm.a.mlp.2.weight", (_OUT, _OUT // 2)),
    ]
    block = _block("a.blk.0.", _EAR, _EAR)
    return found + [each for each in block if not each[0].endswith("attn_k.bias")]


def _block(name: str, width: int, forward: int) -> Shapes:
    """One layer of attention."""
    square, line = (width, width), (width,)
    found: Shapes = []
    for part in ("attn_q", "attn_k", "attn_v", "attn_out"):
        found += [(f"{name}{part}.weight", square), (f"{name}{part}.bias", line)]
    for part in ("ln1", "ln2"):
        found += [(f"{name}{part}.weight", line), (f"{name}{part}.bias", line)]
    return [
        *found,
        (f"{name}ffn_down.weight", (width, forward)),
        (f"{name}ffn_down.bias", line),
        (f"{name}ffn_up.weight", (forward, width)),
        (f"{name}ffn_up.bias", (forward,)),
    ]
