"""Ways to cut a text into pieces, for machines whose output must not depend on them."""

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import strategies as st


def every_cut(text: str) -> Iterator[list[str]]:
    """In two at each position, and into single characters."""
    for at in range(len(text) + 1):
        yield [text[:at], text[at:]]
    yield list(text)


def cut(text: str, at: list[int]) -> list[str]:
    """``text`` cut at the positions in ``at``, which are taken modulo its length."""
    ends = sorted({position % (len(text) + 1) for position in at} | {0, len(text)})
    return [text[a:b] for a, b in pairwise(ends)]


positions = st.lists(st.integers(0, 400), max_size=12)
