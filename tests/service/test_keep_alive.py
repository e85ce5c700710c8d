import pytest

from rillet.service.keep_alive import lifetime
from rillet.service.resident import FOR_EVER
from rillet.words.errors import ServerError


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        *((0, 0.0), (300, 300.0), (1.5, 1.5), ("5m", 300.0), ("1h30m", 5400.0), ("0", 0.0)),
        *((-1, FOR_EVER), ("-1m", FOR_EVER), (10**400, FOR_EVER), (2e9, FOR_EVER)),
    ],
)
def test_numbers_are_seconds_and_texts_durations(said: float | str, seconds: float) -> None:
    assert lifetime(said) == seconds


@pytest.mark.parametrize("said", ["", "soon", "5", "5 minutes"])
def test_other_texts_are_refused(said: str) -> None:
    with pytest.raises(ServerError) as caught:
        lifetime(said)
    assert caught.value.status == 400
