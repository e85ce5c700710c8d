"""How much of each kind: the weights are documents, not tokens (a story is ten jokes long)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from training.corpus import (
    chats,
    facts,
    identity,
    jokes,
    json_answers,
    lists,
    poems,
    refusals,
    smalltalk,
    stories,
    sums,
)
from training.corpus.phrasing import Document

MIX: tuple[tuple[float, Callable[[Random], Document]], ...] = (
    (6, stories.about_hero), (1.8, stories.about_name), (3, stories.about_thing), (1.5, stories.about_idea),
    (0.9, stories.about_language), (1.3, stories.about_python), (1.3, stories.free), (0.7, stories.raw),
    (5.5, jokes.plain), (4.5, jokes.topical), (5.5, jokes.generic), (1.2, jokes.idea), (1, jokes.named),
    (13, facts.explained), (8, facts.table),
    (16, sums.sum_), (3.5, sums.story_sum), (2, sums.too_big), (0.5, sums.compare),
    (1.5, lists.count), (1.5, lists.fixed), (1.5, lists.some), (0.7, lists.after),
    (2.5, poems.poem), (1, poems.short), (0.7, poems.free),
    (5, identity.about), (6, smalltalk.talk), (1, smalltalk.likes),
    (13, refusals.unknown), (2.5, refusals.foreign), (0.7, refusals.gibberish), (0.8, refusals.statement),
    (5, chats.remembers), (0.7, chats.not_told), (1.2, chats.more), (0.7, chats.after_story), (1.5, chats.mixed), (0.25, chats.long), (2.5, chats.instructed),
    (2.2, json_answers.asked), (2.2, json_answers.forced),
)


def documents(count: int, seed: int) -> Iterator[Document]:
    """``count`` documents; the same seed gives the same text."""
    rng = Random(seed)
    weights, makers = [w for w, _ in MIX], [m for _, m in MIX]
    for _ in range(count):
        yield rng.choices(makers, weights)[0](rng)
