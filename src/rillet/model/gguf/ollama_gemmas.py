"""What is read as text in Gemma 3, 3n and 4 and EmbeddingGemma of Ollama's own layout.

Source: as for `ollama_layout`.
"""

from __future__ import annotations

import re

from .draft import Draft
from .header import GgufHeader
from .ollama_marks import count, ends, has_senses, shape

_CONTEXT_OF_LARGE_GEMMA = 131072
_NORMAL_TOKEN, _BYTE_TOKEN = 1, 6


def old_gemma3(header: GgufHeader) -> bool:
    old = ("rope.global.freq_base", "rope.local.freq_base", "mm.tokens_per_image")
    return (
        has_senses(header)
        or any(header.own(key) in header.metadata for key in old)
        or header.own("attention.layer_norm_rms_epsilon") not in header.metadata
        or bool(shape(header, "dense.0.weight"))
        or 0 < _rows(header) < count(header, "tokenizer.ggml.tokens")
    )


def _rows(header: GgufHeader) -> int:
    """How many tokens have one; 0 where it cannot be told."""
    return next(iter(shape(header, "token_embd.weight")[1:2]), 0)


def gemma3(draft: Draft) -> None:
    if shape(draft.header, "dense.0.weight"):
        _embeddinggemma(draft)
        return
    draft.copy("gemma3.rope.global.freq_base", "gemma3.rope.freq_base")
    draft.copy("gemma3.rope.local.freq_base", "gemma3.rope.freq_base_swa")
    draft.real("gemma3.attention.layer_norm_rms_epsilon", 1e-6)
    draft.real("gemma3.rope.freq_base", 1e6)
    draft.real("gemma3.rope.freq_base_swa", 1e4)
    if draft.header.context_length >= _CONTEXT_OF_LARGE_GEMMA:
        draft.text("gemma3.rope.scaling.type", "linear", missing=True)
        draft.real("gemma3.rope.scaling.factor", 8.0)
    if words := shape(draft.header, "token_embd.weight"):
        draft.shorten_vocabulary(words[1])
    draft.leave_out_senses()


def _embeddinggemma(draft: Draft) -> None:
    draft.architecture("gemma-embedding")
    for key in ("attention.causal", "attention.sliding_window_pattern"):
        draft.entries.pop(f"gemma-embedding.{key}", None)
    draft.real("gemma-embedding.rope.freq_base_swa", 1e4)
    for old, new in (("dense.0", "dense_2"), ("dense.1", "dense_3")):
        if size := shape(draft.header, f"{old}.weight"):
            draft.number(f"gemma-embedding.{new}_feat_in", size[0])
            draft.number(f"gemma-embedding.{new}_feat_out", size[1])
            draft.rename(f"{old}.weight", f"{new}.weight")
    draft.rename_one("norm.weight", "output_norm.weight")


def old_gemma3n(header: GgufHeader) -> bool:
    whole, each = _vocabularies(header)
    return 0 < each < whole


def _vocabularies(header: GgufHeader) -> tuple[int, int]:
    names = ("token_embd.weight", "per_layer_token_embd.weight")
    whole, each = (shape(header, name)[1:2] for name in names)
    return (whole or (0,))[0], (each or (0,))[0]


def gemma3n(draft: Draft) -> None:
    _, rows = _vocabularies(draft.header)
    draft.text("tokenizer.ggml.model", "llama")
    draft.shorten("token_embd.weight", rows)
    draft.shorten_vocabulary(rows)
    draft.token_types(_gemma3n_kind)
    draft.numbers("tokenizer.ggml.eos_token_ids", (1, 106))
    draft.leave_out_senses()


def _gemma3n_kind(token: bytes) -> int | None:
    """Bytes would be written as `<0x0A>` otherwise."""
    if re.fullmatch(rb"<0x..>", token):
        return _BYTE_TOKEN
    return _NORMAL_TOKEN if token.startswith(b"<unused") else None


_GEMMA4_SCALE = ".ffn_gate_inp.per_expert_scale"


def old_gemma4(header: GgufHeader) -> bool:
    return _wrong_gemma4_tokens(header) or has_senses(header) or ends(header, _GEMMA4_SCALE)


def _wrong_gemma4_tokens(header: GgufHeader) -> bool:
    """They are put together by their merges, whatever the file says."""
    merges = bool(count(header, "tokenizer.ggml.merges"))
    return merges and header.text("tokenizer.ggml.model") == "llama"


def gemma4(draft: Draft) -> None:
    if _wrong_gemma4_tokens(draft.header):
        draft.text("tokenizer.ggml.model", "gemma4")
    draft.rename(_GEMMA4_SCALE, ".ffn_down_exps.scale")
    draft.leave_out_senses()
