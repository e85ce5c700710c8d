"""The forms in which a person or a terminal writes the path of a file."""

from pathlib import Path

import pytest

from rillet.cli.paths import named, without


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "a b"
    folder.mkdir()
    for name in (
        "sky.png",
        "it's (1) & more.JPG",
        "50%20off.png",
        "notes.txt",
        'a"b.png',
        "日.png",
    ):
        (folder / name).write_bytes(b"x")
    (folder / "bare.png").write_bytes(b"x")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def paths(text: str) -> list[str]:
    return [each.path for each in named(text) if each.there]


FORMS = [
    # GNOME Terminal, Konsole and Windows Terminal put quotes around it, macOS and kitty escape it,
    # others give the address.
    ("'{0}/sky.png' what is it?", "sky.png"),
    ('"{0}/sky.png" what is it?', "sky.png"),
    ("{1}/sky.png what is it?", "sky.png"),
    ("file://{2}/sky.png what is it?", "sky.png"),
    ("file://localhost{2}/sky.png", "sky.png"),
    ("'file://{2}/sky.png'", "sky.png"),
    ("What is on {0}/sky.png?", "sky.png"),  # bare blanks, as Ollama takes them
    ("'{0}/it'\\''s (1) & more.JPG'", "it's (1) & more.JPG"),
    ("{1}/it\\'s\\ \\(1\\)\\ \\&\\ more.JPG", "it's (1) & more.JPG"),
    ("file://{2}/it's%20(1)%20&%20more.JPG", None),  # a quote is no part of an address
    ("file://{2}/it%27s%20(1)%20&%20more.JPG", "it's (1) & more.JPG"),
    ("./50%20off.png", "50%20off.png"),  # its very name
    ("./50%2520off.png", "50%20off.png"),
    ('"{0}/a\\"b.png"', 'a"b.png'),
    ("(see ./sky.png, or ~/none)", "sky.png"),
    ("看./sky.png的颜色", "sky.png"),
    ("./日.png", "日.png"),
    ("'./notes.txt' says", "notes.txt"),
    ("'/nothing at all' and './sky.png'", "sky.png"),
]


@pytest.mark.parametrize(("form", "name"), FORMS)
def test_a_file_is_found_in_each_form(here: Path, form: str, name: str | None) -> None:
    plain = str(here)
    text = form.format(plain, plain.replace(" ", "\\ "), plain.replace(" ", "%20"))
    found = [Path(path).resolve() for path in paths(text)]
    assert found == ([here.resolve() / name] if name else [])


def test_an_image_leaves_the_text_with_its_quotes(here: Path) -> None:
    text = "Compare './sky.png' with \"./bare.png\" and file://./no, please"
    assert without(text, list(named(text))) == "Compare  with  and file://./no, please"


def test_an_image_that_is_missing_is_told_and_other_words_are_not() -> None:
    for text in ("on ./none.png?", "on './no such.png'?", "~/none.wav", "file:///none%20x.png"):
        (found,) = named(text)
        assert not found.there and found.is_media
    for text in (
        "/set",
        "1 / 2",
        "a/b",
        "https://x.org/y.png",
        "and/or.png",
        "./none.txt",
        "//x.png",
    ):
        assert list(named(text)) == []


def test_a_long_line_of_what_looks_like_paths_is_read_in_no_time() -> None:
    assert list(named("'/a b " * 20_000)) == []
    assert list(named("./a b" * 20_000)) == []
