"""What every decoder has to stand: one recorded stream, cut, followed and replaced by all sorts.

Use: `check_decoder(ChatDecoder, body)` for a body that ends well; the functions below one by one
for bodies that do not. `factory` makes a new decoder.
"""

import random
from collections.abc import Callable, Iterable

from rillet.wire.decoder import Decoder
from rillet.words.errors import RilletError, StreamTruncated
from rillet.words.events import Event, Failure, Finish

Factory = Callable[[], Decoder]

GARBAGE = (
    b"\x00\xff\xfe",
    b"<html><title>502 Bad Gateway</title></html>",
    b"\n\n\r\n",
    b"{",
    b"[]\n",
    b"null\n",
    b"5\n",
    b'"text"\n',
    b'{"message": 5}\n',
    b'{"message": {"content": 5}}\n',
    b'{"response": ["x"]}\n',
    b'{"error": {}}\n',
    b'{"error": 5}\n',
    b'{"error": null}\n',
    b'{"choices": 5}\n\n',
    b'data: {"choices": [5]}\n\n',
    b'data: {"choices": [{"delta": 5}]}\n\n',
    b"data: 5\n\n",
    b"data: null\n\n",
    b"data: [[[\n\n",
    b"data: {\n\n",
    b"event: message_stop\n\n",
    b'data: {"type": 5}\n\n',
    b'data: {"error": [1, {"message": {}}]}\n\n',
    b"data: [DONE]\n\n",
    b"[" * 100_000 + b"\n",
    b"data: " + b'{"a":' * 100_000 + b"\n\n",
    b'{"done": true}\n',
    b'{"done": "yes", "eval_count": "many"}\n',
    b'{"eval_count": 1e400, "done": true}\n',
    b'{"total_duration": ' + b"9" * 5000 + b', "done": true}\n',
    b"\xef\xbb\xbf",
)


def decode(
    factory: Factory, pieces: Iterable[bytes], *, eof: bool = True, cause: str = ""
) -> list[Event]:
    """All events of these pieces; checks the laws of the end on the way."""
    decoder = factory()
    events: list[Event] = []
    for piece in pieces:
        was_finished = decoder.finished
        new = decoder.feed(piece)
        assert not (was_finished and new), "events after the end"
        events.extend(new)
        check_end(events, decoder.finished)
    if eof:
        was_finished = decoder.finished
        new = decoder.eof(cause)
        assert not (was_finished and new), "events after the end"
        events.extend(new)
        assert decoder.finished, "eof() did not finish the stream"
        check_end(events, True)
        assert decoder.eof() == [], "a second eof() gave events"
        assert decoder.feed(b'{"response":"x"}\ndata: {}\n\n') == [], (
            "feed() after eof() gave events"
        )
    return events


def check_end(events: list[Event], finished: bool) -> None:
    """`Finish` or `Failure` once, at the end, and exactly if the decoder says so."""
    assert not any(isinstance(event, Finish | Failure) for event in events[:-1])
    assert finished == (bool(events) and isinstance(events[-1], Finish | Failure))


def cuts(body: bytes, seed: int) -> list[bytes]:
    """The body in random pieces, some of them empty."""
    rng = random.Random(seed)
    sizes = rng.choice([(0, 1, 2, 3), (1, 5, 17), (1, 64, 1000), (0, 1, 100, 4096)])
    pieces: list[bytes] = []
    at = 0
    while at < len(body):
        size = rng.choice(sizes)
        pieces.append(body[at : at + size])
        at += size
    return pieces


def comparable(events: list[Event]) -> list[object]:
    """Events as values that can be compared: errors are equal by type and text."""
    return [
        (type(event.error), str(event.error)) if isinstance(event, Failure) else event
        for event in events
    ]


def check_cuts(factory: Factory, body: bytes, *, seeds: int = 20) -> list[Event]:
    """Whole, byte by byte, at random: the same events. Returns them."""
    whole = decode(factory, [body])
    expected = comparable(whole)
    single = [body[i : i + 1] for i in range(len(body))]
    assert comparable(decode(factory, single)) == expected, "byte by byte"
    for seed in range(seeds):
        assert comparable(decode(factory, cuts(body, seed))) == expected, f"cut by seed {seed}"
    return whole


def check_truncations(factory: Factory, body: bytes, *, step: int = 1) -> None:
    """Cut off anywhere: the events are a prefix of the whole, then the end or a failure.

    Holds for bodies that end with `Finish`. A text cut short may only happen in no event at all.
    """
    whole = decode(factory, [body])
    assert isinstance(whole[-1], Finish)
    for end in range(0, len(body), step):
        events = decode(factory, [body[:end]], cause="reset by peer")
        last = events[-1]
        assert events[:-1] == whole[: len(events) - 1], f"cut at byte {end}"
        if isinstance(last, Failure):
            assert isinstance(last.error, RilletError)
            assert "reset by peer" in str(last.error), f"cut at byte {end}: {last.error}"
        else:
            assert last == whole[-1], f"cut at byte {end}"
        last = decode(factory, [body[:end]])[-1]  # as by a server that ends a body by hanging up
        if isinstance(last, Failure):
            assert type(last.error) is StreamTruncated, f"cut at byte {end}: {last.error}"


def check_garbage(factory: Factory, body: bytes) -> None:
    """Garbage before, between and after: nothing is raised, the laws of the end hold."""
    expected = comparable(decode(factory, [body]))
    ended = decode(factory, [body], eof=False)
    for garbage in GARBAGE:
        if ended and isinstance(ended[-1], Finish | Failure):
            assert comparable(decode(factory, [body, garbage])) == expected, "the end is no end"
            assert comparable(decode(factory, [body + garbage])) == expected, "the end is no end"
        check_cuts(factory, garbage, seeds=2) if len(garbage) < 10_000 else decode(
            factory, [garbage]
        )
        half = body[: len(body) // 2]
        decode(factory, [garbage, body])
        decode(factory, [half, garbage, body[len(half) :]])
        decode(factory, [half, b"\n", garbage, b"\n", body[len(half) :]])
    for seed in range(50):
        rng = random.Random(seed)
        hurt = bytearray(body)
        for _ in range(rng.randint(1, 8)):
            hurt[rng.randrange(len(hurt))] = rng.randrange(256)
        decode(factory, cuts(bytes(hurt), seed))


def check_decoder(factory: Factory, body: bytes) -> list[Event]:
    """Everything above, for the body of a stream that ends well. Returns its events."""
    events = check_cuts(factory, body)
    assert isinstance(events[-1], Finish), events[-1]
    check_truncations(factory, body, step=max(1, len(body) // 2000))
    check_garbage(factory, body)
    return events
