"""How much of a model is in memory while it is loaded, as far as the system shows that."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from rillet.words.events import Progress

OnProgress = Callable[[Progress], None]

_EVERY = 0.25  # seconds between two looks


async def tell(pid: int, files: Sequence[str], on_progress: OnProgress) -> None:
    """Tell, until it is cancelled, how many per mille of the files the process has in memory."""
    size = _size(files) or 1
    while True:
        done = min(999, 1000 * _resident(pid) // size)
        on_progress(Progress("loading", completed=done, total=1000))
        await asyncio.sleep(_EVERY)


def _size(paths: Sequence[str]) -> int:
    try:
        return sum(os.path.getsize(path) for path in paths)
    except OSError:
        return 0  # the engine will say which one it cannot read


def _resident(pid: int) -> int:
    """Bytes of a process in memory; 0 if unknown."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
