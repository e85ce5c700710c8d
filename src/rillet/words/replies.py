"""A reply is a stream folded to one value: `fold(events) -> Reply`, or piece by piece `Folding`."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from rillet.words.events import (
    Event,
    Failure,
    Finish,
    Reconnected,
    Text,
    Thinking,
    Timings,
    TokenLogprob,
    ToolCall,
    Usage,
)


class Reply(Struct, frozen=True):
    """The answer so far. `complete` says whether the server said its end.

    `seams` are the places in `text` where another sample begins, because an answer that had broken
    off was continued from what had come (`continue_by`).
    """

    text: str = ""
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    finish: Finish | None = None
    seams: tuple[int, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the server said that this is all."""
        return self.finish is not None

    @property
    def done_reason(self) -> str | None:
        """Why the model ended, in the server's word; None if it did not say or did not end."""
        return self.finish.reason if self.finish else None

    @property
    def usage(self) -> Usage | None:
        """How many tokens; None where the server did not say."""
        return self.finish.usage if self.finish else None

    @property
    def timings(self) -> Timings | None:
        """How long it took, in nanoseconds; None where the server did not say."""
        return self.finish.timings if self.finish else None

    @property
    def context(self) -> tuple[int, ...] | None:
        """The tokens so far, for the next `generate`, where the server is one of Ollama's kind."""
        return self.finish.context if self.finish else None

    def __str__(self) -> str:
        return self.text


COMPACT = 4096  # pieces after which they are joined, so that a long answer costs its text alone


class _Pieces:
    """A text in pieces, at about one byte of memory for a byte of text."""

    def __init__(self) -> None:
        self._joined: list[str] = []
        self._pieces: list[str] = []

    def extend(self, pieces: list[str]) -> None:
        self._pieces += pieces
        if len(self._pieces) >= COMPACT:
            self._joined.append("".join(self._pieces))
            self._pieces.clear()

    def text(self) -> str:
        return "".join(self._joined) + "".join(self._pieces)


class Folding:
    """Folds a stream as it comes; `reply()` may be asked at any moment."""

    def __init__(self) -> None:
        self._text = _Pieces()
        self._thinking = _Pieces()
        self._calls: list[ToolCall] = []
        self._logprobs: list[TokenLogprob] = []
        self._seams: list[int] = []
        self.finish: Finish | None = None

    def extend(self, events: Sequence[Event]) -> None:
        """Take a batch. Most batches are texts alone, so those are the fast way."""
        texts = [event.text for event in events if type(event) is Text]
        if texts:
            self._text.extend(texts)
            if len(texts) == len(events) and events[0].logprobs is None:  # type: ignore[union-attr]
                return
        for event in events:
            if type(event) is Reconnected and event.new_sample:
                before = sum(len(e.text) for e in events[: events.index(event)] if type(e) is Text)
                self._seams.append(len(self._text.text()) - sum(map(len, texts)) + before)
            self._add(event)

    def _add(self, event: Event) -> None:
        if isinstance(event, Text | Thinking) and event.logprobs:
            self._logprobs.extend(event.logprobs)
        if isinstance(event, Thinking):
            self._thinking.extend([event.text])
        elif isinstance(event, ToolCall):
            self._calls.append(event)
        elif isinstance(event, Finish):
            self.finish = event

    def reply(self) -> Reply:
        return Reply(
            text=self._text.text(),
            thinking=self._thinking.text(),
            tool_calls=tuple(self._calls),
            logprobs=tuple(self._logprobs),
            finish=self.finish,
            seams=tuple(self._seams),
        )


def fold(events: Iterable[Event]) -> Reply:
    """Fold a whole stream; a `Failure` in it is raised with the reply so far as `.partial`."""
    folding = Folding()
    for event in events:
        if isinstance(event, Failure):
            event.error.partial = folding.reply()
            raise event.error
        folding.extend((event,))
    return folding.reply()
