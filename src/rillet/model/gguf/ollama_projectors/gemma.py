"""gemma3."""

from __future__ import annotations

from ..draft import Draft
from .facts import Facts, begin, finish

_GEMMA3 = Facts(
    "gemma3",
    {
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
    },
    activation="gelu",
    in_full=("v.patch_embd.weight", "v.position_embd.weight"),
)


def gemma3_projector(draft: Draft) -> None:
    begin(draft, _GEMMA3)
    finish(draft, _GEMMA3)
