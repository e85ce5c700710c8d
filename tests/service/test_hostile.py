"""Hundreds of things that strangers may send: each is a clear error or an answer, in time, and no
other stream is disturbed; nothing is left behind."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from rillet.service.generation import Generation
from rillet.service.service import Service
from rillet.words.errors import RilletError
from rillet.words.events import Failure, Finish
from rillet.words.requests import GenerateRequest

from . import hostile
from .asking import CHAT, HELLO, SAID, TINY, events, first_text, say, start, until
from .conftest import Opened, children

#: Seconds: a load has its own limit; everything else is quick, on a busy machine too.
PATIENCE = 45.0
#: Seconds between two pieces of a stream nearby, on a machine that does other things as well.
GAP = 10.0


@asynccontextmanager
async def bystander(
    service: Service, model: str, num_ctx: int = 2048
) -> AsyncIterator[Callable[[], float]]:
    """A stream that goes on all the while; gives the longest wait between two of its pieces.

    Requests for the same model with another `num_ctx` would wait for its end, and load again.
    """
    options = {"num_predict": 5000, "num_ctx": num_ctx}
    worst, last = 0.0, time.monotonic()

    async def follow() -> None:
        nonlocal worst, last
        while True:
            generation = await start(service, model, options=options)
            try:
                async for batch in generation:
                    now = time.monotonic()
                    worst, last = max(worst, now - last), now
                    assert not isinstance(batch[-1], Failure), batch[-1].error
            finally:
                await generation.aclose()

    warm = await start(service, model, options=options)
    await first_text(warm)
    await warm.aclose()
    last = time.monotonic()
    task = asyncio.create_task(follow())
    try:
        yield lambda: max(worst, time.monotonic() - last)
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def outcome(service: Service, **fields: Any) -> str:
    """What came of a request: "" for an answer or a clear error, else what was wrong with it."""
    request = GenerateRequest(**{"raw": True, "prompt": "hello", **fields})
    generation: Generation | None = None
    try:
        async with asyncio.timeout(PATIENCE):
            opened = await service.generate(request)
            assert isinstance(opened, Generation)
            generation = opened
            last = (await events(generation))[-1]
        error = last.error if isinstance(last, Failure) else None
        if error is None:
            return "" if isinstance(last, Finish) else f"ended with {last!r}"
    except TimeoutError:
        return "took too long"
    except RilletError as raised:
        error = raised
    except Exception as raised:
        return f"{type(raised).__name__}: {raised}"
    finally:
        if generation is not None:
            await generation.aclose()
    said = error.message
    if not said or "internal error" in said or len(said) > 2000:
        return f"an unclear error: {said[:300]!r}"
    return f"tells a path: {said!r}" if "/hostile" in said or "rillet-engine" in said else ""


async def all_of(
    service: Service, cases: Iterator[tuple[str, dict[str, Any]]], gap: Callable[[], float]
) -> int:
    wrong, count = {}, 0
    for name, fields in cases:
        count += 1
        said = await outcome(service, **fields)
        if said:
            wrong[name] = said
        if gap() > GAP:
            wrong[name] = f"held up another stream for {gap():.1f} s {said}"
            break
    assert wrong == {}
    return count


@pytest.mark.slow
@pytest.mark.parametrize("group", hostile.FILES)
async def test_model_files(opened: Opened, tmp_path: Path, group: str) -> None:
    async with opened(load_timeout=4) as service, bystander(service, TINY) as gap:
        before = children()
        path = tmp_path / "hostile.gguf"

        def cases() -> Iterator[tuple[str, dict[str, Any]]]:
            for number, (name, data) in enumerate(hostile.FILES[group]()):
                path.write_bytes(data)
                os.utime(path, (number, number))
                fields = {"model": str(path), "keep_alive": 0, "options": {"num_predict": 3}}
                yield name, fields

        count = await all_of(service, cases(), gap)
        assert count >= 10
        await until(lambda: children() == before)
        assert await say(service, HELLO) == SAID


@pytest.mark.slow
@pytest.mark.parametrize("name", hostile.LOAD)
async def test_options_of_the_load(opened: Opened, name: str) -> None:
    async with opened() as service, bystander(service, TINY) as gap:
        cases = ((what, {"model": CHAT, **more}) for what, more in hostile.options((name,)))
        assert await all_of(service, cases, gap) >= 10
        assert await say(service, HELLO) == SAID


@pytest.mark.parametrize("name", hostile.SAMPLING)
async def test_options_of_an_answer(opened: Opened, name: str) -> None:
    """Beside a stream of the same engine."""
    async with opened(num_parallel=2) as service, bystander(service, CHAT, 64) as gap:
        cases = ((what, {"model": CHAT, **more}) for what, more in hostile.options((name,)))
        assert await all_of(service, cases, gap) >= 10


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["format", "prompt", "context", "template", "others"])
async def test_requests(opened: Opened, kind: str) -> None:
    """Beside a stream of the same engine."""
    async with opened(num_parallel=2) as service, bystander(service, CHAT) as gap:
        before = children()
        assert await all_of(service, cases_of(kind), gap) >= 4
        assert children() == before


@pytest.mark.slow
async def test_requests_without_shift(opened: Opened) -> None:
    """Such an engine is another one, so that it would wait for the end of the stream beside it."""
    async with opened() as service, bystander(service, TINY) as gap:
        assert await all_of(service, cases_of("prompt, no shift"), gap) >= 4


def cases_of(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, fields in hostile.requests():
        group, colon, _ = name.partition(": ")
        if (group.removesuffix(", whole") if colon else "others") == kind:
            limits = {"num_predict": 20, "num_ctx": 2048, **fields.pop("options", {})}
            yield name, {"model": CHAT, "options": limits, **fields}


def test_there_are_enough() -> None:
    files = sum(1 for group in hostile.FILES.values() for _ in group())
    options = sum(1 for _ in hostile.options(hostile.LOAD + hostile.SAMPLING))
    assert files >= 100 and options >= 200 and sum(1 for _ in hostile.requests()) >= 60
