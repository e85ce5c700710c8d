"""A reply is a stream folded to one value: `fold(events) -> Reply`, or piece by piece `Folding`."""

from collections.abc import Iterable

from msgspec import Struct

from rillet.words.events import (
    Event,
    Failure,
    Finish,
    Text,
    Thinking,
    Timings,
    TokenLogprob,
    ToolCall,
    Usage,
)


class Reply(Struct, frozen=True):
    """The answer so far. `complete` says whether the server said its end."""

    text: str = ""
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    finish: Finish | None = None

    @property
    def complete(self) -> bool:
        return self.finish is not None

    @property
    def done_reason(self) -> str | None:
        """Why the model ended, in the server's word; None if it did not say or did not end."""
        return self.finish.reason if self.finish else None

    @property
    def usage(self) -> Usage | None:
        return self.finish.usage if self.finish else None

    @property
    def timings(self) -> Timings | None:
        return self.finish.timings if self.finish else None

    @property
    def context(self) -> tuple[int, ...] | None:
        return self.finish.context if self.finish else None

    def __str__(self) -> str:
        return self.text


class Folding:
    """Folds a stream as it comes; `reply()` may be asked at any moment, at linear cost in all."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._calls: list[ToolCall] = []
        self._logprobs: list[TokenLogprob] = []
        self._finish: Finish | None = None

    def add(self, event: Event) -> None:
        if isinstance(event, Text):
            self._text.append(event.text)
            if event.logprobs:
                self._logprobs.extend(event.logprobs)
        elif isinstance(event, Thinking):
            self._thinking.append(event.text)
            if event.logprobs:
                self._logprobs.extend(event.logprobs)
        elif isinstance(event, ToolCall):
            self._calls.append(event)
        elif isinstance(event, Finish):
            self._finish = event

    def reply(self) -> Reply:
        return Reply(
            text="".join(self._text),
            thinking="".join(self._thinking),
            tool_calls=tuple(self._calls),
            logprobs=tuple(self._logprobs),
            finish=self._finish,
        )


def fold(events: Iterable[Event]) -> Reply:
    """Fold a whole stream; a `Failure` in it is raised with the reply so far as `.partial`."""
    folding = Folding()
    for event in events:
        if isinstance(event, Failure):
            event.error.partial = folding.reply()
            raise event.error
        folding.add(event)
    return folding.reply()
