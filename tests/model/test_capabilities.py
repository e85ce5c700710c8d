"""Capabilities, told from keys and templates."""

import pytest

from rillet.model.capabilities import (
    capabilities,
    heeds_whole_images,
    jinja_is_abler,
    least_image_tokens,
    listed_capabilities,
)
from rillet.model.gguf import GgufHeader, read_header
from rillet.model.template import Template

from .gguf_bytes import LLAMA, STRING, U32, gguf


def header(template: str = "", **own: int) -> GgufHeader:
    extra = {f"llama.{key.replace('__', '.')}": (U32, value) for key, value in own.items()}
    return read_header(gguf({**LLAMA, **extra, "tokenizer.chat_template": (STRING, template)}))


@pytest.mark.parametrize(
    ("template", "own", "expected"),
    [
        ("", {}, ("completion",)),
        ("", {"pooling_type": 1}, ("embedding",)),
        ("{% if tools %}x{% endif %}", {}, ("tools", "completion")),
        ("<tool_call>", {}, ("tools", "completion")),
        ("<think></think>", {}, ("thinking", "completion")),
        ("<think>", {}, ("completion",)),
        ("", {"vision__block_count": 2}, ("completion", "vision")),
    ],
)
def test_from_the_file(template: str, own: dict[str, int], expected: tuple[str, ...]) -> None:
    assert capabilities(header(template, **own)) == expected


@pytest.mark.parametrize(
    ("architecture", "tokens"),
    [("qwen2vl", 1024), ("qwen25vl", 1024), ("qwen3vl", 1024), ("gemma3", 0), ("llama", 0)],
)
def test_images_of_the_qwen_vl_models_are_enlarged(architecture: str, tokens: int) -> None:
    named = read_header(gguf({**LLAMA, "general.architecture": (STRING, architecture)}))
    assert least_image_tokens(named) == tokens


GO_TOOLS = "{{ .Tools }}"
GO_THINKS = "{{ range .Messages }}<t>{{ .Thinking }}</t>{{ end }}"


def test_from_a_go_template() -> None:
    template = Template.parse(GO_TOOLS + GO_THINKS + "{{ .Suffix }}")
    expected = ("completion", "tools", "insert", "thinking")
    assert capabilities(header(), template) == expected


def test_thoughts_without_tags_cannot_be_told_apart() -> None:
    assert capabilities(header(), Template.parse("{{ .Thinking }}")) == ("completion",)


@pytest.mark.parametrize(
    ("jinja", "go", "expected"),
    [
        ("tools", "{{ .Prompt }}", True),
        ("tools<think></think>", GO_TOOLS, True),
        ("tools", GO_TOOLS, False),
        ("tools", GO_TOOLS + GO_THINKS, False),
        ("tools", GO_THINKS, False),
        ("tools", "{{ .Prompt }}{{ .Suffix }}", False),
        ("tools<think></think>", "{{ .Prompt }}{{ .Suffix }}", True),
        ("plain", "{{ .Prompt }}", False),
        ("", "{{ .Prompt }}", False),
    ],
)
def test_the_template_in_the_file_is_used_if_it_is_abler(
    jinja: str, go: str, expected: bool
) -> None:
    assert jinja_is_abler(header(jinja), Template.parse(go)) is expected


GO_CALLS = "{{ .Tools }}{{ range .Messages }}{{ .ToolCalls }}{{ end }}"
JINJA_RESULTS = "{% if tools %}{{ message.tool_calls }}{% if message.role == 'tool' %}"


@pytest.mark.parametrize(
    ("jinja", "go", "expected"),
    [
        (JINJA_RESULTS, GO_CALLS, True),
        (JINJA_RESULTS, GO_CALLS + '{{ if eq .Role "tool" }}{{ end }}', False),
        ("{% if tools %}", GO_CALLS, False),
        ("{% if tools %}<think></think>", GO_CALLS + "<tool_response>", False),
        ("{% if tools %}<think></think>", GO_CALLS, True),
    ],
)
def test_results_of_tools_that_come_back_count(jinja: str, go: str, expected: bool) -> None:
    assert jinja_is_abler(header(jinja), Template.parse(go)) is expected


def test_a_template_that_takes_thoughts_out_of_the_talk_knows_them() -> None:
    assert capabilities(header("content.split('</think>')")) == ("thinking", "completion")
    assert capabilities(header("content.split('</think>')reasoning_content")) == ("completion",)


def test_what_the_used_template_tells_goes_first() -> None:
    named = capabilities(header(JINJA_RESULTS), Template.parse(GO_CALLS), goes_first=False)
    assert named == ("tools", "completion")


def test_without_the_template_inside_the_file() -> None:
    assert listed_capabilities(header("tools"), projector=True) == ("completion", "vision")


def test_a_list_has_an_order_of_its_own() -> None:
    go = Template.parse("{{ .Tools }}{{ .Suffix }}{{ .Prompt }}")
    given = ("thinking", "tools")
    assert listed_capabilities(header(), go, projector=True, given=given) == (
        *("completion", "thinking", "tools", "insert", "vision"),
    )
    assert listed_capabilities(None, go, given=given) == ("thinking", "tools", "insert")


@pytest.mark.parametrize(
    ("kind", "width", "whole"),
    [("gemma3", 1536, True), ("gemma4v", 2816, True), ("gemma4v", 1536, False), ("mlp", 64, False)],
)
@pytest.mark.parametrize("sense", ["", "vision."])
def test_images_that_are_read_as_a_whole(kind: str, width: int, whole: bool, sense: str) -> None:
    key = f"clip.{sense}projector_type"
    file = read_header(gguf({"general.architecture": (STRING, "clip"), key: (STRING, kind)}))
    assert heeds_whole_images(header(embedding_length=width), file) is whole


def test_images_in_the_own_file_are_read_as_a_whole() -> None:
    own = {"general.architecture": (STRING, "gemma3")}
    assert heeds_whole_images(read_header(gguf(own)), None)
    assert not heeds_whole_images(header(), None)
