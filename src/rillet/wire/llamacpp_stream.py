"""llama.cpp's own streams to events.

Rules:
* The record with `stop: true` is the end; there is no `[DONE]`.
* Tokens (and log probabilities) whose text is held back, because it may be the start of a stop
  sequence or is half a character, go with the text that follows. At the end they belong to no
  text: an end-of-sequence token, a stop sequence.
* Progress records carry a token that is none; it is not read.
Source: llama.cpp's server documentation (tools/server), and recorded streams of build 11549.
"""

from typing import Any

import msgspec
from msgspec import Struct

from rillet.wire import lenient
from rillet.wire.failures import error_from_record
from rillet.wire.lines import DEFAULT_LIMIT
from rillet.wire.openai_chunks import ChatChunkDecoder
from rillet.wire.openai_records import (
    Choice,
    LogprobRecord,
    ProgressRecord,
    TimingsRecord,
    logprob_values,
)
from rillet.wire.sse_decoder import SseDecoder
from rillet.words.errors import RilletError, ServerError
from rillet.words.events import Finish, Progress, Text, TokenLogprob, Usage

_REASONS = {"eos": "stop", "word": "stop", "limit": "length"}


class CompletionRecord(Struct):
    """One record of /completion. None is "not said"."""

    content: str | None = None
    tokens: list[int] | None = None
    stop: bool | None = None
    stop_type: str | None = None
    stopping_word: str | None = None
    tokens_predicted: int | None = None
    tokens_evaluated: int | None = None
    timings: TimingsRecord | None = None
    prompt_progress: ProgressRecord | None = None
    completion_probabilities: list[LogprobRecord] | None = None
    error: Any = None


_decode = msgspec.json.Decoder(CompletionRecord).decode


class CompletionDecoder(SseDecoder):
    """The body of POST /completion, a stream or one whole answer.

    `top_logprobs` is how many were asked for; the engine always sends one at least.
    """

    def __init__(self, *, top_logprobs: int | None = None, limit: int = DEFAULT_LIMIT) -> None:
        super().__init__(limit=limit)
        self._top = top_logprobs
        self._tokens: tuple[int, ...] = ()
        self._logprobs: tuple[TokenLogprob, ...] = ()

    def _record(self, data: bytes, name: str | None) -> None:
        try:
            record = self._slow(lenient.parse(data)) if self._careful else _decode(data)
        except (ValueError, RecursionError):
            record = self._slow(lenient.parse(data))
        self._read(record)

    def _read(self, record: CompletionRecord) -> None:
        if record.error is not None:
            self._fail(self._error(record.error))
            return
        if record.prompt_progress is not None:
            progress = record.prompt_progress
            self._events.append(Progress("prompt", progress.processed, progress.total))
            return
        tokens = tuple(record.tokens) if record.tokens else ()
        if self._tokens:
            tokens = self._tokens + tokens
        logprobs = self._logprobs
        if record.completion_probabilities:
            told = [_told(entry, self._top) for entry in record.completion_probabilities]
            logprobs += logprob_values(told)
        if record.content:
            self._events.append(Text(record.content, logprobs or None, tokens or None))
            self._tokens, self._logprobs = (), ()
        else:
            self._tokens, self._logprobs = tokens, logprobs
            self.growing = bool(tokens or logprobs)
        if record.stop:
            self._end(_finish(record))

    def _slow(self, value: Any) -> CompletionRecord:
        if not isinstance(value, dict):
            raise ValueError("no object")
        self._mend(value, ("content",), self._text_half)
        if not isinstance(value.get("content"), str | None):
            raise ValueError("the content is no text")
        return lenient.convert(lenient.wholly(value), CompletionRecord) or CompletionRecord()

    def _whole(self, value: dict[str, Any]) -> None:
        if value.get("stop") is True:
            self._read(self._slow(value))

    def _error(self, value: Any) -> RilletError:
        return engine_error(value)


class ChatDecoder(ChatChunkDecoder):
    """The body of llama.cpp's POST /v1/chat/completions: OpenAI's, with a status on its errors."""

    def __init__(self, *, top_logprobs: int | None = None, limit: int = DEFAULT_LIMIT) -> None:
        super().__init__(limit=limit)
        self._top = top_logprobs

    def _choice(self, choice: Choice) -> None:
        if choice.logprobs is not None and choice.logprobs.content:
            choice.logprobs.content = [_told(e, self._top) for e in choice.logprobs.content]
        super()._choice(choice)

    def _error(self, value: Any) -> RilletError:
        return engine_error(value)


def _told(entry: LogprobRecord, most: int | None) -> LogprobRecord:
    """An entry as the token was: of one that was held back, only its row among the likely ones
    has the text. `most` likely ones are kept, for the engine always sends one at least."""
    tops = entry.top_logprobs or []
    same = next((top for top in tops if top.id == entry.id), entry)
    return LogprobRecord(entry.id, same.token, entry.logprob, same.bytes, tops[:most])


def engine_error(value: Any) -> RilletError:
    """The value of an `error` field. llama.cpp's `code` is the status that it stands for."""
    error = error_from_record(value)
    code = value.get("code") if isinstance(value, dict) else None
    if isinstance(error, ServerError) and isinstance(code, int) and 400 <= code < 600:
        error.status = code
    return error


def _finish(record: CompletionRecord) -> Finish:
    timings = record.timings
    return Finish(
        reason=_REASONS.get(record.stop_type or "", "stop"),
        usage=Usage(
            record.tokens_evaluated, record.tokens_predicted, timings.cache_n if timings else None
        ),
        timings=timings.value() if timings else None,
        stop_string=record.stopping_word or None,
    )
