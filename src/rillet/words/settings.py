"""What the environment says: every setting of Rillet that has a variable, read once, as a value.

Each is looked up as ``RILLET_X`` first and as ``OLLAMA_X`` then, so what users of Ollama have set
already keeps its meaning. Values are read as Ollama reads them: spaces and quotes around them do
not count, an empty one is not set, a switch that is neither true nor false is on. A number or
duration that cannot be read leaves the default in place and a sentence in `warnings`.
Source: Ollama's FAQ and the environment section of its command line help.
"""

import re
from collections.abc import Mapping
from typing import TypeVar

from msgspec import Struct

from rillet.words.variables import unquoted

_Number = TypeVar("_Number", int, float)

#: How the engine may keep keys and values, the usual one first.
KV_CACHE_TYPES = ("f16", "f32", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1")
_WHOLE_TYPES = ("f16", "f32", "bf16")
_PREFIXES = ("RILLET_", "OLLAMA_")
#: What Ollama's server reads and nothing here does: of its GPUs, its cloud and other formats.
_WITHOUT_EFFECT = (
    *("GPU_OVERHEAD", "SCHED_SPREAD", "LLM_LIBRARY", "IGPU_ENABLE", "VULKAN"),
    *("AUTH", "REMOTES", "MAX_TRANSFER_STREAMS", "DEBUG_LOG_REQUESTS"),
)
_TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
_FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))
_TERM = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}


class Settings(Struct, frozen=True, kw_only=True):
    """The settings with their defaults. Durations are seconds; an empty text means "not set"."""

    host: str = "127.0.0.1:11434"  # as Ollama writes it: [scheme://]host[:port][/path]
    models: str = ""  # the folder of the store; empty: below the home folder
    keep_alive: float = 300.0  # how long an idle model stays loaded; negative: for ever
    context_length: int = 0  # tokens; 0: what fits
    num_parallel: int = 0  # answers at once from one model; 0: what device and memory allow
    max_loaded_models: int = 0  # 0: what fits
    max_queue: int = 512  # requests that may wait for a load
    load_timeout: float = 300.0  # without progress; 0: no limit
    origins: tuple[str, ...] = ()  # web origins allowed besides those of this machine
    debug: int = 0  # 0 quiet, 1 debug, 2 trace
    noprune: bool = False  # keep blobs that no model needs
    nohistory: bool = False  # do not write what was typed to a file
    no_cloud: bool = False
    kv_cache_type: str = ""  # one of KV_CACHE_TYPES; empty: f16
    flash_attention: bool | None = None  # None: as the model likes it
    #: Use a model's TEMPLATE, or the template in its file; None: the one that can do more.
    go_template: bool | None = None
    editor: str = ""
    api_version: str = "0.33.0"  # the version of Ollama's API that we speak; clients compare it
    max_body: int = 64 << 20  # bytes of a JSON request
    preload: tuple[str, ...] = ()  # models to load at the start
    upstreams: tuple[str, ...] = ()  # servers behind this one: [NAME=]URL
    journal: str = ""  # where answers are recorded: a file, redis://…; empty: in memory
    warnings: tuple[str, ...] = ()  # what could not be read, one sentence each

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read all settings from ``env`` (such as ``os.environ``). Never raises."""
        read, default = _Reader(env), cls()
        flash_attention = read.switch("FLASH_ATTENTION")
        return cls(
            host=read.text("HOST") or default.host,
            models=read.text("MODELS"),
            keep_alive=read.seconds("KEEP_ALIVE", default.keep_alive),
            context_length=read.count("CONTEXT_LENGTH", default.context_length),
            num_parallel=read.count("NUM_PARALLEL", default.num_parallel),
            max_loaded_models=read.count("MAX_LOADED_MODELS", default.max_loaded_models),
            max_queue=read.count("MAX_QUEUE", default.max_queue),
            load_timeout=max(0.0, read.seconds("LOAD_TIMEOUT", default.load_timeout)),
            origins=read.texts("ORIGINS"),
            debug=read.level("DEBUG"),
            noprune=read.switch("NOPRUNE") or False,
            nohistory=read.switch("NOHISTORY") or False,
            no_cloud=read.switch("NO_CLOUD") or False,
            kv_cache_type=read.kv_cache_type(flash_attention),
            flash_attention=flash_attention,
            go_template=read.switch("GO_TEMPLATE"),
            editor=read.text("EDITOR"),
            api_version=read.text("API_VERSION") or default.api_version,
            max_body=read.count("MAX_BODY", default.max_body) or default.max_body,
            preload=read.texts("PRELOAD"),
            upstreams=read.texts("UPSTREAMS"),
            journal=read.text("JOURNAL"),
            warnings=(*read.warnings, *read.without_effect()),
        )


class _Reader:
    """Looks names up in both spellings and notes what it could not read."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.warnings: list[str] = []

    def _find(self, name: str) -> tuple[str, str]:
        for prefix in _PREFIXES:
            value = unquoted(self._env.get(prefix + name, ""))
            if value:
                return prefix + name, value
        return "", ""

    def without_effect(self) -> list[str]:
        names = [f"OLLAMA_{name}" for name in _WITHOUT_EFFECT]
        return [f"{name} has no effect here" for name in names if self._env.get(name)]

    def text(self, name: str) -> str:
        return self._find(name)[1]

    def texts(self, name: str) -> tuple[str, ...]:
        """Several, with commas between them."""
        return tuple(part for each in self.text(name).split(",") if (part := each.strip()))

    def switch(self, name: str) -> bool | None:
        """None where it is not set, or left to the program with ``auto``."""
        value = self.text(name)
        if not value or value.lower() == "auto":
            return None
        return value not in _FALSE

    def choice(self, name: str, known: tuple[str, ...]) -> str:
        variable, value = self._find(name)
        if value and value.lower() not in known:
            self.warnings.append(
                f"{variable} is {value[:60]!r}, not one of {', '.join(known)}; {known[0]} is used"
            )
            return ""
        return value.lower()

    def kv_cache_type(self, flash_attention: bool | None) -> str:
        """One that the engine can use: those of less than 16 bits want flash attention."""
        found = self.choice("KV_CACHE_TYPE", KV_CACHE_TYPES)
        if flash_attention is not False or found in ("", *_WHOLE_TYPES):
            return found
        variable, _ = self._find("KV_CACHE_TYPE")
        self.warnings.append(
            f"{variable} is {found!r}, which needs flash attention, and that is switched off; "
            f"{KV_CACHE_TYPES[0]} is used"
        )
        return ""

    def level(self, name: str) -> int:
        value = self.text(name)
        if value in _TRUE:
            return 1
        return min(int(value), 2) if value.isascii() and value.isdecimal() else 0

    def count(self, name: str, default: int) -> int:
        variable, value = self._find(name)
        if not value:
            return default
        if value.isascii() and value.isdecimal() and len(value) <= 18:
            return int(value)
        return self._unread(variable, value, "a whole number", default)

    def seconds(self, name: str, default: float) -> float:
        """``5m``, ``1h30m``, or a plain number of seconds; a sign may stand before it."""
        variable, value = self._find(name)
        if not value:
            return default
        found = _duration(value)
        if found is None:
            return self._unread(variable, value, 'a duration such as "5m" or "300"', default)
        return found

    def _unread(self, variable: str, value: str, wanted: str, default: _Number) -> _Number:
        used = f"{default:.15g}"  # a size in bytes in full
        self.warnings.append(f"{variable} is {value[:60]!r}, not {wanted}; {used} is used")
        return default


def _duration(text: str) -> float | None:
    sign = -1.0 if text[0] == "-" else 1.0
    digits = text[1:] if text[0] in "+-" else text
    if re.fullmatch(r"[0-9]{1,18}", digits):
        return sign * int(digits)
    total, pos = 0.0, 0
    while match := _TERM.match(digits, pos):
        total += float(match[1]) * _SECONDS[match[2]]
        pos = match.end()
    return sign * total if pos and pos == len(digits) else None
