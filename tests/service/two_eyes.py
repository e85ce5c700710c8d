"""What sees, with random weights, twice: a projector as llama.cpp wants it, and the same inside
the model's file as Ollama's library has it. Source of the names: llama.cpp's mtmd, and Ollama's
compatibility layer.
"""

import base64
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import gguf
import numpy
import PIL.Image
from numpy.typing import NDArray

WIDTH = 64  # of the models
_EYE, _INNER, _HEADS, _IMAGE = 32, 64, 2, 56

Tensors = dict[str, tuple[int, ...]]
Keys = dict[str, Any]
Weights = dict[str, NDArray[Any]]

_CLIP = {
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
_HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}


class Eyes(NamedTuple):
    """One kind. Keys come after `clip.vision.` here and after the architecture's `vision.` there,
    where a slash before one says that it comes right after the architecture."""

    kind: str
    tensors: Tensors
    keys: Keys
    their_keys: Keys
    changed: Callable[[Weights], Weights]  # from the names and places here to those there
    activation: str = "gelu"
    patch: int = 14

    def _numbers(self) -> Keys:
        return {
            "block_count": 2,
            "embedding_length": _EYE,
            "feed_forward_length": _INNER,
            "attention.head_count": _HEADS,
            "patch_size": self.patch,
            "image_size": 4 * self.patch,
            "attention.layer_norm_epsilon": 1e-6,
        }

    def weights(self) -> Weights:
        lot = numpy.random.default_rng(9)
        found: Weights = {}
        for name, shape in self.tensors.items():
            scale = 1.0 if name.endswith(("norm.weight", "ln1.weight", "ln2.weight")) else 0.0
            spread = 1.0 if "attn" in name else 0.3  # for one place to heed few others
            data = (scale + lot.normal(0, spread, shape)).astype(numpy.float16)
            found[name] = data.astype(numpy.float32)
        return found

    def write(self, path: Path, more: Weights | None = None) -> None:
        """As llama.cpp has it; `more` comes from the words of the model."""
        writer = gguf.GGUFWriter(str(path), "clip")
        writer.add_string("general.type", "mmproj")
        writer.add_bool("clip.has_vision_encoder", True)
        writer.add_bool(f"clip.use_{self.activation}", True)
        writer.add_string("clip.projector_type", self.kind)
        keys = {**self._numbers(), "projection_dim": WIDTH, **self.keys}
        write_keys(writer, "clip.vision", keys)
        for name, data in {**self.weights(), **(more or {})}.items():
            writer.add_tensor(name, data)
        close(writer)

    def add(self, writer: gguf.GGUFWriter, architecture: str) -> None:
        """To the model's own file, as Ollama has it."""
        keys = {**self._numbers(), **self.their_keys}
        placed = {(key[1:] if key[0] == "/" else f"vision.{key}"): keys[key] for key in keys}
        write_keys(writer, architecture, placed)
        for name, data in self.changed(self.weights()).items():
            writer.add_tensor(name, data)


def picture(seed: int) -> str:
    """One whose places all look different, as base64."""
    lot = numpy.random.default_rng(seed)
    file = io.BytesIO()
    PIL.Image.fromarray(lot.integers(0, 255, (60, 80, 3), numpy.uint8)).save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


def renamed(names: Mapping[str, str]) -> Callable[[Weights], Weights]:
    """With the first of these parts of names that is there, and patches of 16 bits."""

    def change(weights: Weights) -> Weights:
        found: Weights = {}
        for name, data in weights.items():
            part = next((part for part in names if part in name), "")
            half = "patch" in name and data.ndim == 4
            new = name.replace(part, names[part]) if part else name
            found[new] = data.astype(numpy.float16) if half else data
        return found

    return change


def write_keys(writer: gguf.GGUFWriter, prefix: str, keys: Keys) -> None:
    """None leaves one out."""
    for name, value in keys.items():
        if value is None:
            continue
        name = name if "tokenizer" in name else f"{prefix}.{name}"
        if isinstance(value, bool):
            writer.add_bool(name, value)
        elif isinstance(value, float):
            writer.add_float32(name, value)
        elif isinstance(value, str):
            writer.add_string(name, value)
        elif isinstance(value, list):
            writer.add_array(name, value)
        else:
            writer.add_uint32(name, value)


def close(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _both(name: str, shape: tuple[int, ...]) -> Tensors:
    """A weight and its bias."""
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def _blocks(block: Callable[[str], Tensors]) -> Tensors:
    return block("v.blk.0.") | block("v.blk.1.")


def _attention(at: str) -> Tensors:
    found: Tensors = {}
    for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
        found |= _both(at + name, (_EYE, _EYE))
    return found | _both(at + "ln1", (_EYE,)) | _both(at + "ln2", (_EYE,))


def _forward(at: str, up: str = "ffn_up", down: str = "ffn_down") -> Tensors:
    return _both(at + up, (_INNER, _EYE)) | _both(at + down, (_EYE, _INNER))


def _gemma3_block(at: str) -> Tensors:
    # The names are the wrong way round, as llama.cpp knows.
    return _attention(at) | _forward(at, "ffn_down", "ffn_up")


def _qwen25vl_block(at: str) -> Tensors:
    return _attention(at) | _forward(at) | _both(at + "ffn_gate", (_INNER, _EYE))


def _qwen3vl_block(at: str) -> Tensors:
    found = _both(at + "attn_qkv", (3 * _EYE, _EYE)) | _both(at + "attn_out", (_EYE, _EYE))
    return found | _both(at + "ln1", (_EYE,)) | _both(at + "ln2", (_EYE,)) | _forward(at)


def _pixtral_block(at: str) -> Tensors:
    found = {key: shape for key, shape in _attention(at).items() if key.endswith("weight")}
    found |= {at + f"ffn_{each}.weight": (_INNER, _EYE) for each in ("gate", "up")}
    return found | {at + "ffn_down.weight": (_EYE, _INNER)}


_PATCH = (_EYE, 3, 14, 14)
_WIDE_PATCH = (_EYE, 3, 16, 16)


def _qwen3vl_there(weights: Weights) -> Weights:
    """Queries, keys and values apart, and the frames of a patch together."""
    found: Weights = {}
    names = {
        "v.position_embd": "v.pos_embed",
        "v.patch_embd": "v.patch_embed",
        "v.post_ln": "v.merger.norm",
        "mm.0": "v.merger.linear_fc1",
        "mm.2": "v.merger.linear_fc2",
        "v.deepstack.1.fc": "v.deepstack_merger.0.linear_fc",
        "v.deepstack.1.": "v.deepstack_merger.0.",
        "ffn_up": "mlp.linear_fc1",
        "ffn_down": "mlp.linear_fc2",
        ".ln": ".norm",
    }
    frames = [weights.pop("v.patch_embd.weight"), weights.pop("v.patch_embd.weight.1")]
    for name, data in weights.items():
        if "attn_qkv" in name:
            for letter, part in zip("qkv", numpy.split(data, 3), strict=True):
                whole = letter == "v"  # of another type, as in some files there
                found[name.replace("qkv", letter)] = (
                    part if whole or part.ndim == 1 else part.astype(numpy.float16)
                )
            continue
        part = next((part for part in names if part in name), "")
        found[name.replace(part, names[part]) if part else name] = data
    packed = numpy.stack(frames, axis=2).reshape(3 * _EYE, 2, 16, 16)
    return {**found, "v.patch_embed.weight": packed.astype(numpy.float16)}


def _pixtral_there(weights: Weights) -> Weights:
    """Each head's rows in halves."""
    names = {
        "v.patch_embd": "v.patch_conv",
        "v.pre_ln": "v.encoder_norm",
        ".attn_out.": ".attn_output.",
        ".ln1": ".attn_norm",
        ".ln2": ".ffn_norm",
        "mm.1": "mm.linear_1",
        "mm.2": "mm.linear_2",
        "mm.patch_merger": "mm.patch_merger.merging_layer",
        "mm.input_norm": "mm.norm",
    }
    for name in weights:
        if name.endswith(("attn_q.weight", "attn_k.weight")):
            side = _EYE // _HEADS
            heads = weights[name].reshape(_HEADS, side // 2, 2, _EYE).swapaxes(1, 2)
            weights[name] = heads.reshape(_EYE, _EYE).astype(numpy.float16)
    return renamed(names)(weights)


#: By the architecture in Ollama's library.
EYES = {
    "gemma3": Eyes(
        "gemma3",
        {
            "v.patch_embd.weight": _PATCH,
            "v.patch_embd.bias": (_EYE,),
            "v.position_embd.weight": (16, _EYE),
            **_both("v.post_ln", (_EYE,)),
            "mm.input_projection.weight": (_EYE, WIDTH),
            "mm.soft_emb_norm.weight": (_EYE,),
            **_blocks(_gemma3_block),
        },
        _HALF,
        {},
        renamed(
            {
                "v.patch_embd": "v.patch_embedding",
                "v.position_embd": "v.position_embedding",
                "v.post_ln": "v.post_layernorm",
                ".ln1": ".layer_norm1",
                ".ln2": ".layer_norm2",
                ".attn_out.": ".attn_output.",
                ".ffn_down": ".mlp.fc1",
                ".ffn_up": ".mlp.fc2",
                "mm.input_projection": "mm.mm_input_projection",
                "mm.soft_emb_norm": "mm.mm_soft_emb_norm",
            }
        ),
    ),
    "qwen25vl": Eyes(
        "qwen2.5vl_merger",
        {
            "v.patch_embd.weight": _PATCH,
            "v.patch_embd.weight.1": _PATCH,
            "v.post_ln.weight": (_EYE,),
            **_both("mm.0", (4 * _EYE, 4 * _EYE)),
            **_both("mm.2", (WIDTH, 4 * _EYE)),
            **_blocks(_qwen25vl_block),
        },
        {**_CLIP, "n_wa_pattern": 2},
        {"feed_forward_length": None, "fullatt_block_indexes": [1]},
        renamed(
            {
                "v.post_ln.": "v.merger.ln_q.",
                "mm.0.": "v.merger.mlp.0.",
                "mm.2.": "v.merger.mlp.2.",
                "v.patch_embd.weight.1": "v.patch_embd_1.weight",
                "v.patch_embd.weight": "v.patch_embd_0.weight",
            }
        ),
        "silu",
    ),
    "qwen3vl": Eyes(
        "qwen3vl_merger",
        {
            "v.patch_embd.weight": _WIDE_PATCH,
            "v.patch_embd.weight.1": _WIDE_PATCH,
            "v.patch_embd.bias": (_EYE,),
            "v.position_embd.weight": (16, _EYE),
            **_both("v.post_ln", (_EYE,)),
            **_both("mm.0", (4 * _EYE, 4 * _EYE)),
            **_both("mm.2", (WIDTH, 4 * _EYE)),
            **_both("v.deepstack.1.norm", (4 * _EYE,)),
            **_both("v.deepstack.1.fc1", (4 * _EYE, 4 * _EYE)),
            **_both("v.deepstack.1.fc2", (WIDTH, 4 * _EYE)),
            **_blocks(_qwen3vl_block),
        },
        {**_HALF, "spatial_merge_size": 2},
        {
            "feed_forward_length": None,
            "image_size": None,
            "num_channels": 3,
            "spatial_merge_size": 2,
            "deepstack_visual_indexes": [1],
        },
        _qwen3vl_there,
        patch=16,
    ),
    "mistral3": Eyes(
        "pixtral",
        {
            "v.patch_embd.weight": _PATCH,
            "v.pre_ln.weight": (_EYE,),
            "mm.1.weight": (WIDTH, _EYE),
            "mm.2.weight": (WIDTH, WIDTH),
            "mm.input_norm.weight": (_EYE,),
            "mm.patch_merger.weight": (_EYE, 4 * _EYE),
            **_blocks(_pixtral_block),
        },
        {**_CLIP, "spatial_merge_size": 2, "attention.layer_norm_epsilon": 1e-5},
        {"attention.layer_norm_epsilon": None, "/spatial_merge_size": 2},
        _pixtral_there,
        "silu",
    ),
}
