"""Thinking and calls in answers to prompts that we render: a real engine, a Go template."""

import json
from typing import Any

import pytest

from rillet.model.template import Template
from rillet.service.output_parser import output_parser, special_texts
from rillet.service.service import Service
from rillet.words.events import Event, Finish, Text, Thinking, TokenLogprob, ToolCall
from rillet.words.models import CreateRequest
from rillet.words.requests import ChatRequest, GenerateRequest, Message

from .asking import MODELS, events
from .conftest import Opened

#: As the template inside tinytool.gguf, in the other language.
TEMPLATE = """{{- range $i, $_ := .Messages }}{{- $last := eq (len (slice $.Messages $i)) 1 -}}
{{- if eq .Role "user" }}<|im_start|>user
{{ .Content }}<|im_end|>
{{ else if eq .Role "tool" }}<|im_start|>tool
{{ .Content }}<|im_end|>
{{ else if eq .Role "assistant" }}<|im_start|>assistant
{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}
{{- if .ToolCalls }}<tool_call>
{{ range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}
{{ end }}</tool_call>
{{- end }}{{ if not $last }}<|im_end|>
{{ end }}
{{- end }}
{{- if and (ne .Role "assistant") $last }}<|im_start|>assistant
{{ if and $.IsThinkSet (not $.Think) }}<think>

</think>{{ else }}<think>{{ end }}{{ end }}
{{- end }}{{ if .Tools }}{{ end }}"""
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
WORDS = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'


async def made(service: Service, template: str = TEMPLATE) -> str:
    digest = service.library.store.put_blob(((MODELS / "tinytool.gguf").read_bytes(),))
    request = CreateRequest(model="go", files={"a.gguf": str(digest)}, template=template)
    async for _ in service.create(request):
        pass
    return "go"


async def asked(service: Service, **more: Any) -> list[Event]:
    model = await made(service)
    request = ChatRequest(model=model, messages=[Message("user", "hi")], **more)
    return await events(await service.chat(request))


def joined(found: list[Event], kind: type[Text] | type[Thinking]) -> str:
    return "".join(event.text for event in found if isinstance(event, kind))


async def test_a_call_of_a_tool_and_the_thought_before_it(opened: Opened) -> None:
    async with opened() as service:
        found = await asked(service, tools=[TOOL])
    assert joined(found, Thinking) == "I ponder"
    assert joined(found, Text).strip() == ""
    (call,) = [event for event in found if isinstance(event, ToolCall)]
    assert (call.name, call.arguments, call.index) == ("get_weather", {"city": "Paris"}, 0)
    assert call.id and call.id.startswith("call_") and len(call.id) == 13
    last = found[-1]
    assert isinstance(last, Finish) and last.reason == "stop"


async def test_without_tools_the_same_words_are_text(opened: Opened) -> None:
    async with opened() as service:
        found = await asked(service, think=False)
    assert joined(found, Thinking) == ""
    assert joined(found, Text).strip() == WORDS
    assert not any(isinstance(event, ToolCall) for event in found)


async def test_generate_tells_thinking_apart_and_its_context_has_all(opened: Opened) -> None:
    async with opened() as service:
        model = await made(service)
        found = await events(await service.generate(GenerateRequest(model=model, prompt="hi")))
        assert joined(found, Thinking) == "I ponder"
        assert joined(found, Text) == WORDS
        last = found[-1]
        assert isinstance(last, Finish) and last.context
        again = GenerateRequest(model=model, prompt="x", context=list(last.context))
        prompt = await service.render(again)
    assert "I ponder</think>" in prompt and WORDS in prompt


@pytest.mark.parametrize("kind", ["chat", "generate"])
async def test_a_form_holds_for_the_answer_not_for_the_thought(opened: Opened, kind: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"],
              "additionalProperties": False}  # fmt: skip
    async with opened() as service:
        if kind == "chat":
            found = await asked(service, format=schema, options={"seed": 1})
        else:
            request = GenerateRequest(model=await made(service), prompt="hi", format=schema)
            found = await events(await service.generate(request))
        free = await asked(service, think=False, format=schema)
    assert joined(found, Thinking) == "I ponder"
    assert json.loads(joined(found, Text)).keys() == {"a"}
    assert joined(free, Thinking) == "" and json.loads(joined(free, Text)).keys() == {"a"}
    last = found[-1]
    assert isinstance(last, Finish) and last.reason == "stop" and last.usage
    assert last.usage.completion_tokens and last.usage.completion_tokens > 4


async def test_a_limit_holds_for_thought_and_answer_together(opened: Opened) -> None:
    async with opened() as service:
        for limit in (1, 2, 3, 4):
            found = await asked(service, format="json", options={"num_predict": limit})
            last = found[-1]
            assert isinstance(last, Finish) and last.reason == "length" and last.usage
            assert last.usage.completion_tokens == limit


async def test_the_template_in_the_file_is_taken_where_it_knows_more(opened: Opened) -> None:
    async with opened() as service:
        model = await made(service, "{{ .Prompt }}")
        prompt = await service.render(
            ChatRequest(model=model, messages=[Message("user", "hi")], tools=[TOOL])
        )
    assert "get_weather" in prompt and prompt.endswith("<think>")


async def test_tools_are_shown_by_whichever_template_can(opened: Opened) -> None:
    """A Go template for gaps in a text is kept beside the file's own, which does more in a talk."""
    async with opened() as service:
        model = await made(service, "<P>{{ .Prompt }}<S>{{ .Suffix }}<M>")
        messages = [Message("user", "hi")]
        plain = await service.render(ChatRequest(model=model, messages=messages))
        tools = await service.render(ChatRequest(model=model, messages=messages, tools=[TOOL]))
        gap = await service.render(GenerateRequest(model=model, prompt="a", suffix="b"))
    assert plain.startswith("<|im_start|>user\nhi") and gap == "<P>a<S>b<M>"
    assert "get_weather" in tools and "<P>" not in tools


async def test_a_model_that_is_rendered_by_name_is_asked_through_its_file(opened: Opened) -> None:
    async with opened() as service:
        digest = service.library.store.put_blob(((MODELS / "tinytool.gguf").read_bytes(),))
        request = CreateRequest(
            model="named", files={"a": str(digest)}, template=TEMPLATE, renderer="qwen3-coder"
        )
        async for _ in service.create(request):
            pass
        model = service.library.find("named")
    assert model.template is None and model.go is not None
    assert {"tools", "thinking"} <= set(model.capabilities)


def test_token_ids_and_probabilities_go_with_the_text_that_they_gave() -> None:
    template = Template.parse(TEMPLATE)
    part = output_parser(template, "<think>", "", thinks=True)
    assert part is not None
    one, two = TokenLogprob("a", -1.0), TokenLogprob("</think>", -2.0)
    found = [
        *part([Text("a", (one,), (1,))]),
        *part([Text("</thi", (two,), (2,))]),
        *part([Text("nk>", None, (3,))]),
        *part([Text("b", None, (4,)), Finish("stop")]),
    ]
    assert found == [
        Thinking("a", (one,), (1,)),
        Text("b", (two,), (2, 3, 4)),
        Finish("stop"),
    ]


@pytest.mark.parametrize("said", ["", "I th", "I think</think>So", "I think</think>So <tool"])
def test_going_on_from_what_was_said(said: str) -> None:
    whole = "I think</think>So " + WORDS
    part = output_parser(Template.parse(TEMPLATE), "<think>", said, thinks=True, tools=[TOOL])
    assert part is not None
    found = [*part([Text(whole[len(said) :])]), *part([Finish("stop")])]
    (call,) = [event for event in found if isinstance(event, ToolCall)]
    assert call.arguments == {"city": "Paris"}


def test_a_plain_template_has_nothing_to_tell_apart() -> None:
    assert output_parser(Template.parse("{{ .Prompt }}"), "", "", thinks=False) is None


def test_control_tokens_that_are_to_be_shown() -> None:
    source = "{{ if .ToolCalls }}[TOOL_CALLS] [{{ end }}"
    assert special_texts(Template.parse(source)) == ["[TOOL_CALLS]", "<think>", "</think>"]


#: As gpt-oss is asked: what it answers comes in channels.
CHANNELS = """{{- range .Messages }}{{- if eq .Role "assistant" }}
{{- if .Thinking }}<|start|>assistant<|channel|>analysis<|message|>{{ .Thinking }}<|end|>{{ end }}
{{- if .Content }}<|start|>assistant<|channel|>final<|message|>{{ .Content }}<|end|>{{ end }}
{{- range .ToolCalls }}<|start|>assistant<|channel|>commentary to=functions.{{ .Function.Name }}
{{- end }}{{- else }}<|start|>{{ .Role }}<|message|>{{ .Content }}<|end|>{{ end }}{{ end }}
{{- if .Tools }}{{ end }}<|start|>assistant"""


def test_channels() -> None:
    template = Template.parse(CHANNELS)
    assert template.thinking_tags() is not None  # so it can think, in Ollama's words
    assert "<|channel|>" in special_texts(template) and "<|end|>" in special_texts(template)
    split = output_parser(template, "<|start|>assistant", "", thinks=True, tools=[TOOL])
    assert split is not None
    pieces = [
        "<|channel|>analysis<|message|>Where? ",
        "Paris.<|end|>",
        "<|start|>assistant<|channel|>final<|message|>Wait.<|end|>",
        "<|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json",
        '<|message|>{"city": "Paris"}',
    ]
    found = [event for piece in pieces for event in split([Text(piece)])]
    found += split([Finish("stop")])
    assert found[:3] == [Thinking("Where? "), Thinking("Paris."), Text("Wait.")]
    call, end = found[3:]
    assert isinstance(call, ToolCall) and call.id and isinstance(end, Finish)
    assert (call.name, call.arguments) == ("get_weather", {"city": "Paris"})
