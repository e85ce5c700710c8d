"""Models that Ollama once made for an engine of its own, in the layout that llama.cpp reads.

Many models of its library are such files: gemma3, gpt-oss, mistral-small, qwen3.5 and others have
keys and tensors under other names, or what sees images in the same file. The weights are the same,
so a new beginning and other places for the tensors are all that it takes. Source: the table of its
own compatibility layer (llama/compat in github.com/ollama/ollama). What sees becomes a file
of its own; see `ollama_projectors`. Pure: this makes no file.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from rillet.words.errors import InvalidModelFile

from .arrays import joined_text
from .draft import Draft, Layout
from .header import GgufArray, GgufHeader
from .ollama_gemmas import gemma3, gemma3n, gemma4, old_gemma3, old_gemma3n, old_gemma4
from .ollama_hybrids import (
    lfm2,
    nemotron,
    nemotron_with_senses,
    old_lfm2,
    old_nemotron,
    old_qwen3next,
    old_qwen35,
    qwen3next,
    qwen35,
)
from .ollama_marks import always, count, has_senses, numbers, shape
from .ollama_projectors import PROJECTORS
from .ollama_texts import (
    deepseek_ocr,
    glm_lite,
    glm_ocr,
    laguna,
    llama3,
    old_laguna,
    old_llama3,
)
from .splicing import CannotMake
from .writing import bytes_entry


def is_ollama_layout(header: GgufHeader) -> bool:
    """Whether llama.cpp could not read the file as it is, but could as `relaid` has it."""
    form = _FORMS.get(header.architecture)
    return form is not None and form.marked(header)


def relaid(header: GgufHeader, entries: dict[str, bytes]) -> Layout:
    """`entries` as `writing.metadata_entries` has them; `is_ollama_layout` must hold.

    Raises `InvalidModelFile`.
    """
    draft = Draft(header, entries)
    with _refusing(header):
        _FORMS[header.architecture].change(draft)
    return draft.layout()


def projector(header: GgufHeader, entries: dict[str, bytes]) -> Layout | None:
    """What sees or hears in such a file, as a file of its own; None where that is not known here.

    Raises `InvalidModelFile`.
    """
    change = PROJECTORS.get(header.architecture)
    if change is None or not has_senses(header):
        return None
    draft = Draft(header, entries)
    with _refusing(header), suppress(CannotMake):
        change(draft)
        return draft.layout()
    return None


@contextmanager
def _refusing(header: GgufHeader) -> Iterator[None]:
    """Numbers that no such model has."""
    try:
        yield
    except (struct.error, IndexError, ValueError) as error:
        raise InvalidModelFile(
            f"A model of the kind {header.architecture} is not made like this: {error}",
            hint="Pull or download it again",
        ) from None


def is_blind(header: GgufHeader) -> bool:
    """Whether the model was made to see, and cannot once it is made over."""
    if not is_ollama_layout(header) or not has_senses(header):
        return False
    try:
        return projector(header, {}) is None
    except InvalidModelFile:
        return True


def _gptoss(draft: Draft) -> None:
    draft.architecture("gpt-oss")
    width = shape(draft.header, "blk.0.ffn_gate_exps.weight")
    if width and "gpt-oss.expert_feed_forward_length" not in draft.entries:
        draft.number("gpt-oss.expert_feed_forward_length", width[1])
    draft.text("gpt-oss.rope.scaling.type", "yarn", missing=True)
    draft.text("tokenizer.ggml.pre", "gpt-4o")
    draft.rename(".attn_out.", ".attn_output.")
    draft.rename(".attn_sinks", ".attn_sinks.weight")
    draft.rename(".ffn_norm", ".post_attention_norm")


def _old_mistral3(header: GgufHeader) -> bool:
    old = ("rope.scaling.beta_fast", "rope.scaling.mscale_all_dim", "rope.scaling_beta")
    return has_senses(header) or any(header.own(key) in header.metadata for key in old)


def _mistral3(draft: Draft) -> None:
    scaling = "mistral3.rope.scaling"
    draft.copy(f"{scaling}.beta_fast", f"{scaling}.yarn_beta_fast")
    draft.copy(f"{scaling}.beta_slow", f"{scaling}.yarn_beta_slow")
    draft.copy(f"{scaling}.mscale_all_dim", f"{scaling}.yarn_log_multiplier")
    draft.copy(f"{scaling}_beta", "mistral3.attention.temperature_scale")
    if draft.header.text("tokenizer.ggml.pre") in ("", "default"):
        draft.text("tokenizer.ggml.pre", "tekken")
    draft.leave_out_senses()


def _qwen25vl(draft: Draft) -> None:
    draft.architecture("qwen2vl")
    sections = numbers(draft.header, "qwen25vl.rope.mrope_section")
    if len(sections) >= 3:
        draft.numbers("qwen2vl.rope.dimension_sections", (*sections[:3], 0))
    draft.leave_out_senses()


def _old_qwen3vl(header: GgufHeader) -> bool:
    return has_senses(header) or header.own("rope.dimension_sections") not in header.metadata


def _qwen3vl(draft: Draft) -> None:
    own = draft.header.own
    if own("rope.dimension_sections") not in draft.entries:
        sections = numbers(draft.header, own("rope.mrope_section"))[:3] or (24, 20, 20)
        draft.numbers(own("rope.dimension_sections"), (*sections, 0))
    if own("n_deepstack_layers") not in draft.entries:
        there = count(draft.header, own("vision.deepstack_visual_indexes"))
        draft.number(own("n_deepstack_layers"), there)
    draft.leave_out_senses()


_CHARACTERS = "tokenizer.ggml.precompiled_charsmap"
_TEXT = 8  # the type of an array's elements


def _old_bert(header: GgufHeader) -> bool:
    """As snowflake-arctic-embed2 has it: bytes in base64, each character of that by itself."""
    value = header.metadata.get(_CHARACTERS)
    return isinstance(value, GgufArray) and value.value_type == _TEXT


def _bert(draft: Draft) -> None:
    text = joined_text(draft.entries[_CHARACTERS], _CHARACTERS)
    draft.entries[_CHARACTERS] = bytes_entry(_CHARACTERS, base64.b64decode(text, validate=True))


class _Form(NamedTuple):
    marked: Callable[[GgufHeader], bool]
    change: Callable[[Draft], None]


_FORMS = {
    "bert": _Form(_old_bert, _bert),
    "deepseekocr": _Form(always, deepseek_ocr),
    "gemma3": _Form(old_gemma3, gemma3),
    "gemma3n": _Form(old_gemma3n, gemma3n),
    "gemma4": _Form(old_gemma4, gemma4),
    "glm4moelite": _Form(always, glm_lite),
    "glmocr": _Form(always, glm_ocr),
    "gptoss": _Form(always, _gptoss),
    "laguna": _Form(old_laguna, laguna),
    "lfm2": _Form(old_lfm2, lfm2),
    "lfm2moe": _Form(old_lfm2, lfm2),
    "llama": _Form(old_llama3, llama3),
    "llama4": _Form(has_senses, Draft.leave_out_senses),
    "mistral3": _Form(_old_mistral3, _mistral3),
    "nemotron_h_moe": _Form(old_nemotron, nemotron),
    "nemotron_h_omni": _Form(always, nemotron_with_senses),
    "olmo3": _Form(always, lambda draft: draft.architecture("olmo2")),
    "qwen25vl": _Form(always, _qwen25vl),
    "qwen35": _Form(old_qwen35, qwen35),
    "qwen35moe": _Form(old_qwen35, qwen35),
    "qwen3next": _Form(old_qwen3next, qwen3next),
    "qwen3vl": _Form(_old_qwen3vl, _qwen3vl),
    "qwen3vlmoe": _Form(_old_qwen3vl, _qwen3vl),
}
