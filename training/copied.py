"""Which tokens of an answer are words that the user said: a subject, a name.

They count more in the loss, because copying is what a small model learns last, and what makes an
answer one to the question.
"""

from __future__ import annotations

import re

COPIED_WEIGHT = 3.0
# Words that stand in questions and answers alike without being copied.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "the and for you your what who how why are was can does did has have with from about that "
        "this tell write story joke poem name please know make give say not one there his her she "
        "him they its will would little short nice good funny think called like",
    )
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_WORD_OR_NUMBER = re.compile(r"[^\W\d_]{3,}|[0-9]+")


def said_words(text: str) -> set[str]:
    """What an answer may take over from ``text``, in small letters."""
    return {word.lower() for word in _WORD.findall(text)} - _COMMON


def copied_weights(
    text: str, said: set[str], offsets: list[tuple[int, int]], numbers: bool = False
) -> list[float]:
    """A weight for each token: more for those inside a word that is in ``said``.

    With ``numbers`` for each number as well: in the answer to a sum little else matters.
    """
    pattern = _WORD_OR_NUMBER if numbers else _WORD
    spans = [m.span() for m in pattern.finditer(text) if m[0].lower() in said or m[0].isdigit()]
    weights, at = [1.0] * len(offsets), 0
    for begin, end in spans:
        while at < len(offsets) and offsets[at][1] <= begin:
            at += 1
        while at < len(offsets) and offsets[at][0] < end:
            weights[at] = COPIED_WEIGHT
            at += 1
    return weights
