"""Writes tiny models with random weights twice: as llama.cpp wants them, and as Ollama's library
has them, with the same weights. Source of the names: llama.cpp's models and mtmd, and Ollama's
compatibility layer.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy

from .two_eyes import EYES, WIDTH, Keys, Tensors, close, write_keys

INNER, HEADS, GROUPS, SIDE = 96, 4, 2, 16
_LONG = 128  # of a head, where its parts are fixed
WORDS = 300
BREAK = 299  # the word that ends a row of an image
#: Tokens of a vocabulary that have no row, as Ollama's gemma3 has them.
MORE = 4


def attention(at: str, *, bias: bool, side: int = SIDE) -> Tensors:
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


def feed_forward(at: str) -> Tensors:
    return {
        at + "ffn_norm.weight": (WIDTH,),
        at + "ffn_gate.weight": (INNER, WIDTH),
        at + "ffn_up.weight": (INNER, WIDTH),
        at + "ffn_down.weight": (WIDTH, INNER),
    }


def _gemma3(at: str) -> Tensors:
    norms = {at + f"{name}.weight": (WIDTH,) for name in ("post_attention_norm", "post_ffw_norm")}
    heads = {at + f"attn_{each}_norm.weight": (SIDE,) for each in "qk"}
    return {**attention(at, bias=False), **feed_forward(at), **norms, **heads}


def _gpt_oss(at: str) -> Tensors:
    experts = 4
    found = attention(at, bias=True)
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
    found = {**attention(at, bias=False), **feed_forward(at)}
    del found[at + "attn_norm.weight"], found[at + "ffn_norm.weight"]
    found |= {at + f"{name}.weight": (WIDTH,) for name in ("post_attention_norm", "post_ffw_norm")}
    found |= {at + "attn_q_norm.weight": (HEADS * SIDE,)}
    return found | {at + "attn_k_norm.weight": (GROUPS * SIDE,)}


def _qwen3(at: str) -> Tensors:
    heads = {at + f"attn_{each}_norm.weight": (_LONG,) for each in "qk"}
    return {**attention(at, bias=False, side=_LONG), **feed_forward(at), **heads}


def _llama(at: str) -> Tensors:
    return {**attention(at, bias=False), **feed_forward(at)}


def _qwen2(at: str) -> Tensors:
    return {**attention(at, bias=True), **feed_forward(at)}


WHOLE: Tensors = {
    "token_embd.weight": (WORDS, WIDTH),
    "output_norm.weight": (WIDTH,),
    "output.weight": (WORDS, WIDTH),
}
_MOE = {"expert_count": 4, "expert_used_count": 2}


Turned = Callable[[str, Any], Iterator[tuple[str, Any]]]


class Pair:
    """One architecture: its blocks, and what each layout calls things.

    `turned` makes what they have of each of our tensors, where names are not all; `whole` is what
    does not lie in a block.
    """

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
        blocks: int = 2,
        whole: Tensors | None = None,
        turned: Turned | None = None,
    ) -> None:
        self.ours, self.theirs, self.block = ours, theirs, block
        self.keys, self.their_keys, self.names = keys, their_keys, names
        self.senses, self.more, self.blocks = senses, more, blocks
        self.whole = WHOLE if whole is None else whole
        self.turned: Turned = turned or (lambda name, data: iter([(name, data)]))

    def write(self, path: Path, *, ollama: bool) -> None:
        writer = gguf.GGUFWriter(str(path), self.theirs if ollama else self.ours)
        usual = {
            "context_length": 2048,
            "embedding_length": WIDTH,
            "block_count": self.blocks,
            "feed_forward_length": INNER,
            "attention.head_count": HEADS,
            "attention.head_count_kv": GROUPS,
            "attention.key_length": SIDE,
            "attention.value_length": SIDE,
            "attention.layer_norm_rms_epsilon": 1e-6,
            "rope.freq_base": 1e6,
        }
        keys = {**usual, **(self.their_keys if ollama else self.keys)}
        write_keys(writer, self.theirs if ollama else self.ours, keys)
        if "tokenizer.ggml.model" not in keys:
            _vocabulary(writer, WORDS + (self.more if ollama else 0))
        for name, data in self.tensors():
            for told, held in self.turned(name, data) if ollama else [(name, data)]:
                writer.add_tensor(self._named(told) if ollama else told, held)
        if ollama and self.senses:
            EYES.get(self.theirs, EYES["gemma3"]).add(writer, self.theirs)
        close(writer)

    def tensors(self) -> Iterator[tuple[str, Any]]:
        """As llama.cpp has them."""
        tensors = dict(self.whole)
        for layer in range(self.blocks):
            tensors |= self.block(f"blk.{layer}.")
        lot = numpy.random.default_rng(5)
        for name, shape in tensors.items():
            scale = 1.0 if name.endswith("norm.weight") else 0.0
            yield name, (scale + lot.normal(0, 0.2, shape)).astype(numpy.float32)

    def _named(self, name: str) -> str:
        for old, new in self.names.items():
            name = name.replace(old, new)
        return name


def write_eyes(path: Path, pair: Pair, model: Path) -> None:
    """What sees in the pair, for its `model` in llama.cpp's layout."""
    tensors = {tensor.name: tensor.data for tensor in gguf.GGUFReader(model).tensors}
    words = tensors["token_embd.weight"]
    ends = {"v.token_embd.img_break": words[BREAK].copy()} if pair.theirs == "mistral3" else {}
    EYES[pair.theirs].write(path, ends)


def _vocabulary(writer: gguf.GGUFWriter, count: int) -> None:
    kinds = gguf.TokenType
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    types = [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL, *[kinds.BYTE] * 256]
    tokens += [f"▁w{number}" for number in range(count - len(tokens))]
    tokens[BREAK] = "[IMG_BREAK]"
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
        {"rope.dimension_sections": [24, 20, 20, 0], "n_deepstack_layers": 1, **_LONG_KEYS},
        _LONG_KEYS,
        {},
    ),
}
