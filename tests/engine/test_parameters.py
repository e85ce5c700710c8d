import xllamacpp

from rillet.engine import Endpoint, LoadOptions
from rillet.engine.parameters import server_environment, server_flags, wheel_settings

ENDPOINT = Endpoint(api_key="secret", socket_path="/run/engine.sock")
FULL = LoadOptions(
    model_path="m.gguf",
    num_ctx=1000,
    parallel=3,
    num_gpu=7,
    main_gpu=1,
    tensor_split=(0.5, 1.0),
    use_mmap=False,
    use_mlock=True,
    embedding=True,
    pooling="mean",
    projector_path="p.gguf",
    image_min_tokens=1024,
    adapters=("a.gguf", "b.gguf"),
    kv_cache_type="q8_0",
    draft_path="d.gguf",
)


def test_every_setting_is_one_of_the_engine() -> None:
    for name in wheel_settings(FULL, ENDPOINT):
        owner = xllamacpp.CommonParams()
        for part in name.split("."):
            owner = getattr(owner, part)


def test_images_are_enlarged() -> None:
    assert wheel_settings(FULL, ENDPOINT)["image_min_tokens"] == 1024
    assert server_environment(FULL, ENDPOINT)["LLAMA_ARG_IMAGE_MIN_TOKENS"] == "1024"


def test_the_choice_of_gpus_reaches_the_wheel() -> None:
    settings = wheel_settings(FULL, ENDPOINT)
    assert (settings["main_gpu"], settings["tensor_split"]) == (1, [0.5, 1.0])
    plain = wheel_settings(LoadOptions(model_path="m.gguf"), ENDPOINT)
    assert not {"main_gpu", "tensor_split"} & plain.keys()


def test_the_listener_is_private() -> None:
    settings = wheel_settings(FULL, ENDPOINT)
    assert settings["hostnames"] == ["/run/engine.sock"] and settings["api_keys"] == ["secret"]
    assert settings["cors_origins"] == "" and not settings["cors_credentials"]
    assert not settings["ui"] and not settings["endpoint_slots"]


def test_the_context_is_for_each_slot() -> None:
    assert wheel_settings(FULL, ENDPOINT)["n_ctx"] == 3000
    flags = server_flags(FULL, ENDPOINT)
    assert flags[flags.index("--ctx-size") + 1] == "3000"


def test_the_key_is_not_among_the_flags() -> None:
    assert "secret" not in " ".join(server_flags(FULL, ENDPOINT))
    assert server_environment(FULL, ENDPOINT)["LLAMA_API_KEY"] == "secret"


def test_every_file_reaches_a_llama_server() -> None:
    flags = server_flags(FULL, ENDPOINT)
    variables = server_environment(FULL, ENDPOINT)
    assert all(path in [*flags, *variables.values()] for path in FULL.files)
    assert flags.count("--lora") == 2
    assert all(isinstance(value, str) for value in (*flags, *variables.values()))


def test_a_plain_load_sets_nothing_that_was_not_asked_for() -> None:
    variables = server_environment(LoadOptions(model_path="m"), ENDPOINT)
    nothing = ("MMPROJ", "IMAGE_MIN_TOKENS", "SPEC_TYPE", "NO_MMAP", "MLOCK", "EMBEDDINGS")
    for name in (*nothing, "POOLING", "LOAD_MODE"):
        assert f"LLAMA_ARG_{name}" not in variables


def test_no_variable_ends_a_newer_llama_server_and_no_page_may_ask_one() -> None:
    variables = server_environment(FULL, ENDPOINT)
    assert "LLAMA_ARG_DRAFT_MAX" not in variables  # "the argument has been removed"
    assert variables["LLAMA_ARG_SPEC_DRAFT_N_MAX"]
    assert variables["LLAMA_ARG_CORS_ORIGINS"] == ""
    assert variables["LLAMA_ARG_CORS_CREDENTIALS"] == "0"
