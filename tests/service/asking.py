"""Asks a service as the faces do."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rillet.service.generation import Generation
from rillet.service.resident import Resident
from rillet.service.service import Service
from rillet.words.errors import RilletError
from rillet.words.events import Event, Failure, Finish, Progress, Text
from rillet.words.requests import ChatRequest, GenerateRequest, Message

MODELS = Path(__file__).parents[1] / "data" / "models"
#: Says anything, for ever.
TINY = str(MODELS / "tiny.gguf")
CHAT = str(MODELS / "tinychat.gguf")
#: Always says this, in five tokens.
HELLO = str(MODELS / "tinyhello.gguf")
SAID = "Hello world!"
#: Thinks, then says the same; may call tools.
THINK = str(MODELS / "tinythink.gguf")
EMBED = str(MODELS / "tinyembed.gguf")
ENDLESS = {"num_predict": 20_000, "num_ctx": 2048}


async def start(
    service: Service, model: str = HELLO, prompt: str = "hi", **more: Any
) -> Generation:
    """A raw completion."""
    request = GenerateRequest(model=model, prompt=prompt, raw=True, **more)
    generation = await service.generate(request)
    assert isinstance(generation, Generation)
    return generation


async def events(generation: Generation) -> list[Event]:
    return [event async for batch in generation for event in batch]


async def say(service: Service, model: str = HELLO, prompt: str = "hi", **more: Any) -> str:
    """The text of an answer that ends well."""
    return text(await events(await start(service, model, prompt, **more)))


async def chat(service: Service, model: str, *contents: str, **more: Any) -> list[Event]:
    messages = [Message("user", content) for content in contents]
    generation = await service.chat(ChatRequest(model=model, messages=messages, **more))
    assert isinstance(generation, Generation)
    return await events(generation)


def text(found: Sequence[Event]) -> str:
    last = found[-1]
    if isinstance(last, Failure):
        raise last.error
    assert isinstance(last, Finish)
    return "".join(event.text for event in found if isinstance(event, Text))


async def first_text(generation: Generation) -> None:
    """Return when the answer has begun."""
    async for batch in generation:
        if any(isinstance(event, Text) for event in batch):
            return
    raise AssertionError("it ended without a text")


async def first_progress(generation: Generation, status: str) -> Progress:
    async for batch in generation:
        for event in batch:
            if isinstance(event, Progress) and event.status == status:
                return event
    raise AssertionError(f"it ended without {status}")


async def failure(generation: Generation) -> RilletError:
    """The error that an answer ends with, raised or told."""
    try:
        last = (await events(generation))[-1]
    except RilletError as error:
        return error
    assert isinstance(last, Failure), last
    return last.error


def resident(service: Service) -> Resident:
    """The only model in memory."""
    (only,) = service.residents.all()
    return only


async def until(condition: Any, seconds: float = 30.0) -> float:
    """Wait for something that tells nobody when it happens; returns how long that took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds
        await asyncio.sleep(0.002)
    return time.monotonic() - begun
