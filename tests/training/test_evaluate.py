"""The judge itself: each check has to let good answers through and stop bad ones."""

from __future__ import annotations

from random import Random

import pytest
from training.checks import honest, joke, judge, looped, naming, number, story
from training.corpus import jokes, refusals, stories, words
from training.prompts import CASES, FIRST, STRANGER
from training.unseen import OTHER_FIELDS


def test_good_stories_pass_and_cut_ones_fail() -> None:
    rng = Random(1)
    for _ in range(300):
        text = stories.hero_story(rng, "dragon")
        assert judge(text, True, 250, story("dragon")) == ""
        assert judge(text[: len(text) // 2], True, 250, story("dragon")) != ""


def test_a_story_without_its_subject_fails() -> None:
    text = stories.hero_story(Random(2), "dragon")
    assert judge(text, True, 250, story("lighthouse")) == "subject not named"
    assert judge(text, True, 80, story("dragon")) == "story too short"
    assert judge(text, False, 250, story("dragon")) == "does not end"


def test_jokes() -> None:
    rng = Random(3)
    for _ in range(300):
        assert judge(jokes.any_joke(rng), True, 20, joke()) == ""
    assert judge("Why? Because it is so.", True, 20, joke()) == "unknown punch line"


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("3 plus 4 is 7.", ""),
        ("3 + 4 = 7", ""),
        ("3 plus 4 is 8.", "wrong sum"),
        ("7. 3 plus 5 is 7.", "wrong sum"),
    ],
)
def test_sums(text: str, trouble: str) -> None:
    assert number(7)(text, 5) == trouble


def test_loops_are_seen() -> None:
    assert looped("The cat went home again. " * 3)
    assert not looped("The cat went home. The dog went to bed. The owl sang.")


def test_honest_answers() -> None:
    rng = Random(4)
    for _ in range(200):
        assert honest(refusals.unknown(rng).turns[1].text, 30) == ""
    assert honest("The French Revolution began in 1789.", 30) != ""
    assert naming("cat")("a kitten", 3) != ""


def test_the_lists_are_as_large_as_promised() -> None:
    assert len({prompt for prompt, _ in CASES}) == len(CASES) >= 43
    assert len({prompt for prompt, _ in (*FIRST, *STRANGER)}) == len(FIRST) + len(STRANGER) >= 100
    assert len(set(OTHER_FIELDS)) >= 200
    assert len(words.HELD_OUT) >= 25
