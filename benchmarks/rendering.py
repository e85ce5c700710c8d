"""What the live Markdown of a talk costs the processor.

    python benchmarks/rendering.py [--tokens 20000]

An answer of that many tokens goes through the pen of a talk to a pseudo-terminal that somebody
reads, as fast as it can; and for ten seconds at 100 tokens a second. Goals: at 100 tokens a second
at most 5 % of a core, and the second half of a long answer costs what the first did, also where
the answer is a single paragraph or a single block of code. All times are those of the processor,
so other work on the machine does not count.
"""

import argparse
import os
import pty
import random
import time
from collections.abc import Iterator

from rillet.cli.chat.markdown import MarkdownPen
from rillet.cli.screen import Screen

WORDS = "a stream of tokens that is read as it comes and shown while it grows longer by words"
RATE = 100  # tokens a second
SECONDS = 10


def answer(tokens: int, shape: str = "mixed") -> list[str]:
    """Markdown in pieces of a few characters, the same each time. For `shape` see `SHAPES`."""
    chance = random.Random(7)
    pieces: list[str] = []
    for block in SHAPES[shape](chance):
        at = 0
        while at < len(block):
            size = chance.randint(2, 6)
            pieces.append(block[at : at + size])
            at += size
        if len(pieces) >= tokens:
            break
    return pieces[:tokens]


def blocks(chance: random.Random) -> Iterator[str]:
    words = WORDS.split()

    def some(least: int, most: int) -> str:
        return " ".join(chance.choice(words) for _ in range(chance.randint(least, most)))

    while True:
        yield f"## {some(2, 5)}\n\n"
        for _ in range(3):
            yield f"{some(20, 60)} **{some(1, 3)}** and `{some(1, 2)}`, {some(20, 60)}.\n\n"
        yield "".join(f"- {some(3, 12)}\n" for _ in range(6)) + "\n"
        yield "".join(f"{n}. {some(3, 12)} *{some(1, 2)}*\n" for n in range(1, 6)) + "\n"
        code = "".join(f"    x{n} = call({n}, '{some(1, 3)}')\n" for n in range(12))
        yield f"```python\ndef f():\n{code}```\n\n"
        yield "| a | b |\n|---|---|\n" + "".join(f"| {some(1, 3)} | {n} |\n" for n in range(5))
        yield "\n"


def one_line(chance: random.Random) -> Iterator[str]:
    """A paragraph without an end."""
    while True:
        yield chance.choice(WORDS.split()) + " "


def one_code(chance: random.Random) -> Iterator[str]:
    """A fenced code without an end."""
    yield "```python\n"
    while True:
        yield f"    {chance.choice(WORDS.split())} = call(1, 'two')\n"


SHAPES = {"mixed": blocks, "one line": one_line, "one code": one_code}


def first_and_second(pieces: list[str], out: Screen) -> tuple[float, float]:
    """Seconds of the processor for each half."""
    pen = MarkdownPen(out)
    times = [time.process_time()]
    for half in (pieces[: len(pieces) // 2], pieces[len(pieces) // 2 :]):
        for piece in half:
            pen.write(piece)
        times.append(time.process_time())
    pen.end()
    return times[1] - times[0], times[2] - times[1]


def paced(pieces: list[str], out: Screen) -> float:
    """The part of a core that it takes at `RATE` tokens a second."""
    pen = MarkdownPen(out)
    begun, used = time.monotonic(), time.process_time()
    for number, piece in enumerate(pieces):
        time.sleep(max(0.0, begun + number / RATE - time.monotonic()))
        pen.write(piece)
    pen.end()
    return (time.process_time() - used) / (len(pieces) / RATE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=20_000)
    tokens = parser.parse_args().tokens
    reader = pty.openpty()
    if os.fork() == 0:  # who reads is a process of its own: its time is not counted
        os.close(reader[1])
        drain(reader[0])
    os.close(reader[0])
    out = Screen(reader[1])
    first_and_second(answer(2000), out)  # what is imported and cached once
    for shape in SHAPES:
        pieces = answer(tokens, shape)
        first, second = first_and_second(pieces, out)
        half = len(pieces) // 2
        print(f"{shape:9} {len(pieces)} tokens: ", end="")
        print(f"first half {1e6 * first / half:.0f} us a token, ", end="")
        print(f"second half {1e6 * second / half:.0f} us a token, ratio {second / first:.2f}")
    part = paced(answer(RATE * SECONDS), out)
    print(f"{RATE} tokens a second: {part:.1%} of a core")


def drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 65536):
            pass
    except OSError:
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
