"""`LoadOptions` in the engine's own words: attributes of xllamacpp's `CommonParams`, or flags and
variables of llama-server.

The engine's defaults are those of a program for one person; these are set otherwise here:
no key and any origin on the listener, 8 GiB of prompts kept, two measures that double the time of
a load, a page, and a context that is divided by the number of slots. And with each request, copies
of what all idle slots hold: it took a fifth of the time of a loop with 16 slots, and no more
prompts were found again (a slot that is given to another prompt is saved then).
"""

from typing import Any

from rillet.engine.endpoint import Endpoint
from rillet.engine.options import LoadOptions
from rillet.engine.threads import usable_cores

#: Errors and warnings: the engine says nothing for each request then, but still why a load failed.
_VERBOSITY = 2
_STACK = 8 << 20


def http_threads(options: LoadOptions) -> int:
    """A stream holds a thread of the listener, and so does a connection kept for reuse."""
    return 2 * options.parallel + 8


def thread_stacks(options: LoadOptions) -> int:
    """Bytes set aside, and hardly used, for the stacks of an engine's threads."""
    threads = 2 * (options.num_thread or usable_cores()) + http_threads(options) + 8
    return threads * _STACK


def wheel_settings(options: LoadOptions, endpoint: Endpoint) -> dict[str, Any]:
    """Attributes by dotted name; see `child.serve` for the two shapes of value beyond JSON's."""
    threads = options.num_thread or usable_cores()
    settings: dict[str, Any] = {
        "model.path": options.model_path,
        "hostnames": [endpoint.socket_path or "127.0.0.1"],
        "port": endpoint.port or 0,
        "api_keys": [endpoint.api_key],
        "cors_origins": "",
        "cors_credentials": False,
        "n_threads_http": http_threads(options),
        "n_ctx": options.num_ctx * options.parallel,
        "n_parallel": options.parallel,
        "n_batch": options.batch,
        "n_ubatch": options.batch,
        "n_gpu_layers": options.num_gpu,
        "cpuparams.n_threads": threads,
        "cpuparams_batch.n_threads": threads,
        "ctx_shift": options.shift,
        "cache_type_k": {"enum": _KV.format(options.kv_cache_type.upper())},
        "cache_type_v": {"enum": _KV.format(options.kv_cache_type.upper())},
        "flash_attn_type": {"enum": _FLASH[options.flash_attention]},
        "load_mode": {"enum": _LOAD.format(_load_mode(options))},
        "cache_ram_mib": options.prompt_cache_mib,
        "cache_idle_slots": False,
        "embedding": options.embedding,
        "use_jinja": True,
        "reasoning_format": {"enum": "common_reasoning_format.COMMON_REASONING_FORMAT_DEEPSEEK"},
        "fit_params": False,
        "warmup": False,
        "ui": False,
        "endpoint_slots": False,
        "endpoint_metrics": False,
        "endpoint_props": False,
        "verbosity": _VERBOSITY,
    }
    if options.main_gpu is not None:
        settings["main_gpu"] = options.main_gpu
    if options.tensor_split:
        settings["tensor_split"] = list(options.tensor_split)
    if options.pooling:
        pooling = f"llama_pooling_type.LLAMA_POOLING_TYPE_{options.pooling.upper()}"
        settings["pooling_type"] = {"enum": pooling}
    if options.chat_template:
        settings["chat_template"] = options.chat_template
    if options.projector_path:
        settings["mmproj.path"] = options.projector_path
    if options.image_min_tokens:
        settings["image_min_tokens"] = options.image_min_tokens
    if options.adapters:
        settings["lora_adapters"] = {"adapters": list(options.adapters)}
    if options.draft_path:
        draft = "common_speculative_type.COMMON_SPECULATIVE_TYPE_DRAFT_SIMPLE"
        settings["speculative.types"] = [{"enum": draft}]
        settings["speculative.draft.mparams.path"] = options.draft_path
        settings["speculative.draft.n_max"] = options.draft_tokens
        settings["speculative.draft.n_gpu_layers"] = options.num_gpu
    return settings


def server_flags(options: LoadOptions, endpoint: Endpoint) -> list[str]:
    """Flags of llama-server: only those that every version has had for years."""
    threads = str(options.num_thread or usable_cores())
    flags = ["--model", options.model_path, "--no-warmup"]
    flags += ["--host", endpoint.socket_path or "127.0.0.1", "--port", str(endpoint.port or 0)]
    flags += ["--ctx-size", str(options.num_ctx * options.parallel)]
    flags += ["--parallel", str(options.parallel)]
    flags += ["--batch-size", str(options.batch), "--ubatch-size", str(options.batch)]
    flags += ["--threads", threads, "--threads-batch", threads]
    if options.num_gpu >= 0:
        flags += ["--n-gpu-layers", str(options.num_gpu)]
    for adapter in options.adapters:
        flags += ["--lora", adapter]
    return flags


def server_environment(options: LoadOptions, endpoint: Endpoint) -> dict[str, str]:
    """The rest for llama-server. Names come and go between its versions: one that it does not know
    is an error as a flag, and nothing as a variable. Not so one that it knew once: DRAFT_MAX ends
    newer ones at their start. The key is here because `ps` shows flags."""
    load_mode = _load_mode(options).lower().replace("_", "+")
    rest = {
        "API_KEY": endpoint.api_key,
        "ARG_THREADS_HTTP": http_threads(options),
        "ARG_CORS_ORIGINS": "",
        "ARG_CORS_CREDENTIALS": 0,
        "ARG_CONTEXT_SHIFT": int(options.shift),
        "ARG_CACHE_TYPE_K": options.kv_cache_type,
        "ARG_CACHE_TYPE_V": options.kv_cache_type,
        "ARG_FLASH_ATTN": {None: "auto", True: "on", False: "off"}[options.flash_attention],
        "ARG_LOAD_MODE": None if options.use_mmap is None else load_mode,
        "ARG_NO_MMAP": 1 if options.use_mmap is False else None,
        "ARG_MLOCK": 1 if options.use_mlock else None,
        "ARG_CACHE_RAM": options.prompt_cache_mib,
        "ARG_CACHE_IDLE_SLOTS": 0,
        "ARG_EMBEDDINGS": 1 if options.embedding else None,
        "ARG_POOLING": options.pooling,
        "ARG_JINJA": 1,
        "ARG_CHAT_TEMPLATE": options.chat_template,
        "ARG_THINK": "deepseek",
        "ARG_FIT": "off",
        "ARG_UI": 0,
        "ARG_WEBUI": 0,
        "ARG_NO_WEBUI": 1,
        "ARG_ENDPOINT_SLOTS": 0,
        "ARG_NO_ENDPOINT_SLOTS": 1,
        "ARG_LOG_VERBOSITY": _VERBOSITY,
        "ARG_MAIN_GPU": options.main_gpu,
        "ARG_TENSOR_SPLIT": ",".join(f"{share:g}" for share in options.tensor_split) or None,
        "ARG_MMPROJ": options.projector_path,
        "ARG_IMAGE_MIN_TOKENS": options.image_min_tokens or None,
        "ARG_MODEL_DRAFT": options.draft_path,
        "ARG_SPEC_TYPE": "draft-simple" if options.draft_path else None,
        "ARG_SPEC_DRAFT_MODEL": options.draft_path,
        "ARG_SPEC_DRAFT_N_MAX": options.draft_tokens if options.draft_path else None,
    }
    return {f"LLAMA_{name}": str(value) for name, value in rest.items() if value is not None}


_KV = "ggml_type.GGML_TYPE_{}"
_LOAD = "llama_load_mode.LLAMA_LOAD_MODE_{}"
_FLASH = {
    None: "llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_AUTO",
    True: "llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED",
    False: "llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED",
}


def _load_mode(options: LoadOptions) -> str:
    if options.use_mlock:
        return "MLOCK" if options.use_mmap is False else "MMAP_MLOCK"
    return {None: "AUTO", True: "MMAP", False: "NONE"}[options.use_mmap]
