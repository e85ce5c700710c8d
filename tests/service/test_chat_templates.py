"""Models that Ollama renders by name and whose file has no template: the prompts and abilities are
those that a real Ollama 0.33 gave for the same model."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rillet.model.chat_templates import resolved
from rillet.service.cards import card
from rillet.service.images import before_words
from rillet.service.library import Library
from rillet.service.prompts import spaced
from rillet.service.service import Service
from rillet.words.events import Finish, Progress, Text, Thinking, ToolCall
from rillet.words.models import CreateRequest
from rillet.words.requests import (
    ChatRequest,
    GenerateRequest,
    Message,
    MessageToolCall,
    ToolCallFunction,
)

from .asking import MODELS, events
from .conftest import Opened
from .newer_layouts import NEWER_PAIRS
from .projector import put

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "renderers.json").read_text())


async def made(service: Service, **more: str) -> str:
    digest = service.library.store.put_blob(((MODELS / "tiny.gguf").read_bytes(),))
    request = CreateRequest(
        model="named", files={"a": str(digest)}, template="{{ .Prompt }}", **more
    )
    await finished(service.create(request))
    return "named"


async def finished(steps: AsyncIterator[Progress]) -> None:
    async for _ in steps:
        pass


@pytest.mark.parametrize("told", RECORDED, ids=[each["renderer"] for each in RECORDED])
async def test_prompts_are_those_of_ollama(told: dict[str, Any], opened: Opened) -> None:
    async with opened() as service:
        model = await made(service, renderer=told["renderer"], parser=told["parser"])
        assert list(service.library.find(model).capabilities) == told["capabilities"]
        for asked in told["asked"]:
            request = msgspec.convert({"model": model, **asked}, ChatRequest)
            assert await service.render(request) == asked["prompt"]


async def test_what_a_template_says_of_tools_counts(opened: Opened) -> None:
    async with opened() as service:
        model = await made(service, renderer="glimmer", parser="glimmer")
        function = {"name": "f", "parameters": {"type": "object", "properties": {}}}
        asked = ChatRequest(
            model=model,
            messages=[Message("user", "older"), Message("assistant", "a"), Message("user", "last")],
            tools=[{"type": "function", "function": function}],
            options={"num_ctx": 1024},
        )
        text = await service.render(asked)
    assert "last" in text and "older" not in text


@pytest.mark.parametrize("renderer", ["qwen3.5", "olmo3-think", "nemotron-3-nano"])
async def test_thoughts_are_told_apart(renderer: str, opened: Opened) -> None:
    async with opened() as service:
        model = await made(service, renderer=renderer, parser=renderer)
        request = ChatRequest(
            model=model, messages=[Message("user", "hi")], options={"num_predict": 4}
        )
        assert any(
            isinstance(event, Thinking) for event in await events(await service.chat(request))
        )


async def speaking(service: Service, name: str) -> str:
    """A model that thinks and calls a tool, as this name has it; its file has no template."""
    data = (MODELS / "tinytool.gguf").read_bytes()
    bare = data.replace(b"tokenizer.chat_template", b"tokenizer.chat_template"[::-1])
    digest = service.library.store.put_blob((bare,))
    request = CreateRequest(model=name, files={"a": str(digest)}, renderer=name, parser=name)
    await finished(service.create(request))
    return name


TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


async def test_calls_are_told_apart(opened: Opened) -> None:
    async with opened() as service:
        model = await speaking(service, "laguna")
        turns = [Message("user", "hi")]
        asked = ChatRequest(model=model, messages=turns, tools=[TOOL])
        said = await events(await service.chat(asked))
        calls = [event for event in said if isinstance(event, ToolCall)]
        assert [(call.name, call.arguments) for call in calls] == [
            ("get_weather", {"city": "Paris"})
        ]
        assert all(call.id for call in calls)
        assert "".join(e.text for e in said if isinstance(e, Thinking)) == "I ponder"
        assert not any(isinstance(event, Text) for event in said)


async def test_thoughts_of_a_prompt_are_told_apart(opened: Opened) -> None:
    async with opened() as service:
        model = await speaking(service, "qwen3-thinking-of-no-template")
        prompt = GenerateRequest(model=model, prompt="hi", options={"num_predict": 4})
        assert not any(
            isinstance(event, Thinking) for event in await events(await service.generate(prompt))
        )
        model = await speaking(service, "olmo3-think")
        prompt = msgspec.structs.replace(prompt, model=model)
        said = await events(await service.generate(prompt))
        assert "".join(e.text for e in said if isinstance(e, Thinking)).startswith("I")
        raw = msgspec.structs.replace(prompt, raw=True)
        assert not any(
            isinstance(event, Thinking) for event in await events(await service.generate(raw))
        )


async def test_an_answer_that_is_begun_has_no_thought(opened: Opened) -> None:
    async with opened() as service:
        model = await speaking(service, "qwen3.5")
        turns = [Message("user", "hi"), Message("assistant", "So ")]
        asked = ChatRequest(model=model, messages=turns, options={"num_predict": 4})
        said = await events(await service.chat(asked))
        assert not any(isinstance(event, Thinking) for event in said)
        assert any(isinstance(event, Text) for event in said)


CALL = MessageToolCall(ToolCallFunction("f", {"x": 1}))


@pytest.mark.parametrize(
    ("ends", "shown"),
    [
        ([Message("assistant", "So ")], "assistant\nSo "),
        ([Message("assistant", "")], "user\nhi<|im_end|>\n<|im_start|>assistant\n"),
        (
            [Message("assistant", "", tool_calls=[CALL])],
            "</function>\n</tool_call><|im_end|>\n<|im_start|>assistant\n",
        ),
        (
            [Message("assistant", "a"), Message("assistant", "b")],
            "a<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n<|im_start|>assistant\n",
        ),
    ],
)
async def test_answers_of_its_own_at_the_end(
    ends: list[Message], shown: str, opened: Opened
) -> None:
    """The engine refuses such talks, or takes the last answer for a beginning."""
    async with opened() as service:
        model = await made(service, renderer="qwen3-coder", parser="qwen3-coder")
        talk = ChatRequest(
            model=model, messages=[Message("user", "hi"), *ends], options={"num_predict": 2}
        )
        assert (await service.render(talk)).endswith(shown)
        assert isinstance((await events(await service.chat(talk)))[-1], Finish)


@pytest.mark.parametrize(
    ("file", "names", "template", "able", "shown"),
    [  # a ChatML file that does not know tools, one that knows all, and a template that is given
        ("tinychat", "qwen3.5", None, ("completion", "tools", "thinking"), "<think>\n"),
        ("tinychat", "qwen3-coder", None, ("completion", "tools"), "<|im_start|>assistant\n"),
        ("tinythink", "qwen3-coder", None, ("completion", "tools", "thinking"), "<think>"),
        ("tinychat", "qwen3", "Q: {{ .Prompt }}", ("completion", "tools"), "Q: hi"),
    ],
)
async def test_a_name_goes_before_a_template_that_can_do_less(
    file: str, names: str, template: str | None, able: tuple[str, ...], shown: str, opened: Opened
) -> None:
    async with opened() as service:
        data = (MODELS / f"{file}.gguf").read_bytes()
        digest = str(service.library.store.put_blob((data,)))
        renderer = None if template else names
        request = CreateRequest(
            model="m", files={"a": digest}, template=template, renderer=renderer, parser=names
        )
        await finished(service.create(request))
        found = service.library.find("m")
        assert found.capabilities == able
        assert "\nTEMPLATE " in card(found, verbose=False).modelfile
        text = await service.render(ChatRequest(model="m", messages=[Message("user", "hi")]))
        assert text.endswith(shown)


async def test_a_name_that_nobody_knows_is_kept(opened: Opened) -> None:
    async with opened() as service:
        model = await made(service, renderer="no-such")
        found = service.library.find(model)
        assert found.named_template is None
        assert (
            await service.render(ChatRequest(model=model, messages=[Message("user", "hi")])) == "hi"
        )


async def test_the_template_is_not_shown_as_the_file_s_own(opened: Opened) -> None:
    async with opened() as service:
        shown = card(service.library.find(await made(service, renderer="lfm2")), verbose=False)
    assert shown.template == "{{ .Prompt }}" and "startoftext" not in str(shown)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("gemma4", "gemma4"), ("laguna", "laguna"), ("nemotron3-super", "nemotron-3-nano")],
)
async def test_weights_name_their_renderer(
    kind: str, name: str, opened: Opened, tmp_path: Path
) -> None:
    path = tmp_path / "model.gguf"
    NEWER_PAIRS[kind].write(path, ollama=False)
    async with opened() as service:
        digest = str(put(service, path))
        await finished(service.create(CreateRequest(model="a", files={"a": digest})))
        own = CreateRequest(
            model="b", files={"a": digest}, renderer="x", parser="y", parameters={"seed": 1}
        )
        await finished(service.create(own))
        made, named = service.library.find("a"), service.library.find("b")
        bare = service.library.from_file(path)
    assert (made.config.renderer, made.config.parser) == (name, name)
    assert made.params == ({"stop": ["<turn|>"]} if kind == "gemma4" else {})
    assert (named.config.renderer, named.config.parser, named.params) == ("x", "y", {"seed": 1})
    assert bare.named_template == made.named_template and made.can("tools")


@pytest.mark.parametrize(
    ("name", "size", "renderer"),
    [
        ("gemma4:e4b", "31B", "gemma4"),
        ("gemma4:31b", "4B", "gemma4-large"),
        ("gemma4", "11.9B", "gemma4"),
        ("gemma4", "12B", "gemma4-large"),
        ("gemma4", "unknown", "gemma4"),
    ],
)
def test_gemma4_has_two_renderers(name: str, size: str, renderer: str) -> None:
    assert resolved("gemma4", name, size) == renderer
    assert resolved("lfm2", name, size) == "lfm2"


@pytest.mark.parametrize(
    ("text", "images", "shown"),
    [
        ("what?", 1, "[img] what?"),
        ("what?", 2, "[img][img] what?"),
        ("", 1, "[img]"),
        ("\nwhat?", 1, "[img]\nwhat?"),
        ("see [img] here", 1, "see [img] here"),
        ("see [img]", 2, "[img] see [img]"),
        ("what?", 0, "what?"),
    ],
)
def test_images_stand_where_a_renderer_has_them(text: str, images: int, shown: str) -> None:
    assert before_words(text, images) == shown
    told = [Message("user", text, images=["x"] * images or None)]
    bare = Library((), built_in=None).from_file(MODELS / "tiny.gguf")
    named = msgspec.structs.replace(bare, named_template="x")
    assert spaced(named, told)[0].content == shown
    assert spaced(bare, told) == told
