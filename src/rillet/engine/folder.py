"""The private folder of one engine process: only we may enter it, and it does not stay for long.

A folder is ours for as long as its `lock` file is locked; the kernel unlocks it when we end,
however that happens. Whoever starts the next engine removes the folders of the dead. Locks, and
not process numbers, because containers may share a temporary folder but not their numbers.
"""

import fcntl
import os
import time
import weakref
from pathlib import Path

from rillet.words.errors import EngineError

_PREFIX = "rillet-engine-"
_TEMPORARY = "/tmp"
#: The shortest limit among our platforms for the path of a unix socket, with its closing zero.
MAX_SOCKET_PATH = 103
#: A folder without a lock is one being made, unless it is this old (seconds).
_UNFINISHED = 600


class PrivateFolder:
    """A fresh folder, mode 0700. `remove()` may be called twice."""

    def __init__(self, root: Path | None = None) -> None:
        self.path = _made([root] if root else _roots())
        try:
            self._lock = _locked(self.path)
        except OSError as error:
            _empty(self.path)
            raise _no_place(error) from error
        # Also when nobody calls `remove`: at the end of the interpreter.
        self.remove = weakref.finalize(self, _remove, self.path, self._lock, os.getpid())

    def socket_path(self) -> str | None:
        """Where a unix socket can be made; None where the path would be too long."""
        path = str(self.path / "engine.sock")
        return path if len(os.fsencode(path)) <= MAX_SOCKET_PATH else None


def _remove(path: Path, lock: int, owner: int) -> None:
    # A forked process ends with our objects in hand, and they are not its own.
    if os.getpid() == owner:
        _empty(path)
        os.close(lock)


def sweep(root: Path) -> int:
    """Remove the folders whose owners are gone; returns how many."""
    removed = 0
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and _is_dead(entry):
                _empty(Path(entry.path))
                removed += 1
    return removed


def _made(roots: list[Path]) -> Path:
    """A fresh folder in the first of these where one can be made."""
    failures = []
    for root in roots:
        try:
            sweep(root)
            path = root / f"{_PREFIX}{os.getpid()}-{os.urandom(8).hex()}"
            path.mkdir(mode=0o700)
            return path
        except OSError as error:
            failures.append(error)
    raise _no_place(failures[0]) from failures[0]


def _locked(path: Path) -> int:
    """The file that says we are there, locked."""
    lock = os.open(path / "unlocked", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    # Only now may others see it: before this moment the folder looks unfinished, not dead.
    os.rename(path / "unlocked", path / "lock")
    return lock


def _no_place(error: OSError) -> EngineError:
    return EngineError(
        f"No temporary folder for the engine's socket: {error}",
        hint="Set TMPDIR to a folder that can be written",
    )


def _roots() -> list[Path]:
    """The temporary folder, and a usual one where that cannot be used or its path leaves no room
    for a socket."""
    root = os.environ.get("TMPDIR") or _TEMPORARY
    room = len(f"/{_PREFIX}1234567-{'0' * 16}/engine.sock")
    roots = [Path(root), Path(_TEMPORARY)]
    return roots if len(os.fsencode(root)) + room <= MAX_SOCKET_PATH else roots[::-1]


def _empty(path: Path) -> None:
    """Remove a folder and its files; there are no folders in it. (`shutil` and `tempfile` would
    be a tenth of the time until the first engine starts.)"""
    try:
        for name in os.listdir(path):
            os.unlink(path / name)
        path.rmdir()
    except OSError:
        pass  # the next sweep tries again


def _is_dead(entry: "os.DirEntry[str]") -> bool:
    try:
        status = entry.stat(follow_symlinks=False)
        if status.st_uid != os.getuid() or not entry.is_dir(follow_symlinks=False):
            return False
    except OSError:
        return False  # somebody else has just removed it
    try:
        lock = os.open(os.path.join(entry.path, "lock"), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return time.time() - status.st_mtime > _UNFINISHED
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
    finally:
        os.close(lock)
