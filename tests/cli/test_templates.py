"""Prompts that are kept."""

import json
from pathlib import Path

import pytest

from rillet.cli import templates
from rillet.cli.exits import UsageError
from rillet.testing import CHUNKED

from .processes import Shell
from .test_faults import DONE, at, piece, serving


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (folder := templates.folder()).mkdir(parents=True)
    (folder / "review.txt").write_text("Review $language: $input\nfor $$5 or $6\n")
    (folder / "plain.txt").write_text("Be brief.\n")
    return tmp_path


def test_names_are_filled_in(kept: Path) -> None:
    filled = templates.filled("review", {"language": "Go"}, "x = $y")
    assert filled == "Review Go: x = $y\nfor $5 or $6"
    assert templates.filled("plain", {}, "Why?") == "Be brief.\n\nWhy?"
    assert templates.filled("plain", {}, "") == "Be brief."
    assert templates.names() == ["plain", "review"]


@pytest.mark.parametrize(
    ("name", "given", "asked", "says"),
    [
        ("review", {}, "x", "-P language VALUE"),
        ("review", {"language": "Go"}, "", "say what to ask"),
        ("plain", {"tone": "dry"}, "x", "has no \\$tone"),
        ("nothing", {}, "x", "no template 'nothing'"),
        ("..", {}, "x", "no name"),
    ],
)
def test_what_does_not_fit(
    kept: Path, name: str, given: dict[str, str], asked: str, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        templates.filled(name, given, asked)


def test_a_prompt_is_saved_and_asked(shell: Shell) -> None:
    own = shell.having(XDG_CONFIG_HOME=str(shell.home / "config"))
    saved = own.run("template", "save", "greet", "Greet $input in $tongue")
    assert saved.stdout == b"saved 'greet'\n"
    assert own.run("template").stdout.split() == [b"greet", b"$input", b"$tongue"]
    with serving([CHUNKED, piece("Salut"), DONE]) as server:
        done = at(server, own).run("run", "m", "-t", "greet", "-P", "tongue", "French", "Ann")
        body = json.loads(server.requests[-1].body)
    assert done.stdout == b"Salut\n\n" and body["prompt"] == "Greet Ann in French"
    assert own.run("template", "rm", "greet").returncode == 0
    assert own.run("template", "show", "greet").returncode == 2
