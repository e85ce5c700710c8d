"""Random and near-miss bytes through every decoder: nothing is raised, the laws of the end hold.

    python -m tests.wire.fuzz --count 10_000_000 --seed 1     # hours on one core; --jobs for more
    python -m tests.wire.fuzz --count 20_000                  # what the tests run, about

An input is a recorded stream, hurt: bytes changed, lost, doubled or swapped for words of the
protocols, cut into pieces; or bytes of no origin at all. A fault is printed with the seed and the
number that make it again: `--seed S --first N --count 1`.
"""

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from rillet.wire import llamacpp, ollama, openai
from rillet.wire.anthropic_decoder import MessagesDecoder
from rillet.wire.decoder import Decoder
from rillet.words.events import Event, Failure, Finish, Text, Thinking, ToolCall

STREAMS = Path(__file__).parents[1] / "data" / "streams"
LIMIT = 1 << 16  # bytes of a line: small, so that the limit is met too

DECODERS: dict[str, Callable[[], Decoder]] = {
    "generate": partial(ollama.GenerateDecoder, LIMIT),
    "chat": partial(ollama.ChatDecoder, LIMIT),
    "progress": partial(ollama.ProgressDecoder, LIMIT),
    "openai chat": partial(openai.ChatChunkDecoder, limit=LIMIT),
    "openai completions": partial(openai.CompletionChunkDecoder, limit=LIMIT),
    "openai lax": partial(openai.ChatChunkDecoder, finish_reason_required=False, limit=LIMIT),
    "llama.cpp completion": partial(llamacpp.CompletionDecoder, limit=LIMIT),
    "llama.cpp chat": partial(llamacpp.ChatDecoder, limit=LIMIT),
    "anthropic": partial(MessagesDecoder, limit=LIMIT),
}
WORDS = (
    b"\n", b"\r\n", b"\r", b"\n\n", b"data: ", b"data:", b": ", b"event: error\n", b"event: ping\n",
    b"id: 1\n", b"retry: 5\n", b"[DONE]", b"data: [DONE]\n\n", b"{", b"}", b"[", b"]", b'"', b"\\",
    b"\\u", b"\\ud83d", b"\\ude00", b"null", b"true", b"false", b"NaN", b"-Infinity", b"1e999",
    b"9" * 25, b"\xef\xbb\xbf", b"\xc2\x85", b"\xe2\x80\xa8", b"\xf0\x9f", b"\xff", b"\x00",
    b"\x1c", b"-0",
    b'"error":', b'"error":{"message":"x"}', b'"done":true', b'"done":null', b'"message":5',
    b'"choices":[]', b'"choices":[{}]', b'"delta":null', b'"tool_calls":[{"index":0,"function":',
    b'{"arguments":"{"}', b'"finish_reason":"stop"', b'"usage":{}', b'"stop":true', b'"index":-1',
    b'"content":["x"]', b'"logprobs":{"content":[{}]}', b"<html><title>x</title>", b"[[[[[[",
)  # fmt: skip


def sources() -> list[bytes]:
    files = sorted(path for path in STREAMS.rglob("*") if path.suffix in (".ndjson", ".sse"))
    return [path.read_bytes()[:4096] for path in files]


def made(rng: random.Random, bodies: list[bytes]) -> bytes:
    """One input."""
    kind = rng.random()
    if kind < 0.05:
        return rng.randbytes(rng.randrange(200))
    if kind < 0.25:
        return b"".join(rng.choices(WORDS, k=rng.randrange(1, 30)))
    body = bytearray(rng.choice(bodies))
    start = rng.randrange(len(body)) if rng.random() < 0.3 else 0
    body = body[start : start + rng.randrange(1, 1500)]
    for _ in range(rng.randrange(1, 6)):
        _hurt(rng, body)
    return bytes(body)


def _hurt(rng: random.Random, body: bytearray) -> None:
    at = rng.randrange(len(body) + 1)
    end = at + rng.randrange(12)
    match rng.randrange(5):
        case 0:
            body[at:end] = b""
        case 1:
            body[at:at] = rng.choice(WORDS)
        case 2:
            body[at:end] = rng.choice(WORDS)
        case 3:
            body[at:at] = body[at:end]
        case _ if at < len(body):
            body[at] = rng.randrange(256)


def pieces(rng: random.Random, body: bytes) -> Iterable[bytes]:
    size = rng.choice((1, 3, 17, 200, len(body) or 1))
    return (body[at : at + size] for at in range(0, len(body), size))


def check(decoder: Decoder, parts: Iterable[bytes]) -> None:
    """Feed it all; raise AssertionError where a law does not hold."""
    events: list[Event] = []
    for part in parts:
        events += decoder.feed(part)
        assert isinstance(decoder.growing, bool)
    was_finished = decoder.finished
    last = decoder.eof("cut")
    assert not (was_finished and last), "events after the end"
    events += last
    assert decoder.finished and decoder.eof() == [] and decoder.feed(b"{}\n\n") == []
    assert isinstance(events[-1], Finish | Failure), "no end"
    assert not any(isinstance(event, Finish | Failure) for event in events[:-1]), "two ends"
    for event in events:
        if isinstance(event, Text | Thinking):
            event.text.encode()  # no lone surrogates
        elif isinstance(event, ToolCall):
            assert isinstance(event.arguments, dict)
        elif isinstance(event, Failure):
            str(event.error).encode()


def run(seed: int, first: int, count: int) -> int:
    """Returns how many inputs broke a law; tells each."""
    bodies = sources()
    faults = 0
    for number in range(first, first + count):
        rng = random.Random(f"{seed}/{number}")
        body = made(rng, bodies)
        name = rng.choice(tuple(DECODERS))
        try:
            check(DECODERS[name](), pieces(rng, body))
        except Exception:
            faults += 1
            print(f"--seed {seed} --first {number} --count 1: {name}, {body!r}")
            traceback.print_exc()
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    share = -(-asked.count // asked.jobs)
    if asked.jobs == 1:
        faults = run(asked.seed, asked.first, asked.count)
    else:
        starts = range(asked.first, asked.first + asked.count, share)
        with ProcessPoolExecutor(asked.jobs) as pool:
            faults = sum(pool.map(partial(_share, asked.seed, share), starts))
    took = time.monotonic() - began
    print(f"{asked.count} inputs, {faults} faults, {asked.count / took:.0f} a second")
    return 1 if faults else 0


def _share(seed: int, count: int, first: int) -> int:
    return run(seed, first, count)


if __name__ == "__main__":
    sys.exit(main())
