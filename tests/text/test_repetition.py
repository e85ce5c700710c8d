import pytest

from rillet.text.repetition import ends_in_repetition


@pytest.mark.parametrize(
    "text", ["X" * 31, "a" + " very" * 30, " \n" * 20, "the end. " * 30, "日本" * 40]
)
def test_an_end_that_says_the_same_over_and_over(text: str) -> None:
    assert ends_in_repetition("It began well. " + text)


@pytest.mark.parametrize("text", ["", "no", "X" * 29, "-" * 40 + "|", "a b c d e f g h " * 3])
def test_other_ends(text: str) -> None:
    assert not ends_in_repetition(text)
