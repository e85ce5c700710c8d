"""Options, layer on layer: built-in defaults, the model's own, the request's.

Names, types, defaults and error texts are Ollama's (its API reference and its behaviour as
observed). An unknown name is ignored, null keeps the default, a float where a whole number belongs
is cut. A wrong type answers with status 500, as Ollama's does.
"""

import math
import random
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, structs

from rillet.words.errors import ServerError


class Options(Struct, frozen=True, kw_only=True):
    """All options of one request, with Ollama's defaults. None leaves it to the engine."""

    # a change of these loads the model again
    num_ctx: int = 0  # 0 is automatic
    num_batch: int = 0  # 0 is automatic
    num_gpu: int = -1
    main_gpu: int | None = None
    use_mmap: bool | None = None
    num_thread: int = 0
    draft_num_predict: int = 0  # looked at for its type alone: no model here has a draft
    # these belong to one answer
    num_keep: int = 4
    num_predict: int = -1
    seed: int = -1
    temperature: float = 0.8
    top_k: int = 40
    top_p: float = 0.9
    min_p: float = 0.0
    typical_p: float = 1.0
    repeat_last_n: int = 64
    repeat_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    stop: list[str] = []


_INT64 = 1 << 63
_FLOAT32 = 3.4028235e38
#: Each stop is looked for after each token.
_MOST_TEXTS = 1_000
_MOST_CHARACTERS = 100_000


def layered(*layers: Mapping[str, Any] | None) -> Options:
    """Later layers win. Raises `ServerError` (500) for a value of the wrong type."""
    values: dict[str, Any] = {}
    for layer in layers:
        for name, value in (layer or {}).items():
            kind = _KINDS.get(name)
            if kind is not None and value is not None:
                values[name] = _READERS[kind](name, value)
    return Options(**values)


def check_answering(options: Options) -> None:
    """Raises `ServerError` (400) for what no answer could be drawn with."""
    if options.repeat_penalty <= 0:
        raise ServerError("repeat_penalty must be greater than 0; 1 is none", status=400)


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(name, "integer")
    if isinstance(value, float) and not math.isfinite(value):
        raise _wrong(name, "integer")
    return max(-_INT64, min(int(value), _INT64 - 1))


def _real(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(name, "float32")
    return float(max(-_FLOAT32, min(value, _FLOAT32)))


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, "boolean")
    return value


def _texts(name: str, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise _wrong(name, "array")
    if not all(isinstance(text, str) for text in value):
        raise ServerError(f'option "{name}" must be of an array of strings', status=500)
    if len(value) > _MOST_TEXTS:
        raise ServerError(f'option "{name}" has more than {_MOST_TEXTS} strings', status=400)
    if sum(map(len, value)) > _MOST_CHARACTERS:
        raise ServerError(
            f'option "{name}" has more than {_MOST_CHARACTERS} characters', status=400
        )
    return value


def _wrong(name: str, kind: str) -> ServerError:
    return ServerError(f'option "{name}" must be of type {kind}', status=500)


_READERS = {"int": _whole, "float": _real, "bool": _switch, "texts": _texts}


def _kind(hint: str) -> str:
    for kind in ("bool", "float", "int"):
        if kind in hint:
            return kind
    return "texts"


_KINDS = {name: _kind(str(hint)) for name, hint in Options.__annotations__.items()}


def settled(options: Options) -> Options:
    """A seed drawn here where the engine would draw one, so that the same can be asked again."""
    if options.seed != -1:
        return options
    return structs.replace(options, seed=random.randrange(1 << 31))
