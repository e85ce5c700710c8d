"""Whatever the generator says has to be well-formed, and what it claims has to be right."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random

import pytest
from training.corpus import (
    chats,
    jokes,
    json_answers,
    poems,
    refusals,
    smalltalk,
    stories,
    sums,
    words,
)
from training.corpus.mix import MIX, documents
from training.corpus.phrasing import Document, held_out

MAKERS = [maker for _, maker in MIX]


def name(maker: Callable[[Random], Document]) -> str:
    return f"{maker.__module__.rsplit('.', 1)[-1]}.{maker.__name__}"


@pytest.mark.parametrize("maker", MAKERS, ids=name)
def test_documents_are_well_formed(maker: Callable[[Random], Document]) -> None:
    rng = Random(7)
    for _ in range(60):
        document = maker(rng)
        roles = [turn.role for turn in document.turns if turn.role != "system"]
        if document.raw:
            assert roles == ["text"]
        else:
            assert roles == ["user", "assistant"] * (len(roles) // 2) and roles
        for turn in document.turns:
            assert turn.text == turn.text.strip() and turn.text
            if turn.role != "user" and document.kind != "json":
                assert not re.search(r"\[\w+\||\|\w+\]|\{\w+\}|  ", turn.text), turn.text


def test_the_same_seed_gives_the_same_text() -> None:
    assert list(documents(50, 3)) == list(documents(50, 3))
    assert list(documents(50, 3)) != list(documents(50, 4))


def test_every_sum_is_right() -> None:
    rng = Random(1)
    signs: dict[str, Callable[[int, int], int]] = {
        "plus": lambda a, b: a + b,
        "minus": lambda a, b: a - b,
        "times": lambda a, b: a * b,
        "divided by": lambda a, b: a // b,
    }
    signs |= {
        "+": signs["plus"],
        "-": signs["minus"],
        "*": signs["times"],
        "/": signs["divided by"],
    }
    for _ in range(1500):
        text = sums.sum_(rng).turns[1].text
        found = re.search(
            r"(\d+) (plus|minus|times|divided by|[-+*/]) (\d+) (?:is|=) (-?\d+)", text
        )
        assert found, text
        assert signs[found[2]](int(found[1]), int(found[3])) == int(found[4]), text


def test_held_out_subjects_are_in_no_story_joke_or_poem_prompt() -> None:
    rng = Random(2)
    makers = (*stories.MAKERS[:-1], jokes.generic, jokes.topical, *poems.MAKERS)
    hidden = re.compile(r"\b(" + "|".join(words.HELD_OUT) + r")s?\b", re.I)
    for maker in makers:
        for _ in range(150):
            assert not hidden.search(maker(rng).turns[0].text.lower())


def test_held_out_sums_are_not_asked() -> None:
    rng = Random(5)
    asked = {sums.sum_(rng).turns[0].text for _ in range(3000)}
    hidden = [
        f"{a}+{b}" for a in range(21) for b in range(21) if held_out("sum", f"{a}+{b}", share=15)
    ]
    assert hidden
    assert not asked & set(hidden)


def test_stories_name_the_subject_more_than_once_and_end() -> None:
    rng = Random(6)
    for _ in range(200):
        text = stories.hero_story(rng, "zlorbit")
        assert text.count("zlorbit") >= 2
        assert text[-1] in '."'
        assert len(text.split()) > 110


def test_names_come_back_in_conversations() -> None:
    rng = Random(8)
    told = 0
    for _ in range(300):
        document = chats.remembers(rng)
        answers = " ".join(turn.text for turn in document.turns if turn.role == "assistant")
        match = re.match(r"(?:my name is|My name is) (\w+)[.!]?$", document.turns[0].text)
        if match:
            told += 1
            assert answers.lower().count(match[1].lower()) >= 2
    assert told > 10


def test_json_answers_are_objects() -> None:
    rng = Random(9)
    for maker in json_answers.MAKERS:
        for _ in range(200):
            assert isinstance(json.loads(maker(rng).turns[1].text), dict)


def test_refusals_are_honest() -> None:
    rng = Random(10)
    for _ in range(200):
        assert "small" in refusals.unknown(rng).turns[1].text


def test_no_subject_is_a_held_out_one() -> None:
    rng = Random(11)
    for _ in range(3000):
        word = words.subject(rng, words.ANIMALS + words.BEINGS + words.THINGS, made_up=0.3)
        assert word and not set(word.split()) & set(words.HELD_OUT)


def test_names_are_many_and_capital() -> None:
    rng = Random(12)
    names = {words.any_name(rng) for _ in range(2000)}
    assert len(names) > 1000
    assert all(name[0].isupper() for name in names)


def test_what_is_to_be_repeated_stands_apart() -> None:
    rng = Random(13)
    for _ in range(300):
        asked, said = (turn.text.lower() for turn in smalltalk.echo(rng).turns)
        assert asked.endswith(" " + said.rstrip("."))
