"""Sizes and times in the words of Ollama's command line."""

import pytest

from rillet.text.human import human_size, human_span, human_time

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86_400, 365 * 86_400


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 KB"),
        (1_500, "1.5 KB"),
        (9_999, "10.0 KB"),
        (10_000, "10 KB"),
        (15_900, "15 KB"),
        (999_999, "999 KB"),
        (546_560, "546 KB"),
        (1_000_000, "1 MB"),
        (1_300_000_000, "1.3 GB"),
        (2_000_000_000, "2 GB"),
        (39_969_000_000, "39 GB"),
        (1_250_000_000_000, "1.2 TB"),
    ],
)
def test_sizes_are_decimal(size: int, text: str) -> None:
    assert human_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "Less than a second"),
        (0.99, "Less than a second"),
        (1, "1 second"),
        (1.9, "1 second"),
        (59.9, "59 seconds"),
        (MINUTE, "About a minute"),
        (119, "About a minute"),
        (2 * MINUTE, "2 minutes"),
        (HOUR - 1, "59 minutes"),
        (HOUR, "About an hour"),
        (1.49 * HOUR, "About an hour"),
        (1.5 * HOUR, "2 hours"),
        (47.4 * HOUR, "47 hours"),
        (2 * DAY, "2 days"),
        (13.9 * DAY, "13 days"),
        (14 * DAY, "2 weeks"),
        (59 * DAY, "8 weeks"),
        (60 * DAY, "2 months"),
        (729 * DAY, "24 months"),
        (2 * YEAR, "2 years"),
        (100 * YEAR, "100 years"),
    ],
)
def test_spans(seconds: float, text: str) -> None:
    assert human_span(seconds) == text


@pytest.mark.parametrize(
    ("elapsed", "text"),
    [
        (0, "Less than a second ago"),
        (MINUTE, "About a minute ago"),
        (3 * DAY, "3 days ago"),
        (-4.9 * MINUTE, "4 minutes from now"),
        (-20 * YEAR, "20 years from now"),
        (-21 * YEAR, "Forever"),
        (-292 * YEAR, "Forever"),
        (21 * YEAR, "21 years ago"),
    ],
)
def test_times(elapsed: float, text: str) -> None:
    assert human_time(elapsed) == text
