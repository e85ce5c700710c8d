"""The lines that people see while a blob moves, at the pace of Ollama's."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

from rillet.model.manifest import Layer
from rillet.model.names import Digest
from rillet.words.events import Progress

_TICK = 0.06  # seconds between two looks
_SIGN_OF_LIFE = 1.0  # seconds after which a line is repeated


class Transfer:
    """A blob on its way. `moving` is the task that moves it, `completed` counts its bytes."""

    moving: asyncio.Task[Any]

    def __init__(self, layer: Layer) -> None:
        self.digest: Digest = layer.address
        self.total = layer.size
        self.completed = 0


def line(verb: str, digest: Digest, completed: int, total: int) -> Progress:
    return Progress(f"{verb} {digest.short}", completed, total, str(digest))


async def follow(verb: str, transfer: Transfer) -> AsyncIterator[Progress]:
    """Tell of it until it has ended. Raises what it raised."""
    told, at = -1, 0.0
    while True:
        await asyncio.wait({transfer.moving}, timeout=_TICK)
        if transfer.moving.done():
            transfer.moving.result()
            if told != transfer.total:
                yield line(verb, transfer.digest, transfer.total, transfer.total)
            return
        if transfer.completed != told or monotonic() - at >= _SIGN_OF_LIFE:
            told, at = transfer.completed, monotonic()
            yield line(verb, transfer.digest, told, transfer.total)
