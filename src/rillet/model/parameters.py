"""The parameters in a Modelfile: their types, their texts, and what is wrong with one.

The same names stand in the `options` of a request. Source: Ollama's documentation of the Modelfile
and its error texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from rillet.words.errors import InvalidRequest
from rillet.words.quoting import quoted

from .gotemplate.values import as_json, float_text

Kind = Literal["int", "float", "bool", "strings"]
Parameter = int | float | bool | str | list[str]

KINDS: Final[Mapping[str, Kind]] = {
    "num_ctx": "int",
    "num_batch": "int",
    "num_gpu": "int",
    "main_gpu": "int",
    "use_mmap": "bool",
    "num_thread": "int",
    "draft_num_predict": "int",
    "num_keep": "int",
    "num_predict": "int",
    "seed": "int",
    "temperature": "float",
    "top_k": "int",
    "top_p": "float",
    "min_p": "float",
    "typical_p": "float",
    "repeat_last_n": "int",
    "repeat_penalty": "float",
    "presence_penalty": "float",
    "frequency_penalty": "float",
    "stop": "strings",
}

#: Once known to Ollama; taken without effect.
DEPRECATED: Final = frozenset(
    {"f16_kv", "logits_all", "low_vram", "mirostat", "mirostat_eta", "mirostat_tau", "numa",
     "penalize_newline", "tfs_z", "use_mlock", "vocab_only"}
)  # fmt: skip

_TRUE: Final = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE: Final = frozenset(("0", "f", "F", "FALSE", "false", "False"))
_LARGEST = 1 << 63


def parse_parameter(name: str, texts: Sequence[str]) -> Parameter | None:
    """The value of a Modelfile's PARAMETER, from the texts of all its lines.

    None for one that has no effect any more. Raises `InvalidRequest`, worded as Ollama does.
    """
    kind = KINDS.get(name)
    if kind is None:
        if name in DEPRECATED:
            return None
        raise InvalidRequest(f"unknown parameter '{name}'")
    if kind == "strings":
        return list(texts)
    value = _from_text(kind, texts[-1])
    if value is None:
        raise InvalidRequest(f"invalid {kind} value [{' '.join(texts)}]")
    return value


def parameters_text(values: Mapping[str, object]) -> str:
    """One line for each value: the name padded to 30 columns, a space, the value, texts quoted."""
    return "\n".join(
        f"{name:<30} {quoted(item) if isinstance(item, str) else show(item)}"
        for name, item in each(values)
    )


def each(values: Mapping[str, object]) -> list[tuple[str, object]]:
    """The parameters with lists taken apart, as a Modelfile repeats them."""
    return [
        (name, item)
        for name, value in values.items()
        for item in (value if isinstance(value, (list, tuple)) else (value,))
    ]


def show(value: object) -> str:
    """A value as a Modelfile has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "<nil>"
    if isinstance(value, dict):
        return as_json(value)
    return float_text(value) if isinstance(value, float) else str(value)


def _from_text(kind: Kind, text: str) -> Parameter | None:
    try:
        if kind == "int":
            number = int(text)
            return number if abs(number) < _LARGEST and "_" not in text else None
        if kind == "float":
            return _finite(float(text)) if "_" not in text else None
    except ValueError:
        return None
    return True if text in _TRUE else False if text in _FALSE else None


def _finite(value: float) -> float | None:
    return value if abs(value) < 3.5e38 else None
