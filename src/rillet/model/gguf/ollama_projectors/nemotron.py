"""Nemotron 3 Omni. It hears with what llama.cpp has by other names and shapes: that is left out."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..draft import Draft
from ..header import Tensor
from ..splicing import Spliced, blended, sliced
from ..writing import NewTensor
from .facts import CLIP_DEVIATION, CLIP_MEAN, Facts, begin, finish

_NEMOTRON = Facts(
    "nemotron_v2_vl",
    {
        "v.cls_embd": "v.class_embd",
        "mm.norm.": "mm.model.mlp.0.",
        "mm.1.": "mm.model.mlp.1.",
        "mm.2.": "mm.model.mlp.3.",
    },
    keys={"projector.scale_factor": "projector.scale_factor"},
    given={
        "image_size": 512,
        "patch_size": 16,
        "projector.scale_factor": 2,
        "attention.layer_norm_epsilon": 1e-6,
    },
    activation="gelu",
    mean=CLIP_MEAN,
    deviation=CLIP_DEVIATION,
    in_full=("v.class_embd", "v.patch_embd."),
)


def nemotron_projector(draft: Draft) -> None:
    begin(draft, _NEMOTRON)
    draft.leave_out("a.", "mm.a.")
    number = draft.header.number
    image = number("nemotron_h_omni.vision.image_size") or 512
    patch = number("nemotron_h_omni.vision.patch_size") or 16
    if patches := draft.tensor("v.patch_embd.weight"):
        _shape_patches(draft, patches, patch)
    for name in ("v.position_embd", "v.position_embd.weight"):
        if places := draft.tensor(name):
            draft.splice(_resized(places, image // patch), places)
    finish(draft, _NEMOTRON)


def _shape_patches(draft: Draft, tensor: Tensor, side: int) -> None:
    if len(tensor.shape) != 2:
        return
    colours, rest = divmod(tensor.shape[0], side * side)
    if rest:
        raise ValueError(f"{tensor.name} has no patches of {side} x {side}")
    new = NewTensor(tensor.name, (side, side, colours, tensor.shape[1]), "F32")
    draft.splice(sliced(new, tensor, 1, lambda: (0,)), tensor)


def _resized(tensor: Tensor, side: int) -> Spliced:
    """A square of places made smaller, with its corners where they were."""
    length, places = tensor.shape[0], math.prod(tensor.shape[1:])
    there = math.isqrt(places)
    if there * there != places or not 0 < side <= there:
        raise ValueError(f"{tensor.name} has {places} places, and {side} x {side} are wanted")
    new = NewTensor("v.position_embd.weight", (length, side * side), "F32")
    return blended(new, tensor, places, lambda: _weights(there, side))


def _weights(there: int, side: int) -> Iterator[dict[int, float]]:
    """Which places of the old square make each of the new one."""
    step = (there - 1) / (side - 1) if side > 1 else 0.0
    for row in range(side):
        for column in range(side):
            found: dict[int, float] = {}
            for above, share in _neighbours(row * step):
                for left, part in _neighbours(column * step):
                    found[above * there + left] = share * part
            yield found


def _neighbours(place: float) -> list[tuple[int, float]]:
    """Of a place between two: both, with their shares."""
    first, share = int(place), place % 1
    return [(first, 1 - share), (first + 1, share)] if share else [(first, 1.0)]
