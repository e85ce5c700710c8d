"""Files that appear whole or not at all, a lock between processes, the disk's errors as ours."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from rillet.words.errors import StoreError

try:
    import fcntl
except ImportError:  # no such lock on Windows; there one process at a time writes
    fcntl = None  # type: ignore[assignment]

#: Our own temporary files; Ollama never reads them and removes them in its own time.
TEMPORARY = ".rillet-"
_LOCK = ".rillet-lock"


@contextlib.contextmanager
def disk_errors(doing: str) -> Iterator[None]:
    """Turn an OSError into a StoreError that says what was being done."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot {doing}: {error.strerror or error}", hint=_hint(error)) from error


def _hint(error: OSError) -> str | None:
    if isinstance(error, PermissionError):
        return "Is the folder of models yours? RILLET_MODELS names another one"
    return "Free some space on the disk" if error.errno == 28 else None


@contextlib.contextmanager
def draft(folder: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A file to write before it has its name; rename it within the block or it is gone."""
    path = folder / f"{TEMPORARY}{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags, 0o644), "wb") as file:
            yield file, path
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)


def settle(file: BinaryIO, path: Path, place: Path) -> None:
    """Give a draft its name, so that it is there whole even if the power fails next."""
    file.flush()
    os.fsync(file.fileno())
    os.replace(path, place)
    sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename or removal in this folder last. Not every file system can; then it need not."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """One at a time, among all threads and processes of ours that use this root.

    The kernel gives the lock back when its holder dies. Where a file system has no locks (some
    network ones) it is done without.
    """
    with open(root / _LOCK, "ab") as file:
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def lock_file(file: BinaryIO | FileIO) -> bool:
    """Lock an open file for this process until it is closed; False if another one has it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
