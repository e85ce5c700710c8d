import os
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
def sockets(monkeypatch: pytest.MonkeyPatch, short_path: Path) -> Callable[[], list[str]]:
    """The names of all private folders; they lie in a place of the test's own."""
    monkeypatch.setenv("TMPDIR", str(short_path))
    return lambda: os.listdir(short_path)
