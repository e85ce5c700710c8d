"""Which prompt a request becomes; with real engines where their templates are asked."""

import asyncio
from pathlib import Path

import pytest

from rillet.words.errors import InvalidRequest, ServerError
from rillet.words.events import Finish
from rillet.words.models import CreateRequest
from rillet.words.requests import ChatRequest, GenerateRequest, Message

from .asking import CHAT, EMBED, HELLO, SAID, TINY, say
from .conftest import Opened

WEIGHTS = Path(CHAT).read_bytes()
BARE = Path(TINY).read_bytes()


async def prompt_of(opened: Opened, **fields: object) -> str:
    async with opened() as service:
        return await service.render(GenerateRequest(**{"model": CHAT, "prompt": "hi", **fields}))  # type: ignore[arg-type]


async def test_raw_is_what_was_sent(opened: Opened) -> None:
    assert await prompt_of(opened, raw=True) == "hi"


async def test_the_models_own_template(opened: Opened) -> None:
    said = await prompt_of(opened, system="be kind")
    assert said.index("be kind") < said.index("hi") and "<|im_start|>" in said


async def test_a_template_of_the_request_comes_first(opened: Opened) -> None:
    said = await prompt_of(opened, template="[{{ .System }}] {{ .Prompt }}!", system="kind")
    assert said.startswith("[kind] hi!")


async def test_a_model_without_a_template_gets_the_bare_prompt(opened: Opened) -> None:
    assert await prompt_of(opened, model=TINY) == "hi"
    assert await prompt_of(opened, model=TINY, system="s") == "s\n\nhi"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "system:S\n\ns\nuser:hi\n"),
        ({"system": ""}, "system:S\n\ns\nuser:hi\n"),
        ({"system": "r"}, "system:r\n\ns\nuser:hi\n"),
        ({"context": []}, "system:S\nuser:hi\n"),
    ],
)
async def test_a_system_stands_before_the_models_own_messages(
    opened: Opened, fields: dict[str, object], said: str
) -> None:
    template = "{{ range .Messages }}{{ .Role }}:{{ .Content }}\n{{ end }}"
    making = CreateRequest(model="own", template=template, system="S")
    making.messages = [Message("system", "s")]
    async with opened() as service:
        making.files = {"a": str(service.library.store.put_blob((WEIGHTS,)))}
        assert [step.status async for step in service.create(making)][-1] == "success"
        assert await service.render(GenerateRequest(model="own", prompt="hi", **fields)) == said  # type: ignore[arg-type]


async def own_talk(opened: Opened, weights: bytes, prompt: str, num_ctx: int) -> str:
    """What a model with messages of its own sees of a prompt."""
    making = CreateRequest(model="own", system="S")
    making.messages = [Message("user", "A b"), Message("assistant", "C d")]
    request = GenerateRequest(model="own", prompt=prompt, options={"num_ctx": num_ctx})
    async with opened() as service:
        making.files = {"a": str(service.library.store.put_blob((weights,)))}
        assert [step.status async for step in service.create(making)][-1] == "success"
        return await service.render(request)


async def test_a_model_without_a_template_remembers_its_own_messages(opened: Opened) -> None:
    assert await own_talk(opened, BARE, "hi", 256) == "S\n\nA bC dhi"


async def test_a_models_own_messages_go_where_the_prompt_needs_the_room(opened: Opened) -> None:
    assert "A b" in await own_talk(opened, WEIGHTS, "hello", 128)
    said = await own_talk(opened, WEIGHTS, "hello " * 20, 64)
    assert "S<" in said and "hello" in said and "A b" not in said and "C d" not in said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"raw": True, "system": "s"}, "raw mode does not support"),
        ({"think": True}, "does not support thinking"),
        ({"suffix": "s"}, "does not support insert"),
        ({"context": [0, 10**6]}, "tokens that this model does not know"),
        ({"context": [-1]}, "tokens that this model does not know"),
        ({"images": ["AAAA"]}, "does not support images"),
        ({"model": EMBED}, "does not support generate"),
        ({"model": EMBED, "think": True}, "does not support thinking"),
        ({"prompt": "", "suffix": "s"}, "does not support insert"),
        ({"format": 7}, "invalid format"),
        ({"template": "{{ if"}, "unclosed action"),
    ],
)
async def test_what_is_refused_before_a_load(
    opened: Opened, fields: dict[str, object], said: str
) -> None:
    async with opened() as service:
        request = GenerateRequest(**{"model": CHAT, "prompt": "hi", **fields})  # type: ignore[arg-type]
        with pytest.raises((ServerError, InvalidRequest), match=said):
            generation = await service.generate(request)
            async for _ in generation:
                pass


async def test_a_load_is_not_looked_at_for_what_it_would_answer(opened: Opened) -> None:
    """As Ollama has it, which loads before it reads a format or an image."""
    async with opened() as service:
        for more in ({"format": "yaml"}, {"images": ["AAAA"]}, {"context": [10**6]}):
            generation = await service.generate(GenerateRequest(model=CHAT, **more))  # type: ignore[arg-type]
            assert [list(batch) async for batch in generation] == [[Finish("load")]]


async def test_what_the_model_cannot_do_is_not_rendered_either(opened: Opened) -> None:
    with pytest.raises(ServerError, match="does not support thinking"):
        await prompt_of(opened, think=True)
    with pytest.raises(ServerError, match="does not support insert"):
        await prompt_of(opened, suffix="s")


async def test_a_chat_may_not_call_tools_where_the_model_cannot(opened: Opened) -> None:
    async with opened() as service:
        request = ChatRequest(model=HELLO, messages=[Message("user", "hi")], tools=[{}])
        with pytest.raises(ServerError, match="does not support tools"):
            await service.chat(request)


async def test_a_template_that_takes_long_holds_nobody_up(opened: Opened) -> None:
    endless = "{{ range 1000000000 }}x{{ end }}"
    async with opened() as service:
        assert await say(service, HELLO) == SAID
        request = GenerateRequest(model=HELLO, prompt="hi", template=endless)
        asked = asyncio.create_task(service.render(request))
        turns = 0
        while not asked.done():
            await asyncio.wait((asked,), timeout=0.01)
            turns += 1
        with pytest.raises(ServerError, match="takes too long"):
            await asked
        assert turns > 10  # of some hundred
