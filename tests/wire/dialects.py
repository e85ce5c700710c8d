"""What the tests of the SSE dialects share: recorded streams, and a check for their cut ends."""

from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from rillet.words.errors import RilletError
from rillet.words.events import Event, Failure, Finish, Text, Thinking, ToolCall, Usage
from tests.wire.conformance import Factory, decode

STREAMS = Path(__file__).parent.parent / "data" / "streams"


def recorded(name: str) -> bytes:
    return (STREAMS / name).read_bytes()


def sse(*values: Any) -> bytes:
    """Events with these JSON values; texts go out as they are."""
    return b"".join(
        b"data: " + (v.encode() if isinstance(v, str) else msgspec.json.encode(v)) + b"\n\n"
        for v in values
    )


def check_cut_ends(factory: Factory, body: bytes) -> None:
    """Cut off anywhere: a prefix of the events, then a failure with the cause or the same reason.

    Unlike `check_truncations` it allows that the usage, which comes after the reason, is lost.
    """
    whole = decode(factory, [body])
    assert isinstance(whole[-1], Finish)
    for end in range(0, len(body), max(1, len(body) // 1500)):
        *before, last = decode(factory, [body[:end]], cause="reset by peer")
        assert before == whole[: len(before)], f"cut at byte {end}"
        if isinstance(last, Finish):
            assert last.reason == whole[-1].reason
            assert before == whole[:-1], "an end without all of the text"
        else:
            assert isinstance(last, Failure) and isinstance(last.error, RilletError)
            assert "reset by peer" in str(last.error), f"cut at byte {end}"


def joined(events: list[Event], kind: type[Text] | type[Thinking] = Text) -> str:
    return "".join(event.text for event in events if type(event) is kind)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
tool_calls = st.builds(ToolCall, texts, st.dictionaries(texts, json_values, max_size=3), texts)
usages = st.builds(
    lambda prompt, cached, completion: Usage(prompt + cached, completion, cached),
    st.integers(1, 10**6),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)


@st.composite
def answers(draw: st.DrawFn) -> list[Event]:
    """Text, thinking and calls in any order, and a proper end."""
    events: list[Event] = draw(
        st.lists(st.builds(Text, texts) | st.builds(Thinking, texts) | tool_calls, max_size=8)
    )
    calls = 0
    for at, event in enumerate(events):
        if isinstance(event, ToolCall):
            events[at] = msgspec.structs.replace(event, index=calls, id=f"{event.id}{calls}")
            calls += 1
    reason = "tool_calls" if calls else draw(st.sampled_from(["stop", "length"]))
    return [*events, Finish(reason, draw(usages))]
