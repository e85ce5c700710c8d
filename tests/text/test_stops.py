"""What may begin a marker is found, whatever stands before it."""

from hypothesis import given
from hypothesis import strategies as st

from rillet.text.stops import overlap

short = st.text("ab<", max_size=30)


@given(short, st.text("ab<", max_size=6))
def test_overlap_is_the_longest_end_that_begins_the_marker(text: str, marker: str) -> None:
    sizes = range(min(len(text), len(marker) - 1), 0, -1)
    expected = next((n for n in sizes if text.endswith(marker[:n])), 0)
    assert overlap(text, marker) == expected
