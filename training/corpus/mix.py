"""How much of each kind: the weights are documents, not tokens (a story is ten jokes long)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random

from training.corpus import (
    chats,
    facts,
    first,
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
    (6, stories.about_hero),
    (2.2, stories.about_name),
    (3, stories.about_thing),
    (2.6, stories.about_idea),
    (1.6, stories.about_unique),
    (0.6, stories.about_language),
    (1.7, stories.about_python),
    (0.8, stories.free),
    (0.4, stories.raw),
    (8, jokes.plain),
    (8, jokes.topical),
    (14, jokes.generic),
    (1.5, jokes.idea),
    (1.5, jokes.named),
    (16, facts.explained),
    (9, facts.table),
    (19, sums.sum_),
    (5, sums.several),
    (0.7, sums.times_table),
    (4, sums.story_sum),
    (3.5, sums.too_big),
    (0.5, sums.compare),
    (1.5, lists.count),
    (3, first.count),
    (9, first.popular),
    (6, first.daily),
    (3, first.wish),
    (2, first.follow),
    (3, first.echo),
    (2, lists.fixed),
    (1.5, lists.some),
    (0.7, lists.after),
    (8, poems.poem),
    (3, poems.short),
    (0.7, poems.free),
    (7, identity.about),
    (11, smalltalk.talk),
    (1.5, smalltalk.likes),
    (8, smalltalk.echo),
    (31, refusals.unknown),
    (2.5, refusals.foreign),
    (0.7, refusals.gibberish),
    (0.8, refusals.statement),
    (11, chats.remembers),
    (0.7, chats.not_told),
    (1.2, chats.more),
    (0.5, chats.after_story),
    (1.2, chats.mixed),
    (0.15, chats.long),
    (2.5, chats.instructed),
    (2.2, json_answers.asked),
    (2.2, json_answers.forced),
)

# The second part of training has more of what has to be known by heart.
SECOND: dict[Callable[[Random], Document], float] = {
    stories.about_python: 2.4,
    facts.explained: 19,
    facts.table: 12,
    first.popular: 11,
    first.daily: 8,
    sums.sum_: 29,
    sums.several: 7,
    lists.count: 2,
    lists.fixed: 2.5,
    identity.about: 9,
    refusals.unknown: 33,
    jokes.generic: 12,
    smalltalk.echo: 6,
}

# A short last part has a little more of what was still weak, and all of the rest.
THIRD: dict[Callable[[Random], Document], float] = {
    **SECOND,
    first.popular: 13,
    first.count: 4,
    lists.some: 2.5,
    facts.table: 13,
    smalltalk.talk: 13,
    identity.about: 11,
    stories.about_idea: 3.2,
    stories.about_unique: 2.2,
    stories.about_python: 3,
    refusals.unknown: 36,
    json_answers.forced: 3.5,
}


def documents(
    count: int, seed: int, shares: Mapping[Callable[[Random], Document], float] | None = None
) -> Iterator[Document]:
    """``count`` documents, some makers with other ``shares``; the same seed, the same text."""
    rng = Random(seed)
    makers = [m for _, m in MIX]
    weights = [(shares or {}).get(m, w) for w, m in MIX]
    for _ in range(count):
        yield rng.choices(makers, weights)[0](rng)
