"""A thought is written freely, the answer in its form: what is asked in which step."""

from collections.abc import AsyncGenerator, Sequence

import pytest

from rillet.service.options import Options
from rillet.service.thought_first import thought_first
from rillet.words.events import Event, Finish, Text, Usage

TAGS = ("<t>", "</t>")
CLOSED = Finish("stop", Usage(5, 3), stop_string="</t>")
END = Finish("stop", Usage(8, 2))


class Engine:
    """Says what it is given, step by step, and notes what it was asked."""

    def __init__(self, *answers: list[Event]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, bool]] = []
        self.options: list[Options] = []

    async def ask(
        self, more: str, options: Options, in_form: bool
    ) -> AsyncGenerator[Sequence[Event], None]:
        self.asked.append((more, in_form))
        self.options.append(options)
        events = self.answers.pop(0)

        async def say() -> AsyncGenerator[Sequence[Event], None]:
            for event in events:
                yield (event,)

        return say()


async def written(
    engine: Engine, *, inside: bool, options: Options | None = None
) -> tuple[str, Finish]:
    found = [
        event
        async for batch in thought_first(engine.ask, options or Options(), TAGS, inside=inside)
        for event in batch
    ]
    last = found[-1]
    assert isinstance(last, Finish)
    assert sum(isinstance(event, Finish) for event in found) == 1
    return "".join(event.text for event in found if isinstance(event, Text)), last


@pytest.mark.parametrize(
    ("inside", "thought"),
    [
        (True, ["a", "b"]),
        (False, ["<t>", "a", "b"]),
        (False, [" ", "<", "t", ">a", "b"]),
        (True, []),
        (False, ["<t>"]),
    ],
)
async def test_a_thought_and_the_answer_behind_it(inside: bool, thought: list[str]) -> None:
    engine = Engine([*map(Text, thought), CLOSED], [Text("{}"), END])
    text, last = await written(engine, inside=inside)
    before = "".join(thought) + "</t>"
    assert text == before + "{}"
    assert engine.asked == [("", False), (before, True)]
    assert engine.options[0].stop == ["</t>"] and engine.options[1].stop == []
    assert last == Finish("stop", Usage(5, 5), last.timings)


@pytest.mark.parametrize("said", [["So"], [" ", "So"], ["<", "b>"], []])
async def test_no_thought_is_asked_again_in_form(said: list[str]) -> None:
    engine = Engine([*map(Text, said), Finish("stop")], [Text("{}"), END])
    assert await written(engine, inside=False) == ("{}", END)
    assert engine.asked == [("", False), ("", True)]


async def test_it_may_end_within_its_thought() -> None:
    engine = Engine([Text("a"), Finish("length", Usage(5, 1))])
    text, last = await written(engine, inside=True)
    assert (text, last.reason) == ("a", "length")


async def test_the_limit_is_for_both() -> None:
    engine = Engine([Text("a"), CLOSED], [Text("{}"), END])
    await written(engine, inside=True, options=Options(num_predict=10))
    assert [options.num_predict for options in engine.options] == [10, 7]
    engine = Engine([Text("a"), CLOSED])
    text, last = await written(engine, inside=True, options=Options(num_predict=3))
    assert (text, last.reason, last.stop_string) == ("a</t>", "length", None)
