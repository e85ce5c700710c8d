"""The marks of calls and the tags of thinking, told from templates as the families have them."""

import pytest

from rillet.model.template import Template

from .test_template import DEEPSEEK_R1, QWEN25

MARKS = {
    "qwen2.5": (QWEN25, "<tool_call>"),
    "llama3.1": (
        '{{ range .Messages }}{{ if eq .Role "user" }}{{ .Content }}{{ else if .ToolCalls }}\n'
        '{{ range .ToolCalls }}\n{"name": "{{ .Function.Name }}", "parameters": '
        "{{ .Function.Arguments }}}{{ end }}{{ end }}{{ end }}",
        "{",
    ),
    "mistral": (
        "{{ range .Messages }}{{ if .Content }} {{ .Content }}</s>{{ else if .ToolCalls }}"
        '[TOOL_CALLS] [{{ range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": '
        "{{ json .Function.Arguments }}}{{ end }}]</s>{{ end }}{{ end }}",
        "[TOOL_CALLS]",
    ),
    "command-r": (
        "{{ range .Messages }}{{ with .ToolCalls }}\r\nAction: ```json\r\n[\r\n{{ range . }}"
        '{"tool_name": "{{ .Function.Name }}"}{{ end }}]```{{ end }}{{ end }}',
        "Action: ```json",
    ),
    "firefunction": (
        "{{ range .Messages }}{{ .Content }}{{ if .ToolCalls }} functools[{{ range .ToolCalls }}"
        '{"name": "{{ .Function.Name }}"}{{ end }}]{{ end }}{{ end }}',
        "functools[",
    ),
    "a list and no more": (
        '{{ range .Messages }}{{ if .ToolCalls }}[{{ range .ToolCalls }}{"name": 1}{{ end }}]'
        "{{ end }}{{ end }}",
        "{",
    ),
    "beside something else": (
        "{{ range .Messages }}{{ if and .ToolCalls .Content }}{{ if .X }}{{ else }}<c>{{ end }}"
        "{{ end }}{{ end }}",
        "<c>",
    ),
    "defined apart": ('{{ define "m" }}{{ if .ToolCalls }}<c>{{ end }}{{ end }}', "<c>"),
    "an action before the text": ("{{ if .ToolCalls }}{{ .Content }}<c>{{ end }}", "{"),
    "what is not": ("{{ if not (.ToolCalls) }}<c>{{ end }}", "{"),
    "none": ("{{ .Prompt }}", "{"),
}


@pytest.mark.parametrize(("source", "mark"), MARKS.values(), ids=MARKS)
def test_the_mark_of_calls(source: str, mark: str) -> None:
    assert Template.parse(source).call_mark() == mark


LOOP = "{{ range .Messages }}%s{{ end }}"
TAGS = {
    "deepseek-r1": (DEEPSEEK_R1, ("<think>", "</think>")),
    "at once": (LOOP % "{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}",
                ("<think>", "</think>")),
    "among other text": (LOOP % "<|im_start|>bot\n<t>\n{{ .Thinking }}\n</t>\n\n{{ .Content }}",
                         ("<t>", "</t>")),
    "words": (LOOP % "Thoughts:{{ .Thinking }} Answer:", ("Thoughts:", "Answer:")),
    "capitals": (LOOP % "[THINK]{{ .Thinking }}[/THINK]", ("[THINK]", "[/THINK]")),
    "one tag": (LOOP % "<think>{{ .Thinking }}", None),
    "outside of the loop": ("<think>{{ .Thinking }}</think>", None),
    "only asked for": (LOOP % "{{ if .Thinking }}<a>{{ .Content }}</a>{{ end }}", None),
    "none": ("{{ .Prompt }}", None),
}  # fmt: skip


@pytest.mark.parametrize(("source", "tags"), TAGS.values(), ids=TAGS)
def test_the_tags_of_thinking(source: str, tags: tuple[str, str] | None) -> None:
    assert Template.parse(source).thinking_tags() == tags
