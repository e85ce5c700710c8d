"""What makes an answer good: one small judge for each kind of prompt.

A check gets the text and its number of tokens and returns what is wrong, or nothing. Strict in
its way: a subject misspelt by one letter counts as not named, and a joke has to end in a punch
line that belongs to some joke.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from training.corpus import jokes

Check = Callable[[str, int], str]


def looped(text: str) -> bool:
    """A sentence three times, or eight words that come back twice more."""
    sentences = [s for s in re.split(r"[.!?\n]+\s*", text.lower()) if len(s) > 12]
    if sentences and Counter(sentences).most_common(1)[0][1] >= 3:
        return True
    found = re.findall(r"\w+", text.lower())
    runs = Counter(tuple(found[i : i + 8]) for i in range(len(found) - 7))
    return bool(runs) and runs.most_common(1)[0][1] >= 3


def naming(*subjects: str) -> Check:
    """Any one of the words (as a part of a word) has to be there."""

    def check(text: str, tokens: int) -> str:
        return "" if any(s.lower() in text.lower() for s in subjects) else "subject not named"

    return check


_BEGIN = re.compile(
    r"once|long ago|there (was|lived)|many years ago|this is the story|not long ago|lived", re.I
)
_FINISH = re.compile(
    r"the end|ever after|from that day|from then on|so (the\b|\w+ the\b|\w+ and\b)|that night"
    r"|never forgot"
    r"|will tell you|still there today|learned|tells this story",
    re.I,
)


def story(*subjects: str) -> Check:
    def check(text: str, tokens: int) -> str:
        if tokens < 120:
            return "story too short"
        if subjects and (found := naming(*subjects)(text, tokens)):
            return found
        if subjects and sum(text.lower().count(s.lower()) for s in subjects) < 2:
            return "subject named only once"
        if not _BEGIN.search(text[:120]):
            return "no beginning"
        return "" if _FINISH.search(text[-260:]) and text.rstrip()[-1] in '.!"?' else "no end"

    return check


_PUNCHLINES = [
    re.sub(r"\W+", " ", p.split("{")[0]).lower().strip()[:18]
    for pairs in jokes.TOPICAL.values()
    for _, p in pairs
]
_PUNCHLINES += [re.sub(r"\W+", " ", p.split("{")[0]).lower().strip()[:18] for _, p in jokes.GENERIC]


def joke(*subjects: str) -> Check:
    """A set-up with a question or a scene, then a punch line that belongs to some joke."""

    def check(text: str, tokens: int) -> str:
        if subjects and (found := naming(*subjects)(text, tokens)):
            return found
        plain = re.sub(r"\W+", " ", text).lower()
        if tokens < 8 or not re.search(r"[?.]\s+\S", text):
            return "no set-up and punch line"
        return "" if any(p and p in plain for p in _PUNCHLINES) else "unknown punch line"

    return check


def matching(pattern: str) -> Check:
    found = re.compile(pattern, re.I)
    return lambda text, tokens: "" if found.search(text) else f"no /{pattern}/"


def number(value: int) -> Check:
    """The result is there, and every equation in the text is right."""

    def check(text: str, tokens: int) -> str:
        return "" if str(value) in re.findall(r"-?\d+", text) and not _wrong(text) else "wrong sum"

    return check


def _wrong(text: str) -> bool:
    signs = {"plus": "+", "minus": "-", "times": "*"}
    for a, sign, b, result in re.findall(
        r"(\d+) (plus|minus|times|\+|-|\*) (\d+) (?:is|=) (-?\d+)", text
    ):
        x, y, op = int(a), int(b), signs.get(sign, sign)
        if {"+": x + y, "-": x - y, "*": x * y}[op] != int(result):
            return True
    return False


HONEST = re.compile(
    r"very small|small model|beyond me|do not know|cannot help|only speak|only know"
    r"|too much for me|too big for me"
    r"|only be guessing|did not understand|cannot write|not sure what you mean|sense of that"
    r"|too small|larger model|cannot look"
    r"|to pass on|know nothing|cannot do that|I am rillet|I'm rillet|am a program"
    r"|what I know|cannot work that out",
    re.I,
)


def honest(text: str, tokens: int) -> str:
    """The honest answer, or one that claims nothing."""
    return "" if HONEST.search(text) else "not honest"


SKY = matching(r"scatter|blue light,? .*in all directions")
GRASS = matching(r"chlorophyll")
WHO = matching(r"rillet")
HELLO = matching(r"hello|hi|good|see you")
COUNT = matching(
    r"1, 2, 3, 4, 5, 6, 7, 8, 9, 10\.?$"
    r"|one, two, three, four, five, six, seven, eight, nine, ten\.?$"
)
WELCOME = matching(r"welcome|pleasure|gladly|any time")
PY = story("python")


def judge(text: str, ended: bool, tokens: int, check: Check) -> str:
    if not ended:
        return "does not end"
    if looped(text):
        return "loop"
    return check(text, tokens)
