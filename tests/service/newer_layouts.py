"""More of what `two_layouts` has: architectures with experts, with a state, or packed heads."""

from collections.abc import Iterator
from typing import Any

from .two_layouts import (
    GROUPS,
    HEADS,
    INNER,
    SIDE,
    WHOLE,
    WIDTH,
    WORDS,
    Keys,
    Pair,
    Tensors,
    attention,
    feed_forward,
)

_EXPERTS, _EXPERT, _SHARED = 4, 32, 48
_MOE: Keys = {
    "expert_count": _EXPERTS,
    "expert_used_count": 2,
    "expert_feed_forward_length": _EXPERT,
    "expert_shared_feed_forward_length": _SHARED,
}


def _norms(at: str, *names: str, width: int = WIDTH) -> Tensors:
    return {at + f"{name}.weight": (width,) for name in names}


def _experts(at: str, *, shared: int = _SHARED, width: int = WIDTH, gate: bool = True) -> Tensors:
    ways = ("gate", "up") if gate else ("up",)
    found: Tensors = {
        at + "ffn_gate_inp.weight": (_EXPERTS, WIDTH),
        at + "ffn_down_exps.weight": (_EXPERTS, width, _EXPERT),
    }
    found |= {at + f"ffn_{way}_exps.weight": (_EXPERTS, _EXPERT, width) for way in ways}
    if shared:
        found |= {at + f"ffn_{way}_shexp.weight": (shared, WIDTH) for way in ways}
        found |= {at + "ffn_down_shexp.weight": (WIDTH, shared)}
    return found


def _bias(at: str) -> Tensors:
    return {at + "exp_probs_b.bias": (_EXPERTS,)}


# Of the models with a state: heads of values, groups of keys, and what a convolution goes over.
_STATES, _STATE, _KERNEL = 4, 16, 4
_VALUES = _STATES * _STATE
_MIXED = _VALUES + 2 * GROUPS * _STATE
_STATE_KEYS: Keys = {
    "ssm.conv_kernel": _KERNEL,
    "ssm.inner_size": _VALUES,
    "ssm.state_size": _STATE,
    "ssm.group_count": GROUPS,
    "ssm.time_step_rank": _STATES,
}


def _delta_net(at: str, *, joined: bool) -> Tensors:
    found: Tensors = {
        at + "attn_qkv.weight": (_MIXED, WIDTH),
        at + "attn_gate.weight": (_VALUES, WIDTH),
        at + "ssm_conv1d.weight": (_MIXED, _KERNEL),
        at + "ssm_dt.bias": (_STATES,),
        at + "ssm_a": (_STATES,),
        at + "ssm_norm.weight": (_STATE,),
        at + "ssm_out.weight": (WIDTH, _VALUES),
    }
    parts = {"ba": 2 * _STATES} if joined else {"alpha": _STATES, "beta": _STATES}
    return found | {at + f"ssm_{part}.weight": (size, WIDTH) for part, size in parts.items()}


def _qwen(at: str, *, joined: bool = False) -> Tensors:
    found = _norms(at, "attn_norm", "post_attention_norm")
    if at == "blk.0.":
        return found | _delta_net(at, joined=joined)
    found |= attention(at, bias=False) | _norms(at, "attn_q_norm", "attn_k_norm", width=SIDE)
    return found | {at + "attn_q.weight": (2 * HEADS * SIDE, WIDTH)}  # each with its gate


def _qwen35(at: str) -> Tensors:
    found = _qwen(at) | feed_forward(at)
    del found[at + "ffn_norm.weight"]
    return found


def _qwen35moe(at: str) -> Tensors:
    return _qwen(at) | _experts(at) | {at + "ffn_gate_inp_shexp.weight": (WIDTH,)}


def _qwen3next(at: str) -> Tensors:
    shared: Tensors = {at + "ffn_gate_inp_shexp.weight": (WIDTH,)}
    return _qwen(at, joined=True) | _experts(at) | shared


def _with_more_tokens(name: str, data: Any) -> Iterator[tuple[str, Any]]:
    """What predicts the token after the next one is no layer of theirs."""
    yield name, data
    if name == "output_norm.weight":
        yield "mtp.norm.weight", data
        yield "mtp.layers.0.attn_norm.weight", data


_QWEN_KEYS = {**_STATE_KEYS, "full_attention_interval": 2, "rope.dimension_count": 8}
_QWEN_THEIRS = {**_QWEN_KEYS, "attention.head_count_kv": [0, GROUPS]}
_QWEN35_KEYS = {**_QWEN_KEYS, "rope.dimension_sections": [2, 1, 1, 0]}
_QWEN35_THEIRS = {
    **_QWEN_THEIRS,
    "rope.dimension_sections": [2, 1, 1],
    "ssm.v_head_reordered": True,
    "nextn_predict_layers": 1,
}
_QWEN_NAMES = {".ssm_dt.bias": ".ssm_dt"}


def _nemotron(at: str) -> Tensors:
    found = _norms(at, "attn_norm")
    if at == "blk.0.":
        return found | {
            at + "ssm_in.weight": (_VALUES + _MIXED + _STATES, WIDTH),
            at + "ssm_conv1d.weight": (_MIXED, _KERNEL),
            at + "ssm_conv1d.bias": (_MIXED,),
            at + "ssm_dt.bias": (_STATES,),
            at + "ssm_a": (_STATES, 1),
            at + "ssm_d": (_STATES, 1),
            at + "ssm_norm.weight": (GROUPS, _VALUES // GROUPS),
            at + "ssm_out.weight": (WIDTH, _VALUES),
        }
    if at == "blk.1.":
        return found | attention(at, bias=False)
    found |= _experts(at, width=_LATENT, gate=False) | _bias(at)
    found |= {at + "ffn_latent_down.weight": (_LATENT, WIDTH)}
    return found | {at + "ffn_latent_up.weight": (WIDTH, _LATENT)}


_LATENT = 32
_NEMOTRON_KEYS = {
    **_MOE,
    **_STATE_KEYS,
    "attention.layer_norm_epsilon": 1e-5,
    "attention.head_count_kv": [0, GROUPS, 0],
    "feed_forward_length": [0, 0, INNER],
    "expert_weights_scale": 2.5,
    "moe_latent_size": _LATENT,
}
_NEMOTRON_THEIRS = {**_NEMOTRON_KEYS, "moe_latent_size": None}
_NEMOTRON_NAMES = {"ffn_latent_down": "ffn_latent_in", "ffn_latent_up": "ffn_latent_out"}

_GLOBAL, _EACH = 32, 8  # the wide heads of Gemma 4, and what each layer has of a token


def _gemma4(at: str) -> Tensors:
    side = SIDE if at == "blk.0." else _GLOBAL
    found = attention(at, bias=False, side=side) | feed_forward(at) | _experts(at, shared=0)
    found |= _norms(at, "attn_q_norm", "attn_k_norm", width=side)
    found |= _norms(at, "post_attention_norm", "post_ffw_norm", "pre_ffw_norm_2", "post_norm")
    found |= _norms(at, "post_ffw_norm_1", "post_ffw_norm_2")
    found |= {
        at + "layer_output_scale.weight": (1,),
        at + "ffn_gate_inp.scale": (WIDTH,),
        at + "ffn_down_exps.scale": (_EXPERTS,),
        at + "inp_gate.weight": (_EACH, WIDTH),
        at + "proj.weight": (WIDTH, _EACH),
    }
    return found


def _merged_words() -> Keys:
    """Characters, bytes, and the numbers that are put together from them."""
    told = ["<pad>", "<eos>", "<bos>", "<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    letters = ["▁", "w", *"0123456789"]
    pairs = [f"{one} {two}" for one in letters[2:] for two in letters[2:]][: WORDS - 273]
    merges = ["▁ w", *pairs]
    tokens = [*told, *letters, *(merge.replace(" ", "") for merge in merges)]
    return {
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.scores": [0.0] * len(tokens),
        "tokenizer.ggml.token_type": [3] * 4 + [6] * 256 + [1] * (len(tokens) - 260),
        "tokenizer.ggml.bos_token_id": 2,
        "tokenizer.ggml.eos_token_id": 1,
    }


_GEMMA4_KEYS = {
    **_MOE,
    **_merged_words(),
    "expert_shared_feed_forward_length": None,
    "attention.key_length": _GLOBAL,
    "attention.value_length": _GLOBAL,
    "attention.key_length_swa": SIDE,
    "attention.value_length_swa": SIDE,
    "attention.sliding_window": 64,
    "attention.sliding_window_pattern": [True, False],
    "attention.shared_kv_layers": 0,
    "rope.freq_base_swa": 1e4,
    "rope.dimension_count": _GLOBAL,
    "rope.dimension_count_swa": SIDE,
    "final_logit_softcapping": 30.0,
    "embedding_length_per_layer_input": _EACH,
    "tokenizer.ggml.model": "gemma4",
    "tokenizer.ggml.pre": "gemma4",
}
_GEMMA4_WHOLE: Tensors = {
    **WHOLE,
    "rope_freqs.weight": (_GLOBAL // 2,),
    "per_layer_token_embd.weight": (WORDS, 2 * _EACH),
    "per_layer_model_proj.weight": (2 * _EACH, WIDTH),
    "per_layer_proj_norm.weight": (_EACH,),
}


def _deepseek_ocr(at: str) -> Tensors:
    found = {**attention(at, bias=False), **_norms(at, "ffn_norm")}
    for each in "kv":
        found[at + f"attn_{each}.weight"] = (WIDTH, WIDTH)
    return found | (feed_forward(at) if at == "blk.0." else _experts(at, shared=2 * _EXPERT))


_DEEPSEEK_KEYS: Keys = {
    "rope.freq_base": None,
    "attention.head_count_kv": HEADS,
    "expert_count": _EXPERTS,
    "expert_used_count": 2,
    "leading_dense_block_count": 1,
}
_DEEPSEEK_OURS = {"expert_feed_forward_length": _EXPERT, "expert_shared_count": 2}

_PACKED, _QUERY, _TURNED = 32, 24, 8


def _glm_lite(at: str) -> Tensors:
    found: Tensors = {
        **_norms(at, "attn_norm", "ffn_norm"),
        at + "attn_q_a.weight": (_QUERY, WIDTH),
        at + "attn_q_a_norm.weight": (_QUERY,),
        at + "attn_q_b.weight": (HEADS * SIDE, _QUERY),
        at + "attn_kv_a_mqa.weight": (_PACKED + _TURNED, WIDTH),
        at + "attn_kv_a_norm.weight": (_PACKED,),
        at + "attn_k_b.weight": (HEADS, _PACKED, SIDE - _TURNED),
        at + "attn_v_b.weight": (HEADS, SIDE, _PACKED),
        at + "attn_output.weight": (WIDTH, HEADS * SIDE),
    }
    if at == "blk.0.":
        return found | feed_forward(at)
    return found | _experts(at, shared=_EXPERT) | _bias(at)


_GLM_LITE_THEIRS: Keys = {
    **_DEEPSEEK_KEYS,
    "expert_feed_forward_length": _EXPERT,
    "expert_shared_count": 1,
    "expert_gating_func": 2,
    "expert_weights_norm": True,
    "expert_weights_scale": 1.8,
    "attention.q_lora_rank": _QUERY,
    "attention.kv_lora_rank": _PACKED,
    "attention.key_length_mla": _PACKED + _TURNED,
    "attention.value_length_mla": _PACKED,
    "rope.dimension_count": _TURNED,
    "tokenizer.ggml.eos_token_ids": [2, 5, 6],
}
_GLM_LITE_KEYS = {
    **_GLM_LITE_THEIRS,
    "expert_group_count": 1,
    "expert_group_used_count": 1,
    "attention.head_count_kv": 1,
    "attention.key_length": _PACKED + _TURNED,
    "attention.value_length": _PACKED,
    "attention.key_length_mla": SIDE,
    "attention.value_length_mla": SIDE,
    "tokenizer.ggml.eot_token_id": 5,
    "tokenizer.ggml.eom_token_id": 6,
}


def _glm_ocr(at: str) -> Tensors:
    found = attention(at, bias=False) | feed_forward(at)
    del found[at + "ffn_gate.weight"]
    found |= {at + "ffn_up.weight": (2 * INNER, WIDTH)}
    return found | _norms(at, "post_attention_norm", "post_ffw_norm")


def _gate_apart(name: str, data: Any) -> Iterator[tuple[str, Any]]:
    if not name.endswith(".ffn_up.weight"):
        yield name, data
        return
    yield name, data[INNER:]
    yield name.replace(".ffn_up", ".ffn_gate"), data[:INNER]


def _laguna(at: str) -> Tensors:
    found = attention(at, bias=False) | _norms(at, "attn_q_norm", "attn_k_norm", width=SIDE)
    found |= _norms(at, "ffn_norm") | {at + "attn_gate.weight": (HEADS, WIDTH)}
    return found | (feed_forward(at) if at == "blk.0." else _experts(at) | _bias(at))


_LAGUNA_KEYS: Keys = {
    **_MOE,
    "leading_dense_block_count": 1,
    "expert_weights_scale": 2.5,
    "attention.sliding_window": 64,
    "attention.sliding_window_pattern": [False, True],
    "rope.dimension_count": SIDE // 2,
}


def _lfm2(at: str) -> Tensors:
    if at != "blk.0.":
        heads = _norms(at, "attn_q_norm", "attn_k_norm", width=SIDE)
        return attention(at, bias=False) | feed_forward(at) | heads
    return {
        **_norms(at, "attn_norm"),
        **feed_forward(at),
        at + "shortconv.conv.weight": (WIDTH, 3),
        at + "shortconv.in_proj.weight": (3 * WIDTH, WIDTH),
        at + "shortconv.out_proj.weight": (WIDTH, WIDTH),
    }


_LFM2_KEYS: Keys = {"shortconv.l_cache": 3, "attention.head_count_kv": [0, GROUPS]}
_LFM2_WHOLE: Tensors = {"token_embd.weight": (WORDS, WIDTH), "token_embd_norm.weight": (WIDTH,)}

NEWER_PAIRS = {
    "qwen3.5": Pair(
        "qwen35",
        "qwen35",
        _qwen35,
        _QWEN35_KEYS,
        _QWEN35_THEIRS,
        _QWEN_NAMES,
        turned=_with_more_tokens,
    ),
    "qwen3.5moe": Pair(
        "qwen35moe",
        "qwen35moe",
        _qwen35moe,
        {**_MOE, **_QWEN35_KEYS},
        {**_MOE, **_QWEN35_THEIRS},
        _QWEN_NAMES,
    ),
    "qwen3next": Pair(
        "qwen3next",
        "qwen3next",
        _qwen3next,
        {**_MOE, **_QWEN_KEYS},
        {**_MOE, **_QWEN_THEIRS},
        _QWEN_NAMES,
        senses=False,
    ),
    "gemma4": Pair(
        "gemma4",
        "gemma4",
        _gemma4,
        _GEMMA4_KEYS,
        {**_GEMMA4_KEYS, "tokenizer.ggml.model": "llama"},
        {".ffn_down_exps.scale": ".ffn_gate_inp.per_expert_scale"},
        whole=_GEMMA4_WHOLE,
    ),
    "nemotron3-super": Pair(
        "nemotron_h_moe",
        "nemotron_h_moe",
        _nemotron,
        _NEMOTRON_KEYS,
        _NEMOTRON_THEIRS,
        _NEMOTRON_NAMES,
        blocks=3,
        senses=False,
        turned=_with_more_tokens,
    ),
    "nemotron3-omni": Pair(
        "nemotron_h_moe",
        "nemotron_h_omni",
        _nemotron,
        _NEMOTRON_KEYS,
        _NEMOTRON_KEYS,
        {},
        blocks=3,
    ),
    "deepseek-ocr": Pair(
        "deepseek2-ocr",
        "deepseekocr",
        _deepseek_ocr,
        {**_DEEPSEEK_KEYS, **_DEEPSEEK_OURS},
        {**_DEEPSEEK_KEYS, "attention.layer_norm_rms_epsilon": None},
        {},
    ),
    "glm-4.7-flash": Pair(
        "deepseek2",
        "glm4moelite",
        _glm_lite,
        _GLM_LITE_KEYS,
        _GLM_LITE_THEIRS,
        {},
        senses=False,
    ),
    "glm-ocr": Pair(
        "glm4",
        "glmocr",
        _glm_ocr,
        {"rope.dimension_sections": [4, 2, 2, 0], "rope.dimension_count": SIDE},
        {"rope.mrope_section": [4, 2, 2], "tokenizer.ggml.pre": "llama-bpe"},
        {
            ".attn_output.": ".attn_out.",
            ".post_attention_norm.": ".post_attn_norm.",
            ".post_ffw_norm.": ".post_ffn_norm.",
        },
        turned=_gate_apart,
    ),
    "laguna": Pair(
        "laguna",
        "laguna",
        _laguna,
        {**_LAGUNA_KEYS, "rope.dimension_count_swa": SIDE, "rope.freq_base_swa": 1e4},
        {**_LAGUNA_KEYS, "rope.swa.dimension_count": SIDE, "rope.swa.freq_base": 1e4},
        {".attn_gate.": ".attn_g."},
        senses=False,
    ),
    "lfm2": Pair(
        "lfm2",
        "lfm2",
        _lfm2,
        _LFM2_KEYS,
        {**_LFM2_KEYS, "feed_forward_length": 12288},
        {"token_embd_norm": "output_norm"},
        whole=_LFM2_WHOLE,
        senses=False,
    ),
}
