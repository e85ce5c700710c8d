"""Files that a message names."""

import json
import os
from pathlib import Path

import pytest

from rillet.cli.chat.attachments import attach
from rillet.cli.where import abilities_of
from rillet.testing import CHUNKED, ScriptedServer, answer
from rillet.words.errors import InvalidRequest

from .processes import Shell
from .test_faults import DONE, piece
from .test_talk import LOADED, PROMPT, VERSION, leave, tell, whole


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
    assert attach("What is on ./sky.png", abilities_of(None)) == seen  # who does not tell may see
    blind = attach("What is on ./sky.png", ["completion"])
    assert (blind.text, blind.media) == ("What is on ./sky.png", ())
    assert blind.notes == ("Note: this model cannot see './sky.png'",)


def test_a_text_has_a_limit(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("x" * ((1 << 20) + 1))
    with pytest.raises(InvalidRequest, match=r"long\.txt"):
        attach("./long.txt", [])


def test_a_text_has_a_limit_also_where_that_cuts_a_character(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("x" * ((1 << 20) - 1) + "é")
    with pytest.raises(InvalidRequest, match=r"long\.txt"):
        attach("./long.txt", [])


def test_a_sound_is_called_one_and_a_text_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "word.wav").write_bytes(b"RIFF\x04\0\0\0WAVEfmt ")
    heard = attach("Write down ./word.wav", ["completion", "audio"])
    assert (heard.media, heard.notes) == (("./word.wav",), ("Added audio './word.wav'",))
    for content in (b"", b"just text", b"RIFF\x04\0\0\0AVI "):
        (tmp_path / "text.png").write_bytes(content)
        with pytest.raises(InvalidRequest, match=r"'\./text\.png' is no image and no sound"):
            attach("What is on ./text.png", ["completion", "vision"])


def test_an_image_that_is_missing_is_told() -> None:
    missing = attach("What is on ./none.png", ["completion", "vision"])
    assert (missing.text, missing.media) == ("What is on ./none.png", ())
    assert missing.notes == ("Note: there is no file './none.png'; the model gets its name alone",)


SEES = [answer(b'{"capabilities":["completion","vision"],"details":{},"model_info":{}}')]


def test_an_image_that_was_dropped_on_the_terminal_is_no_command(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "a sky.png").write_bytes(b"\x89PNG")
    with (
        ScriptedServer(VERSION, SEES, LOADED, whole("Blue.")) as server,
        shell.having(RILLET_HOST=server.url).terminal("run", "m", columns=200) as terminal,
    ):
        terminal.until(PROMPT)
        dropped = str(tmp_path).replace(" ", r"\ ")
        tell(terminal, f"{dropped}/none.png", f"There is no file '{tmp_path}/none.png'")
        tell(terminal, rf"{dropped}/no\ sky.png", f"There is no file '{tmp_path}/no sky.png'")
        shown = tell(terminal, rf"{dropped}/a\ sky.png which colour?", "Blue.")
        assert f"Added image '{tmp_path}/a sky.png'" in shown
        leave(terminal)
        (said,) = json.loads(server.requests[-1].body)["messages"]
    assert said == {"role": "user", "content": "which colour?", "images": ["iVBORw=="]}


def test_one_question_takes_images_as_a_talk_does(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "sky.png").write_bytes(b"\x89PNG")
    asked = f"Compare '{tmp_path}/sky.png' with ./none.png"
    with ScriptedServer(VERSION, SEES, [CHUNKED, piece("Ok."), DONE]) as server:
        done = shell.having(RILLET_HOST=server.url).run("run", "m", asked)
        body = json.loads(server.requests[-1].body)
    assert (body["prompt"], body["images"]) == ("Compare  with ./none.png", ["iVBORw=="])
    assert done.stderr.decode().splitlines() == [
        f"Added image '{tmp_path}/sky.png'",
        "Note: there is no file './none.png'; the model gets its name alone",
    ]
