"""A stream folded to one value: whole, in batches of any cut, and when it fails."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.words.errors import StreamTruncated
from rillet.words.events import (
    Event,
    Failure,
    Finish,
    Progress,
    Text,
    Thinking,
    TokenLogprob,
    ToolCall,
    Usage,
)
from rillet.words.replies import COMPACT, Folding, Reply, fold

EVENTS: list[Event] = [
    Progress("loading", 1, 2),
    Thinking("hm", (TokenLogprob("hm", -0.5),)),
    Text("Hel", (TokenLogprob("Hel", -0.1),)),
    Text("lo"),
    ToolCall("f", {"a": 1}),
    Finish("stop", Usage(3, 4)),
]
WHOLE = Reply(
    text="Hello",
    thinking="hm",
    tool_calls=(ToolCall("f", {"a": 1}),),
    logprobs=(TokenLogprob("hm", -0.5), TokenLogprob("Hel", -0.1)),
    finish=Finish("stop", Usage(3, 4)),
)


def test_fold_gives_the_whole() -> None:
    reply = fold(EVENTS)
    assert reply == WHOLE
    assert reply.complete and reply.done_reason == "stop"
    assert reply.usage == Usage(3, 4) and reply.timings is None and reply.context is None
    assert str(reply) == "Hello"


@given(st.lists(st.integers(0, len(EVENTS)), max_size=4))
def test_batches_of_any_cut_fold_to_the_same(cuts: list[int]) -> None:
    folding = Folding()
    places = sorted({0, len(EVENTS), *cuts})
    for begin, end in pairwise(places):
        folding.extend(EVENTS[begin:end])
    assert folding.reply() == WHOLE


def test_a_failure_is_raised_with_what_came_before_it() -> None:
    error = StreamTruncated("it broke off")
    with pytest.raises(StreamTruncated) as raised:
        fold([Text("Hel"), Failure(error)])
    assert raised.value is error
    assert error.partial == Reply(text="Hel")
    assert not error.partial.complete and error.partial.done_reason is None


def test_a_long_answer_is_kept_in_order() -> None:
    folding = Folding()
    count = 3 * COMPACT + 5
    for number in range(count):
        folding.extend([Text(f"{number},")])
    assert folding.reply().text == "".join(f"{number}," for number in range(count))
    assert folding.reply().text.count(",") == count  # asking changes nothing
