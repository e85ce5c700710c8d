"""Models that hear: a real engine with a tiny projector for sounds."""

import base64
from pathlib import Path

import pytest

from rillet.service.service import Service
from rillet.words.errors import ServerError
from rillet.words.events import Event
from rillet.words.requests import ChatRequest, GenerateRequest, Message

from .asking import CHAT, MODELS, events, text
from .conftest import Opened
from .projector import created, png, wav, write_ears, write_projector
from .test_images import FEW, prompt_tokens

#: Its chats are rendered by the engine, which wants to know a sound from an image.
JINJA = str(MODELS / "tinytool.gguf")


async def made(service: Service, tmp_path: Path, weights: str = CHAT) -> str:
    path = tmp_path / "ears.gguf"
    write_ears(path)
    return await created(service, weights, path)


async def chatted(service: Service, model: str, *sounds: str) -> list[Event]:
    message = Message("user", "hi", images=list(sounds))
    return await events(
        await service.chat(ChatRequest(model=model, messages=[message], options=FEW))
    )


@pytest.mark.parametrize("weights", [CHAT, JINJA], ids=["rendered here", "by the engine"])
async def test_a_chat_is_heard(opened: Opened, tmp_path: Path, weights: str) -> None:
    async with opened() as service:
        model = await made(service, tmp_path, weights)
        deaf, heard = await chatted(service, model), await chatted(service, model, wav())
    assert prompt_tokens(deaf) + 20 < prompt_tokens(heard)
    assert text(heard) or weights == JINJA  # that one thinks first


async def test_a_prompt_is_heard(opened: Opened, tmp_path: Path) -> None:
    async with opened() as service:
        model = await made(service, tmp_path)
        request = GenerateRequest(model=model, prompt="hi", images=[wav()], options=FEW)
        assert prompt_tokens(await events(await service.generate(request))) > 40


async def test_what_it_can_is_told(opened: Opened, tmp_path: Path) -> None:
    async with opened() as service:
        found = service.library.find(await made(service, tmp_path))
    assert found.capabilities == ("completion", "vision", "audio")  # as Ollama has it
    assert found.capabilities_listed == ("completion", "vision")


async def test_senses_that_a_model_has_not(opened: Opened, tmp_path: Path) -> None:
    async with opened() as service:
        model = await made(service, tmp_path)
        with pytest.raises(ServerError, match='"sees:latest" does not support images') as caught:
            await chatted(service, model, png())
        assert caught.value.status == 400
        with pytest.raises(ServerError, match="no WAV, MP3 or FLAC"):
            await chatted(service, model, base64.b64encode(b"OggS" + bytes(20)).decode())
        write_projector(tmp_path / "eyes.gguf")
        model = await created(service, CHAT, tmp_path / "eyes.gguf")
        with pytest.raises(ServerError, match='"sees:latest" does not support audio') as caught:
            await chatted(service, model, wav())
        assert caught.value.status == 400
