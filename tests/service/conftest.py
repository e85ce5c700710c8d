"""Real engines for the tests of this room, and a look at what they leave behind."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from rillet.service.service import Service
from rillet.words.settings import Settings

Opened = Callable[..., AbstractAsyncContextManager[Service]]


def children() -> set[str]:
    """Processes that we started and that are there, zombies too."""
    return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where models are made over for llama.cpp: not among those of who runs the tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "rillet" / "models"


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch, short_path: Path) -> Callable[[], list[str]]:
    """The names of the private folders of engines; they lie in a place of the test's own."""
    monkeypatch.setenv("TMPDIR", str(short_path))
    return lambda: os.listdir(short_path)


@pytest.fixture
def opened(tmp_path: Path, sockets: Callable[[], list[str]]) -> Opened:
    """`async with opened(max_loaded_models=1) as service`: nothing is left when the block is."""
    begun: list[set[str]] = []

    @asynccontextmanager
    async def make(*, patience: float = 2.0, **settings: Any) -> AsyncIterator[Service]:
        begun.append(children())
        service = Service.open(
            Settings(models=str(tmp_path / "models"), **settings), paths=True, patience=patience
        )
        try:
            yield service
        finally:
            await service.close()
        before = begun.pop()
        if not begun:  # services of one test may be within each other
            assert children() <= before
            assert sockets() == []

    return make
