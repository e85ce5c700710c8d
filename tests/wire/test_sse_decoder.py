"""The laws of a decoder, for every dialect of server-sent events, whatever comes."""

import json
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.wire import lenient
from rillet.wire.anthropic import MessagesDecoder
from rillet.wire.llamacpp import ChatDecoder, CompletionDecoder
from rillet.wire.openai import ChatChunkDecoder, CompletionChunkDecoder
from rillet.wire.sse_decoder import SseDecoder
from rillet.wire.sse_encoding import json_bytes
from rillet.words.events import Finish, Text, Thinking, Timings
from tests.wire.conformance import comparable, decode
from tests.wire.dialects import json_values

DECODERS: list[Callable[[], SseDecoder]] = [
    ChatChunkDecoder,
    CompletionChunkDecoder,
    ChatDecoder,
    CompletionDecoder,
    MessagesDecoder,
]
names = st.sampled_from(
    ["choices", "delta", "message", "content", "text", "reasoning", "tool_calls", "function",
     "arguments", "index", "finish_reason", "logprobs", "usage", "timings", "prompt_progress",
     "error", "stop", "tokens", "completion_probabilities", "type", "content_block",
     "stop_reason", "partial_json", "input", "token", "top_logprobs", "prompt_ms"]
)  # fmt: skip
words = st.sampled_from(
    ["a", "", "stop", "\ud83d", "\ude00", "{", "tool_use", "content_block_delta", "message_delta",
     "content_block_start", "message_stop", "message_start"]
)  # fmt: skip
values = st.recursive(
    json_values | words | st.sampled_from([1e308, -1, 2**70]),
    lambda inner: st.dictionaries(names, inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=12,
)


def escaped(value: object) -> bytes:
    """JSON that keeps lone halves as escapes, as some servers send them."""
    return json.dumps(value).encode()


records = values.map(lambda value: b"data: " + escaped(value) + b"\n\n")
noise = st.sampled_from([b"data: [DONE]\n\n", b"event: error\n", b": x\n\n", b"\r\n", b"\n", b"{"])
bodies = st.lists(records | noise | st.binary(max_size=8), max_size=6).map(b"".join)


@pytest.mark.parametrize("factory", DECODERS)
@given(body=bodies, cut=st.integers(0, 400))
def test_whatever_comes(factory: Callable[[], SseDecoder], body: bytes, cut: int) -> None:
    whole = decode(factory, [body])
    assert comparable(decode(factory, [body[:cut], body[cut:]])) == comparable(whole)
    for event in whole:
        if isinstance(event, Text | Thinking):
            event.text.encode()  # no lone surrogates
            assert event.text


@given(values)
def test_any_value_can_be_sent(value: object) -> None:
    assert msgspec.json.decode(json_bytes(value)) == lenient.wholly(value)


def test_measures_out_of_range_are_not_told() -> None:
    body = b'data: {"timings":{"prompt_ms":1e308,"predicted_ms":-1.5}}\n\n'
    end = b'data: {"choices":[{"finish_reason":"stop"}]}\n\n'
    last = decode(ChatChunkDecoder, [body + end])[-1]
    assert isinstance(last, Finish) and last.timings == Timings(completion=-1_500_000)
