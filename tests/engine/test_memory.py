from dataclasses import replace

import pytest

from rillet.engine import (
    LoadOptions,
    estimate_memory,
    gpu_share,
    read_model_header,
)
from rillet.engine.memory import kv_cache
from rillet.model.gguf import GgufArray, GgufHeader

from .models import CHAT

#: 2 layers, 4 key/value heads of 16 numbers each.
HEADER = read_model_header(CHAT)


def options(**values: object) -> LoadOptions:
    return LoadOptions(model_path=str(CHAT), **values)  # type: ignore[arg-type]


def header(**metadata: object) -> GgufHeader:
    named = {f"llama.attention.{name}": value for name, value in metadata.items()}
    return replace(HEADER, metadata={**HEADER.metadata, **named})  # type: ignore[dict-item]


def test_a_cache_has_a_key_and_a_value_per_token_head_and_layer() -> None:
    layers = HEADER.block_count
    assert kv_cache(HEADER, options(num_ctx=1000)) == layers * 1000 * 4 * (16 + 16) * 2


def test_a_cache_grows_with_slots_and_shrinks_with_its_type() -> None:
    one = kv_cache(HEADER, options(num_ctx=1024))
    assert kv_cache(HEADER, options(num_ctx=1024, parallel=3)) == 3 * one
    assert kv_cache(HEADER, options(num_ctx=1024, kv_cache_type="q8_0")) == one * 17 // 32


def test_own_widths_of_heads_count() -> None:
    wide = header(key_length=32, value_length=64)
    assert kv_cache(wide, options()) == 3 * kv_cache(HEADER, options())


def test_layers_without_attention_have_no_cache() -> None:
    numbers = (4,) + (0,) * (HEADER.block_count - 1)
    mixed = header(head_count_kv=GgufArray(4, len(numbers), 0, numbers))
    assert kv_cache(mixed, options()) == kv_cache(HEADER, options()) // HEADER.block_count


def test_a_windowed_layer_keeps_its_window_and_a_batch() -> None:
    flags = (True,) + (False,) * (HEADER.block_count - 1)
    windowed = header(sliding_window=100, sliding_window_pattern=GgufArray(7, len(flags), 0, flags))
    layer = kv_cache(HEADER, options(num_ctx=2000)) // HEADER.block_count
    saved = kv_cache(HEADER, options(num_ctx=2000)) - kv_cache(windowed, options(num_ctx=2000))
    assert saved == layer - layer * (100 + 512) // 2000


def test_an_estimate_has_weights_and_more() -> None:
    weights = sum(tensor.size for tensor in HEADER.tensors)
    estimate = estimate_memory(HEADER, options())
    assert weights + kv_cache(HEADER, options()) < estimate < weights + (100 << 20)


def test_context_beyond_the_model_costs_nothing() -> None:
    assert estimate_memory(HEADER, options(num_ctx=1 << 24)) < 100 << 20


@pytest.mark.parametrize(("layers", "share"), [(-1, 1.0), (0, 0.0), (1, 1 / 3), (99, 1.0)])
def test_what_lies_on_a_gpu(layers: int, share: float) -> None:
    assert HEADER.block_count == 2
    assert gpu_share(HEADER, options(num_gpu=layers)) == share
