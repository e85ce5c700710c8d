"""An answer goes on where its engine, or its server, died.

Laws:
* Nothing is said twice, and what was said is never changed. Where the rest cannot be had, the
  answer ends with an error that says so.
* It gives up after `MOST_VAIN` starts in a row that brought nothing (or one more where the answer
  had not begun at all), and after `MOST_DEATHS` engines in all: what kills its engine is not fed to
  it for ever.
* Two ways over the seam. Where the engine told its tokens, the rest is asked for with the prompt
  and those tokens. Where the engine keeps more state than tokens (a grammar, tool calls, its own
  reading of thinking), the same is asked again with the same seed, and what was said is checked
  off word by word and not shown again.
* At temperature 0 the second way goes first, for the answer has to be that of an undisturbed run:
  engines round otherwise when they read many tokens at once, and near ties fall otherwise. Should
  the model say something else all the same, the first way is taken.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from rillet.service import listener
from rillet.service.generation import Emit, Produce
from rillet.service.options import Options
from rillet.service.resident import Resident
from rillet.words.errors import Busy, EngineDied, EngineError, LoadFailed
from rillet.words.events import (
    Content,
    Event,
    Failure,
    Finish,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from rillet.words.requests import ChatRequest, GenerateRequest

Request = GenerateRequest | ChatRequest
MOST_VAIN = 3
MOST_DEATHS = 5
#: As a plain tuple: this is asked for every token, and a union takes ten times as long.
_CONTENT = (Text, Thinking, ToolCall)
_MOST_PATIENCE = 60.0  # seconds that an engine which died often may be waited for


class Said:
    """What an answer has said so far. `tokens` is None where they are not known."""

    def __init__(self, before: Sequence[Event] = ()) -> None:
        self.events: list[Content] = []
        self.tokens: list[int] | None = []
        self.diverged = False  # asked again, the model said something else
        self.add(before)
        self.resumed = bool(self.events)

    def add(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, _CONTENT):
                self.events.append(event)
                if isinstance(event, ToolCall) or event.tokens is None:
                    self.tokens = None
                elif self.tokens is not None:
                    self.tokens += event.tokens

    def text(self) -> str:
        return "".join(event.text for event in self.events if type(event) is Text)


class Diverged(EngineError):
    """Asked again, the model said something else; the rest can be had in the other way."""


Attempt = Callable[[Emit, Said], Awaitable[None]]


def surviving(attempt: Attempt, before: Sequence[Event] = ()) -> Produce:
    """Try, and where the engine dies try again for the rest."""

    async def produce(emit: Emit) -> None:
        said, vain, deaths = Said(before), 0, 0

        def checked(events: Sequence[Event]) -> None:
            last = events[-1] if events else None
            died = type(last) is Failure and isinstance(last.error, EngineDied)
            shown = events[:-1] if died else events
            if shown:
                said.add(shown)
                emit(shown)
            if died:
                assert type(last) is Failure
                raise last.error

        while True:
            count, pause = len(said.events), 0.0
            try:
                await attempt(checked, said)
                return
            except Diverged:
                said.diverged = True
            except (EngineDied, LoadFailed, Busy) as error:
                vain = 0 if len(said.events) > count else vain + 1
                deaths += isinstance(error, EngineDied)
                if isinstance(error, Busy):
                    pause = error.retry_after or 1.0
                most = MOST_VAIN if said.events else int(isinstance(error, EngineDied))
                if vain > most or deaths >= MOST_DEATHS or pause > _MOST_PATIENCE:
                    raise
            await asyncio.sleep(pause)
            said.resumed = bool(said.events)

    return produce


class Seam:
    """How one attempt joins what was said: `prompt` to ask with, of it `spent` tokens were said.

    `asked`: tokens of the prompt as it was without them.
    """

    def __init__(
        self,
        prompt: str | list[int],
        said: Said,
        spent: int = 0,
        replay: "Replay | None" = None,
        asked: int = 0,
    ) -> None:
        self.prompt = prompt
        self.spent = spent
        self._asked = asked
        self._said = said
        self._replay = replay

    @classmethod
    async def at(
        cls,
        resident: Resident,
        prompt: str | list[int],
        said: Said,
        request: Request,
        options: Options,
    ) -> "Seam":
        """For a prompt that we send ourselves; `num_keep` tokens stay when it is too long."""
        if not said.events:
            return cls(prompt, said)
        if said.tokens is None or request.format:
            return cls(prompt, said, replay=Replay(said.events))
        if options.temperature <= 0 and not said.diverged:
            return cls(prompt, said, replay=Replay(said.events, Diverged))
        keep = options.num_keep
        before = await listener.tokenize(resident, prompt) if isinstance(prompt, str) else prompt
        whole = [*before, *said.tokens]
        if len(whole) >= resident.num_ctx:  # as the engine does it when the context is full
            half = (resident.num_ctx - keep) // 2
            whole = [*whole[:keep], *whole[-half:]]
        return cls(whole, said, len(said.tokens), asked=len(before))

    @classmethod
    def repeated(cls, said: Said) -> "Seam":
        """For a question that is asked as it was."""
        return cls("", said, replay=Replay(said.events) if said.events else None)

    def limited(self, options: Options) -> Options | None:
        """The options with what is left of `num_predict`; None where nothing is left."""
        left = options.num_predict - self.spent
        if not self.spent or options.num_predict <= 0:
            return options
        return msgspec.structs.replace(options, num_predict=left) if left > 0 else None

    async def said_text(self, resident: Resident) -> str:
        """The engine's own words so far, where the prompt holds their tokens; for text machines."""
        if not self.spent or self._said.tokens is None:
            return ""
        return await listener.detokenize(resident, self._said.tokens)

    def join(self, batch: Sequence[Event]) -> Sequence[Event]:
        """What is new in a batch. Raises `EngineError` where the model says something else."""
        return batch if self._replay is None else self._replay.take(batch)

    def joined(self, batch: Sequence[Event]) -> Sequence[Event]:
        """The same, with the end of the rest as the end of the whole."""
        batch = self.join(batch)
        if not batch or type(last := batch[-1]) is not Finish:
            return batch
        return [*batch[:-1], self.finish(last)]

    def finish(self, finish: Finish) -> Finish:
        """The end of the rest as the end of the whole."""
        usage = finish.usage
        if self.spent:
            usage = usage or Usage()  # where nothing was left to ask the engine for
            prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
            usage = msgspec.structs.replace(
                usage,
                # what was cut to fit the context may be more than the prompt was
                prompt_tokens=max(self._asked, prompt - self.spent),
                completion_tokens=completion + self.spent,
            )
        return msgspec.structs.replace(finish, usage=usage, resumed=self._said.resumed)


class Replay:
    """Skips what was said before, when a model that is asked again says it again."""

    def __init__(self, events: Sequence[Content], error: type[EngineError] = EngineError) -> None:
        self._error = error
        self._expected: list[Content] = []
        for event in events:
            last = self._expected[-1] if self._expected else None
            if isinstance(event, ToolCall):
                self._expected.append(event)
            elif type(last) is type(event) and isinstance(last, Text | Thinking):
                self._expected[-1] = type(event)(last.text + event.text)
            elif event.text:
                self._expected.append(type(event)(event.text))
        self._expected.reverse()  # the next one is the last

    def take(self, batch: Sequence[Event]) -> Sequence[Event]:
        """The events of a batch that are new."""
        if not self._expected:
            return batch
        new: list[Event] = []
        for event in batch:
            if isinstance(event, Content) and self._expected:
                new += self._check(event)
            else:
                if type(event) is Finish and self._expected:
                    raise self._otherwise()
                new.append(event)
        return new

    def _check(self, event: Content) -> Sequence[Event]:
        expected = self._expected.pop()
        if isinstance(event, ToolCall) or isinstance(expected, ToolCall):
            if not _same_call(event, expected):
                raise self._otherwise()
            return ()
        if not event.text:
            self._expected.append(expected)
            return ()
        if type(event) is not type(expected):
            raise self._otherwise()
        if len(event.text) < len(expected.text):
            if not expected.text.startswith(event.text):
                raise self._otherwise()
            self._expected.append(type(event)(expected.text[len(event.text) :]))
            return ()
        rest = event.text[len(expected.text) :]
        if not event.text.startswith(expected.text) or (rest and self._expected):
            raise self._otherwise()
        return (type(event)(rest, event.logprobs),) if rest else ()

    def _otherwise(self) -> EngineError:
        return self._error(
            "the engine ended in mid-answer, and its model did not say the same again",
            hint="What came so far stands; ask again for another answer",
        )


def _same_call(one: Content, other: Content) -> bool:
    """The id may differ: engines draw it by lot."""
    if not isinstance(one, ToolCall) or not isinstance(other, ToolCall):
        return False
    return msgspec.structs.replace(one, id=None) == msgspec.structs.replace(other, id=None)
