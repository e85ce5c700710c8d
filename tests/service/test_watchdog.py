"""Engines that hang: stopped by a signal, which is the hang that can be had at will."""

import asyncio
import os
import signal

import pytest

from rillet.engine import EngineProcess
from rillet.service import watchdog
from rillet.service.service import Service
from rillet.words.errors import EngineDied
from rillet.words.events import Finish, Text
from rillet.words.requests import EmbedRequest

from .asking import CHAT, EMBED, TINY, events, first_text, resident, say, start, until
from .conftest import Opened


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "EVERY", 0.5)  # seconds, in place of ten


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "ANSWER", 0.5)  # seconds, in place of ten


def engines(service: Service) -> list[EngineProcess]:
    return [each.process for each in service.residents.all()]


@pytest.mark.usefixtures("impatient")
async def test_an_answer_goes_on_in_the_next_engine(opened: Opened) -> None:
    options = {"num_predict": 3000, "num_ctx": 2048}
    async with opened() as service:
        generation = await start(service, TINY, options=options)
        await first_text(generation)
        hung = resident(service).process
        os.kill(hung.pid, signal.SIGSTOP)
        async with asyncio.timeout(30):
            found = await events(generation)
        last = found[-1]
        assert isinstance(last, Finish) and last.resumed and last.reason == "length"
        assert last.usage and last.usage.completion_tokens == 3000
        assert any(isinstance(event, Text) for event in found)
        assert "it hung" in hung.exit_reason()


@pytest.mark.usefixtures("impatient")
async def test_who_embeds_is_told_after_the_second(opened: Opened) -> None:
    async with opened() as service:
        request = EmbedRequest(model=EMBED, input="a")
        assert (await service.embed(request)).embeddings
        os.kill(resident(service).process.pid, signal.SIGSTOP)
        async with asyncio.timeout(30):
            assert (await service.embed(request)).embeddings
        embedding = asyncio.create_task(
            service.embed(EmbedRequest(model=EMBED, input=["a " * 400] * 3000))
        )
        for _ in range(2):
            process = resident(service).process
            os.kill(process.pid, signal.SIGSTOP)
            await until(
                lambda process=process: (
                    embedding.done() or any(each is not process for each in engines(service))
                ),
                30,
            )
        with pytest.raises(EngineDied, match="it hung"):
            await embedding


async def test_one_that_is_in_use_and_has_nothing_to_do_stays(opened: Opened) -> None:
    async with opened() as service:
        assert await say(service, CHAT, options={"num_predict": 1})
        held = resident(service)
        options = service.residents.options(held.model)
        assert options is not None
        async with service.residents.use(held.model, options, 60):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(4 * watchdog.EVERY):
                    await held.process.wait()
        assert held.process.alive
