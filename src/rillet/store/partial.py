"""A blob that is being downloaded: `blobs/<blob>-partial`, and a state file for each part.

What was written survives a break of any kind; the digest is checked over the whole file before it
becomes a blob, so a state that was ahead of its data after a power failure does no harm.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from rillet.model.names import Digest
from rillet.model.pull_plan import (
    Part,
    completed,
    decode_part,
    encode_part,
    partial_name,
    plan_parts,
    remaining,
    resume_parts,
    state_name,
)
from rillet.words.errors import StoreError

from .blobs import BlobMismatch
from .files import disk_errors, draft, lock_file, sync_folder

#: A part's state is written once for so many bytes.
_SAVE_EVERY = 16 << 20


class BlobBusy(StoreError):
    """Another program has this download open."""

    def __init__(self, digest: Digest) -> None:
        super().__init__(f"{digest.short} is being downloaded by another program")


def bytes_begun(folder: Path, digest: Digest) -> int:
    """How much of a download is on disk, as its states tell, whoever writes them."""
    count = 0
    for path in folder.glob(f"{partial_name(digest)}-*"):
        with contextlib.suppress(OSError):
            part = decode_part(path.read_bytes())
            count += part.completed if part else 0
    return count


class PartialBlob:
    """One download. Parts may be written from several threads, each part from one at a time.

    Close it (or leave its `with`) to break off; it goes on from there when it is opened again.
    Only one process at a time may have it open; a second gets a `BlobBusy`.
    """

    def __init__(self, folder: Path, digest: Digest, size: int) -> None:
        self._folder = folder
        self._digest = digest
        self._path = folder / partial_name(digest)
        with disk_errors("begin a download"):
            folder.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._file = os.fdopen(os.open(self._path, flags, 0o644), "r+b", buffering=0)
        try:
            # Between our opening and our locking the other one may have finished: then the file
            # that we hold is the blob itself, and must not be written to.
            if not lock_file(self._file) or not self._is_ours():
                raise BlobBusy(digest)
            with disk_errors("begin a download"):
                self._parts = {part.n: part for part in self._plan(size)}
                self._unsaved = dict.fromkeys(self._parts, 0)
                self._save_all()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        return self._file.closed

    @property
    def completed(self) -> int:
        """Bytes on disk."""
        return completed(self._parts.values())

    def remaining(self) -> tuple[Part, ...]:
        """The parts of which something is missing, as they stand now."""
        return remaining(list(self._parts.values()))

    def write(self, n: int, data: bytes) -> Part:
        """Put the next bytes of part `n` in their place. `ValueError` if they are too many."""
        part = self._parts[n]
        advanced = part.advanced(len(data))
        with disk_errors("write a download"):
            view, place = memoryview(data), part.place
            while view:
                count = os.pwrite(self._file.fileno(), view, place)
                view, place = view[count:], place + count
            self._parts[n] = advanced
            self._unsaved[n] += len(data)
            if self._unsaved[n] >= _SAVE_EVERY or not advanced.remaining:
                self._save(advanced)
        return advanced

    def finish(self) -> Digest:
        """Check the whole and make it a blob.

        Raises `BlobMismatch` (and forgets all of it) where its digest is another.
        """
        if self.remaining():
            raise ValueError("the download is not complete")
        with disk_errors("finish a download"):
            self._file.seek(0)
            digest = Digest(hashlib.file_digest(self._file, "sha256").hexdigest())
            if digest == self._digest:
                os.fsync(self._file.fileno())
                self._give_name(self._folder / digest.blob_name)
            else:
                self._path.unlink(missing_ok=True)
            self._forget_states()
            sync_folder(self._folder)
        self._file.close()
        if digest != self._digest:
            raise BlobMismatch(self._digest, digest)
        return digest

    def close(self) -> None:
        """Write down how far it came. May be called again, and after `finish`."""
        if self._file.closed:
            return
        try:
            with disk_errors("write a download"):
                for n, count in self._unsaved.items():
                    if count:
                        self._save(self._parts[n])
        finally:
            self._file.close()

    def _give_name(self, place: Path) -> None:
        try:
            os.replace(self._path, place)
        except FileNotFoundError:
            # Ollama does not know our lock: it wrote the same bytes into this file, and was faster.
            if not place.is_file():
                raise

    def _is_ours(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), os.stat(self._path))
        except FileNotFoundError:
            return False

    def _plan(self, size: int) -> tuple[Part, ...]:
        """Go on with what is there, if it is of this size and its states make sense."""
        if os.fstat(self._file.fileno()).st_size == size:
            states = [path.read_bytes() for path in self._states()]
            parts = resume_parts(size, states)
        else:
            parts = plan_parts(size)
        if not completed(parts):
            self._forget_states()
        os.truncate(self._file.fileno(), size)
        return parts

    def _save_all(self) -> None:
        """Every part has its state from the start: without one of them the others say nothing,
        here and to Ollama, which takes those that there are for the whole."""
        there = {path.name for path in self._states()}
        for part in self._parts.values():
            if state_name(self._digest, part.n) not in there:
                self._save(part)

    def _save(self, part: Part) -> None:
        place = self._folder / state_name(self._digest, part.n)
        with draft(self._folder) as (file, path):
            file.write(encode_part(part))
            file.flush()
            os.replace(path, place)
        self._unsaved[part.n] = 0

    def _states(self) -> list[Path]:
        return sorted(self._folder.glob(f"{self._path.name}-*"))

    def _forget_states(self) -> None:
        for path in self._states():
            path.unlink(missing_ok=True)
