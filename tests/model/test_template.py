"""Templates of the well-known families, in short: what each makes of the same conversation."""

from datetime import date
from typing import Any

import pytest

from rillet.model.gotemplate import Budget, TemplateError
from rillet.model.template import DEFAULT_TEMPLATE, Template, collate
from rillet.words.requests import Message, MessageToolCall, ToolCallFunction

TODAY = date(2026, 3, 1)

CHATML = """{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
"""
CHATML_OLD = """{{ if .System }}<|im_start|>system
{{ .System }}<|im_end|>
{{ end }}{{ if .Prompt }}<|im_start|>user
{{ .Prompt }}<|im_end|>
{{ end }}<|im_start|>assistant
{{ .Response }}<|im_end|>
"""
LLAMA2 = """[INST] <<SYS>>{{ .System }}<</SYS>>

{{ .Prompt }} [/INST]"""
LLAMA3 = """{{- range .Messages }}<|start_header_id|>{{ .Role }}<|end_header_id|>

{{ .Content }}<|eot_id|>
{{- end }}<|start_header_id|>assistant<|end_header_id|>

"""
MISTRAL = """{{- range $i, $m := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if eq .Role "user" }}[INST] {{ if and $.System $last }}{{ $.System }}

{{ end }}{{ .Content }}[/INST]
{{- else if eq .Role "assistant" }} {{ .Content }}</s>
{{- end }}
{{- end }}"""
GEMMA = """{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if or (eq .Role "user") (eq .Role "system") }}<start_of_turn>user
{{ .Content }}<end_of_turn>
{{ if $last }}<start_of_turn>model
{{ end }}
{{- else if eq .Role "assistant" }}<start_of_turn>model
{{ .Content }}{{ if not $last }}<end_of_turn>
{{ end }}
{{- end }}
{{- end }}"""
PHI = """{{ if .System }}<|system|>
{{ .System }}<|end|>
{{ end }}{{ if .Prompt }}<|user|>
{{ .Prompt }}<|end|>
{{ end }}<|assistant|>
{{ .Response }}<|end|>"""
COMMAND_R = """{{- if .System }}<S>{{ .System }}</S>{{ end }}
{{- range .Messages }}
{{- if eq .Role "system" }}{{- continue }}
{{- end }}<T>{{ if eq .Role "user" }}<USER>{{ else }}<BOT>{{ end }}{{ .Content }}</T>
{{- end }}<T><BOT>"""
DEEPSEEK_R1 = """{{- if .System }}{{ .System }}{{ end }}
{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1}}
{{- if eq .Role "user" }}<U>{{ .Content }}
{{- else if eq .Role "assistant" }}<A>
{{- if and $.IsThinkSet (and $last .Thinking) }}<think>
{{ .Thinking }}
</think>
{{ end }}{{ .Content }}{{- if not $last }}<E>{{- end }}
{{- end }}
{{- if and $last (ne .Role "assistant") }}<A>
{{- if and $.IsThinkSet (not $.Think) }}<think>

</think>

{{ end }}
{{- end -}}
{{- end }}"""
QWEN25 = """{{- if .Messages }}
{{- if or .System .Tools }}<|im_start|>system
{{- if .System }}
{{ .System }}
{{- end }}
{{- if .Tools }}

# Tools
<tools>
{{- range .Tools }}
{"type": "function", "function": {{ .Function }}}
{{- end }}
</tools>
{{- end }}<|im_end|>
{{ end }}
{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 -}}
{{- if eq .Role "user" }}<|im_start|>user
{{ .Content }}<|im_end|>
{{ else if eq .Role "assistant" }}<|im_start|>assistant
{{ if .Content }}{{ .Content }}
{{- else if .ToolCalls }}<tool_call>
{{ range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}
{{ end }}</tool_call>
{{- end }}{{ if not $last }}<|im_end|>
{{ end }}
{{- else if eq .Role "tool" }}<|im_start|>user
<tool_response>
{{ .Content }}
</tool_response><|im_end|>
{{ end }}
{{- if and (ne .Role "assistant") $last }}<|im_start|>assistant
{{ end }}
{{- end }}
{{- else }}
{{- if .Prompt }}<|im_start|>user
{{ .Prompt }}<|im_end|>
{{ end }}<|im_start|>assistant
{{ end }}{{ .Response }}{{ if .Response }}<|im_end|>{{ end }}"""

CHAT = [
    Message(role="system", content="Be kind."),
    Message(role="user", content="Hi"),
    Message(role="assistant", content="Hello!"),
    Message(role="user", content="Bye"),
]

MADE = {
    "chatml": (
        CHATML,
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nHello!<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n"
        "<|im_start|>assistant\n",
    ),
    "chatml, older": (
        CHATML_OLD,
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nHello!<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n"
        "<|im_start|>assistant\n",
    ),
    "llama2": (
        LLAMA2,
        "[INST] <<SYS>>Be kind.<</SYS>>\n\nHi [/INST]Hello![INST] <<SYS>><</SYS>>\n\nBye [/INST]",
    ),
    "llama3": (
        LLAMA3,
        "<|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\nHello!<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
    ),
    "mistral": (MISTRAL, "[INST] Hi[/INST] Hello!</s>[INST] Be kind.\n\nBye[/INST]"),
    "gemma": (
        GEMMA,
        "<start_of_turn>user\nBe kind.<end_of_turn>\n<start_of_turn>user\nHi<end_of_turn>\n"
        "<start_of_turn>model\nHello!<end_of_turn>\n<start_of_turn>user\nBye<end_of_turn>\n"
        "<start_of_turn>model\n",
    ),
    "phi": (
        PHI,
        "<|system|>\nBe kind.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\nHello!<|end|>"
        "<|user|>\nBye<|end|>\n<|assistant|>\n",
    ),
    "command-r": (
        COMMAND_R,
        "<S>Be kind.</S><T><USER>Hi</T><T><BOT>Hello!</T><T><USER>Bye</T><T><BOT>",
    ),
    "deepseek-r1": (DEEPSEEK_R1, "Be kind.<U>Hi<A>Hello!<E><U>Bye<A>"),
    "qwen2.5": (
        QWEN25,
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nHello!<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n"
        "<|im_start|>assistant\n",
    ),
    "the bare prompt": (DEFAULT_TEMPLATE, "HiHello!Bye"),
}


def render(source: str, messages: list[Message], **more: Any) -> str:
    return Template.parse(source).render(messages=messages, now=TODAY, **more)


@pytest.mark.parametrize(("source", "expected"), MADE.values(), ids=MADE.keys())
def test_a_conversation(source: str, expected: str) -> None:
    assert render(source, CHAT) == expected


WEATHER = {
    "function": {
        "description": "The weather & more",
        "name": "get_weather",
        "parameters": {
            "properties": {
                "city": {"description": "Where", "type": "string"},
                "days": {"type": ["integer", "null"], "minimum": 1},
            },
            "required": ["city"],
            "type": "object",
        },
    },
    "type": "function",
}
WEATHER_JSON = (
    '{"name":"get_weather","description":"The weather \\u0026 more","parameters":'
    '{"type":"object","required":["city"],"properties":{"city":{"type":"string",'
    '"description":"Where"},"days":{"type":["integer","null"],"minimum":1}}}}'
)
CALL = MessageToolCall(ToolCallFunction(name="get_weather", arguments={"city": "Paris", "n": 2}))


def test_tools_and_their_calls() -> None:
    messages = [
        Message(role="user", content="Weather?"),
        Message(role="assistant", tool_calls=[CALL]),
        Message(role="tool", content="sun", tool_name="get_weather"),
        Message(role="tool", content="rain", tool_name="get_weather"),
    ]
    assert render(QWEN25, messages, tools=[WEATHER]) == (
        "<|im_start|>system\n\n# Tools\n<tools>\n"
        f'{{"type": "function", "function": {WEATHER_JSON}}}\n</tools><|im_end|>\n'
        "<|im_start|>user\nWeather?<|im_end|>\n<|im_start|>assistant\n<tool_call>\n"
        '{"name": "get_weather", "arguments": {"city":"Paris","n":2}}\n</tool_call><|im_end|>\n'
        "<|im_start|>user\n<tool_response>\nsun\n</tool_response><|im_end|>\n"
        "<|im_start|>user\n<tool_response>\nrain\n</tool_response><|im_end|>\n"
        "<|im_start|>assistant\n"
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ .Tools }}", f'[{{"type":"function","function":{WEATHER_JSON}}}]'),
        ("{{ json .Tools }}", f'[{{"type":"function","function":{WEATHER_JSON}}}]'),
        ("{{ range .Tools }}{{ .Function.Name }}: {{ .Function.Description }}{{ end }}",
         "get_weather: The weather & more"),
        ("{{ range .Tools }}{{ range $n, $p := .Function.Parameters.Properties }}"
         "{{ $n }}?: {{ toTypeScriptType $p }} {{ $p.Type }} {{ $p.Description }};"
         "{{ end }}{{ end }}",
         "city?: string string Where;days?: number | null [integer null] ;"),
        ("{{ (index .Messages 1).ToolCalls | json }}",
         '[{"function":{"index":0,"name":"get_weather","arguments":{"city":"Paris","n":2}}}]'),
        ("{{ range (index .Messages 1).ToolCalls }}"
         "{{ range $k, $v := .Function.Arguments }}{{ $k }}={{ $v }},{{ end }}{{ end }}",
         "city=Paris,n=2,"),
        ("{{ .Messages | len }}{{ currentDate }} {{ yesterdayDate }} {{ currentDate \"x\" }}",
         "22026-03-01 2026-02-28 2026-03-01"),
    ],
)  # fmt: skip
def test_what_a_template_sees(source: str, expected: str) -> None:
    messages = [Message(role="user", content="x"), Message(role="assistant", tool_calls=[CALL])]
    source += "{{ if false }}{{ .Messages }}{{ end }}"
    assert render(source, messages, tools=[WEATHER]) == expected


@pytest.mark.parametrize(
    ("think", "expected"),
    [
        (None, "<U>Hi<A>"),
        (True, "<U>Hi<A>"),
        (False, "<U>Hi<A><think>\n\n</think>\n\n"),
    ],
)
def test_thinking(think: bool | None, expected: str) -> None:
    assert render(DEEPSEEK_R1, [Message(role="user", content="Hi")], think=think) == expected


def test_a_level_of_thinking() -> None:
    source = "{{ .Think }} {{ .ThinkLevel }} {{ .IsThinkSet }}{{ if .Messages }}{{ end }}"
    assert render(source, [], think="high") == "true high true"
    assert render(source, [], think=True) == "true medium true"
    assert render(source, []) == "false  false"


def test_an_answer_that_was_begun_is_gone_on_with() -> None:
    begun = [*CHAT, Message(role="assistant", content="Good")]
    assert render(CHATML_OLD, begun).endswith("<|im_start|>assistant\nGood")
    assert render(QWEN25, begun).endswith("<|im_start|>assistant\nGood")
    if_response = "{{ .Prompt }}>{{ if .Response }}{{ .Response }}<end>{{ end }}"
    assert render(if_response, begun) == "Hi>Hello!<end>Bye>Good"


def test_text_before_and_after_a_gap() -> None:
    source = (
        "{{ if .Suffix }}<PRE>{{ .Prompt }}<SUF>{{ .Suffix }}<MID>{{ else }}{{ .Prompt }}{{ end }}"
    )
    message = [Message(role="user", content="def f(")]
    assert render(source, message, suffix="return x") == "<PRE>def f(<SUF>return x<MID>"
    assert render(source, message) == "def f("


def test_neighbours_of_one_role_are_merged() -> None:
    messages = [
        Message(role="user", content="a", images=["1"]),
        Message(role="user", content="b", images=["2"]),
        Message(role="tool", content="c"),
        Message(role="tool", content="d"),
        Message(role="assistant", content="e"),
        Message(role="assistant", tool_calls=[CALL]),
    ]
    assert [(m.role, m.content) for m in collate(messages)] == [
        ("user", "a\n\nb"), ("tool", "c"), ("tool", "d"), ("assistant", "e"), ("assistant", ""),
    ]  # fmt: skip
    assert collate(messages)[0].images == ["1", "2"]
    assert messages[0].content == "a"


def test_variables() -> None:
    assert {"Messages", "Role", "Tools", "ToolCalls", "System"} <= Template.parse(
        QWEN25
    ).variables()
    assert {"Think", "IsThinkSet", "Thinking"} <= Template.parse(DEEPSEEK_R1).variables()
    assert "Messages" not in Template.parse(PHI).variables()


def test_errors_have_gos_words() -> None:
    with pytest.raises(TemplateError, match=r"^template: :1: unclosed action$"):
        Template.parse("{{ .Prompt")
    with pytest.raises(TemplateError, match="takes too long"):
        render("{{ range 99999999 }}{{ end }}{{ .Prompt }}", CHAT, budget=Budget(steps=1000))


ODD_TOOLS: list[dict[str, Any]] = [
    {},
    {"function": 5},
    {"function": {"parameters": [1]}},
    {"function": {"parameters": {"properties": {"a": None, "b": {"type": 7, "enum": 3}}}}},
]


@pytest.mark.parametrize("tool", ODD_TOOLS)
def test_odd_tools_do_no_harm(tool: dict[str, Any]) -> None:
    source = (
        "{{ range .Tools }}{{ . }}{{ range $n, $p := .Function.Parameters.Properties }}"
        "{{ $p.Type }}{{ len $p.Enum }}{{ toTypeScriptType $p }}{{ end }}{{ end }}{{ .Messages }}"
    )
    assert render(source, [], tools=[tool])
