"""How an answer joins what was said before its engine died."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rillet.service.continuing import MOST_VAIN, Replay, Said, Seam, surviving
from rillet.service.generation import Emit, Generation
from rillet.words.errors import Busy, EngineDied, EngineError
from rillet.words.events import Content, Event, Failure, Finish, Text, Thinking, ToolCall, Usage

from .asking import events

pieces = some.lists(
    some.one_of(
        some.builds(Text, some.sampled_from(["a", "bc", " ", "é"])),
        some.builds(Thinking, some.sampled_from(["x", "yz"])),
        some.builds(ToolCall, some.just("f"), some.just({"x": 1}), some.sampled_from(["1", "2"])),
    ),
    max_size=12,
)


def shape(row: Sequence[Event]) -> list[tuple[str, str]]:
    """What was said, however it was cut into pieces."""
    found: list[tuple[str, str]] = []
    for event in row:
        kind = type(event).__name__
        text = "call" if isinstance(event, ToolCall) else getattr(event, "text", "")
        if found and found[-1][0] == kind and kind != "ToolCall":
            found[-1] = (kind, found[-1][1] + text)
        else:
            found.append((kind, text))
    return found


@given(pieces, some.data())
def test_what_was_said_is_checked_off_wherever_it_broke(
    row: list[Content], data: some.DataObject
) -> None:
    said = row[: data.draw(some.integers(0, len(row)))]
    replay = Replay(said)
    new: list[Event] = []
    for event in [*row, Finish("stop")]:
        new += replay.take([event])
    assert shape([*said, *new]) == shape([*row, Finish("stop")])


@pytest.mark.parametrize(
    "row",
    [
        [Text("x")],
        [Thinking("ab")],
        [Text("a"), Finish("stop")],
        [ToolCall("f", {})],
        [Text("ab"), Text("z")],
    ],
)
def test_another_answer_is_an_error(row: list[Event]) -> None:
    replay = Replay([Text("ab"), ToolCall("f", {"x": 1})])
    with pytest.raises(EngineError, match="did not say the same"):
        replay.take(row)


def test_tokens_are_known_or_not() -> None:
    said = Said([Text("a", tokens=(1, 2)), Thinking("b", tokens=())])
    assert said.tokens == [1, 2] and said.resumed and said.text() == "a"
    said.add([Text("c")])
    assert said.tokens is None
    assert not Said().resumed


async def survived(attempts: list[list[Event]]) -> tuple[list[Event], int]:
    """What becomes of an answer whose attempts say these things and then die, but for Finish."""
    count = 0

    async def attempt(emit: Emit, said: Said) -> None:
        nonlocal count
        row = attempts[min(count, len(attempts) - 1)]
        count += 1
        await asyncio.sleep(0)
        if row:
            emit(row)
        if not row or not isinstance(row[-1], Finish):
            emit([Failure(EngineDied("gone"))])

    return await events(Generation(surviving(attempt))), count


async def test_a_death_is_not_seen() -> None:
    found, _ = await survived([[Text("a")], [Text("b")], [Finish("stop")]])
    assert found == [Text("a"), Text("b"), Finish("stop")]


async def test_deaths_that_bring_nothing_end_it() -> None:
    found, count = await survived([[Text("a")], []])
    assert count == 2 + MOST_VAIN
    assert isinstance(found[-1], Failure) and isinstance(found[-1].error, EngineDied)


async def test_an_answer_that_had_not_begun_has_one_more_try() -> None:
    with pytest.raises(EngineDied):
        await survived([[]])
    assert (await survived([[], [Text("a"), Finish("stop")]]))[1] == 2


async def test_a_busy_engine_is_waited_for_once_the_answer_had_begun() -> None:
    steps: list[Event | Busy] = [Text("a"), Busy("wait", retry_after=0.01), Finish("stop")]

    async def attempt(emit: Emit, said: Said) -> None:
        step = steps.pop(0)
        if isinstance(step, Busy):
            raise step
        emit([step])
        if isinstance(step, Text):
            raise EngineDied("gone")

    found = await events(Generation(surviving(attempt)))
    assert found == [Text("a"), Finish("stop")]


@pytest.mark.parametrize(
    ("told", "whole"),
    [
        (Usage(prompt_tokens=8, completion_tokens=4), Usage(prompt_tokens=5, completion_tokens=7)),
        (None, Usage(prompt_tokens=5, completion_tokens=3)),  # it died behind its last token
    ],
)
def test_the_end_behind_a_seam_counts_the_whole(told: Usage | None, whole: Usage) -> None:
    said = Said([Text("a", tokens=(1, 2)), Text("b", tokens=(3,))])
    seam = Seam([9, 9, 9, 9, 9, 1, 2, 3], said, 3, asked=5)
    assert seam.finish(Finish("length", usage=told)) == Finish("length", usage=whole, resumed=True)
