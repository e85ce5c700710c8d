"""Which type each tensor gets when a model is quantized. Pure.

Sources: the choices of llama.cpp's `llama-quantize`, compared with what it makes of the same files;
and what Ollama tells it for some architectures.
"""

from __future__ import annotations

import re

from .draft import SENSES
from .header import GgufHeader, Tensor
from .writing import NewTensor, block_length

#: What can be made, and what can be made into it.
QUANTIZATIONS = ("F32", "F16", "Q4_K_S", "Q4_K_M", "Q8_0")
WHOLE = ("F32", "F16", "BF16")
_TYPES = {"Q4_K_S": "Q4_K", "Q4_K_M": "Q4_K"}
#: Small or touchy: these stay as they are.
_KEPT = re.compile(
    r"_norm\.weight|ffn_gate_inp|altup|laurel|per_layer_model_proj|position_embd|token_types"
    r"|ssm_conv1d|shortconv\.conv|time_mix_|attn_rel_b|pos_embd|patch_embd|^(?!.*weight$)"
)
_FALLBACKS = {"Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}
#: What sees, hears or looks ahead in the model's own file stays too.
_ASIDE = (*SENSES, "mtp.")
_EMBEDDINGS = (r"^(token_embd|output)\.weight$", "F16")
_LOOKS_AHEAD = (r"\.nextn\.eh_proj\.weight$", "Q8_0")
#: Tensors that a mixture around Q4_K would harm, by the architecture.
_TOUCHY = {
    "deepseek2": (r"\.attn_(k_b|q_a|q_b|v_b|kv_a_mqa)\.weight$", "Q8_0"),
    "gemma3n": (r"^per_layer_token_embd\.weight$", "F16"),
    "glm4": _EMBEDDINGS,
    "glmocr": _EMBEDDINGS,
    "qwen35": _LOOKS_AHEAD,
    "qwen35moe": _LOOKS_AHEAD,
}
_BLOCK = re.compile(r"blk\.(\d+)\.")


def quantized(header: GgufHeader, kind: str) -> list[NewTensor]:
    """The tensors of the model as `kind`, one of `QUANTIZATIONS` or BF16, in their order."""
    tied = all(tensor.name != "output.weight" for tensor in header.tensors)
    wanted = (_wanted(header, tensor, kind, tied) for tensor in header.tensors)
    return [
        NewTensor(tensor.name, tensor.shape, _fitting(tensor, new))
        for tensor, new in zip(header.tensors, wanted, strict=True)
    ]


def _wanted(header: GgufHeader, tensor: Tensor, kind: str, tied: bool) -> str:
    if len(tensor.shape) < 2 or tensor.type not in WHOLE or _KEPT.search(tensor.name):
        return tensor.type
    if tensor.name.startswith(_ASIDE):
        return tensor.type
    usual = _TYPES.get(kind, kind)
    touchy, careful = _TOUCHY.get(header.architecture, ("$^", ""))
    if usual == "Q4_K" and re.search(touchy, tensor.name):
        return careful
    if usual in WHOLE:
        return usual
    if tensor.name == ("token_embd.weight" if tied else "output.weight"):
        return "Q8_0" if tensor.shape[0] % 256 or usual == "Q8_0" else "Q6_K"
    return usual if usual == "Q8_0" else _within(header, tensor.name, kind)


def _within(header: GgufHeader, name: str, kind: str) -> str:
    """The type in a mixture around Q4_K."""
    found = _BLOCK.match(name)
    block, blocks = int(found[1]) if found else 0, max(1, header.block_count)
    many = header.number(header.own("expert_count")) == 8
    more = _needs_more_bits(block, blocks) if kind == "Q4_K_M" else False
    if "attn_v.weight" in name:
        if many:
            return "Q8_0"
        return "Q6_K" if more else "Q5_K" if kind == "Q4_K_S" and block < 4 else "Q4_K"
    if "attn_k.weight" in name and many:
        return "Q8_0"
    if "ffn_down" in name:
        return "Q6_K" if more else "Q5_K" if kind == "Q4_K_S" and block < blocks // 8 else "Q4_K"
    if "attn_output.weight" in name and many:
        return "Q5_K"
    return "Q5_K" if "attn_qkv.weight" in name and kind == "Q4_K_M" else "Q4_K"


def _needs_more_bits(block: int, blocks: int) -> bool:
    """The first and last eighth of the layers, and every third between."""
    eighth = blocks // 8
    return block < eighth or block >= 7 * blocks // 8 or (block - eighth) % 3 == 2


def _fitting(tensor: Tensor, wanted: str) -> str:
    """A type whose blocks go into the rows of the tensor."""
    for kind in (wanted, _FALLBACKS.get(wanted, wanted)):
        if tensor.shape[0] % block_length(kind) == 0:
            return kind
    return "F16"
