"""mistral3: Mistral Small 3.1 and later, Ministral 3."""

from __future__ import annotations

from collections.abc import Callable

from ..draft import Draft
from ..splicing import CannotMake, reordered, row, zeros
from .facts import CLIP_DEVIATION, CLIP_MEAN, Facts, begin, finish

_PIXTRAL = Facts(
    "pixtral",
    {
        "v.patch_conv": "v.patch_embd",
        "v.encoder_norm": "v.pre_ln",
        ".attn_output.": ".attn_out.",
        ".attn_norm": ".ln1",
        ".ffn_norm": ".ln2",
        "mm.linear_1": "mm.1",
        "mm.linear_2": "mm.2",
        "mm.patch_merger.merging_layer": "mm.patch_merger",
        "mm.norm": "mm.input_norm",
    },
    given={"attention.layer_norm_epsilon": 1e-5},
    activation="silu",
    mean=CLIP_MEAN,
    deviation=CLIP_DEVIATION,
)
#: The token that ends a row of an image, and its usual number.
_BREAK, _USUAL_BREAK = "[IMG_BREAK]", 12
_BREAK_TENSOR = "v.token_embd.img_break"


def pixtral_projector(draft: Draft) -> None:
    draft.carry("mistral3.spatial_merge_size", "clip.vision.spatial_merge_size")
    number = draft.token(_BREAK, _USUAL_BREAK)
    begin(draft, _PIXTRAL)
    heads = draft.header.number("mistral3.vision.attention.head_count")
    for tensor in draft.header.tensors:
        if tensor.name.startswith("v.blk.") and tensor.name.endswith(
            ("attn_q.weight", "attn_k.weight")
        ):
            order = _neighbours(heads, tensor.shape[-1])
            draft.splice(reordered(tensor.name, tensor, order), tensor)
    _add_break(draft, number)
    finish(draft, _PIXTRAL)


def _add_break(draft: Draft, number: int) -> None:
    """What the words have for it; as Ollama has it, nothing, where that cannot be read."""
    words = draft.tensor("token_embd.weight")
    if words is None:
        raise ValueError("token_embd.weight is missing")
    try:
        draft.splice(row(_BREAK_TENSOR, words, number))
    except CannotMake:
        draft.splice(zeros(_BREAK_TENSOR, words.shape[0]))


def _neighbours(heads: int, rows: int) -> Callable[[int], int]:
    """Which row goes where: what the halves of a head have in the same place comes together."""
    if heads <= 0 or rows % (2 * heads):
        raise ValueError(f"{rows} rows do not make {heads} heads")
    whole = rows // heads

    def order(row: int) -> int:
        head, place = divmod(row, whole)
        pair, half = divmod(place, 2)
        return head * whole + half * (whole // 2) + pair

    return order
