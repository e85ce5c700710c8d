import pytest

from rillet.engine import options
from rillet.words.settings import KV_CACHE_TYPES, Settings


def test_nothing_set_gives_the_defaults() -> None:
    assert Settings.from_env({}) == Settings()
    assert Settings.from_env({"OLLAMA_HOST": "", "OLLAMA_DEBUG": "  "}) == Settings()


def test_our_own_name_wins_over_ollamas() -> None:
    env = {"OLLAMA_HOST": "0.0.0.0", "OLLAMA_MODELS": "/m", "RILLET_HOST": "127.0.0.1:1"}
    settings = Settings.from_env(env)
    assert (settings.host, settings.models) == ("127.0.0.1:1", "/m")


def test_spaces_and_quotes_around_a_value_do_not_count() -> None:
    settings = Settings.from_env({"OLLAMA_MODELS": ' "/a b" ', "OLLAMA_NUM_PARALLEL": "'4' "})
    assert (settings.models, settings.num_parallel) == ("/a b", 4)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((true, True) for true in ("1", "t", "TRUE", "yes", "no", "tRuE")),
        *((false, False) for false in ("0", "F", "False", "")),
    ],
)
def test_a_switch_that_is_neither_true_nor_false_is_on(value: str, expected: bool) -> None:
    assert Settings.from_env({"OLLAMA_NOPRUNE": value}).noprune is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", None), ("auto", None), ("1", True), ("0", False), ("false", False)],
)
def test_flash_attention_may_be_left_to_the_engine(value: str, expected: bool | None) -> None:
    assert Settings.from_env({"OLLAMA_FLASH_ATTENTION": value}).flash_attention is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("5m", 300), ("300", 300), ("-1", -1), ("-1m", -60), ("1h30m", 5400), ("1.5s", 1.5), ("0", 0)],
)
def test_durations_and_plain_seconds(value: str, expected: float) -> None:
    settings = Settings.from_env({"OLLAMA_KEEP_ALIVE": value})
    assert settings.keep_alive == expected
    assert settings.warnings == ()


def test_a_load_timeout_of_zero_or_less_is_none_at_all() -> None:
    assert Settings.from_env({"OLLAMA_LOAD_TIMEOUT": "-5m"}).load_timeout == 0
    assert Settings.from_env({"OLLAMA_LOAD_TIMEOUT": "0"}).load_timeout == 0


@pytest.mark.parametrize("value", ["soon", "5", "-", "5 m", "1m!", "٣"])
def test_what_cannot_be_read_leaves_the_default_and_a_warning(value: str) -> None:
    name = "OLLAMA_MAX_QUEUE" if value == "5" else "OLLAMA_KEEP_ALIVE"
    settings = Settings.from_env({name: "five" if value == "5" else value})
    assert (settings.keep_alive, settings.max_queue) == (300, 512)
    assert len(settings.warnings) == 1 and name in settings.warnings[0]


def test_what_ollama_reads_and_we_do_not_is_told() -> None:
    settings = Settings.from_env(
        {"OLLAMA_GPU_OVERHEAD": "1", "OLLAMA_AUTH": "", "OLLAMA_HOST": "h"}
    )
    assert settings.warnings == ("OLLAMA_GPU_OVERHEAD has no effect here",)


@pytest.mark.parametrize(("value", "level"), [("1", 1), ("true", 1), ("2", 2), ("0", 0), ("9", 2)])
def test_debug_levels(value: str, level: int) -> None:
    assert Settings.from_env({"OLLAMA_DEBUG": value}).debug == level


def test_origins_are_a_list_with_commas() -> None:
    settings = Settings.from_env({"OLLAMA_ORIGINS": "https://a.example, chrome-extension://*,"})
    assert settings.origins == ("https://a.example", "chrome-extension://*")


def test_a_kind_of_cache_that_the_engine_has_not_is_told() -> None:
    assert set(KV_CACHE_TYPES) == set(options.KV_CACHE_TYPES)
    assert Settings.from_env({"OLLAMA_KV_CACHE_TYPE": "Q8_0"}).kv_cache_type == "q8_0"
    settings = Settings.from_env({"OLLAMA_KV_CACHE_TYPE": "foo"})
    assert settings.kv_cache_type == "" and "'foo', not one of f16" in settings.warnings[0]


@pytest.mark.parametrize("kind", KV_CACHE_TYPES)
def test_a_small_cache_without_flash_attention_is_told_and_left_out(kind: str) -> None:
    env = {"OLLAMA_KV_CACHE_TYPE": kind, "OLLAMA_FLASH_ATTENTION": "0"}
    settings = Settings.from_env(env)
    options.LoadOptions(
        model_path="m.gguf",
        kv_cache_type=settings.kv_cache_type or "f16",
        flash_attention=settings.flash_attention,
    ).check()
    assert (settings.kv_cache_type == "") == bool(settings.warnings)
    told = "OLLAMA_KV_CACHE_TYPE is 'q8_0', which needs flash attention"
    assert kind != "q8_0" or settings.warnings[0].startswith(told)
