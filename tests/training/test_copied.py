"""What an answer takes over from the prompt is found in its tokens."""

from __future__ import annotations

from training.copied import COPIED_WEIGHT, copied_weights, said_words


def test_small_words_are_not_taken_over() -> None:
    assert said_words("Tell me a story about the Zlorbit of Rome") == {"zlorbit", "rome"}


def test_every_token_inside_a_said_word_counts_more() -> None:
    text = "A zlorbit sang. Zlorbits sing."
    # " zlor", "bit" and so on: offsets as a tokenizer gives them, with and without the space.
    offsets = [(0, 1), (1, 6), (6, 9), (9, 14), (14, 15), (15, 24), (24, 29), (29, 30)]
    weights = copied_weights(text, {"zlorbit"}, offsets)
    assert weights == [1.0, COPIED_WEIGHT, COPIED_WEIGHT, 1.0, 1.0, 1.0, 1.0, 1.0]


def test_numbers_of_a_sum_count_more() -> None:
    offsets = [(0, 1), (1, 6), (6, 8), (8, 11), (11, 12), (12, 13), (13, 14)]
    weights = copied_weights("3 plus 4 is 7.", set(), offsets, numbers=True)
    assert weights == [COPIED_WEIGHT, 1.0, COPIED_WEIGHT, 1.0, 1.0, COPIED_WEIGHT, 1.0]


def test_without_a_common_word_all_count_the_same() -> None:
    assert copied_weights("Blue.", {"sky"}, [(0, 4), (4, 5)]) == [1.0, 1.0]
