"""What all projectors for images have in common, and the facts that tell them apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..draft import Draft
from ..header import GgufArray

HALF = (0.5, 0.5, 0.5)
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)

_FLOAT32 = 6
_EPSILON = "attention.layer_norm_epsilon"
#: Under these names on both sides.
_USUAL = (
    "block_count",
    "embedding_length",
    "feed_forward_length",
    "attention.head_count",
    "image_size",
    "num_channels",
    "patch_size",
    "spatial_merge_size",
    "window_size",
    _EPSILON,
)


class Facts(NamedTuple):
    """Those of one kind. Keys without a prefix come after `ARCHITECTURE.vision.` in the model's
    file, and after `clip.vision.` in the projector's."""

    kind: str  # what llama.cpp calls it
    names: Mapping[str, str]  # parts of tensors' names, in the order of their turn
    keys: Mapping[str, str] = {}  # that have other names than the usual ones
    given: Mapping[str, int | float] = {}  # where the file does not say
    activation: str = ""  # gelu, silu, or none to be told
    mean: tuple[float, ...] = HALF
    deviation: tuple[float, ...] = HALF
    in_full: tuple[str, ...] = ("v.patch_embd.", "v.position_embd.")  # parts of names: as F32


def begin(draft: Draft, facts: Facts) -> None:
    """The keys of a projector, and what sees alone. Raises `ValueError` for impossible ones."""
    architecture = draft.header.architecture
    draft.copy(f"{architecture}.vision.image_mean", "clip.vision.image_mean")
    draft.copy(f"{architecture}.vision.image_std", "clip.vision.image_std")
    numbers(draft, "vision", {**{key: key for key in _USUAL}, **facts.keys}, facts.given)
    draft.carry(f"{architecture}.embedding_length", "clip.vision.projection_dim")
    draft.keep_entries("clip.", "general.")
    draft.text("general.architecture", "clip")
    draft.text("general.type", "mmproj")
    draft.text("clip.projector_type", facts.kind)
    draft.flag("clip.has_vision_encoder")
    if facts.activation:
        draft.flag(f"clip.use_{facts.activation}")
    for key, default in (("image_mean", facts.mean), ("image_std", facts.deviation)):
        said = draft.header.metadata.get(f"{architecture}.vision.{key}")
        if not (isinstance(said, GgufArray) and said.value_type == _FLOAT32 and said.count == 3):
            draft.entries.pop(f"clip.vision.{key}", None)
            draft.reals(f"clip.vision.{key}", default)
    draft.leave_out_words()


def numbers(
    draft: Draft, sense: str, keys: Mapping[str, str], given: Mapping[str, int | float]
) -> None:
    """Numbers of one sense, `vision` or `audio`, that go by `keys` in the model's file."""
    for old, new in keys.items():
        draft.carry(
            f"{draft.header.architecture}.{sense}.{old}",
            f"clip.{sense}.{new}",
            real=new == _EPSILON,
        )
    for new, value in given.items():
        if f"clip.{sense}.{new}" not in draft.entries:
            draft.value(f"clip.{sense}.{new}", value)


def finish(draft: Draft, facts: Facts) -> None:
    """The names and types of the tensors that are not made anew."""
    for old, new in facts.names.items():
        draft.rename(old, new)
    draft.in_full(*facts.in_full)
