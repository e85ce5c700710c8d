"""What sees, with random weights, twice: a projector as llama.cpp wants it, and the same inside
the model's file as Ollama's library has it. Source of the names: llama.cpp's mtmd, and Ollama's
compatibility layer.
"""

import base64
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
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
    ears: Mapping[str, Any] = MappingProxyType({})  # after `clip.audio.`

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
        if self.activation:
            writer.add_bool(f"clip.use_{self.activation}", True)
        if self.ears:
            writer.add_bool("clip.has_audio_encoder", True)
            write_keys(writer, "clip.audio", self.ears)
        writer.add_string(f"clip.{'vision.' if self.ears else ''}projector_type", self.kind)
        keys = {**self._numbers(), "projection_dim": WIDTH, **self.keys}
        write_keys(writer, "clip.vision", keys)
        for name, data in {**self.weights(), **(more or {})}.items():
            writer.add_tensor(name, data)
        close(writer)

    def add(self, writer: gguf.GGUFWriter, architecture: str) -> None:
        """To the model's own file, as Ollama has it."""
        keys = {**self._numbers(), **self.their_keys}
        placed = {(key[1:] if key[0] == "/" else f"vision.{key}"): keys[key] for key in keys}
        placed |= {f"audio.{key}": self.ears[key] for key in self.ears if key in _EAR_NUMBERS}
        write_keys(writer, architecture, placed)
        for name, data in self.changed(self.weights()).items():
            writer.add_tensor(name, data)


def picture(seed: int) -> str:
    """One whose places all look different, as base64."""
    lot = numpy.random.default_rng(seed)
    file = io.BytesIO()
    PIL.Image.fromarray(lot.integers(0, 255, (60, 80, 3), numpy.uint8)).save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


def renamed(*names: Mapping[str, str], but: tuple[str, ...] = ()) -> Callable[[Weights], Weights]:
    """With the first of these parts of names that is there, in each; patches of 16 bits."""

    def change(weights: Weights) -> Weights:
        found: Weights = {}
        for name, data in weights.items():
            half = "patch_embd" in name and data.ndim == 4
            for each in names:
                part = next(
                    (part for part in each if part in name and not name.startswith(but)), ""
                )
                name = name.replace(part, each[part]) if part else name
            found[name] = data.astype(numpy.float16) if half else data
        return found

    return change


def write_keys(writer: gguf.GGUFWriter, prefix: str, keys: Mapping[str, Any]) -> None:
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


def _norms(at: str, *names: str, width: int = _EYE) -> Tensors:
    return {f"{at}{name}.weight": (width,) for name in names}


def _gemma4_block(at: str) -> Tensors:
    found = {key: shape for key, shape in _pixtral_block(at).items() if "norm" not in key}
    found |= _norms(at, "attn_q_norm", "attn_k_norm", width=_EYE // _HEADS)
    found |= {
        f"{at}ffn_up.{end}_{way}": (1,) for end in ("input", "output") for way in ("min", "max")
    }
    return found | _norms(at, "attn_post_norm", "ffn_post_norm")


def _gemma4_ear(at: str) -> Tensors:
    found = {f"{at}attn_{name}.weight": (_EYE, _EYE) for name in ("q", "k", "v", "out", "k_rel")}
    found |= {f"{at}ffn_up{end}.weight": (_INNER, _EYE) for end in ("", "_1")}
    found |= {f"{at}ffn_down{end}.weight": (_EYE, _INNER) for end in ("", "_1")}
    found |= _norms(at, "attn_pre_norm", "attn_post_norm", "ln2", "conv_norm", "norm_conv")
    found |= _norms(at, "ffn_norm", "ffn_norm_1", "ffn_post_norm", "ffn_post_norm_1")
    found |= _norms(at, "per_dim_scale", width=_EYE // _HEADS)
    found |= {at + "conv_pw1.weight": (2 * _EYE, _EYE), at + "conv_pw2.weight": (_EYE, _EYE)}
    return found | {at + "conv_dw.weight": (_EYE, 5)}


def _glm_block(at: str) -> Tensors:
    found = _both(at + "attn_qkv", (3 * _EYE, _EYE)) | _both(at + "attn_out", (_EYE, _EYE))
    found |= _norms(at, "ln1", "ln2") | _norms(at, "attn_q_norm", "attn_k_norm", width=_EYE // 2)
    return found | _forward(at) | _both(at + "ffn_gate", (_INNER, _EYE))


def _sam_block(at: str) -> Tensors:
    found = _both(at + "attn.qkv", (3 * _SAM, _SAM)) | _both(at + "attn.out", (_SAM, _SAM))
    found |= _both(at + "pre_ln", (_SAM,)) | _both(at + "post_ln", (_SAM,))
    found |= {f"{at}attn.pos_{each}.weight": (27, _SAM // 2) for each in "hw"}
    return found | _both(at + "mlp.lin1", (_SAM, _SAM)) | _both(at + "mlp.lin2", (_SAM, _SAM))


def _deepseek_block(at: str) -> Tensors:
    found = _both(at + "attn_qkv", (3 * _EYE, _EYE)) | _both(at + "attn_out", (_EYE, _EYE))
    return found | _both(at + "ln1", (_EYE,)) | _both(at + "ln2", (_EYE,)) | _forward(at)


_SAM = 8
_EAR_NUMBERS = ("block_count", "embedding_length", "feed_forward_length", "attention.head_count")


def _nemotron_there(weights: Weights) -> Weights:
    """Patches in a row, and ears that nothing reads."""
    names = {
        "v.class_embd": "v.cls_embd",
        "v.position_embd.weight": "v.position_embd",
        "mm.model.mlp.0": "mm.norm",
        "mm.model.mlp.1": "mm.1",
        "mm.model.mlp.3": "mm.2",
    }
    weights["v.patch_embd.weight"] = weights["v.patch_embd.weight"].reshape(_EYE, -1)
    ears = {"a.blk.0.x": weights["v.class_embd"], "mm.a.1.weight": weights["v.class_embd"]}
    return {**renamed(names)(weights), **ears}


#: By the architecture in Ollama's library.
EYES = {
    "deepseekocr": Eyes(
        "deepseekocr",
        {
            "v.class_embd": (_EYE,),
            "v.patch_embd.weight": _PATCH,
            "v.position_embd.weight": (17, _EYE),
            **_both("v.pre_ln", (_EYE,)),
            **_blocks(_deepseek_block),
            "v.image_newline": (WIDTH,),
            "v.view_seperator": (WIDTH,),
            **_both("mm.model.fc", (WIDTH, 2 * _EYE)),
            **_both("v.sam.patch_embd", (_SAM, 3, 16, 16)),
            "v.sam.pos_embd.weight": (1, 64, 64, _SAM),
            **_sam_block("v.sam.blk.0."),
            **_sam_block("v.sam.blk.1."),
            **_sam_block("v.sam.blk.2."),  # the first one that heeds all of an image
            "v.sam.neck.0.weight": (16, _SAM, 1, 1),
            **_both("v.sam.neck.1", (16,)),
            "v.sam.neck.2.weight": (16, 16, 3, 3),
            **_both("v.sam.neck.3", (16,)),
            "v.sam.net_2.weight": (16, 16, 3, 3),
            "v.sam.net_3.weight": (_EYE, 16, 3, 3),
        },
        {
            **_HALF,
            "sam.block_count": 3,
            "sam.embedding_length": _SAM,
            "sam.head_count": 2,
            "window_size": 14,
            "projector.scale_factor": 1,
        },
        {
            "feed_forward_length": None,
            "attention.head_count": None,
            "attention.layer_norm_epsilon": None,
            "head_count": _HEADS,
            "/sam.block_count": 3,
            "/sam.embedding_length": _SAM,
            "/sam.head_count": 2,
        },
        renamed(
            {
                "v.sam.pos_embd.weight": "s.position_embd",
                "v.sam.": "s.",
                "attn_out": "self_attn.out_proj",
                "attn_qkv": "self_attn.qkv_proj",
                "v.pre_ln": "v.pre_layrnorm",
                "mm.model.fc": "mm.layers",
                "v.image_newline": "mm.image_newline",
                "v.view_seperator": "mm.view_seperator",
                ".ffn_up": ".mlp.fc1",
                ".ffn_down": ".mlp.fc2",
                ".ln1": ".layer_norm1",
                ".ln2": ".layer_norm2",
            },
            {
                ".attn.out": ".attn.proj",
                ".attn.pos_h.weight": ".attn.rel_pos_h",
                ".attn.pos_w.weight": ".attn.rel_pos_w",
                **{f"s.blk.{at}.pre_ln": f"s.blk.{at}.norm1" for at in range(3)},
                **{f"s.blk.{at}.post_ln": f"s.blk.{at}.norm2" for at in range(3)},
            },
        ),
    ),
    "gemma4": Eyes(
        "gemma4v",
        {
            "v.patch_embd.weight": _WIDE_PATCH,
            "v.position_embd.weight": (2, 64, _EYE),
            "v.std_bias": (_EYE,),
            "v.std_scale": (_EYE,),
            "mm.input_projection.weight": (WIDTH, _EYE),
            **_blocks(_gemma4_block),
            "a.conv1d.0.weight": (4, 1, 3, 3),
            **_norms("a.conv1d.0.", "norm", width=4),
            "a.conv1d.1.weight": (2, 4, 3, 3),
            **_norms("a.conv1d.1.", "norm", width=2),
            "a.input_projection.weight": (_EYE, 64),
            **_both("a.pre_encode.out", (48, _EYE)),
            "mm.a.input_projection.weight": (WIDTH, 48),
            **_gemma4_ear("a.blk.0."),
        },
        {"image_mean": [0.0, 0.0, 0.0], "image_std": [1.0, 1.0, 1.0], "projector.scale_factor": 2},
        {"image_size": None, "projector.scale_factor": 2, "attention.layer_norm_epsilon": 1e-6},
        renamed(
            {
                "a.input_projection": "a.pre_encode.out",
                "a.pre_encode.out": "mm.a.fc",
                "a.blk.0.attn_pre_norm": "a.blk.0.ln1",
                "a.blk.0.attn_post_norm": "a.blk.0.ln2",
                "a.blk.0.ln2": "a.blk.0.layer_pre_norm",
                "a.blk.0.attn_k_rel": "a.blk.0.linear_pos",
            },
            but=("mm.a.input_projection",),
        ),
        "",
        16,
        {
            "block_count": 1,
            "embedding_length": _EYE,
            "feed_forward_length": _INNER,
            "attention.head_count": _HEADS,
            "attention.layer_norm_epsilon": 1e-6,
            "num_mel_bins": 128,
            "projection_dim": WIDTH,
            "projector_type": "gemma4a",
        },
    ),
    "glmocr": Eyes(
        "glm4v",
        {
            "v.patch_embd.weight": _PATCH,
            "v.patch_embd.weight.1": _PATCH,
            "v.patch_embd.bias": (_EYE,),
            "v.post_ln.weight": (_EYE,),
            **_both("mm.patch_merger", (WIDTH, _EYE, 2, 2)),
            "mm.model.fc.weight": (WIDTH, WIDTH),
            **_both("mm.post_norm", (WIDTH,)),
            "mm.up.weight": (_INNER, WIDTH),
            "mm.gate.weight": (_INNER, WIDTH),
            "mm.down.weight": (WIDTH, _INNER),
            **_blocks(_glm_block),
        },
        {**_CLIP, "spatial_merge_size": 2, "attention.layer_norm_epsilon": 1e-5},
        {
            **_CLIP,
            "spatial_merge_size": 2,
            "feed_forward_length": None,
            "intermediate_size": _INNER,
            "out_hidden_size": WIDTH,
            "attention.layer_norm_epsilon": None,
            "attention.layer_norm_rms_epsilon": 1e-5,
        },
        renamed(
            {
                "v.patch_embd.weight.1": "v.patch_embd_1.weight",
                "v.patch_embd.weight": "v.patch_embd_0.weight",
            }
        ),
        "silu",
    ),
    "llama4": Eyes(
        "llama4",
        {
            "v.class_embd": (_EYE,),
            "v.patch_embd.weight": (_EYE, 3 * 14 * 14),
            "v.position_embd.weight": (17, _EYE),
            **_both("v.pre_ln", (_EYE,)),
            **_both("v.post_ln", (_EYE,)),
            "mm.model.mlp.1.weight": (_INNER, 4 * _EYE),
            "mm.model.mlp.2.weight": (_INNER, _INNER),
            "mm.model.fc.weight": (WIDTH, _INNER),
            **_blocks(lambda at: _attention(at) | _forward(at)),
        },
        {**_HALF, "projector.scale_factor": 2, "attention.layer_norm_epsilon": 1e-5},
        {
            "attention.layer_norm_epsilon": None,
            "layer_norm_epsilon": 1e-5,
            "pixel_shuffle_ratio": 0.5,
        },
        renamed(
            {
                "v.position_embd.weight": "v.positional_embedding_vlm",
                "v.class_embd": "v.class_embedding",
                "v.patch_embd": "v.patch_embedding",
                "v.pre_ln": "v.layernorm_pre",
                "v.post_ln": "v.layernorm_post",
                "mm.model.mlp.": "v.vision_adapter.mlp.fc",
                "mm.model.fc": "mm.linear_1",
                ".attn_out.": ".attn_output.",
                ".ln1": ".attn_norm",
                ".ln2": ".ffn_norm",
                ".ffn_up": ".mlp.fc1",
                ".ffn_down": ".mlp.fc2",
            }
        ),
    ),
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
    "nemotron_h_omni": Eyes(
        "nemotron_v2_vl",
        {
            "v.class_embd": (3, _EYE),
            "v.patch_embd.weight": _WIDE_PATCH,
            "v.position_embd.weight": (16, _EYE),
            **_blocks(lambda at: _attention(at) | _forward(at)),
            "mm.model.mlp.0.weight": (4 * _EYE,),
            "mm.model.mlp.1.weight": (_INNER, 4 * _EYE),
            "mm.model.mlp.3.weight": (WIDTH, _INNER),
        },
        {**_CLIP, "projector.scale_factor": 2},
        {**_CLIP, "num_channels": 3, "projector.scale_factor": 2, "/audio.block_count": 1},
        _nemotron_there,
        patch=16,
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
_MORE = {name: shape for name, shape in EYES["qwen3vl"].tensors.items() if "deepstack" not in name}
EYES["qwen35"] = EYES["qwen35moe"] = EYES["qwen3vl"]._replace(tensors=_MORE)
