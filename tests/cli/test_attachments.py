"""Files that a message names."""

import os
from pathlib import Path

import pytest

from rillet.cli.chat.attachments import attach
from rillet.words.errors import InvalidRequest


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "notes.md").write_text("Use ```code``` here.\n")
    (tmp_path / "two words.txt").write_text("spaced")
    (tmp_path / "data.bin").write_bytes(b"\xff\x00\x01")
    (tmp_path / "sky.png").write_bytes(b"\x89PNG")


def test_a_text_goes_into_the_message() -> None:
    got = attach("What says ./notes.md?", [])
    assert got.text == "What says ./notes.md?\n\n./notes.md:\n````\nUse ```code``` here.\n````"
    assert got.notes == ("Added text './notes.md'",)
    assert attach(r"./two\ words.txt", []).text.endswith("./two words.txt:\n```\nspaced\n```")
    home = os.path.expanduser("~")
    assert f"{home}/notes.md:" in attach("~/notes.md and ~/notes.md", []).text


def test_what_is_no_text_file_stays_words() -> None:
    for line in ("./data.bin", "./none.txt", "a/b or http://x/y", "notes.md", "1 / 2", "/set"):
        assert attach(line, []) == attach("", []).__class__(line)


def test_an_image_goes_to_a_model_that_sees() -> None:
    seen = attach("What is on ./sky.png", ["completion", "vision"])
    assert (seen.text, seen.media) == ("What is on", ("./sky.png",))
    blind = attach("What is on ./sky.png", ["completion"])
    assert (blind.text, blind.media) == ("What is on ./sky.png", ())
    assert blind.notes == ("Note: this model cannot see './sky.png'",)


def test_a_text_has_a_limit(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("x" * ((1 << 20) + 1))
    with pytest.raises(InvalidRequest, match=r"long\.txt"):
        attach("./long.txt", [])
