"""Templates and prompts: how one sentence becomes thousands.

``expand`` reads a tiny template language: ``[a|b|]`` picks one alternative (nesting is
allowed), ``{slot}`` takes a value from the context or a random word of that slot,
``{Slot}`` the same with a capital; ``{a:slot}`` and ``{A:slot}`` put "a" or "an" in front.
``ask`` wraps a bare request the way people type: politeness, case, missing marks, typos.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from training.corpus import words

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{([aA]:)?(\w+)\}")


@dataclass(frozen=True)
class Turn:
    """One message. ``free`` answers are not taught from their first token (see json.py)."""

    role: str
    text: str
    free: bool = False


@dataclass(frozen=True)
class Document:
    """A conversation; ``raw`` text has one turn and no chat marks around it."""

    kind: str
    turns: tuple[Turn, ...]
    raw: bool = False


def chat(kind: str, *texts: str) -> Document:
    """A document from alternating user and assistant texts."""
    roles = ("user", "assistant")
    return Document(kind, tuple(Turn(roles[i % 2], text) for i, text in enumerate(texts)))


def held_out(*parts: object, share: int = 25) -> bool:
    """True for about one in ``share`` slot combinations: they are kept for the evaluation."""
    return zlib.crc32("|".join(map(str, parts)).encode()) % share == 0


def article(words: str) -> str:
    first = words.split()[0].lower() if words else ""
    vowel = first[:1] in "aeiou" and not first.startswith(("uni", "eu", "one", "use", "uk"))
    return f"an {words}" if vowel or first in ("hour", "honest", "heir") else f"a {words}"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def expand(
    rng: Random,
    template: str,
    context: Mapping[str, str] | None = None,
    slots: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Fill a template; an unknown slot raises ``KeyError`` with its name."""
    context, slots = context or {}, slots or {}

    def choose(match: re.Match[str]) -> str:
        options: list[str] = match[1].split("|")
        return rng.choice(options)

    def fill(match: re.Match[str]) -> str:
        name = match[2]
        value = context.get(name) or context.get(name[:1].lower() + name[1:])
        if value is None:
            value = rng.choice(slots[name[:1].lower() + name[1:]])
        if match[1]:
            value = article(value)
        return capital(value) if name[:1].isupper() or match[1] == "A:" else value

    while _CHOICE.search(template):
        template = _CHOICE.sub(choose, template)
    while _SLOT.search(template):
        template = _SLOT.sub(fill, template)
        while _CHOICE.search(template):
            template = _CHOICE.sub(choose, template)
    return re.sub(r"  +", " ", template).strip()


_BEFORE_QUESTION = (
    "[please |can you tell me |could you tell me |tell me |hey, |hi, |hi! |hello, |ok, |so |do you know "
    "|i want to know |i wonder |explain |explain to me |quick question: |question: |now, |and |well, |so tell me: |just wondering: |i was asked: |my question is: |another question: |next question: |one more question: |listen, |dear rillet, |riddle me this: |help me out: |in short: |briefly: "
    "|my son asks: |my daughter wants to know |please tell me |can you explain |please explain |rillet, ]"
)
_BEFORE_ORDER = (
    "[please |can you |could you |can you please |could you please |would you |i want you to |hey, "
    "|hi, |hello, |hello! |ok, |now |ok now |i would like you to |go ahead and |pls |please, |rillet, |will you |again: |next: |another one: |and now: |task: |here is my wish: |i want this: |listen, |dear rillet, |good morning, |be so kind and |my daughter wants this: |for my son: |just |quickly |be nice and |do me a favour and |let's see, |let us try this: |i have a wish: |it would be nice if you |kindly |can u |could u ]"
)
_AFTER = "[ please| for me| now| thanks| pls| please and thank you| :)| thx| if you can| today| ok| right now| again| quickly| !| my friend]"


def typo(rng: Random, text: str) -> str:
    """Swap, drop or double one letter inside a word."""
    spots = [i for i in range(1, len(text) - 1) if text[i].isalpha() and text[i + 1].isalpha()]
    if not spots:
        return text
    i = rng.choice(spots)
    match rng.randrange(3):
        case 0:
            return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
        case 1:
            return text[:i] + text[i + 1 :]
        case _:
            return text[: i + 1] + text[i:]


def _case(rng: Random, text: str, keep: str) -> str:
    draw = rng.random()
    if draw < 0.44:
        return capital(text)
    if draw < 0.79:
        return text
    if draw < 0.87:
        return text.lower()
    # To spell a word in small letters it has to be known: no capitals for invented ones.
    if draw < 0.96 and all(word in words.KNOWN for word in keep.split()):
        return text.upper()
    return text.title()


def ask(rng: Random, core: str, question: bool = False, keep: str = "") -> str:
    """A prompt around ``core`` ("why is the sky blue", "tell me a joke").

    ``keep`` is a word whose letters stay untouched, because the answer copies it.
    """
    text = core
    if rng.random() < 0.3:
        before = expand(rng, _BEFORE_QUESTION if question else _BEFORE_ORDER)
        text = f"{before} {text}"
    if rng.random() < 0.1:
        text += " " + expand(rng, _AFTER)
    marks = (
        ("?", "?", "?", "", "", "??", " ?", ".")
        if question
        else ("", "", ".", ".", "!", "?", "?", "...")
    )
    text += rng.choice(marks)
    for chance in (0.11, 0.03):
        if rng.random() < chance:
            # Only what stands before the kept word may be mistyped.
            at = text.find(keep) if keep else len(text)
            text = typo(rng, text[:at]) + text[at:] if at > 0 else text
    if keep and any(c.isupper() for c in keep):
        return capital(text) if rng.random() < 0.6 else text
    return _case(rng, text, keep)
