"""Content by its digest: `blobs/sha256-<hex>`."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from rillet.model.names import Digest, InvalidDigest
from rillet.words.errors import StoreError

from .files import TEMPORARY, disk_errors, draft, settle, sync_folder

#: Files with these beginnings are Ollama's or ours; others in the folder are left alone.
_STATE = re.compile(r"(?<=-partial)-\d+$")
_OLD = "sha256:"
_OURS = ("sha256-", _OLD, TEMPORARY)


class BlobMismatch(StoreError):
    """The bytes do not have the digest that was promised; nothing was kept."""

    def __init__(self, expected: Digest, got: Digest) -> None:
        super().__init__(f'digest mismatch, expected "{expected}", got "{got}"')
        self.expected = expected
        self.got = got


class Blobs:
    """The folder of blobs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: Digest) -> Path:
        return self.folder / digest.blob_name

    def has(self, digest: Digest) -> bool:
        return self.path(digest).is_file()

    def is_whole(self, digest: Digest) -> bool:
        """Whether the bytes under this digest have it."""
        with open(self.path(digest), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest.hex

    def put(self, chunks: Iterable[bytes], expected: Digest | None) -> Digest:
        """Keep these bytes under their digest, which has to be the expected one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        hasher = hashlib.sha256()
        with draft(self.folder) as (file, path):
            for chunk in chunks:
                hasher.update(chunk)
                file.write(chunk)
            digest = Digest(hasher.hexdigest())
            if expected is not None and digest != expected:
                raise BlobMismatch(expected, digest)
            settle(file, path, self.path(digest))
        return digest

    def link(self, source: Path) -> Digest:
        """Keep a file that is on the same file system without a copy of its bytes.

        It is linked before it is read: the bytes under the digest are those that were hashed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{TEMPORARY}{secrets.token_hex(8)}"
        os.link(source.resolve(), path)
        try:
            with open(path, "rb") as file:
                digest = Digest(hashlib.file_digest(file, "sha256").hexdigest())
            os.replace(path, self.path(digest))
        finally:
            # Renaming one link of a file onto another of it does nothing, says POSIX.
            path.unlink(missing_ok=True)
        sync_folder(self.folder)
        return digest

    def read(self, digest: Digest, limit: int) -> bytes:
        """The bytes of a small blob; raises `StoreError` above `limit` or where it is missing."""
        with disk_errors(f"read the blob {digest.short}"), open(self.path(digest), "rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise StoreError(f"the blob {digest.short} is larger than {limit} bytes")
        return data

    def remove(self, digests: Iterable[Digest], not_after: float) -> None:
        """Remove blobs, but not one that was written or freshened after this time."""
        _remove(path for path in map(self.path, digests) if _changed(path) <= not_after)

    def remove_stale(self, wanted: set[Digest], before: float) -> tuple[int, int]:
        """Remove what nobody wants and what was left half-done, unless changed since `before`."""
        return _remove(path for path in self._stale(wanted, before))

    def _stale(self, wanted: set[Digest], before: float) -> Iterator[Path]:
        try:
            entries = list(os.scandir(self.folder))
        except FileNotFoundError:
            return
        for entry in entries:
            if not entry.name.startswith(_OURS) or entry.is_dir(follow_symlinks=False):
                continue
            try:
                if Digest.parse(entry.name) in wanted:
                    continue
            except InvalidDigest:
                pass
            path = Path(entry.path)
            # The state of a part lives as long as the download that it belongs to.
            owner = path.with_name(_STATE.sub("", path.name))
            if _changed(path) < before and _changed(owner, 0) < before:
                yield path

    def old_names(self) -> list[Path]:
        """The files whose names begin as those of an earlier Ollama."""
        try:
            return [
                Path(entry.path) for entry in os.scandir(self.folder) if entry.name.startswith(_OLD)
            ]
        except OSError:
            return []

    def rename(self, old: Iterable[Path]) -> None:
        """Give these files the names of today, unless something has one already."""
        for path in old:
            place = path.with_name(path.name.replace(_OLD, "sha256-", 1))
            if not place.exists():
                path.rename(place)

    def freshen(self, digest: Digest) -> bool:
        """Say whether it is there, and if so begin its grace anew: someone is about to name it."""
        path = self.path(digest)
        if not path.is_file():
            return False
        with contextlib.suppress(PermissionError):
            os.utime(path)
        return True


def _changed(path: Path, missing: float = float("inf")) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return missing


def _remove(paths: Iterable[Path]) -> tuple[int, int]:
    count = size = 0
    for path in paths:
        with contextlib.suppress(OSError):
            length = path.lstat().st_size
            path.unlink()
            count, size = count + 1, size + length
    return count, size
