"""The beginning of an answer that comes back with the rest."""

import pytest

from rillet.text.echo import Echo


@pytest.mark.parametrize(
    ("begun", "pieces", "left"),
    [
        ("Hel", ["HelHello", " world"], "Hello world"),
        ("Hel", ["H", "e", "l", "lo"], "lo"),
        ("Hel", ["lo"], "lo"),
        ("Hel", ["H", "i"], "Hi"),
        ("Hel", ["He"], "He"),
        ("Hel", ["", "Hel"], ""),
        ("Hel", ["HelHel"], "Hel"),
        ("", ["a", "b"], "ab"),
        ("Hel", [], ""),
    ],
)
def test_it_is_taken_off_once_and_whole(begun: str, pieces: list[str], left: str) -> None:
    echo = Echo(begun)
    said = "".join(map(echo.feed, pieces)) + echo.finish()
    assert said == left and echo.over and echo.feed("Hel") == "Hel"
