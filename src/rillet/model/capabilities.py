"""What a model can do, told from its header and its templates, in Ollama's words.

Values: completion, embedding, tools, insert, vision, audio, thinking.
"""

from __future__ import annotations

from collections.abc import Iterable

from .gguf import GgufHeader
from .template import Template

_GO_RESULTS = ('eq .Role "tool"', "tool_response", "TOOL_RESULTS")
_JINJA_RESULTS = (
    "tool_response",
    "tool_results",
    "ipython",
    *(f"role{end}] == {quote}tool{quote}" for end in "'\"" for quote in "'\""),
    *(f"message.role == {quote}tool{quote}" for quote in "'\""),
)

_QWEN_VL, _QWEN_VL_TOKENS = ("qwen2vl", "qwen25vl", "qwen3vl", "qwen3vlmoe"), 1024
#: The widths of the gemma4 models that read an image from its first part to its last.
_GEMMA4_IN_ORDER = (1536, 2560)


def capabilities(
    header: GgufHeader,
    template: Template | None = None,
    *,
    goes_first: bool = True,
    projector: bool = False,
    hears: bool = False,
    given: Iterable[str] = (),
    named: Iterable[str] | None = None,
) -> tuple[str, ...]:
    """The capabilities of a model, in Ollama's order. `given` are those its configuration names.

    `template` is its template in Go's language. It can think only if that shows thoughts with tags
    around them, for else they could not be told from the answer.
    `goes_first` says that it is used, and not the one inside the file.
    `named` is for a model whose renderer or parser its configuration names: what is told by that,
    in place of the template inside the file.
    `projector` says that the model has a projector file, for images or sounds: to Ollama it can
    see then. `hears` says that the file is also, or only, for sounds.
    """
    text = header.chat_template
    told = {"tools": jinja_has_tools(text), "thinking": jinja_has_thinking(text)}
    shown = _shown(template)
    own = _of_file(header, sees=projector, hears=hears)
    # What the template tells that is used goes first or last, as Ollama has it.
    order = (own, shown, told) if template and goes_first else (told, own, shown)
    if named is not None:
        order = (own, shown, dict.fromkeys(named, True))
    found = [
        name
        for abilities in (dict.fromkeys(given, True), *order)
        for name, has in abilities.items()
        if has
    ]
    return tuple(dict.fromkeys(found))


def listed_capabilities(
    header: GgufHeader | None,
    template: Template | None = None,
    *,
    projector: bool = False,
    given: Iterable[str] = (),
    named: Iterable[str] = (),
) -> tuple[str, ...]:
    """As `capabilities`, but without the chat template inside the file, and in an order of its own:
    so Ollama's /api/tags has it. `header` is None for a model that is not here."""
    own = _of_file(header) if header else {}
    shown = _shown(template)
    orders = (own, dict.fromkeys(given, True), {**shown, **dict.fromkeys(named, True)})
    found = [name for abilities in orders for name, has in abilities.items() if has]
    return tuple(dict.fromkeys([*found, *(["vision"] if projector else [])]))


def _of_file(header: GgufHeader, sees: bool = False, hears: bool = False) -> dict[str, bool]:
    return {
        "embedding" if header.own("pooling_type") in header.metadata else "completion": True,
        "vision": sees or header.own("vision.block_count") in header.metadata,
        "audio": (hears or header.own("audio.block_count") in header.metadata)
        and header.architecture != "nemotron_h_omni",  # as Ollama has it: nothing reads its ears
    }


def _shown(template: Template | None) -> dict[str, bool]:
    """What a template in Go's language tells."""
    names = template.variables() if template else frozenset()
    return {
        "tools": "Tools" in names,
        "insert": "Suffix" in names,
        "thinking": template is not None and template.thinking_tags() is not None,
    }


def projector_hears(header: GgufHeader) -> bool:
    """Whether a projector file turns sounds into what the model takes."""
    if header.text(header.own("vision.projector_type")) == "gemma3nv":
        return False
    return _has_encoder(header, "audio")


def projector_sees(header: GgufHeader) -> bool:
    """Whether it does so with images, as one does that tells nothing."""
    return _has_encoder(header, "vision") or not _has_encoder(header, "audio")


def heeds_whole_images(header: GgufHeader, projector: GgufHeader | None) -> bool:
    """Whether each part of an image heeds all others, also those behind it, in the model as well.

    `projector` is the file for images; without one they are seen by what is in the model's own.
    Source: llama.cpp's mtmd.
    """
    keys = ("clip.projector_type", "clip.vision.projector_type")
    kinds = {projector.text(key) for key in keys} if projector else {header.architecture}
    if kinds & {"gemma4", "gemma4v"}:
        return header.embedding_length not in _GEMMA4_IN_ORDER
    return bool(kinds & {"gemma3", "gemma4uv", "deepseek4v"})


def least_image_tokens(header: GgufHeader) -> int:
    """How many an image has at least, for the model to find and count what is in it; 0: any.

    As Ollama and llama.cpp's mtmd have it, whatever the files say.
    """
    return _QWEN_VL_TOKENS if header.architecture in _QWEN_VL else 0


def _has_encoder(header: GgufHeader, sense: str) -> bool:
    key = f"has_{sense}_encoder"
    return any(
        value is True for name, value in header.metadata.items() if name.rpartition(".")[2] == key
    )


def jinja_abilities(header: GgufHeader) -> tuple[str, ...]:
    """What the template in the file can do of these: tools, thinking."""
    text = header.chat_template
    told = {"tools": jinja_has_tools(text), "thinking": jinja_has_thinking(text)}
    return tuple(ability for ability, has in told.items() if has)


def jinja_can(header: GgufHeader, abilities: Iterable[str]) -> bool:
    """Whether there is a template in the file, and it can do all of these."""
    return bool(header.chat_template) and set(abilities) <= set(jinja_abilities(header))


def jinja_is_abler(header: GgufHeader, template: Template) -> bool:
    """Whether the template in the file does more things than the Go template.

    Then the model is asked through it: who wrote the shorter one had no tools or thoughts in mind.
    Of two that show tools, one that shows calls and their results too is the abler.
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
    returns = _jinja_shows_results(text)
    if sum(jinja.values()) > sum(go.values()):
        return returns or not _go_shows_results(template)
    return go == jinja and go["tools"] and returns and not _go_shows_results(template)


def _go_shows_results(template: Template) -> bool:
    """Whether calls of tools and their results come back to the model."""
    shows = {"Tools", "ToolCalls"} <= template.variables()
    return shows and any(mark in template.source for mark in _GO_RESULTS)


def _jinja_shows_results(text: str) -> bool:
    calls = "tool_calls" in text or "assistant_tool_call" in text
    return calls and any(mark in text for mark in _JINJA_RESULTS)


def jinja_has_tools(text: str) -> bool:
    """Whether a Jinja template shows tools to the model."""
    return "tools" in text or "tool_call" in text


def jinja_has_thinking(text: str) -> bool:
    """Whether a Jinja template knows thoughts."""
    if "<think>" in text and "</think>" in text:
        return True
    # Those that take earlier thoughts out of the talk know them as well.
    splits = "content.split('</think>')" in text or 'content.split("</think>")' in text
    return splits and "reasoning_content" not in text and "<SPECIAL_12>" not in text
