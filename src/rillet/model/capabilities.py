"""What a model can do, told from its header and its templates, in Ollama's words.

Values: completion, embedding, tools, insert, vision, audio, thinking.
"""

from __future__ import annotations

from collections.abc import Iterable

from .gguf import GgufHeader
from .template import Template


def capabilities(
    header: GgufHeader,
    template: Template | None = None,
    *,
    jinja: bool = True,
    projector: bool = False,
    given: Iterable[str] = (),
) -> tuple[str, ...]:
    """The capabilities of a model, in Ollama's order. `given` are those its configuration names.

    `template` is its template in Go's language. It can think only if that shows thoughts with tags
    around them, for else they could not be told from the answer.
    `jinja=False` leaves the chat template inside the file out, as Ollama's /api/tags does.
    `projector` says that the model has an image projector file.
    """
    text = header.chat_template if jinja else ""
    told = {"tools": jinja_has_tools(text), "thinking": jinja_has_thinking(text)}
    names = template.variables() if template else frozenset()
    shown = {
        "tools": "Tools" in names,
        "insert": "Suffix" in names,
        "thinking": template is not None and template.thinking_tags() is not None,
    }
    own = {
        "embedding" if header.own("pooling_type") in header.metadata else "completion": True,
        "vision": projector or header.own("vision.block_count") in header.metadata,
        "audio": header.own("audio.block_count") in header.metadata,
    }
    # What the template tells that is used goes first or last, as Ollama has it.
    order = (own, shown, told) if template else (told, own)
    found = [
        name
        for abilities in (dict.fromkeys(given, True), *order)
        for name, has in abilities.items()
        if has
    ]
    return tuple(dict.fromkeys(found))


def jinja_is_abler(header: GgufHeader, template: Template) -> bool:
    """Whether the template in the file does all that the Go template does, and more.

    Then the model is asked through it: who wrote the shorter one had no tools or thoughts in mind.
    """
    go = {
        "tools": "Tools" in template.variables(),
        "insert": "Suffix" in template.variables(),
        "thinking": template.thinking_tags() is not None,
    }
    text = header.chat_template
    jinja = {
        "tools": jinja_has_tools(text),
        "insert": False,
        "thinking": jinja_has_thinking(text),
    }
    return go != jinja and all(jinja[ability] for ability, has in go.items() if has)


def jinja_has_tools(text: str) -> bool:
    """Whether a Jinja template shows tools to the model."""
    return "tools" in text or "tool_call" in text


def jinja_has_thinking(text: str) -> bool:
    """Whether a Jinja template knows thoughts."""
    return "<think>" in text and "</think>" in text
