"""What the service does beside answering: loading ahead, saying what it uses, ending."""

import asyncio

import pytest

from rillet import builtin
from rillet.service.options import layered
from rillet.words.requests import GenerateRequest

from .asking import EMBED, HELLO, SAID, TINY, first_text, resident, say, start, until
from .conftest import Opened, children, descriptors


async def test_models_are_loaded_ahead(opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(preload=(HELLO, "no-such-model", EMBED), keep_alive=-1) as service:
        service.start()
        service.start()
        await until(lambda: len(service.residents.all()) == 2)
        process = next(each for each in service.residents.all() if each.model.path == HELLO).process
        assert await say(service, HELLO) == SAID
        assert any(each.process is process for each in service.residents.all())
        assert "no-such-model was not loaded: model 'no-such-model' not found" in caplog.text


async def test_closing_ends_the_loading_ahead(opened: Opened) -> None:
    async with opened(preload=(HELLO,)) as service:
        before = children()
        service.start()
        await until(lambda: children() > before)
        await service.close()
        assert children() == before


async def test_what_it_says_of_itself(opened: Opened) -> None:
    async with opened(num_parallel=3, upstreams=("far=http://127.0.0.1:1",)) as service:
        await say(service, HELLO, options={"num_ctx": 256})
        report = await service.report()
        assert report["devices"] and report["features"] and report["version"]
        assert report["threads"] >= 1 and isinstance(report["advice"], str)
        assert bool(report["advice"]) == report["leaves_speed"]
        (model,) = report["models"]
        assert model["slots"] == 3 and model["num_ctx"] == 256 and model["users"] == 0
        assert model["pid"] == resident(service).process.pid
        assert report["upstreams"][0]["name"] == "far"


async def test_nothing_is_left_of_many_lives(opened: Opened) -> None:
    async with opened() as service:
        await say(service)
    counts = []
    for _ in range(4):
        async with opened() as service:
            await asyncio.gather(*(say(service) for _ in range(4)))
            generation = await start(service, TINY)
            await first_text(generation)
        counts.append(descriptors())
    assert counts[-1] <= counts[0]


@pytest.mark.skipif(builtin.model_path() is None, reason="no built-in model")
async def test_the_built_in_model_is_there(opened: Opened) -> None:
    async with opened() as service:
        generation = await service.generate(GenerateRequest(model="rillet-tiny", prompt="hello"))
        await first_text(generation)  # type: ignore[arg-type]
        assert "rillet-tiny:latest" in {entry.name for entry in await service.tags()}


@pytest.mark.parametrize("wanted", [0, 1, 7, 10_000])
async def test_slots_are_as_set_or_as_memory_allows(opened: Opened, wanted: int) -> None:
    async with opened(num_parallel=wanted) as service:
        model = await service.model(HELLO)
        load = service.load_options(model, layered({"num_ctx": 256}), None)
        assert load.parallel == (min(wanted, 256) if wanted else 4)
        load.check()
        embedding = service.load_options(model, layered(), None, embedding=True)
        assert embedding.parallel == 1
