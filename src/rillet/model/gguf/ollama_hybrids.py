"""Models whose layers are of two kinds, attention and a state, in Ollama's own layout: Qwen 3.5,
Qwen3-Next, Nemotron-H and LFM2. Source: as for `ollama_layout`.

Heads for predicting more than one token (`mtp.`) are left out: the engine does not draft with them.
"""

from __future__ import annotations

import re

from .draft import Draft
from .header import GgufHeader
from .ollama_marks import begins, count, ends, has_senses, numbers, shape

_MORE_TOKENS = "mtp."
_STATE_STEP = ".ssm_dt"
_QWEN35_KV_HEADS = 2  # where no layer says


_SECTIONS = ("rope.dimension_sections", "rope.mrope_section", "mrope_sections")


def old_qwen35(header: GgufHeader) -> bool:
    return has_senses(header) or old_qwen3next(header) or bool(_sections_key(header))


def _sections_key(header: GgufHeader) -> str:
    """Of the three where llama.cpp has four, or ""."""
    keys = [header.own(key) for key in _SECTIONS]
    there = next((key for key in keys if key in header.metadata), "")
    return there if count(header, there) == 3 else ""


def qwen35(draft: Draft) -> None:
    qwen3next(draft)
    if key := _sections_key(draft.header):
        sections = (*numbers(draft.header, key), 0)
        draft.numbers(draft.header.own("rope.dimension_sections"), sections)
    draft.leave_out_senses()


def old_qwen3next(header: GgufHeader) -> bool:
    heads = header.own("attention.head_count_kv")
    return bool(count(header, heads)) or ends(header, _STATE_STEP) or _promises_tokens(header)


def qwen3next(draft: Draft) -> None:
    heads = draft.header.own("attention.head_count_kv")
    if count(draft.header, heads):
        draft.number(heads, max(numbers(draft.header, heads), default=0) or _QWEN35_KV_HEADS)
    for tensor in draft.header.tensors:
        if tensor.name.endswith(_STATE_STEP):
            draft.rename_one(tensor.name, f"{tensor.name}.bias")
    _predict_one_token(draft)


def _promises_tokens(header: GgufHeader) -> bool:
    """More than one at a time, and has not what llama.cpp needs for that."""
    if begins(header, _MORE_TOKENS):
        return True
    there = any(".nextn." in tensor.name for tensor in header.tensors)
    return bool(header.number(header.own("nextn_predict_layers"))) and not there


def _predict_one_token(draft: Draft) -> None:
    header = draft.header
    if not _promises_tokens(header):
        return
    draft.leave_out(_MORE_TOKENS)
    draft.entries.pop(header.own("nextn_predict_layers"), None)
    names = (re.match(r"blk\.(\d{1,6})\.", tensor.name) for tensor in header.tensors)
    if blocks := max((int(name[1]) + 1 for name in names if name), default=0):
        draft.number(header.own("block_count"), blocks)


_NEMOTRON_NAMES = {".ffn_latent_in": ".ffn_latent_down", ".ffn_latent_out": ".ffn_latent_up"}


def old_nemotron(header: GgufHeader) -> bool:
    named = any(part in tensor.name for tensor in header.tensors for part in _NEMOTRON_NAMES)
    return named or _promises_tokens(header)


def nemotron(draft: Draft) -> None:
    for old, new in _NEMOTRON_NAMES.items():
        draft.rename(old, new)
    size = draft.header.own("moe_latent_size")
    for tensor in draft.header.tensors:
        if tensor.name.endswith(".ffn_latent_in.weight") and size not in draft.entries:
            draft.number(size, tensor.shape[1])
    _predict_one_token(draft)


def nemotron_with_senses(draft: Draft) -> None:
    own = draft.header.own
    nemotron(draft)
    experts = any(draft.header.number(own(key)) for key in ("expert_count", "expert_used_count"))
    draft.architecture("nemotron_h_moe" if experts else "nemotron_h")
    draft.leave_out_senses()


def old_lfm2(header: GgufHeader) -> bool:
    names = {tensor.name for tensor in header.tensors}
    ours = "output_norm.weight" in names and "token_embd_norm.weight" not in names
    return ours or has_senses(header)


def lfm2(draft: Draft) -> None:
    own = draft.header.own
    if not shape(draft.header, "token_embd_norm.weight"):
        draft.rename("output_norm.weight", "token_embd_norm.weight")
    draft.text("tokenizer.ggml.pre", "lfm2")
    if gate := shape(draft.header, "blk.0.ffn_gate.weight"):
        draft.number(own("feed_forward_length"), gate[1])
    draft.leave_out_senses()
