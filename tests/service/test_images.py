"""Images reach the model on every way to it: a real engine with a tiny image projector."""

from pathlib import Path
from typing import Any

import pytest

from rillet.engine import read_model_header
from rillet.service.cards import card
from rillet.service.images import marked, placed
from rillet.service.service import Service
from rillet.words.errors import ServerError
from rillet.words.events import Event, Finish
from rillet.words.models import CreateRequest
from rillet.words.requests import ChatRequest, GenerateRequest, Message

from .asking import CHAT, events, text
from .conftest import Opened
from .projector import created, png, put, write_projector

GO = (
    "{{ range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}"
    "<|im_start|>assistant\n"
)
FEW = {"num_predict": 4, "temperature": 0}


async def made(service: Service, tmp_path: Path, template: str = "") -> str:
    path = tmp_path / "projector.gguf"
    write_projector(path)
    return await created(service, CHAT, path, template)


async def generated(service: Service, model: str, **more: Any) -> list[Event]:
    request = GenerateRequest(**{"model": model, "prompt": "hi", "options": FEW, **more})
    return await events(await service.generate(request))


async def chatted(service: Service, model: str, images: list[str]) -> list[Event]:
    return await talked(service, model, [Message("user", "hi", images=images)])


async def talked(
    service: Service, model: str, messages: list[Message], **options: int
) -> list[Event]:
    request = ChatRequest(model=model, messages=messages, options={**FEW, **options})
    return await events(await service.chat(request))


def prompt_tokens(found: list[Event]) -> int:
    last = found[-1]
    assert isinstance(last, Finish) and last.usage and last.usage.prompt_tokens
    return last.usage.prompt_tokens


@pytest.mark.parametrize("template", ["", GO], ids=["jinja", "go"])
async def test_every_image_is_seen(opened: Opened, tmp_path: Path, template: str) -> None:
    async with opened() as service:
        model = await made(service, tmp_path, template)
        blind = prompt_tokens(await generated(service, model))
        for ask in (
            lambda images: generated(service, model, images=images),
            lambda images: chatted(service, model, images),
        ):
            one, two = await ask([png()]), await ask([png(), png()])
            assert blind < prompt_tokens(one) < prompt_tokens(two)
        shown = text(await generated(service, model, images=[png()]))
        assert shown != text(await generated(service, model))


async def test_an_image_alone_and_one_in_a_raw_prompt(opened: Opened, tmp_path: Path) -> None:
    async with opened() as service:
        model = await made(service, tmp_path)
        assert text(await generated(service, model, prompt="", images=[png()]))
        found = await generated(service, model, prompt="a [img] b", raw=True, images=[png()])
        assert prompt_tokens(found) > 3


@pytest.mark.parametrize("prompt", ["[img]", "a [img]", "[img-1] [img-0]"])
async def test_an_image_is_the_last_of_a_prompt(
    opened: Opened, tmp_path: Path, prompt: str
) -> None:
    """The engine aborts where nothing is behind it."""
    async with opened() as service:
        model = await made(service, tmp_path)
        images = [png()] * prompt.count("[img")
        assert text(await generated(service, model, prompt=prompt, raw=True, images=images))


async def test_a_raw_prompt_may_number_its_images(opened: Opened, tmp_path: Path) -> None:
    async with opened() as service:
        model = await made(service, tmp_path)
        one, other = [
            await generated(service, model, prompt=prompt, raw=True, images=[png()])
            for prompt in ("a [img] b", "a [img-0] b")
        ]
    assert prompt_tokens(one) == prompt_tokens(other)
    assert text(one) == text(other)


async def test_a_template_that_leaves_images_out(opened: Opened, tmp_path: Path) -> None:
    async with opened() as service:
        model = await made(service, tmp_path)
        with pytest.raises(ServerError, match="has places for 0 of 1 images") as caught:
            await generated(service, model, template="Nothing.", images=[png()])
        assert caught.value.status == 400


async def test_plain_chatml_shows_an_image_where_ollama_does(
    opened: Opened, tmp_path: Path
) -> None:
    async with opened() as service:
        model = await made(service, tmp_path)
        chat = await talked(service, model, [Message("user", "a [img] b", images=[png()])])
        prompt = "<|im_start|>user\na [img] b<|im_end|>\n<|im_start|>assistant\n"
        raw = await generated(service, model, prompt=prompt, raw=True, images=[png()])
        assert prompt_tokens(chat) == prompt_tokens(raw)
        assert text(chat) == text(raw)


async def test_an_answer_with_an_image_at_the_end(opened: Opened, tmp_path: Path) -> None:
    """It is not the beginning of the next: nobody could go on from it."""
    async with opened() as service:
        model = await made(service, tmp_path)
        last = Message("assistant", "ok", images=[png()])
        assert text(await talked(service, model, [Message("user", "hi"), last]))


async def test_the_oldest_images_give_way(opened: Opened, tmp_path: Path) -> None:
    """Each counts as 768 tokens, as with Ollama."""
    async with opened() as service:
        model = await made(service, tmp_path)
        turn = Message("user", "hi", images=[png()])
        three = await talked(service, model, [turn] * 3)
        two = await talked(service, model, [turn] * 2)
        one = await talked(service, model, [turn])
    assert prompt_tokens(three) == prompt_tokens(two) > prompt_tokens(one)


async def test_each_image_is_counted(opened: Opened, tmp_path: Path) -> None:
    """For the same 768 tokens, which is what a chat that has to be cut takes it for."""
    async with opened() as service:
        model = await made(service, tmp_path)
        turns = [Message("user", "hi", images=[png()] * n) for n in range(3)]
        none, one, two = [
            await service.count_tokens(ChatRequest(model=model, messages=[turn])) for turn in turns
        ]
    assert one - none >= 768 and two - one >= 768


async def test_a_context_has_room_for_an_image(opened: Opened, tmp_path: Path) -> None:
    """One of 400 tokens, as with Ollama, which gives such models 2048 at least."""
    async with opened() as service:
        path = tmp_path / "projector.gguf"
        write_projector(path, size=280)
        model = await created(service, CHAT, path)
        turn = Message("user", "hi", images=[png()])
        assert prompt_tokens(await talked(service, model, [turn], num_ctx=256)) > 400


async def test_the_context_of_an_answer_has_no_marks(opened: Opened, tmp_path: Path) -> None:
    async with opened() as service:
        model = await made(service, tmp_path, GO)
        plain = (await generated(service, model, options={**FEW, "num_predict": 1}))[-1]
        seen = (await generated(service, model, images=[png()], options={**FEW, "num_predict": 1}))[
            -1
        ]
    assert isinstance(plain, Finish) and isinstance(seen, Finish)
    assert plain.context and seen.context
    assert len(seen.context) - len(plain.context) in range(-4, 5)  # but for the word that was said


async def test_what_is_no_image_is_refused(opened: Opened, tmp_path: Path) -> None:
    async with opened() as service:
        for template in ("", GO):
            model = await made(service, tmp_path, template)
            with pytest.raises(ServerError) as caught:
                await generated(service, model, images=["aGVsbG8="])
            assert caught.value.status == 400


async def test_an_old_projector_gets_its_kind(opened: Opened, tmp_path: Path) -> None:
    """The engine loads none without."""
    path = tmp_path / "old.gguf"
    write_projector(path, kind=None, general=False)
    async with opened() as service:
        files = {"a.gguf": put(service, CHAT), "b.gguf": put(service, path)}
        steps = service.create(CreateRequest(model="old", files=files))
        assert "updating GGUF projector metadata" in [step.status async for step in steps]
        assert text(await generated(service, "old", images=[png()]))
        header = service.library.find("old").projector_header
    assert header and header.text("clip.projector_type") == "mlp"
    assert len(header.tensors) == len(read_model_header(path).tensors)


async def test_a_model_that_is_there_gets_eyes(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "projector.gguf"
    write_projector(path)
    async with opened() as service:
        blind = CreateRequest(model="blind", files={"a.gguf": put(service, CHAT)})
        seeing = CreateRequest(model="eyes", from_="blind", adapters={"b.gguf": put(service, path)})
        for request in (blind, seeing):
            async for _ in service.create(request):
                pass
        assert text(await generated(service, "eyes", images=[png()]))


async def test_the_projector_is_told(opened: Opened, tmp_path: Path) -> None:
    async with opened() as service:
        model = service.library.find(await made(service, tmp_path))
    shown = card(model, verbose=False)
    assert shown.projector_info and shown.projector_info["clip.projector_type"] == "mlp"
    assert shown.capabilities == ["completion", "vision"]


def test_marks_stand_where_the_text_says_so_else_before_it() -> None:
    assert placed("hi", ["<1>", "<2>"]) == "<1><2>hi"
    assert placed("a [img] b", ["<1>", "<2>"]) == "<2>a <1> b"
    assert placed("[img][img]", ["<1>"]) == "<1>[img]"
    turns = [Message("user", "a", images=["x", "y"]), Message("user", "b"), Message("user", "c")]
    turns[2].images = ["z"]
    shown = marked(turns, lambda number: f"<{number}>")
    assert [turn.content for turn in shown] == ["<0><1>a", "b", "<2>c"]
    assert [turn.content for turn in turns] == ["a", "b", "c"]
