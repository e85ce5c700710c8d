"""Models that read pages: glm-ocr and deepseek-ocr."""

from __future__ import annotations

from ..draft import Draft
from .facts import Facts, begin, finish

_GLM = Facts(
    "glm4v",
    {
        "v.patch_embd_0.weight": "v.patch_embd.weight",
        "v.patch_embd.weight.0": "v.patch_embd.weight",
        "v.patch_embd_1.weight": "v.patch_embd.weight.1",
    },
    keys={
        "intermediate_size": "feed_forward_length",
        "attention.layer_norm_rms_epsilon": "attention.layer_norm_epsilon",
        "out_hidden_size": "projection_dim",
    },
    activation="silu",
)
_DEEPSEEK = Facts(
    "deepseekocr",
    {
        ".self_attn.out_proj": ".attn_out",
        ".self_attn.qkv_proj": ".attn_qkv",
        ".layer_norm1": ".ln1",
        ".layer_norm2": ".ln2",
        ".mlp.fc1": ".ffn_up",
        ".mlp.fc2": ".ffn_down",
        "v.pre_layrnorm": "v.pre_ln",
        ".attn.proj": ".attn.out",
        ".attn.rel_pos_h": ".attn.pos_h.weight",
        ".attn.rel_pos_w": ".attn.pos_w.weight",
        ".norm1": ".pre_ln",
        ".norm2": ".post_ln",
        "v.sam.position_embd": "v.sam.pos_embd.weight",
        "mm.layers": "mm.model.fc",
        "mm.image_newline": "v.image_newline",
        "mm.view_seperator": "v.view_seperator",
    },
    keys={"head_count": "attention.head_count"},
    given={
        "feed_forward_length": 64,
        "projector.scale_factor": 1,
        "window_size": 14,
        "attention.layer_norm_epsilon": 1e-6,
    },
    activation="gelu",
    in_full=(
        "patch_embd.",
        "position_embd.",
        "pos_embd.",
        "_embd",
        ".attn.pos_",
        ".neck.",
        ".net_",
    ),
)


def glm_projector(draft: Draft) -> None:
    begin(draft, _GLM)
    finish(draft, _GLM)


def deepseek_projector(draft: Draft) -> None:
    for key in ("block_count", "embedding_length", "head_count"):
        draft.carry(f"deepseekocr.sam.{key}", f"clip.vision.sam.{key}")
    begin(draft, _DEEPSEEK)
    for tensor in draft.header.tensors:
        if tensor.name.startswith("s."):
            draft.rename_one(tensor.name, f"v.sam.{tensor.name.removeprefix('s.')}")
    finish(draft, _DEEPSEEK)
