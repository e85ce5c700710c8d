import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


def _children() -> set[str]:
    """Processes that we started and that are there, zombies too."""
    listed = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return set(listed.read_text().split())


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No test leaves a process behind, not even a zombie."""
    before = _children()
    yield
    assert _children() <= before


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """The names of all private folders; they lie in a place of the test's own, whose path is
    shorter than `tmp_path` and leaves room for a socket."""
    with tempfile.TemporaryDirectory(prefix="r") as place:
        monkeypatch.setenv("TMPDIR", place)
        yield lambda: os.listdir(place)
