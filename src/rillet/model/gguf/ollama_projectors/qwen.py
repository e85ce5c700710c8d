"""qwen2.5vl, qwen3vl and qwen3.5, with and without experts."""

from __future__ import annotations

import math
from functools import partial

from ..draft import Draft
from ..header import GgufArray
from ..splicing import joined, sliced
from ..writing import NewTensor
from .facts import CLIP_DEVIATION, CLIP_MEAN, Facts, begin, finish

_QWEN25VL = Facts(
    "qwen2.5vl_merger",
    {
        "v.merger.ln_q.": "v.post_ln.",
        "v.merger.mlp.": "mm.",
        "v.patch_embd_0.weight": "v.patch_embd.weight",
        "v.patch_embd_1.weight": "v.patch_embd.weight.1",
    },
    given={"image_size": 560},
    activation="silu",
    mean=CLIP_MEAN,
    deviation=CLIP_DEVIATION,
)
_QWEN3VL = Facts(
    "qwen3vl_merger",
    {
        "v.pos_embed.": "v.position_embd.",
        "v.patch_embed.": "v.patch_embd.",
        "v.merger.norm.": "v.post_ln.",
        "v.merger.linear_fc1.": "mm.0.",
        "v.merger.linear_fc2.": "mm.2.",
        ".mlp.linear_fc1.": ".ffn_up.",
        ".mlp.linear_fc2.": ".ffn_down.",
        ".norm1.": ".ln1.",
        ".norm2.": ".ln2.",
    },
    given={"image_size": 768, "feed_forward_length": 4304, "attention.layer_norm_epsilon": 1e-6},
    activation="gelu",
)
_PATCH = "v.patch_embed.weight"


def qwen25vl_projector(draft: Draft) -> None:
    _tell_width(draft, "v.blk.0.ffn_up.weight")
    begin(draft, _QWEN25VL)
    whole = draft.header.metadata.get("qwen25vl.vision.fullatt_block_indexes")
    first = whole.values[0] if isinstance(whole, GgufArray) and whole.values else 7
    draft.number("clip.vision.n_wa_pattern", int(first) + 1)
    finish(draft, _QWEN25VL)


def qwen3vl_projector(draft: Draft) -> None:
    _tell_width(draft, "v.blk.0.mlp.linear_fc1.weight")
    _tell_image_size(draft)
    begin(draft, _QWEN3VL)
    _join_attention(draft)
    _split_patches(draft)
    for place, layer in enumerate(_deepstack_layers(draft)):
        for old, new in (("norm", "norm"), ("linear_fc1", "fc1"), ("linear_fc2", "fc2")):
            old = f"v.deepstack_merger.{place}.{old}."
            draft.rename(old, f"v.deepstack.{layer}.{new}.")
    finish(draft, _QWEN3VL)


def _tell_width(draft: Draft, name: str) -> None:
    tensor = draft.tensor(name)
    key = draft.header.own("vision.feed_forward_length")
    if tensor is not None and key not in draft.header.metadata:
        draft.number("clip.vision.feed_forward_length", tensor.shape[1])


def _tell_image_size(draft: Draft) -> None:
    """As many patches as there are places for them."""
    places = draft.tensor("v.pos_embed.weight")
    patch = draft.header.number(draft.header.own("vision.patch_size"))
    if places is not None and draft.header.own("vision.image_size") not in draft.header.metadata:
        draft.number("clip.vision.image_size", math.isqrt(places.shape[1]) * patch)


def _deepstack_layers(draft: Draft) -> tuple[int, ...]:
    """After which layers what is seen goes to the model as well."""
    value = draft.header.metadata.get(draft.header.own("vision.deepstack_visual_indexes"))
    values = value.values if isinstance(value, GgufArray) else None
    return tuple(int(each) for each in values or ())


def _join_attention(draft: Draft) -> None:
    """Queries, keys and values of each block in one tensor."""
    for query in draft.header.tensors:
        at, middle, part = query.name.rpartition(".attn_q.")
        if not middle or not at.startswith("v.blk."):
            continue
        found = [draft.tensor(f"{at}.attn_{each}.{part}") for each in "qkv"]
        parts = [tensor for tensor in found if tensor is not None]
        if len(parts) == len(found):
            draft.splice(joined(f"{at}.attn_qkv.{part}", parts), *parts)


def _split_patches(draft: Draft) -> None:
    """One tensor for each of two frames: there the frames come before the channels."""
    tensor = draft.tensor(_PATCH)
    if tensor is None:
        return
    channels = draft.header.number(draft.header.own("vision.num_channels")) or 3
    if len(tensor.shape) != 4 or tensor.shape[2] != 2 or tensor.shape[3] % channels:
        raise ValueError(f"{_PATCH} has the shape {tensor.shape}")
    width, height, frames, packed = tensor.shape
    shape = (width, height, channels, packed // channels)
    for frame, name in enumerate(("v.patch_embd.weight", "v.patch_embd.weight.1")):
        taken = partial(range, frame, frames * packed, frames)
        new = NewTensor(name, shape, "F32")
        draft.splice(sliced(new, tensor, frames * packed, taken), tensor)
