"""What sees in models of Ollama's own layout, as llama.cpp wants it in a file of its own.

Source: as for `ollama_layout`.
"""

from __future__ import annotations

from .draft import Draft
from .header import GgufArray

_PLAIN = (0.5, 0.5, 0.5)
_CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
_CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)
_GEMMA3_SIZES = ("feed_forward_length", "image_size")
_QWEN25VL_SIZES = (*_GEMMA3_SIZES, "num_channels", "spatial_merge_size", "window_size")
_GEMMA3_NAMES = {
    "v.patch_embedding": "v.patch_embd",
    "v.position_embedding": "v.position_embd",
    "v.post_layernorm": "v.post_ln",
    ".layer_norm1": ".ln1",
    ".layer_norm2": ".ln2",
    ".attn_output.": ".attn_out.",
    ".mlp.fc1": ".ffn_down",
    ".mlp.fc2": ".ffn_up",
    "mm.mm_input_projection": "mm.input_projection",
    "mm.mm_soft_emb_norm": "mm.soft_emb_norm",
}
_QWEN25VL_NAMES = {
    "v.merger.ln_q.weight": "v.post_ln.weight",
    "v.merger.mlp.0.weight": "mm.0.weight",
    "v.merger.mlp.0.bias": "mm.0.bias",
    "v.merger.mlp.2.weight": "mm.2.weight",
    "v.merger.mlp.2.bias": "mm.2.bias",
    "v.patch_embd_0.weight": "v.patch_embd.weight",
    "v.patch_embd_1.weight": "v.patch_embd.weight.1",
}


def gemma3_projector(draft: Draft) -> None:
    _begin(draft, "gemma3", _GEMMA3_SIZES, _PLAIN, _PLAIN)
    draft.flag("clip.use_gelu")
    for old, new in _GEMMA3_NAMES.items():
        draft.rename(old, new)
    draft.in_full("v.patch_embd.weight", "v.position_embd.weight")


def qwen25vl_projector(draft: Draft) -> None:
    _begin(draft, "qwen2.5vl_merger", _QWEN25VL_SIZES, _CLIP_MEAN, _CLIP_DEVIATION)
    draft.flag("clip.use_silu")
    width = "clip.vision.feed_forward_length"
    for tensor in draft.header.tensors:
        if tensor.name == "v.blk.0.ffn_up.weight" and width not in draft.entries:
            draft.number(width, tensor.shape[1])
    whole = draft.header.metadata.get("qwen25vl.vision.fullatt_block_indexes")
    first = whole.values[0] if isinstance(whole, GgufArray) and whole.values else 7
    draft.number("clip.vision.n_wa_pattern", int(first) + 1)
    if "clip.vision.image_size" not in draft.entries:
        draft.number("clip.vision.image_size", 560)
    for old, new in _QWEN25VL_NAMES.items():
        draft.rename_one(old, new)
    draft.in_full("v.patch_embd.weight", "v.patch_embd.weight.1")


def _begin(
    draft: Draft,
    kind: str,
    sizes: tuple[str, ...],
    mean: tuple[float, ...],
    deviation: tuple[float, ...],
) -> None:
    """What all of them have: `sizes` are the keys that only some have."""
    architecture = draft.header.architecture
    usual = ("block_count", "embedding_length", "patch_size", "attention.head_count")
    for key in (*usual, *sizes, "attention.layer_norm_epsilon"):
        draft.copy(f"{architecture}.vision.{key}", f"clip.vision.{key}")
    draft.copy(f"{architecture}.embedding_length", "clip.vision.projection_dim")
    for key in [key for key in draft.entries if not key.startswith(("clip.", "general."))]:
        del draft.entries[key]
    draft.text("general.architecture", "clip")
    draft.text("general.type", "mmproj")
    draft.text("clip.projector_type", kind)
    draft.flag("clip.has_vision_encoder")
    draft.reals("clip.vision.image_mean", mean)
    draft.reals("clip.vision.image_std", deviation)
    draft.leave_out_words()
