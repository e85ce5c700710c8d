"""Answers of real engines: what interrupts them, in each phase, and what is left afterwards."""

import asyncio
import gc
import itertools
import os
import signal
import time
import weakref
from pathlib import Path
from typing import Any

import pytest

from rillet import builtin
from rillet.service.generation import Generation
from rillet.service.service import Service
from rillet.words.errors import EngineDied, ServerError
from rillet.words.events import Failure, Finish, Text
from rillet.words.requests import (
    ChatRequest,
    GenerateRequest,
    Message,
    MessageToolCall,
    ToolCallFunction,
)

from .asking import (
    CHAT,
    ENDLESS,
    HELLO,
    MODELS,
    SAID,
    TINY,
    chat,
    events,
    failure,
    first_progress,
    first_text,
    resident,
    say,
    start,
    text,
    until,
)
from .conftest import Opened

PHASES = ("queued", "prompt", "generating")
needs_built_in = pytest.mark.skipif(builtin.model_path() is None, reason="no built-in model")
_unique = itertools.count()


def worked(pid: int) -> int:
    """Nanoseconds of processor time that a process has used."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            pass
    return total


async def idle(pid: int) -> float:
    """Seconds of the processor that the process takes until it works no more."""
    last, first = time.monotonic(), worked(pid)
    before = first
    while time.monotonic() - last < 0.1:
        await asyncio.sleep(0.002)
        now = worked(pid)
        if now - before > 100_000:
            last = time.monotonic()
        before = now
        assert before - first < 5e9
    return (before - first) / 1e9


def long_prompt() -> str:
    """Some hundred milliseconds of work that no cache knows."""
    return f"{next(_unique)} " + "word " * 1900


async def in_phase(service: Service, phase: str) -> tuple[Generation, list[Generation]]:
    """An answer that has come to this phase, and the others that it took for that."""
    if phase == "generating":
        generation = await start(service, TINY, options=ENDLESS)
        await first_text(generation)
        return generation, []
    if phase == "prompt":
        await say(service, "rillet-tiny", "a", options={"num_predict": 1})
        pid = resident(service).process.pid
        await idle(pid)
        before = worked(pid)
        generation = await start(service, "rillet-tiny", long_prompt(), options={"num_predict": 1})
        await until(lambda: worked(pid) - before > 30_000_000)
        return generation, []
    holding = await start(service, TINY, options=ENDLESS)
    await first_text(holding)
    generation = await start(service, TINY, options=ENDLESS)
    await until(lambda: resident(service).slots.waiting == 1)
    return generation, [holding]


@needs_built_in
@pytest.mark.parametrize("phase", PHASES)
async def test_who_hangs_up_stops_the_engine(opened: Opened, phase: str) -> None:
    async with opened(num_parallel=1) as service:
        generation, others = await in_phase(service, phase)
        process = resident(service).process
        os.kill(process.pid, signal.SIGSTOP)  # nobody waits for it
        await asyncio.wait_for(generation.aclose(), 30)
        os.kill(process.pid, signal.SIGCONT)
        assert not others or resident(service).slots.waiting == 0
        for other in others:
            await other.aclose()
        # A batch of the prompt is not left in its middle; a token takes some milliseconds here.
        assert await idle(process.pid) < (1.0 if phase == "prompt" else 0.3)  # on several cores
        assert resident(service).process is process and resident(service).users == 0
        assert await say(service, TINY, options={"num_predict": 3, "num_ctx": 2048}) is not None


@needs_built_in
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGABRT])
async def test_an_engine_that_dies_is_told_at_once(
    opened: Opened, phase: str, sign: signal.Signals
) -> None:
    """Who had begun gets a typed error or the rest; who had not is answered by a new engine."""
    async with opened(num_parallel=1) as service:
        generation, others = await in_phase(service, phase)
        process = resident(service).process
        os.kill(process.pid, sign)
        for each in [*others, generation]:
            if each is generation and phase != "generating":
                await until(lambda: service.residents.all() != [])
                continue
            async for batch in each:
                last = batch[-1]
                if isinstance(last, Failure):
                    assert isinstance(last.error, EngineDied) and sign.name in last.error.message
                if resident_changed(service, process) or isinstance(last, Failure | Finish):
                    break
            await each.aclose()
        if phase == "prompt":
            assert isinstance((await events(generation))[-1], Finish)
        elif phase == "queued":
            await first_text(generation)
        await generation.aclose()
        assert not process.alive
        assert await say(service, HELLO) == SAID


def resident_changed(service: Service, process: object) -> bool:
    return any(each.process is not process for each in service.residents.all())


async def test_a_question_that_kills_every_engine_is_given_up(opened: Opened) -> None:
    async with opened() as service:
        stop = asyncio.Event()

        async def kill() -> None:
            while not stop.is_set():
                for each in service.residents.all():
                    os.kill(each.process.pid, signal.SIGKILL)
                await asyncio.sleep(0.001)

        killing = asyncio.create_task(kill())
        error = await failure(await start(service, TINY, options=ENDLESS))
        stop.set()
        await killing
        assert isinstance(error, EngineDied) and "SIGKILL" in error.message


async def test_two_models_one_killed_the_other_undisturbed(opened: Opened) -> None:
    """Not in any of eight kills: a busy machine makes gaps of its own, now and then."""
    async with opened() as service:
        moments: list[float] = []

        async def follow(generation: Generation) -> None:
            async for _ in generation:
                moments.append(time.monotonic())

        staying = await start(service, TINY, options=ENDLESS)
        await first_text(staying)
        following = asyncio.create_task(follow(staying))
        await until(lambda: len(moments) > 200)
        before = max(b - a for a, b in itertools.pairwise(moments))
        gaps: list[float] = []
        while len(gaps) < 8 and (not gaps or gaps[-1] >= max(3 * before, 0.2)):
            await say(service, CHAT, options={"num_predict": 1})
            (other,) = (each for each in service.residents.all() if each.model.path == CHAT)
            at = len(moments) - 1
            os.kill(other.process.pid, signal.SIGKILL)
            await other.process.wait()
            await until(lambda at=at: len(moments) > at + 200)
            gaps.append(max(b - a for a, b in itertools.pairwise(moments[at:])))
        assert gaps[-1] < max(3 * before, 0.2), gaps
        await staying.aclose()
        await following


async def test_slots_are_fair(opened: Opened) -> None:
    """Six endless answers and two slots: who comes later is served when an earlier one leaves."""
    async with opened(num_parallel=2) as service:
        running = [await start(service, TINY, options=ENDLESS) for _ in range(4)]
        await asyncio.gather(*(first_text(each) for each in running[:2]))
        assert resident(service).slots.waiting == 2
        await running[0].aclose()
        await first_text(running[2])
        assert resident(service).slots.waiting == 1
        await running[1].aclose()
        await first_text(running[3])
        for each in running[2:]:
            await each.aclose()
        assert resident(service).slots.free == 2


async def test_the_queue_for_a_turn_tells_places_and_is_bounded(opened: Opened) -> None:
    async with opened(num_parallel=1, max_queue=2, patience=0.0) as service:
        running = await start(service, TINY, options=ENDLESS)
        await first_text(running)
        waiting = [await start(service, TINY, options=ENDLESS) for _ in range(2)]
        places = [(await first_progress(each, "queued")).queue_position for each in waiting]
        assert places == [1, 2]
        error = await failure(await start(service, TINY, options=ENDLESS))
        assert isinstance(error, ServerError) and error.status == 503
        for each in (running, *waiting):
            await each.aclose()


async def test_durations_counts_and_context(opened: Opened) -> None:
    async with opened() as service:
        request = GenerateRequest(model=HELLO, prompt="hi")
        generation = await service.generate(request)
        found = [event async for batch in generation for event in batch]
        assert text(found) == SAID
        finish = found[-1]
        assert isinstance(finish, Finish) and finish.timings and finish.usage and finish.context
        timings = finish.timings
        assert timings.total and timings.load and timings.prompt and timings.completion
        assert timings.total >= timings.load + timings.prompt
        assert finish.usage.prompt_tokens and finish.usage.completion_tokens
        assert len(finish.context) > finish.usage.prompt_tokens
        again = GenerateRequest(model=HELLO, prompt="hi", context=list(finish.context))
        generation = await service.generate(again)
        more = [event async for batch in generation for event in batch][-1]
        assert isinstance(more, Finish) and more.usage and more.usage.prompt_tokens
        assert more.usage.prompt_tokens > finish.usage.prompt_tokens


async def test_a_chat_by_the_models_own_template(opened: Opened) -> None:
    async with opened() as service:
        assert text(await chat(service, HELLO, "hi")) == SAID
        request = ChatRequest(model=CHAT, messages=[Message("user", "hello there")])
        assert await service.render(request) == await service.render(request)
        assert "hello there" in await service.render(request)
        assert await service.count_tokens(request) > 5


@pytest.mark.parametrize("model", [CHAT, str(MODELS / "tinytool.gguf")])
async def test_what_a_chat_refuses_is_not_counted_either(opened: Opened, model: str) -> None:
    seen = ChatRequest(model=model, messages=[Message("user", "what is this?", images=["AAAA"])])
    async with opened() as service:
        with pytest.raises(ServerError, match="does not support images") as caught:
            await service.count_tokens(seen)
        assert caught.value.status == 400


async def test_many_questions_beside_streams_do_not_take_their_threads(opened: Opened) -> None:
    async with opened(num_parallel=2) as service:
        running = await start(service, TINY, options=ENDLESS)
        await first_text(running)
        request = ChatRequest(model=CHAT, messages=[Message("user", "hello " * 100)])
        counts = await asyncio.gather(*(service.count_tokens(request) for _ in range(100)))
        assert len(set(counts)) == 1
        await running.aclose()


async def test_an_answer_of_the_engine_is_passed_on_as_it_comes(opened: Opened) -> None:
    async with opened() as service:
        # Many: on a busy machine one batch may be all that was written in the meantime.
        generation = await start(service, TINY, options={"num_predict": 1000})
        batches = [batch async for batch in generation]
        assert len(batches) > 10
        assert sum(isinstance(event, Text) for batch in batches for event in batch) > 10


async def test_an_engine_that_died_is_not_kept_by_the_errors_it_caused(opened: Opened) -> None:
    """Errors hold the frames that they went through, and those all that an answer is made of."""
    async with opened() as service:
        processes = []
        for _ in range(2):
            running = [await start(service, TINY, options=ENDLESS) for _ in range(3)]
            await first_text(running[0])
            process = resident(service).process
            processes.append(weakref.ref(process))
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            await asyncio.gather(*(each.aclose() for each in running))
        del process, running

        def gone() -> bool:
            gc.collect()
            return all(each() is None for each in processes)

        await until(gone)  # what has to be closed first is collected in the next round


async def test_a_call_of_a_tool_that_was_not_offered_is_told_in_words(opened: Opened) -> None:
    tools = [{"type": "function", "function": {"name": "other", "parameters": {"type": "object"}}}]
    async with opened() as service:
        last = (await chat(service, str(MODELS / "tinytool.gguf"), "hi", tools=tools))[-1]
    assert isinstance(last, Failure) and "a tool that was not offered" in last.error.message


@pytest.mark.parametrize("top", [None, 2])
async def test_likely_tokens_are_told_where_they_were_asked_for(
    opened: Opened, top: int | None
) -> None:
    async with opened() as service:
        found = await chat(
            service, CHAT, "hi", logprobs=True, top_logprobs=top, options={"num_predict": 3}
        )
        told = [one for event in found if isinstance(event, Text) for one in event.logprobs or ()]
        assert told and all(len(one.top) == (top or 0) for one in told)


async def test_wrong_options_are_told_before_a_wrong_form(opened: Opened) -> None:
    async with opened() as service:
        for wrong in ({"format": "x"}, {"images": ["aGk="]}):
            request = GenerateRequest(model=HELLO, prompt="hi", options={"stop": "x"}, **wrong)  # type: ignore[arg-type]
            with pytest.raises(ServerError, match='option "stop" must be of type array'):
                await service.generate(request)


async def test_a_penalty_of_nothing_is_refused(opened: Opened) -> None:
    async with opened() as service:
        with pytest.raises(ServerError, match="repeat_penalty") as caught:
            await chat(service, CHAT, "hi", options={"repeat_penalty": 0})
        assert caught.value.status == 400


@pytest.mark.parametrize(
    "last",
    [
        [Message("assistant", "He"), Message("assistant", "llo")],
        [Message("assistant", tool_calls=[MessageToolCall(ToolCallFunction("f"))])],
    ],
)
async def test_chatml_ends_as_it_likes(opened: Opened, last: list[Message]) -> None:
    """An engine that goes on with what was begun refuses these; Ollama answers."""
    async with opened() as service:
        request = ChatRequest(model=HELLO, messages=[Message("user", "hi"), *last])
        assert text(await events(await service.chat(request))) == SAID  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["json", {"type": "object", "maxProperties": 0}])
async def test_an_answer_that_was_begun_begins_anew_in_a_form(opened: Opened, form: Any) -> None:
    """The engine fails at going on with it there."""
    async with opened() as service:
        request = ChatRequest(
            model=HELLO,
            messages=[Message("user", "hi"), Message("assistant", "He")],
            format=form,
            options={"num_predict": 4},
        )
        found = await events(await service.chat(request))
        assert isinstance(found[-1], Finish) and text(found).lstrip().startswith("{")  # type: ignore[arg-type]


async def test_a_long_last_message_loses_its_middle_in_chatml(opened: Opened) -> None:
    async with opened() as service:
        found = await chat(service, HELLO, "word " * 2000, options={"num_ctx": 256})
        assert text(found) == SAID
