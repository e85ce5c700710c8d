"""`growing`: content that no event tells of yet counts for the clocks, noise never does."""

import json
from collections.abc import Callable

import pytest

from rillet.wire import llamacpp, ollama, openai
from rillet.wire.anthropic_decoder import MessagesDecoder
from rillet.wire.decoder import Decoder

from .dialects import sse

NDJSON = (ollama.GenerateDecoder, ollama.ChatDecoder, ollama.ProgressDecoder)
SSE = (
    openai.ChatChunkDecoder,
    openai.CompletionChunkDecoder,
    llamacpp.CompletionDecoder,
    llamacpp.ChatDecoder,
    MessagesDecoder,
)
NOISE = (b"\n", b"\r\n", b" ", b"\n\n\n", b": ping\n\n", b":\n\n", b"event: ping\ndata: {}\n\n")

Factory = Callable[[], Decoder]


@pytest.mark.parametrize("factory", [*NDJSON, *SSE])
@pytest.mark.parametrize("noise", NOISE)
def test_noise_is_no_growth(factory: Factory, noise: bytes) -> None:
    decoder = factory()
    for _ in range(3):
        assert decoder.feed(noise) == []
        assert not decoder.growing
    for byte in noise:
        decoder.feed(bytes([byte]))
        assert not decoder.growing


@pytest.mark.parametrize("factory", NDJSON)
def test_a_long_line_grows(factory: Factory) -> None:
    decoder = factory()
    for piece in (b'{"resp', b'onse":"a', b"b"):
        decoder.feed(piece)
        assert decoder.growing
    decoder.feed(b'"}\n ')
    assert not decoder.growing


@pytest.mark.parametrize("factory", SSE)
def test_a_long_record_grows(factory: Factory) -> None:
    decoder = factory()
    for piece in (b"data: {", b'"choices', b'":'):
        decoder.feed(piece)
        assert decoder.growing
    decoder.feed(b" ")
    assert not decoder.growing


@pytest.mark.parametrize("factory", [ollama.GenerateDecoder, ollama.ChatDecoder])
def test_empty_records_are_no_growth(factory: Factory) -> None:
    decoder = factory()
    said = {"message": {"content": ""}, "response": "", "done": False}
    decoder.feed(json.dumps(said).encode() + b"\n")
    assert not decoder.growing


def delta(**said: object) -> bytes:
    return sse({"choices": [{"index": 0, "delta": said}]})


def arguments(text: str) -> bytes:
    return delta(tool_calls=[{"index": 0, "function": {"arguments": text}}])


@pytest.mark.parametrize("factory", [openai.ChatChunkDecoder, llamacpp.ChatDecoder])
def test_arguments_of_a_tool_grow(factory: Factory) -> None:
    decoder = factory()
    decoder.feed(delta(tool_calls=[{"index": 0, "id": "c", "function": {"name": "f"}}]))
    assert decoder.growing
    for piece in ("{", '"a": ', "1}"):
        assert decoder.feed(arguments(piece)) == []
        assert decoder.growing
    for empty in (delta(content=""), delta(), delta(tool_calls=[])):
        assert decoder.feed(empty) == []
        assert not decoder.growing


def test_anthropic_arguments_grow() -> None:
    decoder = MessagesDecoder()
    block = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
    decoder.feed(sse({"type": "content_block_start", "index": 0, "content_block": block}))
    piece = {"type": "input_json_delta", "partial_json": '{"a":'}
    assert decoder.feed(sse({"type": "content_block_delta", "index": 0, "delta": piece})) == []
    assert decoder.growing
    decoder.feed(sse({"type": "ping"}))
    assert not decoder.growing


def test_half_a_character_grows() -> None:
    decoder = openai.ChatChunkDecoder()
    half = b'data: {"choices":[{"index":0,"delta":{"content":"\\ud83d"}}]}\n\n'
    assert decoder.feed(half) == []
    assert decoder.growing
    line = b'{"message":{"content":"\\ud83d"},"done":false}\n'
    other = ollama.ChatDecoder()
    assert other.feed(line) == []
    assert other.growing
