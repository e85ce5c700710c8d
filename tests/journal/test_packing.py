"""Events as bytes and back."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from rillet.journal.packing import pack, unpack
from rillet.words import errors
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

words = some.text(alphabet=some.characters(exclude_categories=["Cs"]), max_size=20)
counts = some.integers(0, 2**62)
maybe = some.none() | counts
tokens = some.none() | some.lists(some.integers(-1, 2**31), max_size=3).map(tuple)
json: Any = some.recursive(
    some.none() | some.booleans() | counts | words | some.floats(allow_nan=False),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
octets = some.none() | some.lists(some.integers(0, 255), max_size=3).map(tuple)
logprob = some.builds(TokenLogprob, words, some.floats(allow_nan=False), octets)
logprobs = some.none() | some.lists(logprob, max_size=2).map(tuple)
events: Any = some.one_of(
    some.builds(Text, words, logprobs, tokens),
    some.builds(Thinking, words, logprobs, tokens),
    some.builds(
        ToolCall, words, some.dictionaries(words, json, max_size=3), some.none() | words, counts
    ),
    some.builds(Progress, words, maybe, maybe, some.none() | words, maybe),
    some.builds(Reconnected, counts, counts, words),
    some.builds(
        Finish,
        some.none() | words,
        some.none() | some.builds(Usage, maybe, maybe, maybe),
        some.none() | some.builds(Timings, maybe, maybe, maybe, maybe),
        tokens,
        some.none() | words,
        some.booleans(),
    ),
)


@given(some.lists(events, max_size=5))
def test_what_is_packed_comes_out_again(row: list[Event]) -> None:
    assert unpack(pack(row)) == row


@pytest.mark.parametrize(
    "error",
    [
        errors.EngineDied("it ended"),
        errors.Busy("much to do", status=503, retry_after=2.5),
        errors.Stalled("first_token", 3.0),
        errors.ModelNotFound("no m", status=404, hint="Get it with: rillet pull m"),
        errors.RilletError("something"),
    ],
)
def test_errors_keep_their_kind_and_words(error: errors.RilletError) -> None:
    (event,) = unpack(pack([Failure(error)]))
    assert isinstance(event, Failure)
    again = event.error
    assert type(again) is type(error)
    told = ("message", "hint", "status", "retry_after", "phase", "after")
    assert {name: getattr(again, name, None) for name in told} == {
        name: getattr(error, name, None) for name in told
    }


def test_errors_of_other_rooms_become_their_kind() -> None:
    class Special(errors.EngineError):
        pass

    (event,) = unpack(pack([Failure(Special("odd"))]))
    assert isinstance(event, Failure) and type(event.error) is errors.EngineError


@given(some.binary(max_size=50))
def test_other_bytes_are_refused(data: bytes) -> None:
    try:
        unpack(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass


def test_a_token_is_small() -> None:
    assert len(pack([Text(" word", tokens=(12345,))] * 100)) < 15 * 100
