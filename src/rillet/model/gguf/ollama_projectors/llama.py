"""llama4."""

from __future__ import annotations

from ..draft import Draft
from .facts import Facts, begin, finish

_LLAMA4 = Facts(
    "llama4",
    {
        "v.vision_adapter.mlp.fc": "mm.model.mlp.",
        "mm.linear_1.": "mm.model.fc.",
        "v.class_embedding": "v.class_embd",
        "v.positional_embedding_vlm.weight": "v.position_embd.weight",
        "v.positional_embedding_vlm": "v.position_embd.weight",
        "v.layernorm_post.": "v.post_ln.",
        "v.layernorm_pre.": "v.pre_ln.",
        "v.patch_embedding.": "v.patch_embd.",
        ".attn_output.": ".attn_out.",
        ".attn_norm.": ".ln1.",
        ".ffn_norm.": ".ln2.",
        ".mlp.fc1.": ".ffn_up.",
        ".mlp.fc2.": ".ffn_down.",
    },
    keys={"layer_norm_epsilon": "attention.layer_norm_epsilon"},
    activation="gelu",
    in_full=("v.position_embd.", "v.class_embd"),
)
_SHRUNK = 2  # how much narrower an image becomes, where the file does not say


def llama4_projector(draft: Draft) -> None:
    ratio = draft.header.metadata.get("llama4.vision.pixel_shuffle_ratio")
    scale = round(1 / ratio) if isinstance(ratio, float) and 0 < ratio <= 1 else _SHRUNK
    draft.number("clip.vision.projector.scale_factor", scale)
    begin(draft, _LLAMA4)
    finish(draft, _LLAMA4)
