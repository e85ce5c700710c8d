"""How much memory a model will take. Bytes everywhere.

An estimate errs on the high side by some tens of megabytes; it decides whether a model is loaded
at all, and which others have to go before.
"""

import os

from rillet.engine.options import KV_CACHE_TYPES, LoadOptions
from rillet.model.gguf import GgufArray, GgufHeader

#: A process with an empty engine: interpreter, library, thread stacks.
_PROCESS = 40 << 20
#: Every how many layers one sees the whole context and the others only a window, where the file
#: does not say so itself. Source: the model definitions of llama.cpp.
_WINDOW_PATTERNS = {"gemma2": 2, "gemma3": 6, "gemma3n": 5, "cohere2": 4, "gpt-oss": 2}


def estimate_memory(header: GgufHeader, options: LoadOptions) -> int:
    """Weights, key/value cache and compute buffers, on whatever devices they will lie."""
    options = options.fitted(header.context_length)
    weights = sum(tensor.size for tensor in header.tensors)
    weights += sum(os.path.getsize(path) for path in options.files[1:] if os.path.exists(path))
    return weights + kv_cache(header, options) + _compute(header, options) + _PROCESS


def gpu_share(header: GgufHeader, options: LoadOptions) -> float:
    """The part of it that lies on a GPU where there is one: 0 to 1."""
    layers = header.block_count + 1  # the output counts as one
    return 1.0 if options.num_gpu < 0 else min(options.num_gpu, layers) / layers


def kv_cache(header: GgufHeader, options: LoadOptions) -> int:
    """The key/value cache of all slots, and the state of layers that keep one instead."""
    heads = max(1, header.number(header.own("attention.head_count")))
    width = header.embedding_length // heads
    key = header.number(header.own("attention.key_length")) or width
    value = header.number(header.own("attention.value_length")) or width
    per_head = (key + value) * KV_CACHE_TYPES[options.kv_cache_type]
    window = header.number(header.own("attention.sliding_window"))
    # A windowed layer keeps its window and the batch on top of it.
    seen = min(options.num_ctx, window + options.batch) if window else options.num_ctx
    total = 0.0
    for layer in range(header.block_count):
        tokens = seen if window and _has_window(header, layer) else options.num_ctx
        total += _kv_heads(header, layer) * per_head * tokens * options.parallel
    state = header.number(header.own("ssm.inner_size")) * (
        header.number(header.own("ssm.state_size")) + header.number(header.own("ssm.conv_kernel"))
    )
    return int(total) + 4 * state * header.block_count * options.parallel


def _kv_heads(header: GgufHeader, layer: int) -> int:
    for name in ("attention.head_count_kv", "attention.head_count"):
        value = header.metadata.get(header.own(name))
        if isinstance(value, GgufArray) and value.values and layer < len(value.values):
            return int(value.values[layer])
        if isinstance(value, int):
            return int(value)
    return 0


def _has_window(header: GgufHeader, layer: int) -> bool:
    pattern = header.metadata.get(header.own("attention.sliding_window_pattern"))
    if isinstance(pattern, GgufArray) and pattern.values and layer < len(pattern.values):
        return bool(pattern.values[layer])
    every = header.number(header.own("attention.sliding_window_pattern"))
    every = every or _WINDOW_PATTERNS.get(header.architecture, 0)
    return every > 1 and (layer + 1) % every != 0


def _compute(header: GgufHeader, options: LoadOptions) -> int:
    """The largest intermediate results: one batch at the widest place, the mask of attention (its
    scores too without flash attention), and logits for a token of each slot. Measured on llama.cpp
    with 8 layers of 1024: 34 MiB, 1 KiB for each token of context, as this says."""
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    vocabulary = tokens.count if isinstance(tokens, GgufArray) else 0
    widest = 2 * header.number(header.own("feed_forward_length")) + 9 * header.embedding_length
    heads = header.number(header.own("attention.head_count"))
    scores = 4 * heads * options.num_ctx if options.flash_attention is False else 0
    batch = options.batch * (4 * widest + 2 * options.num_ctx + scores)
    return batch + 4 * vocabulary * options.parallel
