"""What the Tab key offers, and the scripts that ask for it."""

import shutil
import subprocess

import pytest

from .processes import PATIENCE, RILLET, Shell


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
for COMP_LINE in "rillet run tinyh" "rillet run tinyhello:la" "rillet hi"; do
    COMP_POINT=${{#COMP_LINE}} COMP_WORDBREAKS=" :" _rillet
    echo "${{COMPREPLY[@]}}"
done
"""
    done = subprocess.run(
        ["bash", "--norc", "-c", asked], env=served.env, capture_output=True, timeout=PATIENCE
    )
    assert done.stdout.decode().splitlines() == ["tinyhello", "", "history"], done.stderr


@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_the_other_shells_read_their_scripts(shell: Shell, name: str) -> None:
    script = shell.run("completion", name).stdout
    assert b"rillet __complete" in script
    if (program := shutil.which(name)) is None:
        pytest.skip(f"no {name} here")
    done = subprocess.run([program, "-n"], input=script, capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
