"""An answer of a given form, from a model that thinks before it: asked for in two steps.

A grammar holds from the first token on, and would press the thought into the form of the answer.
So the thought is written freely, up to the tag that ends it, and then the answer in its form. A
model that does not begin with a thought is asked again at once, in form. The reader sees the raw
text of one answer, tags and all. Ollama does the same with the prompts that it renders.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

import msgspec

from rillet.service.options import Options
from rillet.text.thinking import ThinkingSplitter
from rillet.words.events import Event, Finish, Text, Timings, Usage

Batch = Sequence[Event]
#: Asks the engine to go on from the prompt and this text; the last argument is "in form".
Ask = Callable[[str, Options, bool], Awaitable[AsyncGenerator[Batch, None]]]


async def thought_first(
    ask: Ask, options: Options, tags: tuple[str, str], *, inside: bool
) -> AsyncGenerator[Batch, None]:
    """The engine's events. `inside`: the prompt ends with the opening tag."""
    free = msgspec.structs.replace(options, stop=[*options.stop, tags[1]])
    looking = _Looking(ThinkingSplitter(*tags, starts_inside=inside))
    written, ended = "", None
    async with aclosing(await ask("", free, False)) as events:
        async for batch in events:
            if not looking.thought_in(batch):
                if looking.answered:
                    break
                continue
            for event in looking.taken():
                if type(event) is Finish and event.stop_string == tags[1]:
                    ended = event
                    written += tags[1]
                    yield (Text(tags[1]),)
                else:
                    written += event.text if type(event) is Text else ""
                    yield (event,)
    if looking.thinking and ended is None:
        return  # it ended within its thought
    async for batch in _answer(ask, options, written, ended):
        yield batch


async def _answer(
    ask: Ask, options: Options, written: str, thought: Finish | None
) -> AsyncGenerator[Batch, None]:
    """The answer in its form, behind what was written."""
    used = thought.usage.completion_tokens or 0 if thought and thought.usage else 0
    if thought and options.num_predict > 0:
        options = msgspec.structs.replace(options, num_predict=options.num_predict - used)
        if options.num_predict <= 0:
            yield (msgspec.structs.replace(thought, reason="length", stop_string=None),)
            return
    async with aclosing(await ask(written, options, True)) as events:
        async for batch in events:
            if thought and batch and type(last := batch[-1]) is Finish:
                batch = [*batch[:-1], together(thought, last)]
            yield batch


class _Looking:
    """Whether a thought comes: what was said is kept back until that is known."""

    def __init__(self, splitter: ThinkingSplitter) -> None:
        self._splitter = splitter
        self._kept: list[Event] = []
        self.thinking = False
        self.answered = False

    def thought_in(self, batch: Batch) -> bool:
        """Whether the events may be shown: the batch and those before it."""
        self._kept += batch
        for event in batch:
            if self.thinking:
                break
            if type(event) is Text:
                kinds = {kind for kind, _ in self._splitter.feed(event.text)}
                self.thinking = "thinking" in kinds
                self.answered = "text" in kinds and not self.thinking
            elif type(event) is Finish:
                self.thinking = event.stop_string == self._splitter.close_tag
                self.answered = not self.thinking
        return self.thinking

    def taken(self) -> list[Event]:
        kept, self._kept = self._kept, []
        return kept


def together(thought: Finish, answer: Finish) -> Finish:
    """One end for both steps: prompt tokens of the first, generated tokens and times of both."""
    first, second = thought.usage or Usage(), answer.usage or Usage()
    usage = msgspec.structs.replace(
        first, completion_tokens=_sum(first.completion_tokens, second.completion_tokens)
    )
    one, two = thought.timings or Timings(), answer.timings or Timings()
    timings = msgspec.structs.replace(
        two, prompt=_sum(one.prompt, two.prompt), completion=_sum(one.completion, two.completion)
    )
    return msgspec.structs.replace(answer, usage=usage, timings=timings)


def _sum(one: int | None, two: int | None) -> int | None:
    return None if one is None and two is None else (one or 0) + (two or 0)
