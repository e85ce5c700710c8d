"""Writes tiny models with random weights twice: as llama.cpp wants them, and as Ollama's library
has them, with the same weights. Source of the names: llama.cpp's models and mtmd, and Ollama's
compatibility layer.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy

WIDTH, INNER, HEADS, GROUPS, SIDE = 64, 96, 4, 2, 16
_LONG = 128  # of a head, where its parts are fixed
WORDS = 300
#: Tokens of a vocabulary that have no row, as Ollama's gemma3 has them.
MORE = 4

Tensors = dict[str, tuple[int, ...]]
Keys = dict[str, Any]


def _attention(at: str, *, bias: bool, side: int = SIDE) -> Tensors:
    wide, narrow = HEADS * side, GROUPS * side
    found: Tensors = {
        at + "attn_norm.weight": (WIDTH,),
        at + "attn_q.weight": (wide, WIDTH),
        at + "attn_k.weight": (narrow, WIDTH),
        at + "attn_v.weight": (narrow, WIDTH),
        at + "attn_output.weight": (WIDTH, wide),
    }
    if bias:
        found |= {at + f"attn_{each}.bias": (narrow,) for each in "kv"}
        found |= {at + "attn_q.bias": (wide,)}
    return found


def _feed_forward(at: str) -> Tensors:
    return {
        at + "ffn_norm.weight": (WIDTH,),
        at + "ffn_gate.weight": (INNER, WIDTH),
        at + "ffn_up.weight": (INNER, WIDTH),
        at + "ffn_down.weight": (WIDTH, INNER),
    }


def _gemma3(at: str) -> Tensors:
    norms = {at + f"{name}.weight": (WIDTH,) for name in ("post_attention_norm", "post_ffw_norm")}
    heads = {at + f"attn_{each}_norm.weight": (SIDE,) for each in "qk"}
    return {**_attention(at, bias=False), **_feed_forward(at), **norms, **heads}


def _gpt_oss(at: str) -> Tensors:
    experts = 4
    found = _attention(at, bias=True)
    found |= {at + "attn_output.bias": (WIDTH,), at + "attn_sinks.weight": (HEADS,)}
    found |= {at + "post_attention_norm.weight": (WIDTH,)}
    found |= {at + "ffn_gate_inp.weight": (experts, WIDTH), at + "ffn_gate_inp.bias": (experts,)}
    for each in ("gate", "up"):
        found[at + f"ffn_{each}_exps.weight"] = (experts, INNER, WIDTH)
        found[at + f"ffn_{each}_exps.bias"] = (experts, INNER)
    found[at + "ffn_down_exps.weight"] = (experts, WIDTH, INNER)
    found[at + "ffn_down_exps.bias"] = (experts, WIDTH)
    return found


def _olmo2(at: str) -> Tensors:
    found = {**_attention(at, bias=False), **_feed_forward(at)}
    del found[at + "attn_norm.weight"], found[at + "ffn_norm.weight"]
    found |= {at + f"{name}.weight": (WIDTH,) for name in ("post_attention_norm", "post_ffw_norm")}
    found |= {at + "attn_q_norm.weight": (HEADS * SIDE,)}
    return found | {at + "attn_k_norm.weight": (GROUPS * SIDE,)}


def _qwen3(at: str) -> Tensors:
    heads = {at + f"attn_{each}_norm.weight": (_LONG,) for each in "qk"}
    return {**_attention(at, bias=False, side=_LONG), **_feed_forward(at), **heads}


def _llama(at: str) -> Tensors:
    return {**_attention(at, bias=False), **_feed_forward(at)}


def _qwen2(at: str) -> Tensors:
    return {**_attention(at, bias=True), **_feed_forward(at)}


_EYE, _EYE_INNER, _PATCH, _IMAGE = 32, 64, 14, 56


def _eyes(form: str) -> Tensors:
    """By the names that llama.cpp has for them."""
    line = (_EYE,)
    patch = (_EYE, 3, _PATCH, _PATCH)
    found: Tensors = {"v.patch_embd.weight": patch, "v.post_ln.weight": line}
    if form == "gemma3":
        found |= {
            "v.patch_embd.bias": line,
            "v.position_embd.weight": ((_IMAGE // _PATCH) ** 2, _EYE),
            "v.post_ln.bias": line,
            "mm.input_projection.weight": (_EYE, WIDTH),
            "mm.soft_emb_norm.weight": line,
        }
    else:
        found |= {
            "v.patch_embd.weight.1": patch,
            "mm.0.weight": (4 * _EYE, 4 * _EYE),
            "mm.0.bias": (4 * _EYE,),
            "mm.2.weight": (WIDTH, 4 * _EYE),
            "mm.2.bias": (WIDTH,),
        }
    for layer in range(2):
        at = f"v.blk.{layer}."
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            found |= {at + f"{name}.weight": (_EYE, _EYE), at + f"{name}.bias": line}
        for name in ("ln1", "ln2"):
            found |= {at + f"{name}.weight": line, at + f"{name}.bias": line}
        # The names are the wrong way round, as llama.cpp knows.
        wide, narrow = ("ffn_down", "ffn_up") if form == "gemma3" else ("ffn_up", "ffn_down")
        found |= {at + f"{wide}.weight": (_EYE_INNER, _EYE), at + f"{wide}.bias": (_EYE_INNER,)}
        found |= {at + f"{narrow}.weight": (_EYE, _EYE_INNER), at + f"{narrow}.bias": line}
        if form != "gemma3":
            found |= {at + "ffn_gate.weight": (_EYE_INNER, _EYE)}
            found |= {at + "ffn_gate.bias": (_EYE_INNER,)}
    return found


#: What Ollama calls them.
_EYE_NAMES = {
    "gemma3": {
        "v.patch_embd": "v.patch_embedding",
        "v.position_embd": "v.position_embedding",
        "v.post_ln": "v.post_layernorm",
        ".ln1": ".layer_norm1",
        ".ln2": ".layer_norm2",
        ".attn_out.": ".attn_output.",
        ".ffn_down": ".mlp.fc1",
        ".ffn_up": ".mlp.fc2",
        "mm.input_projection": "mm.mm_input_projection",
        "mm.soft_emb_norm": "mm.mm_soft_emb_norm",
    },
    "qwen25vl": {
        "v.post_ln.": "v.merger.ln_q.",
        "mm.0.": "v.merger.mlp.0.",
        "mm.2.": "v.merger.mlp.2.",
        "v.patch_embd.weight.1": "v.patch_embd_1.weight",
        "v.patch_embd.weight": "v.patch_embd_0.weight",
    },
}
_EYE_NUMBERS = {
    "block_count": 2,
    "embedding_length": _EYE,
    "feed_forward_length": _EYE_INNER,
    "attention.head_count": 2,
    "patch_size": _PATCH,
    "image_size": _IMAGE,
}
_EYE_KINDS = {"gemma3": "gemma3", "qwen25vl": "qwen2.5vl_merger"}


def write_eyes(path: Path, form: str) -> None:
    """What sees in the model whose form in Ollama's library is `form`, as llama.cpp has it."""
    writer = gguf.GGUFWriter(str(path), "clip")
    writer.add_string("general.type", "mmproj")
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_bool("clip.use_gelu" if form == "gemma3" else "clip.use_silu", True)
    writer.add_string("clip.projector_type", _EYE_KINDS[form])
    numbers = {**_EYE_NUMBERS, "projection_dim": WIDTH}
    if form == "qwen25vl":
        numbers["n_wa_pattern"] = 2
        writer.add_array("clip.vision.image_mean", [0.48145466, 0.4578275, 0.40821073])
        writer.add_array("clip.vision.image_std", [0.26862954, 0.26130258, 0.27577711])
    else:
        for name in ("image_mean", "image_std"):
            writer.add_array(f"clip.vision.{name}", [0.5, 0.5, 0.5])
    for name, number in numbers.items():
        writer.add_uint32(f"clip.vision.{name}", number)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)
    for name, data in _eye_weights(form):
        writer.add_tensor(name, data)
    _close(writer)


def _eye_weights(form: str) -> Iterator[tuple[str, Any]]:
    lot = numpy.random.default_rng(9)
    for name, shape in _eyes(form).items():
        data = lot.normal(0, 0.3, shape).astype(numpy.float16)
        yield name, data.astype(numpy.float32)


_MOE = {"expert_count": 4, "expert_used_count": 2}


class Pair:
    """One architecture: its blocks, and what each layout calls things."""

    def __init__(
        self,
        ours: str,
        theirs: str,
        block: Callable[[str], Tensors],
        keys: Keys,
        their_keys: Keys,
        names: dict[str, str],
        *,
        senses: bool = True,
        more: int = 0,
    ) -> None:
        self.ours, self.theirs, self.block = ours, theirs, block
        self.keys, self.their_keys, self.names = keys, their_keys, names
        self.senses, self.more = senses, more

    def write(self, path: Path, *, ollama: bool) -> None:
        writer = gguf.GGUFWriter(str(path), self.theirs if ollama else self.ours)
        usual = {
            "context_length": 256,
            "embedding_length": WIDTH,
            "block_count": 2,
            "feed_forward_length": INNER,
            "attention.head_count": HEADS,
            "attention.head_count_kv": GROUPS,
            "attention.key_length": SIDE,
            "attention.value_length": SIDE,
            "attention.layer_norm_rms_epsilon": 1e-6,
            "rope.freq_base": 1e6,
        }
        keys = {**usual, **(self.their_keys if ollama else self.keys)}
        _write_keys(writer, self.theirs if ollama else self.ours, keys)
        _vocabulary(writer, WORDS + (self.more if ollama else 0))
        tensors: Tensors = {"token_embd.weight": (WORDS, WIDTH), "output_norm.weight": (WIDTH,)}
        tensors |= {"output.weight": (WORDS, WIDTH)}
        for layer in range(2):
            tensors |= self.block(f"blk.{layer}.")
        lot = numpy.random.default_rng(5)
        for name, shape in tensors.items():
            scale = 1.0 if name.endswith("norm.weight") else 0.0
            data = (scale + lot.normal(0, 0.2, shape)).astype(numpy.float32)
            if ollama:
                for old, new in self.names.items():
                    name = name.replace(old, new)
            writer.add_tensor(name, data)
        if ollama and self.senses:
            _add_eyes(writer, self.theirs)
        _close(writer)


def _add_eyes(writer: gguf.GGUFWriter, form: str) -> None:
    numbers = dict(_EYE_NUMBERS)
    if form == "qwen25vl":
        del numbers["feed_forward_length"]
        writer.add_array("qwen25vl.vision.fullatt_block_indexes", [1])
    for name, number in numbers.items():
        writer.add_uint32(f"{form}.vision.{name}", number)
    writer.add_float32(f"{form}.vision.attention.layer_norm_epsilon", 1e-6)
    for name, data in _eye_weights("qwen25vl" if form == "qwen25vl" else "gemma3"):
        for old, new in _EYE_NAMES.get(form, {}).items():
            if old in name:
                name = name.replace(old, new)
                break
        half = "patch" in name and "weight" in name
        writer.add_tensor(name, data.astype(numpy.float16) if half else data)


def _close(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _write_keys(writer: gguf.GGUFWriter, architecture: str, keys: Keys) -> None:
    for name, value in keys.items():
        if value is None:
            continue
        name = name if "tokenizer" in name else f"{architecture}.{name}"
        if isinstance(value, float):
            writer.add_float32(name, value)
        elif isinstance(value, str):
            writer.add_string(name, value)
        elif isinstance(value, list):
            writer.add_array(name, value)
        else:
            writer.add_uint32(name, value)


def _vocabulary(writer: gguf.GGUFWriter, count: int) -> None:
    kinds = gguf.TokenType
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    types = [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL, *[kinds.BYTE] * 256]
    tokens += [f"▁w{number}" for number in range(count - len(tokens))]
    types += [kinds.NORMAL] * (count - len(types))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * count)
    writer.add_token_types(types)
    for name, number in (("bos", 1), ("eos", 2), ("unknown", 0)):
        writer.add_uint32(f"tokenizer.ggml.{name}_token_id", number)


_LONG_KEYS = {"attention.key_length": _LONG, "attention.value_length": _LONG}
_WINDOW = {"attention.sliding_window": 64}
PAIRS = {
    "gemma3": Pair(
        "gemma3",
        "gemma3",
        _gemma3,
        {**_WINDOW, "rope.freq_base_swa": 1e4},
        {
            **_WINDOW,
            "rope.freq_base": None,
            "rope.global.freq_base": 1e6,
            "rope.local.freq_base": 1e4,
            "attention.layer_norm_rms_epsilon": None,
        },
        {},
        more=MORE,
    ),
    "gpt-oss": Pair(
        "gpt-oss",
        "gptoss",
        _gpt_oss,
        {**_MOE, **_WINDOW, "expert_feed_forward_length": INNER, "rope.scaling.type": "yarn"},
        {**_MOE, **_WINDOW},
        {
            ".attn_output.": ".attn_out.",
            ".attn_sinks.weight": ".attn_sinks",
            ".post_attention_norm": ".ffn_norm",
        },
        senses=False,
    ),
    "qwen2.5vl": Pair(
        "qwen2vl",
        "qwen25vl",
        _qwen2,
        {"rope.dimension_sections": [4, 2, 2, 0]},
        {"rope.mrope_section": [4, 2, 2]},
        {},
    ),
    "mistral3": Pair(
        "mistral3",
        "mistral3",
        _llama,
        {"tokenizer.ggml.pre": "tekken", "attention.temperature_scale": 0.1},
        {"rope.scaling_beta": 0.1},
        {},
    ),
    "olmo3": Pair("olmo2", "olmo3", _olmo2, _WINDOW, _WINDOW, {}, senses=False),
    "qwen3vl": Pair(
        "qwen3vl",
        "qwen3vl",
        _qwen3,
        {"rope.dimension_sections": [24, 20, 20, 0], "n_deepstack_layers": 0, **_LONG_KEYS},
        _LONG_KEYS,
        {},
    ),
}
