"""Capabilities, told from keys and templates."""

import pytest

from rillet.model.capabilities import capabilities
from rillet.model.gguf import GgufHeader, read_header

from .gguf_bytes import LLAMA, STRING, U32, gguf


def header(template: str = "", **own: int) -> GgufHeader:
    extra = {f"llama.{key.replace('__', '.')}": (U32, value) for key, value in own.items()}
    return read_header(gguf({**LLAMA, **extra, "tokenizer.chat_template": (STRING, template)}))


@pytest.mark.parametrize(
    ("template", "own", "expected"),
    [
        ("", {}, ("completion",)),
        ("", {"pooling_type": 1}, ("embedding",)),
        ("{% if tools %}x{% endif %}", {}, ("completion", "tools")),
        ("<tool_call>", {}, ("completion", "tools")),
        ("<think></think>", {}, ("completion", "thinking")),
        ("<think>", {}, ("completion",)),
        ("", {"vision__block_count": 2}, ("completion", "vision")),
    ],
)
def test_from_the_file(template: str, own: dict[str, int], expected: tuple[str, ...]) -> None:
    assert capabilities(header(template, **own)) == expected


def test_from_a_go_template() -> None:
    names = ["Tools", "Suffix", "Thinking"]
    assert capabilities(header(), names) == ("completion", "tools", "insert", "thinking")


def test_without_the_template_inside_the_file() -> None:
    assert capabilities(header("tools"), jinja=False, projector=True) == ("completion", "vision")
