import pytest

from rillet.engine import LoadOptions
from rillet.words.errors import InvalidRequest


def options(**values: object) -> LoadOptions:
    return LoadOptions(model_path="model.gguf", **values)  # type: ignore[arg-type]


def test_the_defaults_are_in_range() -> None:
    options().check()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_ctx", 0),
        ("num_ctx", -1),
        ("num_ctx", 1 << 31),
        ("num_ctx", "2048"),
        ("num_ctx", 2048.0),
        ("num_ctx", True),
        ("num_batch", 0),
        ("num_batch", -1),
        ("num_gpu", -2),
        ("main_gpu", -1),
        ("main_gpu", 64),
        ("num_thread", -1),
        ("num_thread", 100_000),
        ("parallel", 0),
        ("parallel", 100_000),
        ("draft_tokens", 0),
        ("prompt_cache_mib", -1),
        ("kv_cache_type", "q9_9"),
        ("kv_cache_type", ""),
        ("pooling", "median"),
        ("tensor_split", (float("nan"),)),
        ("tensor_split", (-1.0,)),
        ("tensor_split", (1.0,) * 17),
        ("model_path", "a\0b"),
        ("adapters", ("a\0b",)),
    ],
)
def test_what_is_out_of_range_is_named(name: str, value: object) -> None:
    broken = LoadOptions(**({"model_path": "model.gguf"} | {name: value}))  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest, match=f"{name} |zero byte"):
        broken.check()


def test_a_quantised_cache_needs_flash_attention() -> None:
    options(kv_cache_type="q8_0").check()
    with pytest.raises(InvalidRequest, match="needs flash attention"):
        options(kv_cache_type="q8_0", flash_attention=False).check()


def test_equal_options_can_share_a_process() -> None:
    assert options(adapters=("a",)) == options(adapters=("a",))
    assert hash(options()) == hash(options())
    assert options() != options(num_ctx=8192)


def test_a_batch_stays_short_so_that_a_cancel_is_noticed() -> None:
    assert options(num_batch=2048).batch == 512
    assert options(num_batch=64).batch == 64
    assert options(num_batch=1).batch == 2
    assert options(num_batch=3, parallel=8).batch == 8  # every slot has its token


def test_an_embedding_is_made_of_one_batch() -> None:
    assert options(embedding=True, num_ctx=2048).batch == 2048
    assert options(embedding=True, num_ctx=1 << 20).batch == 8192


@pytest.mark.parametrize(
    ("asked", "made_for", "given"),
    [(4096, 2048, 2048), (1024, 2048, 1024), (4096, 0, 4096), (1, 0, 4)],
)
def test_the_context_fits_the_model(asked: int, made_for: int, given: int) -> None:
    assert options(num_ctx=asked).fitted(made_for).num_ctx == given
