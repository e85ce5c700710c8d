"""How long a model stays loaded after its last answer: the `keep_alive` of a request, read."""

from rillet.service.resident import FOR_EVER
from rillet.text.durations import parse_duration
from rillet.words.errors import ServerError
from rillet.words.requests import KeepAlive

#: Seconds; the clock of the longest life of a model ends some years from now, like Ollama's.
_LONGEST = 1e9


def lifetime(value: KeepAlive) -> float:
    """Seconds; negative is for ever. A number counts seconds, a text is a Go duration.

    Raises `ServerError` (400) for a text that is none.
    """
    if isinstance(value, str):
        seconds = _duration(value)
    else:
        seconds = max(-1.0, min(value, FOR_EVER))  # an int may be larger than any float
    return FOR_EVER if seconds < 0 or seconds > _LONGEST else float(seconds)


def requested(value: KeepAlive | None) -> float | None:
    """`lifetime` of what a request says; None where it says nothing."""
    return None if value is None else lifetime(value)


def _duration(text: str) -> float:
    try:
        return parse_duration(text) / 1e9
    except ValueError as error:
        raise ServerError(str(error), status=400) from None
