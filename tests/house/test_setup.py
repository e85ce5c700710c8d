"""`./start` and its setup, over a Python and a pip that only write down what they are asked."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Plays Python, and in an environment that it makes also pip and Rillet.
PYTHON = r"""#!/bin/sh
case "$*" in
    "-m venv "*)
        for dir; do :; done
        mkdir -p "$dir/bin" && cp "$0" "$dir/bin/python" && : >"$dir/pyvenv.cfg" ;;
    "-m pip --version") ;;
    "-m pip install "*)
        echo "pip in ${PYTHONPATH-nothing}" >>"$LOG"
        [ -z "${INTERRUPTED:-}" ] || exit 130
        printf '#!/bin/sh\nprintf "rillet %%s\\n" "$@" >>"$LOG"\n' >"$(dirname "$0")/rillet"
        chmod +x "$(dirname "$0")/rillet" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in a folder with a blank, as far as `./start` needs one."""
    folder = tmp_path / "my rillet"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    for name in ("start", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    python = tmp_path / "python3"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return folder


def start(checkout: Path, *words: str, program: Path | None = None, **variables: str) -> list[str]:
    """What was done, line by line, for one `./start WORDS…`."""
    log = checkout.parent / "log"
    log.write_text("")
    home = checkout.parent
    given = {"PYTHON": str(home / "python3"), "LOG": str(log), "PATH": os.environ["PATH"]}
    command = [str(program or checkout / "start"), *words]
    subprocess.run(command, env=given | variables, cwd=home, capture_output=True, check=False)
    return log.read_text().splitlines()


def test_it_sets_up_once(checkout: Path) -> None:
    assert start(checkout, "a b", "c") == ["pip in nothing", "rillet a b", "rillet c"]
    assert start(checkout, "again") == ["rillet again"]


def test_settings_for_other_projects_do_not_come_in(checkout: Path) -> None:
    assert start(checkout, "x", PYTHONPATH="/elsewhere", CDPATH="/:.")[0] == "pip in nothing"


def test_a_setup_that_was_interrupted_is_made_again(checkout: Path) -> None:
    assert start(checkout, "x", INTERRUPTED="1") == ["pip in nothing"]
    assert start(checkout, "x") == ["pip in nothing", "rillet x"]


def test_a_setup_that_fails_says_what_it_needs(checkout: Path) -> None:
    given = {"PYTHON": str(checkout.parent / "python3"), "LOG": "/dev/null", "INTERRUPTED": "1"}
    command = [str(checkout / "start")]
    done = subprocess.run(command, env=os.environ | given, capture_output=True, check=False)
    assert done.returncode == 1 and b"needs the network once" in done.stderr


def test_a_place_that_will_not_do_is_told(checkout: Path) -> None:
    full = checkout.parent / "df"
    full.write_text("#!/bin/sh\necho Filesystem\necho /dev/sda1 9000000 8900000 50000 99% /\n")
    full.chmod(0o755)
    path = {"PATH": f"{checkout.parent}:{os.environ['PATH']}"}
    for given, says in (({"RILLET_VENV": "/dev/null/x"}, b"cannot be written"), (path, b"250 MB")):
        env = os.environ | {"PYTHON": str(checkout.parent / "python3"), **given}
        command = [str(checkout / "start")]
        done = subprocess.run(command, env=env, capture_output=True, check=False)
        assert done.returncode == 1 and says in done.stderr
        assert b"RILLET_VENV=/path/to/folder" in done.stderr


def test_a_checkout_that_was_moved_is_set_up_again(checkout: Path) -> None:
    start(checkout, "x")
    moved = checkout.rename(checkout.with_name("elsewhere"))
    assert start(moved, "x") == ["pip in nothing", "rillet x"]


def test_new_requirements_are_installed(checkout: Path) -> None:
    start(checkout, "x")
    later = (checkout / ".venv" / ".installed").stat().st_mtime + 10
    os.utime(checkout / "requirements" / "lock.txt", (later, later))
    assert start(checkout, "x") == ["pip in nothing", "rillet x"]


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Path) -> None:
    start(checkout, "x")
    (checkout / ".venv" / "bin" / "python").unlink()
    (checkout / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    assert start(checkout, "x") == ["pip in nothing", "rillet x"]


def test_a_link_to_it_is_as_good(checkout: Path) -> None:
    link = checkout.parent / "rillet-start"
    link.symlink_to(checkout / "start")
    assert start(checkout, "x", program=link) == ["pip in nothing", "rillet x"]


def test_a_folder_with_other_things_is_left_alone(checkout: Path) -> None:
    named = checkout.parent / "named"
    named.mkdir()
    (named / "letter").write_text("dear")
    assert start(checkout, "x", RILLET_VENV=str(named)) == []
    assert (named / "letter").read_text() == "dear"
    (named / "letter").unlink()
    assert start(checkout, "x", RILLET_VENV=str(named)) == ["pip in nothing", "rillet x"]
    (named / "bin" / "python").unlink()  # a broken environment is made anew
    assert start(checkout, "x", RILLET_VENV=str(named)) == ["pip in nothing", "rillet x"]
