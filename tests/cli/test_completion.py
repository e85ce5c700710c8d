"""What the Tab key offers, and the scripts that ask for it."""

import os
import shutil
import subprocess

import pytest

from .processes import PATIENCE, RILLET, Shell, Terminal


def offered(shell: Shell, *words: str) -> list[str]:
    done = shell.run("__complete", *words)
    assert done.stderr == b"" and done.returncode == 0
    return done.stdout.decode().splitlines()


def test_commands_flags_and_models(served: Shell) -> None:
    assert offered(served, "his") == ["history"]
    assert {"run", "serve", "ls", "chat"} <= set(offered(served, ""))
    assert offered(served, "run", "--verb") == ["--verbose"]
    assert offered(served, "run", "tinyh") == ["tinyhello"]
    assert offered(served, "run", "--verbose", "tinyh") == ["tinyhello"]
    assert offered(served, "run", "tinyhello", "tinyh") == []
    assert offered(served, "rm", "tinyhello", "tinyth") == ["tinythink"]
    assert offered(served, "history", "ex") == ["export"]
    assert offered(served, "help", "comple") == ["completion"]
    assert offered(served, "--no-hi") == ["--no-history"]  # of what is no command
    assert offered(served, "run", "tinyhello:la") == ["tinyhello:latest"]


def test_values_of_flags(served: Shell) -> None:
    assert offered(served, "--model=tinyh") == ["--model=tinyhello"]
    assert offered(served, "run", "m", "--think=m") == ["--think=medium", "--think=max"]
    assert offered(served, "run", "m", "--format", "j") == ["json"]
    assert offered(served, "replay", "f", "--fault", "st") == ["stall"]
    assert offered(served, "run", "m", "--system=x") == []


def test_it_is_silent_where_something_is_amiss(shell: Shell) -> None:
    broken = shell.having(RILLET_HOST="http://:99999")
    assert offered(broken, "run", "t") == []
    assert offered(broken, "nonsense", "x") == []


def test_bash_completes(served: Shell) -> None:
    if shutil.which("bash") is None:
        pytest.skip("no bash here")
    script = served.run("completion", "bash").stdout.decode()
    asked = f"""
rillet() {{ {" ".join(RILLET)} "$@"; }}
{script}
for COMP_LINE in "rillet run tinyh" "rillet run tinyhello:la" "rillet --think=hi" "rillet hi"; do
    COMP_POINT=${{#COMP_LINE}} COMP_WORDBREAKS=" :=" _rillet
    echo "${{COMPREPLY[@]}}"
done
"""
    done = subprocess.run(
        ["bash", "--norc", "-c", asked], env=served.env, capture_output=True, timeout=PATIENCE
    )
    assert done.stdout.decode().splitlines() == ["tinyhello", "latest", "high", "history"], (
        done.stderr
    )


@pytest.fixture
def installed(served: Shell) -> Shell:
    """With a program `rillet` on the path."""
    folder = served.home / "bin"
    folder.mkdir()
    (folder / "rillet").write_text(f"""#!/bin/sh\nexec {" ".join(RILLET)} "$@"\n""")
    (folder / "rillet").chmod(0o755)
    return served.having(PATH=f"{folder}:{os.environ['PATH']}")


def test_fish_completes(installed: Shell) -> None:
    if (fish := shutil.which("fish")) is None:
        pytest.skip("no fish here")
    script = "rillet completion fish | source; "
    (installed.home / "notes.txt").touch()
    for typed, offers in (
        ("rillet run tinyh", "tinyhello"),
        ("rillet hi", "history"),
        ("rillet run tinyhello no", "notes.txt"),
    ):
        done = subprocess.run(
            [fish, "--no-config", "-c", f"{script}complete -C '{typed}'"],
            env=installed.env,
            capture_output=True,
            timeout=PATIENCE,
            cwd=installed.home,
        )
        assert done.stdout.decode().split() == [offers], done.stderr


def test_zsh_completes(installed: Shell) -> None:
    if (zsh := shutil.which("zsh")) is None:
        pytest.skip("no zsh here")
    env = {**installed.env, "PS1": "$ ", "TERM": "dumb"}
    with Terminal([zsh, "-f", "-i"], env, 80, 24) as terminal:
        terminal.type('autoload -Uz compinit && compinit -u; eval "$(rillet completion zsh)"\r')
        terminal.type("echo rea''dy\r")
        terminal.until("ready")
        terminal.type("rillet run tinyh\t")
        terminal.until("tinyhello")
        terminal.type("\x15rillet hi\t")
        terminal.until("history")
        terminal.type("\x15exit\r")
        terminal.wait()
