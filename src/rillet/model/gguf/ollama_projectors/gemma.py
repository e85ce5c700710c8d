"""gemma3 and gemma4; the latter may hear as well."""

from __future__ import annotations

from ..draft import Draft
from ..splicing import CannotMake
from .facts import Facts, begin, finish, numbers

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
)
_GEMMA4 = Facts(
    "gemma4v",
    {},
    keys={"projector.scale_factor": "projector.scale_factor"},
    given={"image_size": 224, "attention.layer_norm_epsilon": 1e-6},
    mean=(0.0, 0.0, 0.0),
    deviation=(1.0, 1.0, 1.0),
    in_full=("patch_embd.", "position_embd.", "a.conv1d.", ".conv_dw."),
)
_GEMMA4_EARS = {
    key: key
    for key in (
        "block_count",
        "embedding_length",
        "feed_forward_length",
        "attention.head_count",
        "attention.layer_norm_epsilon",
    )
}
#: Whole names first; the second norm has to leave its name before another takes it.
_GEMMA4_EAR_NAMES = {
    "a.pre_encode.out.weight": "a.input_projection.weight",
    "mm.a.fc.": "a.pre_encode.out.",
}
_GEMMA4_EAR_BLOCK_NAMES = {
    "ln1": "attn_pre_norm",
    "ln2": "attn_post_norm",
    "layer_pre_norm": "ln2",
    "linear_pos": "attn_k_rel",
}


def gemma3_projector(draft: Draft) -> None:
    begin(draft, _GEMMA3)
    finish(draft, _GEMMA3)


def gemma4_projector(draft: Draft) -> None:
    if not draft.has("v."):
        raise CannotMake("there are no eyes by the usual names")
    begin(draft, _GEMMA4)
    if draft.has("a."):
        _gemma4_ears(draft)
    draft.leave_out("model.vision_tower.")
    finish(draft, _GEMMA4)


def _gemma4_ears(draft: Draft) -> None:
    draft.entries.pop("clip.projector_type")  # each sense has one of its own
    draft.text("clip.vision.projector_type", _GEMMA4.kind)
    draft.text("clip.audio.projector_type", "gemma4a")
    draft.flag("clip.has_audio_encoder")
    given = {"num_mel_bins": 128, "attention.layer_norm_epsilon": 1e-6}
    numbers(draft, "audio", _GEMMA4_EARS, given)
    draft.carry("gemma4.embedding_length", "clip.audio.projection_dim")
    for old, new in _GEMMA4_EAR_NAMES.items():
        draft.rename(old, new)
    for tensor in draft.header.tensors:
        block, _, part = tensor.name.removesuffix(".weight").rpartition(".")
        if block.startswith("a.blk.") and part in _GEMMA4_EAR_BLOCK_NAMES:
            new = _GEMMA4_EAR_BLOCK_NAMES[part]
            draft.rename_one(tensor.name, f"{block}.{new}.weight")
