"""The error tree: as drawn in its module, and each error says what to do."""

import copy
import pickle
import re

import pytest

from rillet.words import errors
from rillet.words.errors import Busy, RilletError, ServerError, Stalled, Unreachable
from rillet.words.replies import Reply

CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, Exception)
]


def drawn() -> dict[str, str | None]:
    """Each error of the drawing with its parent."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"([│├└─ ]*)([A-Z]\w+)\s{2,}", line)
        if found:
            depth = len(found[1]) // 4
            path = [*path[:depth], found[2]]
            parents[found[2]] = path[depth - 1] if depth else None
    return parents


def test_the_drawing_is_the_tree() -> None:
    real = {kind.__name__: kind.__mro__[1].__name__ for kind in CLASSES}
    real["RilletError"] = None  # type: ignore[assignment]
    assert drawn() == real


@pytest.mark.parametrize("phase", ["connect", "first_token", "between_tokens", "total"])
def test_a_stall_says_which_clock_struck_and_what_to_raise(phase: str) -> None:
    error = Stalled(phase, 1.5)
    assert error.phase == phase and error.after == 1.5
    assert "1.5 s" in str(error) and f"Timeouts.{phase}" in str(error)


def test_text_has_the_hint_behind_the_message() -> None:
    assert str(RilletError("It broke")) == "It broke"
    assert str(RilletError("It broke", hint="Mend it")) == "It broke. Mend it"
    error = Busy("too much", status=503, retry_after=2.0)
    assert isinstance(error, ServerError) and error.status == 503 and error.retry_after == 2.0
    assert error.partial is None


@pytest.mark.parametrize(
    "error",
    [
        Stalled("between_tokens", 1.5),
        ServerError("no", status=503, hint="later"),
        Busy("no", retry_after=3),
        Unreachable("nobody there"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_cross_processes(error: RilletError) -> None:
    error.partial = Reply(text="so far")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))
