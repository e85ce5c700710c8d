import fcntl
import os
import resource
import stat
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from rillet.engine.folder import MAX_SOCKET_PATH, PrivateFolder, sweep
from rillet.words.errors import EngineError

#: Makes a folder and ends without a word, as a killed process does.
LEAVE = "import os, sys; from pathlib import Path; from rillet.engine.folder import PrivateFolder; \
f = PrivateFolder(Path(sys.argv[1])); os.kill(os.getpid(), 9)"


def test_only_we_may_enter(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path)
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert str(os.getpid()) in folder.path.name
    folder.remove()
    folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_the_folders_of_the_dead_go_with_the_next_start(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", LEAVE, tmp_path], check=False)
    (left,) = tmp_path.iterdir()
    (left / "engine.sock").touch()
    alive = PrivateFolder(tmp_path)
    assert list(tmp_path.iterdir()) == [alive.path]
    assert sweep(tmp_path) == 0
    alive.remove()


def test_a_folder_in_the_making_is_left_alone_until_it_is_old(tmp_path: Path) -> None:
    making = tmp_path / "rillet-engine-1-abc"
    making.mkdir()
    assert sweep(tmp_path) == 0
    os.utime(making, (0, 0))
    assert sweep(tmp_path) == 1


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "rillet-engine-file").touch()
    (tmp_path / "other").mkdir()
    target = tmp_path / "target"
    target.mkdir()
    (target / "lock").touch()
    (tmp_path / "rillet-engine-link").symlink_to(target)
    assert sweep(tmp_path) == 0


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    trap = tmp_path / "rillet-engine-1-trap"
    trap.mkdir()
    (trap / "lock").symlink_to(tmp_path / "elsewhere")
    assert sweep(tmp_path) == 0


def test_the_lock_is_not_inherited(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path)
    fcntl.fcntl(folder._lock, fcntl.F_GETFD)
    assert not os.get_inheritable(folder._lock)
    folder.remove()


def test_a_path_too_long_for_a_socket_is_told(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * MAX_SOCKET_PATH)
    deep.mkdir()
    folder = PrivateFolder(deep)
    assert folder.socket_path() is None
    folder.remove()


def test_no_place_for_it_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="TMPDIR"):
        PrivateFolder(tmp_path / "missing")


def test_a_usual_place_serves_where_the_temporary_folder_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rillet.engine.folder._TEMPORARY", str(tmp_path))
    for wrong in (tmp_path / "missing", Path(__file__), Path("x" * 300)):
        monkeypatch.setenv("TMPDIR", str(wrong))
        folder = PrivateFolder()
        assert folder.path.parent == tmp_path
        folder.remove()


def test_no_file_left_for_its_lock_is_a_clear_error(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")), hard))
    taken = []
    try:
        with pytest.raises(OSError):
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        with pytest.raises(EngineError, match="Too many open files"):
            PrivateFolder(tmp_path)
    finally:
        for each in taken:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_it_goes_at_the_end_of_the_interpreter_but_not_of_a_fork(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from rillet.engine.folder import PrivateFolder\n"
        "folder = PrivateFolder(Path(sys.argv[1]))\n"
        "if os.fork() == 0: sys.exit()\n"
        "os.wait(); assert folder.path.exists()\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_goes_while_it_is_looked_at_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers start at once, and both put away what a third has left."""
    (tmp_path / "rillet-engine-1-abc").mkdir()
    entries = list(os.scandir(tmp_path))
    (tmp_path / "rillet-engine-1-abc").rmdir()
    monkeypatch.setattr("rillet.engine.folder.os.scandir", lambda _: nullcontext(entries))
    assert sweep(tmp_path) == 0
