from __future__ import annotations

from random import Random

import pytest
from training.corpus.phrasing import article, ask, expand, held_out, typo


def test_nested_choices_leave_no_brackets() -> None:
    rng = Random(1)
    seen = {expand(rng, "[a|b [c|d]]") for _ in range(200)}
    assert seen == {"a", "b c", "b d"}


def test_slots_take_context_first_and_keep_capitals_and_articles() -> None:
    text = expand(
        Random(1), "{A:x} met {n}. {X} had {a:thing}.", {"x": "owl", "n": "Mia"}, {"thing": ["egg"]}
    )
    assert text == "An owl met Mia. Owl had an egg."


def test_unknown_slot_is_an_error() -> None:
    with pytest.raises(KeyError):
        expand(Random(1), "{nobody}")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("unicorn", "a unicorn"), ("hour", "an hour"), ("old man", "an old man"), ("cat", "a cat")],
)
def test_article(words: str, wanted: str) -> None:
    assert article(words) == wanted


def test_held_out_is_stable_and_rare() -> None:
    out = [n for n in range(5000) if held_out("story", n)]
    assert out == [n for n in range(5000) if held_out("story", n)]
    assert 100 < len(out) < 320


def test_a_kept_word_survives_every_prompt() -> None:
    rng = Random(3)
    for _ in range(500):
        assert "zlorbit" in ask(rng, "tell me a story about a zlorbit", keep="zlorbit").lower()


def test_typo_changes_at_most_one_letter() -> None:
    rng = Random(4)
    for _ in range(200):
        assert abs(len(typo(rng, "why is the sky blue")) - 19) <= 1


def test_only_known_words_are_asked_for_in_capitals() -> None:
    rng = Random(5)
    known = [ask(rng, "a story about a dragon", keep="dragon") for _ in range(400)]
    assert any("DRAGON" in text for text in known)
    unknown = [ask(rng, "a story about a zlorbit", keep="zlorbit") for _ in range(400)]
    assert not any("ZLORBIT" in text for text in unknown)
