"""A blob from the store into a registry, in pieces, going on where the registry says it stands.

POST opens an upload, PATCH sends each piece to the place that the last answer named, PUT with the
digest ends it. A registry that answers a PATCH with 307 wants that piece put elsewhere (Ollama's
does: into an object store); then the checksums of the pieces go with the last PUT.
"""

import asyncio
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from urllib.parse import urlencode

from rillet.model.manifest import Layer
from rillet.model.names import ModelName
from rillet.service.registry.answer import Answer
from rillet.service.registry.client import Body, Registry
from rillet.service.registry.patience import RegistryError, Tries
from rillet.service.registry.place import Place
from rillet.service.registry.progress import Transfer
from rillet.store.files import disk_errors
from rillet.words.errors import InvalidName, RilletError, StoreError

PIECE = 100_000_000  # bytes of one PATCH, as Ollama's smallest
_READ = 1 << 18
_OCTETS = ("Content-Type", "application/octet-stream")


class FilePiece(Body):
    """A range of a file. Each block that the net takes puts the deadline off."""

    def __init__(self, upload: "Upload", offset: int, length: int) -> None:
        self.length = length
        self.checksum = b""
        self._upload = upload
        self._offset = offset

    def __iter__(self) -> Iterator[bytes]:
        # Read on the event loop: in order, in small blocks, and the kernel reads ahead.
        checksum = md5(usedforsecurity=False)
        patience = self._upload.registry.patience
        reading = disk_errors(f"read the blob {self._upload.digest.short}")
        with reading, open(self._upload.path, "rb", buffering=0) as file:
            file.seek(self._offset)
            left = self.length
            while left:
                block = file.read(min(left, _READ))
                if not block:
                    raise RegistryError("the blob became shorter while it was sent")
                left -= len(block)
                if self._upload.redirected:
                    checksum.update(block)
                self._put_off(patience.stall if left else patience.commit)
                yield block
                self._upload.completed = self._offset + self.length - left
        self.checksum = checksum.digest()

    def _put_off(self, seconds: float) -> None:
        if self.clock is not None:
            self.clock.reschedule(asyncio.get_running_loop().time() + seconds)


class Upload(Transfer):
    """Runs by itself from its making. `piece` is the size of one PATCH in bytes."""

    def __init__(self, registry: Registry, layer: Layer, path: Path, piece: int = PIECE) -> None:
        super().__init__(layer)
        self.registry = registry
        self.path = path
        self.redirected = False
        self._layer = layer
        self._piece = piece
        self._place: Place | None = None  # where the next piece goes
        self._checksums: list[bytes] = []
        self.moving = asyncio.create_task(self._run())

    async def _run(self) -> None:
        tries = Tries(self.registry.patience)
        furthest = 0
        while True:
            try:
                await self._try()
                return
            except RilletError as error:
                progress = max(0, self.completed - furthest)
                furthest = max(furthest, self.completed)
                await tries.after(error, progress)

    async def _try(self) -> None:
        if await self._is_there():
            self.completed = self.total
            return
        await asyncio.to_thread(self._check_file)
        self.completed = await self._standing()
        if self._place is None and not await self._begin():
            return
        while self.completed < self.total:
            await self._send(self.completed)
        await self._end()

    def _check_file(self) -> None:
        with disk_errors(f"read the blob {self.digest.short}"):
            size = self.path.stat().st_size
        if size != self.total:
            raise StoreError(
                f"the blob {self.digest.short} in the store has {size} bytes, not {self.total}",
                hint="Get or create the model again",
            )

    async def _is_there(self) -> bool:
        place = self.registry.place(f"/blobs/{self.digest}")
        async with await self.registry.ask("HEAD", place) as answer:
            if answer.status not in (200, 404):
                raise await self.registry.refusal(answer)
            return answer.status == 200

    async def _standing(self) -> int:
        """How many bytes the registry has of an upload that broke off; 0 begins anew."""
        place, self._place = self._place, None
        checksums, self._checksums = self._checksums, []
        if place is None or checksums or self.redirected:
            return 0
        async with await self.registry.ask("GET", place) as answer:
            _, dash, last = answer.headers.get("range", "").partition("-")
            # "0-0" is said of one byte and of none.
            if not (200 <= answer.status < 300 and dash and last.isdecimal() and int(last)):
                return 0
            if int(last) >= self.total:
                return 0
            self._place = _next_place(answer, place)
            return int(last) + 1

    async def _begin(self) -> bool:
        """Open an upload; False if the registry took the blob from another of its models."""
        place = self.registry.place("/blobs/uploads/")
        if source := self._source():
            place = place.with_query(urlencode({"mount": str(self.digest), "from": source}))
        async with await self.registry.ask("POST", place) as answer:
            if answer.status == 201:
                self.completed = self.total
                return False
            if answer.status != 202:
                raise await self.registry.refusal(answer)
            self._place = _next_place(answer, place)
            return True

    def _source(self) -> str:
        """The repository that the layer is of, if it is at the same registry."""
        try:
            parent = ModelName.parse(self._layer.from_)
        except InvalidName:
            return ""
        here = self.registry.name
        same = parent.host.lower() == here.host.lower() and parent.model != here.model
        return f"{parent.namespace}/{parent.model}" if same else ""

    async def _send(self, offset: int) -> None:
        assert self._place is not None
        piece = FilePiece(self, offset, min(self._piece, self.total - offset))
        headers = (
            _OCTETS,
            ("Content-Range", f"{offset}-{offset + piece.length - 1}"),
            ("X-Redirect-Uploads", "1"),
        )
        async with await self.registry.ask(
            "PATCH", self._place, headers=headers, body=piece, follow=False
        ) as answer:
            if answer.status == 307:
                place = answer.place.resolve(answer.headers.get("location", ""))
                await self._put_elsewhere(place, piece)
            elif not 200 <= answer.status < 300:
                raise await self._refusal(answer)
            self._place = _next_place(answer, self._place)
        self.completed = offset + piece.length

    async def _refusal(self, answer: Answer) -> RegistryError:
        """An upload that the registry has forgotten, or that stands elsewhere, is tried again."""
        error = await self.registry.refusal(answer)
        error.passing = error.passing or answer.status in (404, 416)
        return error

    async def _put_elsewhere(self, place: Place, piece: FilePiece) -> None:
        self.redirected = True
        async with await self.registry.ask("PUT", place, headers=(_OCTETS,), body=piece) as answer:
            if not 200 <= answer.status < 300:
                raise await self.registry.refusal(answer)
        self._checksums.append(piece.checksum)

    async def _end(self) -> None:
        assert self._place is not None
        fields = {"digest": str(self.digest)}
        if self._checksums:
            whole = md5(b"".join(self._checksums), usedforsecurity=False)
            fields["etag"] = f"{whole.hexdigest()}-{len(self._checksums)}"
        place = self._place.with_query(urlencode(fields))
        async with await self.registry.ask("PUT", place, headers=(_OCTETS,)) as answer:
            if not 200 <= answer.status < 300:
                raise await self._refusal(answer)


def _next_place(answer: Answer, before: Place) -> Place:
    headers = answer.headers
    location = headers.get("docker-upload-location")
    if not location and answer.status != 307:
        location = headers.get("location")
    return answer.place.resolve(location) if location else before
