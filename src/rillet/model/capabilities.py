"""What a model can do, told from its header and its templates, in Ollama's words.

Values: completion, embedding, tools, insert, vision, audio, thinking.
"""

from __future__ import annotations

from collections.abc import Collection

from .gguf import GgufHeader


def capabilities(
    header: GgufHeader,
    go_variables: Collection[str] = (),
    *,
    jinja: bool = True,
    projector: bool = False,
) -> tuple[str, ...]:
    """The capabilities of a model, in a fixed order.

    `go_variables` are the variable names of its Go template (`Template.variables()`), any case.
    `jinja=False` leaves the chat template inside the file out, as Ollama's /api/tags does.
    `projector` says that the model has an image projector file.
    """
    found = ["embedding" if header.own("pooling_type") in header.metadata else "completion"]
    names = {name.lower() for name in go_variables}
    text = header.chat_template if jinja else ""
    if "tools" in names or "tools" in text or "tool_call" in text:
        found.append("tools")
    if "suffix" in names:
        found.append("insert")
    if projector or header.own("vision.block_count") in header.metadata:
        found.append("vision")
    if header.own("audio.block_count") in header.metadata:
        found.append("audio")
    if "thinking" in names or ("<think>" in text and "</think>" in text):
        found.append("thinking")
    return tuple(found)
