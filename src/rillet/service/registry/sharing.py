"""One download for all who wait for the same blob; the last who leaves ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from weakref import WeakKeyDictionary

from rillet.model.manifest import Layer
from rillet.model.names import Digest
from rillet.service.registry.client import Registry
from rillet.service.registry.download import Download
from rillet.store.store import ModelStore

_Running = dict[tuple[Path, Digest], Download]
#: By loop: a task can be awaited on its own loop only.
_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Running] = WeakKeyDictionary()


class Shares:
    """The downloads that one pull waits for."""

    def __init__(self, store: ModelStore, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._joined: list[Download] = []

    async def join(self, layer: Layer) -> Download:
        """The download of this blob: the one that runs, or a new one."""
        running = _loops.setdefault(asyncio.get_running_loop(), {})
        key = (self._store.root.absolute(), layer.address)
        while (download := running.get(key)) is not None and download.leaving:
            await asyncio.wait({download.whole})  # its files are free when it has ended
        if download is None:
            download = running[key] = Download(self._store, self._registry, layer)
            download.whole.add_done_callback(lambda _: running.pop(key))
        download.waiters += 1
        self._joined.append(download)
        return download

    async def checked(self) -> None:
        """Wait until all of them are whole. Raises what was wrong with the first that is not."""
        if self._joined:
            await asyncio.wait([download.whole for download in self._joined])
        for download in self._joined:
            download.whole.result()

    async def keep_up(self, behind: int) -> None:
        """Let the checks come as near as `behind` blobs."""
        if len(self._joined) > behind:
            await asyncio.wait({self._joined[-behind - 1].whole})

    def leave(self) -> None:
        for download in self._joined:
            download.waiters -= 1
            if not download.waiters:
                download.cancel()
        self._joined.clear()


@asynccontextmanager
async def shares(store: ModelStore, registry: Registry) -> AsyncIterator[Shares]:
    """Join downloads within; they are left at the end, whatever it is."""
    own = Shares(store, registry)
    try:
        yield own
    finally:
        own.leave()
