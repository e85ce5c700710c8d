"""Events as bytes: msgpack of small tagged arrays.

What unpacks is equal to what was packed, but for errors: those keep their kind, their words, and
what a client is told (status, retry_after, the clock that struck); causes and partials do not
travel. The first element of each array says what it is; numbers, once given, never change.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from rillet.journal.interface import Header
from rillet.words import errors
from rillet.words.errors import Busy, RilletError, ServerError, Stalled
from rillet.words.events import (
    Event,
    Failure,
    Finish,
    Progress,
    Reconnected,
    Text,
    Thinking,
    Timings,
    TokenLogprob,
    ToolCall,
    Usage,
)

Tokens = tuple[int, ...] | None
Logprobs = tuple[TokenLogprob, ...] | None


class _Text(Struct, tag=1, array_like=True, omit_defaults=True, gc=False):
    text: str
    tokens: Tokens = None
    logprobs: Logprobs = None


class _Thinking(Struct, tag=2, array_like=True, omit_defaults=True, gc=False):
    text: str
    tokens: Tokens = None
    logprobs: Logprobs = None


class _ToolCall(Struct, tag=3, array_like=True, omit_defaults=True):
    name: str
    arguments: dict[str, Any]
    id: str | None = None
    index: int = 0
    raw_arguments: str | None = None


class _Progress(Struct, tag=4, array_like=True, omit_defaults=True):
    status: str
    completed: int | None = None
    total: int | None = None
    digest: str | None = None
    queue_position: int | None = None


class _Reconnected(Struct, tag=5, array_like=True, omit_defaults=True):
    attempts: int
    after: int
    cause: str
    new_sample: bool = False


class _Finish(Struct, tag=6, array_like=True, omit_defaults=True):
    reason: str | None
    usage: Usage | None = None
    timings: Timings | None = None
    context: tuple[int, ...] | None = None
    stop_string: str | None = None
    resumed: bool = False


class _Failure(Struct, tag=7, array_like=True, omit_defaults=True):
    kind: str
    message: str
    hint: str = ""
    status: int | None = None
    seconds: float | None = None  # Busy.retry_after or Stalled.after
    phase: str = ""


_Packed = _Text | _Thinking | _ToolCall | _Progress | _Reconnected | _Finish | _Failure
_Rows = list[tuple[str, int, list[_Packed]]]
_OldRows = list[tuple[str, int, int, bytes]]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[_Packed]).decode
_decode_rows = msgspec.msgpack.Decoder(_Rows).decode
_decode_old_rows = msgspec.msgpack.Decoder(_OldRows).decode
#: A record, the number of the last event, and the events.
Row = tuple[str, int, Sequence[Event]]


T = TypeVar("T")


def _damage_told(read: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """What damaged bytes make of a reader, as the one error of msgspec's."""

    @wraps(read)
    def reading(data: bytes) -> T:
        try:
            return read(data)
        except (ValueError, TypeError, KeyError) as error:  # texts that are no UTF-8, for one
            raise msgspec.DecodeError(f"damaged: {error}") from error

    return reading


def pack_header(header: Header) -> bytes:
    return msgspec.msgpack.encode(header)


@_damage_told
def unpack_header(data: bytes) -> Header:
    """The header again. Raises `msgspec.DecodeError`."""
    return msgspec.msgpack.decode(data, type=Header)


def pack(events: Sequence[Event]) -> bytes:
    """Some events in a row."""
    return _encode(_all_packed(events))


def pack_rows(rows: Iterable[Row]) -> bytes:
    """Some events of several records."""
    return _encode([(id, last, _all_packed(events)) for id, last, events in rows])


@_damage_told
def unpack_rows(data: bytes) -> list[Row]:
    """The rows again. Raises `msgspec.DecodeError`."""
    return [(id, last, list(map(_unpacked, row))) for id, last, row in _decode_rows(data)]


@_damage_told
def unpack_old_rows(data: bytes) -> list[Row]:
    """Rows as files of version 2 have them: how many events, and those in a row without a head."""
    array32 = b"\xdd"
    return [
        (id, last, unpack(array32 + count.to_bytes(4, "big") + joined))
        for id, last, count, joined in _decode_old_rows(data)
    ]


@_damage_told
def unpack(data: bytes) -> list[Event]:
    """The events again. Raises `msgspec.DecodeError` for what is no such row."""
    return [_unpacked(packed) for packed in _decode(data)]


def _all_packed(events: Sequence[Event]) -> list[_Packed]:
    return [
        _Text(event.text, event.tokens, event.logprobs)
        if type(event) is Text  # nearly all are; the long way costs twice as much
        else _packed(event)
        for event in events
    ]


def _packed(event: Event) -> _Packed:
    match event:
        case Text(text, logprobs, tokens):
            return _Text(text, tokens, logprobs)
        case Thinking(text, logprobs, tokens):
            return _Thinking(text, tokens, logprobs)
        case ToolCall(name, arguments, id, index, raw):
            return _ToolCall(name, arguments, id, index, raw)
        case Progress(status, completed, total, digest, position):
            return _Progress(status, completed, total, digest, position)
        case Reconnected(attempts, after, cause, new):
            return _Reconnected(attempts, after, cause, new)
        case Finish(reason, usage, timings, context, stop_string, resumed):
            return _Finish(reason, usage, timings, context, stop_string, resumed)
        case Failure(error):
            return _failure(error)


def _unpacked(packed: _Packed) -> Event:
    match packed:
        case _Text(text, tokens, logprobs):
            return Text(text, logprobs, tokens)
        case _Thinking(text, tokens, logprobs):
            return Thinking(text, logprobs, tokens)
        case _ToolCall(name, arguments, id, index, raw):
            return ToolCall(name, arguments, id, index, raw)
        case _Progress(status, completed, total, digest, position):
            return Progress(status, completed, total, digest, position)
        case _Reconnected(attempts, after, cause, new):
            return Reconnected(attempts, after, cause, new)
        case _Finish(reason, usage, timings, context, stop_string, resumed):
            return Finish(reason, usage, timings, context, stop_string, resumed)
        case _Failure():
            return Failure(_error(packed))


def _failure(error: RilletError) -> _Failure:
    seconds = error.retry_after if isinstance(error, Busy) else None
    phase = ""
    if isinstance(error, Stalled):
        phase, seconds = error.phase, error.after
    status = error.status if isinstance(error, ServerError) else None
    kind = next(each.__name__ for each in type(error).__mro__ if each.__name__ in _KINDS)
    return _Failure(kind, error.message, error.hint, status, seconds, phase)


def _error(packed: _Failure) -> RilletError:
    kind = _KINDS.get(packed.kind, ServerError)
    if issubclass(kind, Busy):
        error: RilletError = kind(packed.message, status=packed.status, retry_after=packed.seconds)
    elif issubclass(kind, Stalled):
        error = kind(packed.phase, packed.seconds or 0.0)
    elif issubclass(kind, ServerError):
        error = kind(packed.message, status=packed.status)
    else:
        error = kind(packed.message)
    error.hint = packed.hint
    return error


_KINDS: dict[str, type[RilletError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, RilletError)
}
