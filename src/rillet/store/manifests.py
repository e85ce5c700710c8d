"""Manifests by their names: `manifests/<host>/<namespace>/<model>/<tag>`.

Names are looked up without regard to case, whatever the file system thinks of case. Links below
the folder are not followed, so a name never leads out of it.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from rillet.model.manifest import MAX_BYTES, InvalidManifest, decode_manifest
from rillet.model.names import Digest, ModelName
from rillet.words.errors import InvalidName

from .files import TEMPORARY, draft, settle, sync_folder

_DEPTH = 4
_ATTEMPTS = 5
#: Elsewhere a path can be found that is spelled otherwise.
_CASE_COUNTS = sys.platform == "linux"
_DIGESTS = re.compile(rb"sha256[:-][0-9a-fA-F]{64}")


class UnsureReferences(Exception):
    """A manifest cannot be read, or is being written: which blobs it names is not known."""


class Manifests:
    """The folder of manifests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> Iterator[ModelName]:
        """Every name there is; files that are no manifest's are passed over."""
        for path in _files(self.folder, _DEPTH):
            parts = path.relative_to(self.folder).parts
            if len(parts) == _DEPTH:
                with contextlib.suppress(InvalidName):
                    yield ModelName.from_path_parts(*parts)

    def spelling(self, name: ModelName) -> ModelName | None:
        """The name as it is spelled on disk, or None. An exact match goes before others."""
        parts: tuple[str, ...] | None = name.path_parts()
        if not (_CASE_COUNTS and self._is_there(name.path_parts())):
            parts = self._spell(self.folder, name.path_parts())
        return ModelName.from_path_parts(*parts) if parts else None

    def respelled(self, name: ModelName) -> ModelName:
        """The name as it is spelled on disk, or would be; its scheme stays."""
        spelled = self.spelling(name) or name.spelled_like(self.names())
        return replace(spelled, scheme=name.scheme)

    def path(self, name: ModelName) -> Path:
        return self.folder.joinpath(*name.path_parts())

    def read(self, name: ModelName) -> tuple[bytes, float] | None:
        """The bytes of a manifest and its time of change, or None where there is none."""
        try:
            with open(self.path(name), "rb", buffering=0) as file:
                status = os.fstat(file.fileno())  # room is made for what is there, not for the most
                return file.read(min(status.st_size, MAX_BYTES) + 1) or b"", status.st_mtime
        except OSError:
            return None

    def write(self, name: ModelName, data: bytes) -> None:
        """Put a manifest in its place, over the one of another spelling if there is one."""
        place = self.path(self.respelled(name))
        for attempt in range(_ATTEMPTS):
            place.parent.mkdir(parents=True, exist_ok=True)
            self._refuse_links(place.parent)
            try:
                # Below its folder a draft would look like a model to others; here it does not.
                with draft(self.folder) as (file, path):
                    file.write(data)
                    settle(file, path, place)
            except FileNotFoundError:
                # Someone who removes empty folders took ours.
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return

    def remove(self, name: ModelName) -> None:
        place = self.path(name)
        place.unlink(missing_ok=True)
        sync_folder(place.parent)
        for folder in list(place.parents)[: _DEPTH - 1]:
            try:
                folder.rmdir()
            except OSError:
                return

    def references(self, now: float, grace: float, *, broken: bool = True) -> set[Digest]:
        """Every digest that any manifest names.

        Raises `UnsureReferences` where one cannot be read, or was changed within the grace and is
        not whole: Ollama writes manifests in place, so it may be at it this moment. Without
        `broken` also where an old one is not whole, as after a full disk: it named more.
        """
        wanted: set[Digest] = set()
        for path in _files(self.folder, _DEPTH + 2):
            try:
                with open(path, "rb") as file:
                    data, changed = file.read(MAX_BYTES + 1), os.fstat(file.fileno()).st_mtime
            except FileNotFoundError:
                continue
            except OSError as error:
                raise UnsureReferences(str(path)) from error
            try:
                wanted.update(layer.address for layer in decode_manifest(data).blobs())
            except InvalidManifest:
                fresh = changed > now - grace
                if not path.name.startswith(".") and (
                    fresh or not (broken or self._is_all(path, data))
                ):
                    raise UnsureReferences(str(path)) from None
                wanted.update(Digest.parse(text.decode()) for text in _DIGESTS.findall(data))
        return wanted

    def _is_all(self, path: Path, data: bytes) -> bool:
        """Whether a file that is no manifest can name no more than it shows."""
        if len(path.relative_to(self.folder).parts) != _DEPTH:
            return True
        try:
            msgspec.json.decode(data)
        except (ValueError, RecursionError):
            return False
        return True

    def tidy(self, before: float) -> None:
        """Remove empty folders and forgotten drafts that were not changed since `before`."""
        for top, _, files in os.walk(self.folder, topdown=False):
            with contextlib.suppress(OSError):
                if top == str(self.folder):
                    self._remove_drafts(files, before)
                elif os.stat(top).st_mtime < before:
                    os.rmdir(top)

    def _remove_drafts(self, files: list[str], before: float) -> None:
        for file in files:
            path = self.folder / file
            if file.startswith(TEMPORARY) and path.lstat().st_mtime < before:
                path.unlink()

    def _is_there(self, parts: tuple[str, ...]) -> bool:
        """Whether there is just this file, below no link: what is asked for most, and quickly."""
        path = str(self.folder)
        try:
            for part in parts[:-1]:
                path = f"{path}/{part}"
                if not stat.S_ISDIR(os.lstat(path).st_mode):
                    return False
            return stat.S_ISREG(os.lstat(f"{path}/{parts[-1]}").st_mode)
        except OSError:
            return False

    def _spell(self, folder: Path, parts: tuple[str, ...]) -> tuple[str, ...] | None:
        wanted, rest = parts[0], parts[1:]
        lower = wanted.lower()
        alike = [entry for entry in _scanned(folder) if entry.name.lower() == lower]
        for entry in sorted(alike, key=lambda entry: (entry.name != wanted, entry.name)):
            if not rest:
                if entry.is_file(follow_symlinks=False):
                    return (entry.name,)
            elif entry.is_dir(follow_symlinks=False):
                found = self._spell(Path(entry.path), rest)
                if found:
                    return (entry.name, *found)
        return None

    def _refuse_links(self, folder: Path) -> None:
        while folder != self.folder:
            if folder.is_symlink():
                raise NotADirectoryError(20, "a folder of the name is a link", str(folder))
            folder = folder.parent


def _scanned(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except OSError:
        return []


def _files(folder: Path, depth: int) -> Iterator[Path]:
    for entry in sorted(_scanned(folder), key=lambda entry: entry.name):
        if entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
        elif depth > 1 and entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path), depth - 1)
