"""Chat templates for models that Ollama renders by a name in their configuration.

Files of its library often have no template of their own then, and an empty one in Go's language.
Each of these writes a talk as Ollama does under that name, for the engine to read the answer by.
Sources: Ollama's renderers (model/renderers in github.com/ollama/ollama) and the models' own
descriptions of their formats.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

#: Name of a renderer: its file, and what is set before it.
_RENDERERS: Final = {
    "cogito": ("cogito", ""),
    "cohere": ("cohere", ""),
    "deepseek3.1": ("deepseek3.1", ""),
    "functiongemma": ("functiongemma", ""),
    "gemma4": ("gemma4", ""),
    "gemma4-large": ("gemma4", "{%- set large = true -%}"),
    "gemma4-small": ("gemma4", ""),
    "glimmer": ("glimmer", ""),
    "glm-4.7": ("glm-4.7", ""),
    "glm-ocr": ("glm-ocr", ""),
    "laguna": ("laguna", ""),
    "lfm2": ("lfm2", ""),
    "lfm2-thinking": ("lfm2", "{%- set thinks = true -%}"),
    "nemotron-3-nano": ("nemotron-3-nano", ""),
    "nemotron-3.5-nano": ("nemotron-3-nano", "{%- set newer = true -%}"),
    "olmo3": ("olmo3", ""),
    "olmo3.1": ("olmo3", "{%- set extended = true -%}"),
    "olmo3-32b-think": ("olmo3-think", "{%- set plain = true -%}"),
    "olmo3-think": ("olmo3-think", ""),
    "ornith": ("qwen3.5", "{%- set always_thought = true -%}"),
    "poolside-v1": ("poolside-v1", ""),
    "qwen3-coder": ("qwen3-coder", ""),
    "qwen3-vl-instruct": ("qwen3-vl", ""),
    "qwen3-vl-thinking": ("qwen3-vl", "{%- set thinks = true -%}"),
    "qwen3.5": ("qwen3.5", ""),
    "qwen3.8": ("qwen3.5", "{%- set folded = true -%}"),
}
#: The role of a last message that is none: behind it, an answer of the model's own is no beginning
#: of the next one to the engine.
END: Final = "end"
_ALL: Final = (
    "{%- if messages and messages[-1].role == 'end' -%}"
    "{%- set messages = messages[:-1] -%}{%- endif -%}"
)
_BOTH: Final = ("tools", "thinking")
#: Name of a parser: what it tells from an answer.
_PARSERS: Final = {
    "cogito": _BOTH,
    "cohere": _BOTH,
    "deepseek3": _BOTH,
    "functiongemma": ("tools",),
    "gemma4": _BOTH,
    "gemma4-no-thinking": ("tools",),
    "glimmer": _BOTH,
    "glm-4.7": _BOTH,
    "glm-ocr": ("tools",),
    "harmony": _BOTH,
    "laguna": _BOTH,
    "lfm2": ("tools",),
    "lfm2-thinking": _BOTH,
    "ministral": ("tools",),
    "nemotron-3-nano": _BOTH,
    "nemotron-3.5-nano": _BOTH,
    "olmo3": ("tools",),
    "olmo3-think": ("thinking",),
    "ornith": _BOTH,
    "poolside-v1": _BOTH,
    "qwen3": ("tools",),
    "qwen3-coder": ("tools",),
    "qwen3-thinking": _BOTH,
    "qwen3-vl-instruct": ("tools",),
    "qwen3-vl-thinking": _BOTH,
    "qwen3.5": _BOTH,
}


#: Architecture: the renderer and parser that a model of it gets when it is made.
_ARCHITECTURES: Final = {
    "gemma4": "gemma4",
    "laguna": "laguna",
    "nemotron_h": "nemotron-3-nano",
    "nemotron_h_moe": "nemotron-3-nano",
    "nemotron_h_omni": "nemotron-3-nano",
}
_SMALL_GEMMA = re.compile("e2b|e4b", re.I)
_LARGE_GEMMA = re.compile("12b|26b|31b", re.I)


def usual_name(architecture: str) -> str:
    """What names the renderer and the parser of such models; "" where their file is enough."""
    return _ARCHITECTURES.get(architecture, "")


def resolved(renderer: str, model: str, size: str) -> str:
    """The renderer that is meant for a model of this name and size ("31.3B"): Gemma 4 has two."""
    if renderer != "gemma4" or _SMALL_GEMMA.search(model):
        return renderer
    billions = re.fullmatch(r"(\d+(?:\.\d+)?)B", size)
    large = _LARGE_GEMMA.search(model) or (billions and float(billions[1]) >= 12)
    return "gemma4-large" if large else renderer


@cache
def chat_template(renderer: str) -> str:
    """The Jinja template that stands for a renderer; "" where there is none here."""
    file, before = _RENDERERS.get(renderer, ("", ""))
    if not file:
        return ""
    return _ALL + before + files(__name__).joinpath(f"{file}.jinja").read_text("utf-8")


def parsed(parser: str) -> tuple[str, ...]:
    """The capabilities that a parser of this name adds, in Ollama's words and order."""
    return _PARSERS.get(parser, ())
