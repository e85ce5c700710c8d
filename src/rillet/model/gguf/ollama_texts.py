"""What is read as text in models of Ollama's own layout: GLM, DeepSeek-OCR, Laguna and early
Llama 3. Source: as for `ollama_layout`.
"""

from __future__ import annotations

from .draft import Draft
from .header import GgufHeader
from .ollama_marks import count, ends, numbers, shape
from .splicing import joined


def deepseek_ocr(draft: Draft) -> None:
    header = draft.header
    draft.architecture("deepseek2-ocr")
    draft.real("deepseek2-ocr.attention.layer_norm_rms_epsilon", 1e-6)
    each, shared = (shape(header, f"blk.1.ffn_down_{kind}.weight") for kind in ("exps", "shexp"))
    width, number = "expert_feed_forward_length", "expert_shared_count"
    wide = header.number(header.own(width)) or (each[0] if each else 0)
    if f"deepseek2-ocr.{width}" not in draft.entries and wide:
        draft.number(f"deepseek2-ocr.{width}", wide)
    if f"deepseek2-ocr.{number}" not in draft.entries and wide and shared:
        draft.number(f"deepseek2-ocr.{number}", shared[0] // wide)
    draft.leave_out_senses()


_GLM_OCR_NAMES = {
    ".attn_out.": ".attn_output.",
    ".post_attn_norm.": ".post_attention_norm.",
    ".post_ffn_norm.": ".post_ffw_norm.",
}


def glm_ocr(draft: Draft) -> None:
    header = draft.header
    draft.architecture("glm4")
    sections = numbers(header, header.own("rope.mrope_section"))
    if len(sections) == 3:
        draft.numbers("glm4.rope.dimension_sections", (*sections, 0))
    draft.copy("glm4.attention.key_length", "glm4.rope.dimension_count")
    draft.text("tokenizer.ggml.pre", "chatglm-bpe")
    for old, new in _GLM_OCR_NAMES.items():
        draft.rename(old, new)
    for block in range(header.block_count):
        gate, up = (draft.tensor(f"blk.{block}.ffn_{name}.weight") for name in ("gate", "up"))
        if gate and up:
            draft.splice(joined(up.name, (gate, up)), gate, up)
    draft.leave_out_senses()


def glm_lite(draft: Draft) -> None:
    """Llama.cpp has one key/value head as wide as what all of them are packed into."""
    own, number = draft.header.own, draft.header.number
    draft.architecture("deepseek2")
    packed, turned = number(own("attention.kv_lora_rank")), number(own("rope.dimension_count"))
    each = number(own("attention.key_length"))
    draft.number("deepseek2.attention.head_count_kv", 1)
    if packed and turned:
        draft.number("deepseek2.attention.key_length", packed + turned)
        draft.number("deepseek2.attention.value_length", packed)
    if each:
        draft.number("deepseek2.attention.key_length_mla", each)
        draft.number("deepseek2.attention.value_length_mla", each)
    for key in ("expert_group_count", "expert_group_used_count"):
        draft.number(f"deepseek2.{key}", number(own(key)) or 1)
    draft.text("tokenizer.ggml.pre", "glm4")
    more = numbers(draft.header, "tokenizer.ggml.eos_token_ids")[1:]
    for key, token in zip(("eot", "eom"), more, strict=False):
        if f"tokenizer.ggml.{key}_token_id" not in draft.entries and token >= 0:
            draft.number(f"tokenizer.ggml.{key}_token_id", token)


_LAGUNA_KEYS = {
    "laguna.rope.swa.dimension_count": "laguna.rope.dimension_count_swa",
    "laguna.rope.swa.freq_base": "laguna.rope.freq_base_swa",
}
_LAGUNA_GATE = ".attn_g.weight"


def old_laguna(header: GgufHeader) -> bool:
    keys = header.metadata
    late = any(old in keys and new not in keys for old, new in _LAGUNA_KEYS.items())
    return late or ends(header, _LAGUNA_GATE)


def laguna(draft: Draft) -> None:
    for old, new in _LAGUNA_KEYS.items():
        draft.copy(old, new)
    draft.rename(_LAGUNA_GATE, ".attn_gate.weight")


_LLAMA3_FIRST, _LLAMA3_TOKENS = 128000, 128256
_PLAIN = ("", "default")


def old_llama3(header: GgufHeader) -> bool:
    """The first ones do not say where their words end; the engine would cut them otherwise."""
    return (
        header.text("tokenizer.ggml.model") == "gpt2"
        and header.text("tokenizer.ggml.pre") in _PLAIN
        and header.number("tokenizer.ggml.bos_token_id") == _LLAMA3_FIRST
        and count(header, "tokenizer.ggml.tokens") >= _LLAMA3_TOKENS
    )


def llama3(draft: Draft) -> None:
    draft.text("tokenizer.ggml.pre", "llama-bpe")
