"""A blob from a registry into the store: fetched, then checked, then there.

`moving` ends when every byte is on disk, `whole` when the digest was found right. The next blob may
be fetched while this one is still checked.
"""

import asyncio

from rillet.model.manifest import Layer
from rillet.model.pull_plan import MAX_BLOB
from rillet.service.registry.client import Registry
from rillet.service.registry.fetch import Fetch
from rillet.service.registry.patience import RegistryError
from rillet.service.registry.place import Place
from rillet.service.registry.progress import Transfer
from rillet.service.registry.threads import aside, settled
from rillet.store.blobs import BlobMismatch
from rillet.store.partial import BlobBusy, PartialBlob
from rillet.store.store import ModelStore
from rillet.words.errors import RilletError

_LOOK = 0.2  # seconds between two looks at what another program does


class Download(Transfer):
    """Runs by itself from its making; see `sharing` for who may end it."""

    def __init__(self, store: ModelStore, registry: Registry, layer: Layer) -> None:
        super().__init__(layer)
        self.waiters = 0
        self.leaving = False
        self._store = store
        self._registry = registry
        self.moving: asyncio.Task[PartialBlob | None] = asyncio.create_task(self._fetch())
        self.whole = asyncio.create_task(self._check())
        for task in (self.moving, self.whole):
            task.add_done_callback(_heard)

    def cancel(self) -> None:
        """Break off; what is on disk stays for the next time. A check goes on to its end."""
        if not self.moving.done():
            self.leaving = True
            self.moving.cancel()

    async def _fetch(self) -> PartialBlob | None:
        """None where another program has brought it meanwhile."""
        place = self._registry.place(f"/blobs/{self.digest}")
        try:
            self.total = await self._size(place)
            partial = await self._our_turn()
            if partial is None:
                return None
            try:
                self.completed = partial.completed
                await Fetch(self._registry, place, partial, self.total, self._count).run()
            except BaseException:
                partial.close()
                raise
        finally:
            self._registry.close()
        return partial

    async def _size(self, place: Place) -> int:
        """How many bytes it has. What the registry says of the blob itself goes before what its
        manifest says, as with Ollama: some manifests are made by hand.

        Raises `RegistryError` where there is no such blob.
        """
        said = ""
        try:
            async with await self._registry.ask("HEAD", place) as answer:
                if answer.status == 404:
                    raise await self._registry.refusal(answer)
                if answer.status == 200 and "content-encoding" not in answer.headers:
                    said = answer.headers.get("content-length", "")
        except RilletError as error:  # others do not matter: the next question will tell
            if isinstance(error, RegistryError) and error.code == 404:
                raise
        size = int(said) if said.isdecimal() and len(said) < 16 else 0
        return size if 0 < size <= MAX_BLOB else self.total

    async def _our_turn(self) -> PartialBlob | None:
        """Wait while another program downloads the same; what it leaves is gone on with."""
        waited = False
        while not (waited and self._store.has_blob(self.digest)):
            try:
                return await self._open()
            except BlobBusy:
                waited = True
                self.completed = await asyncio.to_thread(self._store.bytes_begun, self.digest)
                await asyncio.sleep(_LOOK)
        return None

    async def _open(self) -> PartialBlob:
        opened: list[PartialBlob] = []
        try:
            await settled(lambda: opened.append(self._store.download(self.digest, self.total)))
        except asyncio.CancelledError:
            for partial in opened:
                partial.close()
            raise
        return opened[0]

    async def _check(self) -> None:
        partial = await self.moving
        if partial is None:
            return
        try:
            await aside(lambda: _finish(partial))
        except BlobMismatch as error:
            raise RegistryError(
                "digest mismatch, file must be downloaded again: "
                f"want {error.expected}, got {error.got}"
            ) from None

    def _count(self, size: int) -> None:
        self.completed += size


def _finish(partial: PartialBlob) -> None:
    with partial:
        partial.finish()


def _heard(task: "asyncio.Task[PartialBlob | None] | asyncio.Task[None]") -> None:
    """Its error has been told to those who wait, if there are any."""
    if not task.cancelled():
        task.exception()
