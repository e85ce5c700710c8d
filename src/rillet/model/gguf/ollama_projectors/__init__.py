"""What sees and hears in models of Ollama's own layout, as llama.cpp wants it in a file of its own.

Sources: the table of Ollama's compatibility layer (llama/compat in github.com/ollama/ollama), its
converters of that time, and what llama.cpp's mtmd reads.
"""

from __future__ import annotations

from collections.abc import Callable

from ..draft import Draft
from .gemma import gemma3_projector, gemma4_projector
from .llama import llama4_projector
from .nemotron import nemotron_projector
from .ocr import deepseek_projector, glm_projector
from .pixtral import pixtral_projector
from .qwen import qwen3vl_projector, qwen25vl_projector

#: By the architecture of the model.
PROJECTORS: dict[str, Callable[[Draft], None]] = {
    "deepseekocr": deepseek_projector,
    "gemma3": gemma3_projector,
    "gemma4": gemma4_projector,
    "glmocr": glm_projector,
    "llama4": llama4_projector,
    "mistral3": pixtral_projector,
    "nemotron_h_omni": nemotron_projector,
    "qwen25vl": qwen25vl_projector,
    "qwen35": qwen3vl_projector,
    "qwen35moe": qwen3vl_projector,
    "qwen3vl": qwen3vl_projector,
    "qwen3vlmoe": qwen3vl_projector,
}
