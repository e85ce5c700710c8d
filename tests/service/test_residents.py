"""Who is in memory: with real engines, and a scripted amount of free memory where that matters."""

import asyncio
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from rillet.engine import MachineMemory
from rillet.service import loading
from rillet.service.crashes import LIMIT
from rillet.service.resident import FOR_EVER
from rillet.service.residents import Residents
from rillet.words.errors import Busy, InvalidRequest, LoadFailed, ServerError
from rillet.words.events import Finish

from .asking import (
    CHAT,
    EMBED,
    ENDLESS,
    HELLO,
    SAID,
    TINY,
    events,
    failure,
    first_progress,
    first_text,
    resident,
    say,
    start,
    until,
)
from .conftest import Opened, children


async def test_a_model_is_loaded_once_for_many(opened: Opened) -> None:
    async with opened() as service:
        before = children()
        assert await asyncio.gather(*(say(service) for _ in range(5))) == [SAID] * 5
        assert len(children() - before) == 1
        assert resident(service).users == 0


async def test_a_changed_load_option_loads_again_and_a_silent_one_does_not(opened: Opened) -> None:
    async with opened(context_length=128) as service:
        await say(service, options={"num_ctx": 256})
        first = resident(service).process
        await say(service)
        await say(service, options={"num_ctx": 256, "temperature": 0})
        assert resident(service).process is first
        await say(service, options={"num_ctx": 512})
        second = resident(service)
        assert second.process is not first and not first.alive and second.num_ctx == 512
        for changed in ({"num_batch": 32}, {"num_thread": 1}, {"use_mmap": False}):
            before = resident(service).process
            await say(service, options={"num_ctx": 512, **changed})
            assert resident(service).process is not before


async def test_what_makes_no_difference_here_loads_nothing_again(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "processor_alone", lambda: True)  # whatever this machine has
    async with opened() as service:
        await say(service, options={"num_batch": 512, "use_mmap": False})
        first = resident(service).process
        gpus: list[dict[str, object]] = [{"num_gpu": n} for n in (0, 1, -1, 99)]
        gpus += [{"main_gpu": n} for n in (-1, 0, 64)]
        await say(service)
        for asked in ({}, {"num_batch": 2048}, {"num_batch": (1 << 31) - 1}, *gpus):
            await say(service, options={"num_batch": 512, **asked})
            assert resident(service).process is first


async def test_what_no_engine_can_be_started_with_unloads_nothing(opened: Opened) -> None:
    async with opened() as service:
        await say(service)
        first = resident(service).process
        for name in ("num_batch", "num_thread", "main_gpu"):
            with pytest.raises(InvalidRequest, match=name):
                await say(service, options={name: 1 << 31})
            assert resident(service).process is first


async def test_who_leaves_something_open_takes_what_is_loaded(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if there were a GPU: the engine takes the option and finds none.
    monkeypatch.setattr(loading, "processor_alone", lambda: False)
    async with opened(num_parallel=1) as service:
        await say(service, options={"num_gpu": 0, "use_mmap": False})
        first = resident(service).process
        for asked in ({}, {"main_gpu": -1}):  # which is none of the GPUs
            await say(service, options=asked)
            assert resident(service).process is first
        await say(service, options={"num_batch": 16})
        await say(service)
        assert resident(service).options.num_batch > 16
        await say(service, options={"num_gpu": 0, "num_ctx": 256})
        await say(service, options={"num_ctx": 512})  # another engine: all is chosen anew
        assert resident(service).options.num_gpu == -1


async def test_any_negative_number_of_layers_is_automatic_and_a_huge_one_is_all(
    opened: Opened,
) -> None:
    async with opened() as service:
        assert await say(service, options={"num_gpu": -7}) == SAID
        assert resident(service).options.num_gpu == -1
        assert await say(service, options={"num_gpu": 999_999}) == SAID


async def test_a_reload_waits_for_the_answers_in_progress(opened: Opened) -> None:
    async with opened() as service:
        running = await start(service, TINY, options={"num_predict": 300, "num_ctx": 512})
        await first_text(running)
        other = asyncio.create_task(say(service, TINY, options={"num_predict": 1, "num_ctx": 256}))
        found = await events(running)
        assert isinstance(found[-1], Finish) and found[-1].reason == "length"
        await other
        assert resident(service).num_ctx == 256


async def test_who_gives_up_waiting_for_a_reload_leaves_the_model_usable(opened: Opened) -> None:
    async with opened() as service:
        running = await start(service, TINY, options=ENDLESS)
        await first_text(running)
        before = resident(service)
        other = await start(service, TINY, options={"num_ctx": 256})
        await until(lambda: before.stopping)
        await other.aclose()
        assert not before.stopping
        await say(service, TINY, options={"num_predict": 2}, keep_alive=0.05)
        assert resident(service) is before
        await running.aclose()
        await until(lambda: not service.residents.all())


async def test_the_latest_keep_alive_wins(opened: Opened) -> None:
    async with opened() as service:
        await say(service)
        assert 290 < resident(service).expires_at - time.time() <= 300
        await say(service, keep_alive=60)
        assert 50 < resident(service).expires_at - time.time() <= 60
        for keep_alive in ("30m", None):  # who says nothing changes nothing
            await say(service, keep_alive=keep_alive)
            assert 1790 < resident(service).expires_at - time.time() <= 1800
        for keep_alive in (-1, None):
            await say(service, keep_alive=keep_alive)
            assert resident(service).expires_at == FOR_EVER
        await say(service, options={"num_ctx": 256})  # another engine, as if for the first time
        assert 290 < resident(service).expires_at - time.time() <= 300
        await say(service, keep_alive=0)
        await until(lambda: not service.residents.all())


@pytest.mark.parametrize("value", [1e300, float("inf"), 10**400, "2562047h", "-1s", "-5m"])
async def test_no_keep_alive_is_too_long(opened: Opened, value: float | str) -> None:
    async with opened() as service:
        await say(service, keep_alive=value)
        assert resident(service).process.alive


@pytest.mark.parametrize("value", ["soon", "", "5", "1e"])
async def test_a_keep_alive_that_cannot_be_read_is_an_error(opened: Opened, value: str) -> None:
    async with opened() as service:
        with pytest.raises(ServerError) as caught:
            await start(service, keep_alive=value)
        assert caught.value.status == 400
        assert service.residents.all() == []


async def test_a_model_expires_when_its_last_user_is_done(opened: Opened) -> None:
    async with opened() as service:
        running = await start(service, TINY, options=ENDLESS, keep_alive=0)
        await first_text(running)
        await asyncio.sleep(0.05)
        assert resident(service).process.alive
        await running.aclose()
        await until(lambda: not service.residents.all())


async def test_an_expiring_model_is_not_taken_from_who_comes_just_then(opened: Opened) -> None:
    async with opened() as service:
        for _ in range(8):
            assert await say(service, keep_alive=0) == SAID


async def test_unloading_is_asked_with_nothing_and_zero(opened: Opened) -> None:
    async with opened() as service:
        await say(service)
        process = resident(service).process
        request = await start(service, prompt="", keep_alive=0)
        assert request.single and await events(request) == [Finish("unload")]
        assert service.residents.all() == [] and not process.alive


async def test_unloading_lets_an_answer_end_first(opened: Opened) -> None:
    async with opened() as service:
        running = await start(service, TINY, options={"num_predict": 200})
        await first_text(running)
        await events(await start(service, TINY, prompt="", keep_alive=0))
        assert (await events(running))[-1].reason == "length"  # type: ignore[union-attr]
        await until(lambda: not service.residents.all())


async def test_loading_alone(opened: Opened) -> None:
    async with opened() as service:
        loading = await start(service, prompt="", keep_alive=40)
        assert loading.single and await events(loading) == [Finish("load")]
        assert resident(service).expires_at - time.time() > 35


async def test_the_idle_one_with_the_shortest_keep_alive_goes_first(opened: Opened) -> None:
    async with opened(max_loaded_models=2) as service:
        await say(service, HELLO, keep_alive=500)
        await say(service, TINY, keep_alive=400, options={"num_predict": 1})
        await say(service, CHAT, keep_alive=1000, options={"num_predict": 1})
        assert {each.model.path for each in service.residents.all()} == {HELLO, CHAT}


async def test_a_busy_one_is_not_thrown_out(opened: Opened) -> None:
    async with opened(max_loaded_models=1) as service:
        running = await start(service, TINY, options={"num_predict": 400})
        await first_text(running)
        other = asyncio.create_task(say(service))
        found = await events(running)
        assert isinstance(found[-1], Finish) and found[-1].reason == "length"
        assert await other == SAID


async def test_memory_is_made_by_letting_idle_ones_go(opened: Opened) -> None:
    async with opened() as service:
        await say(service, HELLO)
        await say(service, TINY, options={"num_predict": 1})
        free = iter([10 << 20, 1 << 40])
        service.residents._memory = lambda: MachineMemory(1 << 40, next(free))
        await say(service, CHAT, options={"num_predict": 1})
        # One was enough: the same keep_alive, so the one that was used before the other.
        assert {each.model.path for each in service.residents.all()} == {TINY, CHAT}


async def test_of_one_keep_alive_goes_who_was_not_used_for_longest(opened: Opened) -> None:
    async with opened(max_loaded_models=2) as service:
        for model in (HELLO, TINY, HELLO, CHAT, HELLO, TINY):
            await say(service, model, keep_alive=-1, options={"num_predict": 5})
            assert model in {each.model.path for each in service.residents.all()}
        assert {each.model.path for each in service.residents.all()} == {HELLO, TINY}


async def test_what_can_never_fit_is_refused_and_nobody_else_goes(opened: Opened) -> None:
    async with opened() as service:
        await say(service, HELLO)
        service.residents._memory = lambda: MachineMemory(1 << 40, 1 << 20)
        huge = {"num_ctx": 2048, "num_batch": 512}
        said = await failure(await start(service, TINY, options=huge))
        assert "model requires more system memory" in said.message
        assert resident(service).process.alive


async def test_a_machine_that_does_not_tell_its_memory_evicts_nobody(opened: Opened) -> None:
    async with opened() as service:
        service.residents._memory = lambda: MachineMemory(0, 0)
        await say(service, HELLO)
        await say(service, TINY, options={"num_predict": 1})
        assert len(service.residents.all()) == 2


async def test_the_queue_of_loads_is_bounded(opened: Opened) -> None:
    async with opened(max_loaded_models=1, max_queue=1, num_parallel=1) as service:
        running = await start(service, TINY, options=ENDLESS)
        await first_text(running)
        first = await start(service, HELLO)
        await until(lambda: resident(service).stopping)
        second = await start(service, CHAT, options={"num_predict": 1})
        await asyncio.sleep(0)
        refused = await failure(await start(service, EMBED.replace("embed", "tool")))
        assert isinstance(refused, Busy) and refused.status == 503 and refused.retry_after
        assert refused.message == (
            "server busy, please try again.  maximum pending requests exceeded"
        )
        await running.aclose()
        assert isinstance((await events(first))[-1], Finish)
        assert isinstance((await events(second))[-1], Finish)


async def test_who_waits_for_a_load_learns_of_it(opened: Opened) -> None:
    async with opened(max_loaded_models=1, patience=0.0) as service:
        running = await start(service, TINY, options=ENDLESS)
        await first_text(running)
        waiting = await start(service, HELLO)
        assert (await first_progress(waiting, "queued")).queue_position == 1
        await running.aclose()
        assert isinstance((await events(waiting))[-1], Finish)


async def test_a_load_that_nobody_waits_for_is_ended(opened: Opened) -> None:
    async with opened() as service:
        before = children()
        loading = await start(service)
        await until(lambda: children() > before)
        await loading.aclose()
        assert children() == before and service.residents.all() == []
        assert await say(service) == SAID


async def test_one_who_leaves_does_not_take_the_load_from_the_others(opened: Opened) -> None:
    async with opened() as service:
        before = children()
        first, second = await start(service), await start(service)
        await until(lambda: children() > before)
        started = children()
        await first.aclose()
        assert (await events(second))[-1].reason == "stop"  # type: ignore[union-attr]
        assert children() == started  # the same load went on


async def test_a_load_that_its_last_waiter_leaves_is_begun_anew(opened: Opened) -> None:
    async with opened() as service:
        before = children()
        first, second = await start(service), await start(service)
        await until(lambda: children() > before)
        await asyncio.gather(first.aclose(), second.aclose())
        assert children() == before and service.residents.all() == []
        assert await asyncio.gather(say(service), say(service)) == [SAID] * 2


async def test_who_waited_for_a_load_does_not_wait_for_the_next_one(opened: Opened) -> None:
    """Three slots in a queue would be: the first, another model, the second."""
    async with opened(max_loaded_models=1) as service:
        before = children()
        first = await start(service, TINY, options=ENDLESS)
        await until(lambda: children() > before)
        other = await start(service, HELLO)
        second = await start(service, TINY, options={"num_predict": 3})
        assert (await events(second))[-1].reason == "length"  # type: ignore[union-attr]
        await first.aclose()
        assert isinstance((await events(other))[-1], Finish)


async def test_a_silent_request_is_not_left_with_less_context_than_usual(opened: Opened) -> None:
    async with opened(context_length=512) as service:
        await say(service, options={"num_ctx": 256})
        small = resident(service).process
        await say(service)
        assert resident(service).process is not small and resident(service).num_ctx == 512


async def test_a_silent_request_takes_the_context_that_is_being_loaded(opened: Opened) -> None:
    async with opened(context_length=128) as service:
        before = children()
        first = await start(service, options={"num_ctx": 256})
        await until(lambda: children() > before)
        started = children()
        assert await say(service) == SAID
        assert isinstance((await events(first))[-1], Finish)
        assert children() == started and resident(service).num_ctx == 256


async def test_a_failed_load_is_told_to_all_who_waited_for_it(opened: Opened) -> None:
    async with opened() as service:
        before = children()
        loading = [await start(service) for _ in range(3)]
        await until(lambda: children() > before)
        for child in children() - before:
            os.kill(int(child), signal.SIGKILL)
        for each in loading:
            assert isinstance(await failure(each), LoadFailed)
        assert children() == before


async def test_a_load_that_is_killed_is_a_typed_error_and_the_next_one_works(
    opened: Opened,
) -> None:
    async with opened() as service:
        before = children()
        loading = await start(service)
        await until(lambda: children() > before)
        for child in children() - before:
            os.kill(int(child), signal.SIGKILL)
        error = await failure(loading)
        assert isinstance(error, LoadFailed) and "SIGKILL" in error.message
        assert await say(service) == SAID


async def test_a_file_that_went_away_meanwhile_is_named(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "gone.gguf"
    shutil.copy(HELLO, path)
    async with opened() as service:
        assert await say(service, str(path)) == SAID
        model = resident(service).model
        options = service.residents.options(model)
        assert options is not None
        await service.residents.unload(model)
        path.unlink()
        with pytest.raises(LoadFailed, match=r"gone.gguf is missing\. ") as raised:
            async with service.residents.use(model, options, 5):
                pass
        assert "fetch it again" in str(raised.value)
        assert str(tmp_path) not in str(raised.value)


async def test_an_engine_that_dies_idle_is_started_again(opened: Opened) -> None:
    async with opened() as service:
        await say(service)
        dead = resident(service).process
        os.kill(dead.pid, signal.SIGKILL)
        assert await say(service) == SAID
        await dead.wait()
        assert await say(service) == SAID
        assert resident(service).process is not dead


async def test_one_that_dies_again_and_again_has_to_wait_and_says_so(opened: Opened) -> None:
    async with opened() as service:
        for _ in range(LIMIT):
            await events(await start(service, prompt="", keep_alive=40))
            process = resident(service).process
            service.residents._deaths.note(resident(service).key)  # for the answer that it gave
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            await until(lambda: not service.residents.all())
        begun = time.monotonic()
        assert await say(service) == SAID  # a second is waited
        assert time.monotonic() - begun > 0.5
        for _ in range(3):
            service.residents._deaths.note(resident(service).key)
        await events(await start(service, prompt="", keep_alive=0))
        error = await failure(await start(service))
        assert isinstance(error, Busy) and error.status == 503
        assert "times within a minute" in error.message
        assert error.retry_after and error.retry_after > 2
        assert await say(service, CHAT, options={"num_predict": 1})


async def test_closing_ends_answers_loads_and_those_who_wait(opened: Opened) -> None:
    async with opened(max_loaded_models=1) as service:
        running = await start(service, TINY, options=ENDLESS)
        await first_text(running)
        waiting = await start(service, HELLO)
        await until(lambda: resident(service).stopping)
        await asyncio.wait_for(service.close(), 30)
        for generation in (running, waiting):
            said = await asyncio.wait_for(failure(generation), 30)
            assert "shutting down" in said.message
        assert "shutting down" in (await failure(await start(service))).message


async def test_closing_ends_a_load(opened: Opened) -> None:
    async with opened() as service:
        before = children()
        loading = await start(service)
        await until(lambda: children() > before)
        await service.close()
        assert children() == before
        assert "shutting down" in (await asyncio.wait_for(failure(loading), 30)).message


async def test_an_unused_one_closes() -> None:
    await Residents(max_loaded=0, max_queue=1, load_timeout=1).close()
