"""Nothing but text reaches the terminal, wherever the text is cut."""

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rillet.text.terminal import TerminalFilter, clean

from .cuts import cut, every_cut, positions

ATTACKS = json.loads(Path(__file__).with_name("escape_attacks.json").read_text("utf-8"))
REORDERING = set("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
FORMAT = set("\u206a\u206b\u206c\u206d\u206e\u206f\ufeff\ufff9\ufffa\ufffb")
TAGS = {chr(code) for code in range(0xE0000, 0xE0080)}
FLAG = re.compile("🏴[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
SCOTLAND = "🏴" + "".join(chr(0xE0000 + ord(c)) for c in "gbsct") + "\U000e007f"

CONTROLS = [
    "\x1b",
    "[",
    "]",
    "P",
    "_",
    "(",
    "\\",
    "\x07",
    "\x18",
    "\x9b",
    "\x9c",
    "\x9d",
    "\r",
    "\n",
]
MARKS = ["\u2028", "\u202e", "\ud83d", "\ude00", "🏴", "\U000e0067", "\U000e007f", "👩", "\u200d"]
TEXTS = ["31", ";", "m", "0;title", " ", "é", "日", "text", "\u0301", SCOTLAND]
scraps = st.sampled_from([*CONTROLS, *MARKS, *TEXTS])
hostile = st.lists(scraps | st.characters(codec=None), max_size=40).map("".join)


def shown(pieces: list[str]) -> str:
    terminal = TerminalFilter()
    return "".join([*map(terminal.feed, pieces), terminal.finish()])


def assert_harmless(text: str) -> None:
    for char in FLAG.sub("", text):
        assert char in "\t\n" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert char not in REORDERING | FORMAT | TAGS, ascii(char)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["name"])
def test_attack_shows_only_its_text_at_every_cut(attack: dict[str, str]) -> None:
    assert_harmless(attack["shown"])
    text = attack["text"]
    cuts = every_cut(text) if len(text) < 500 else [[text], list(text), [text[:99], text[99:]]]
    for pieces in cuts:
        assert shown(pieces) == attack["shown"]


def test_corpus_is_not_empty() -> None:
    assert len(ATTACKS) >= 100


@pytest.mark.parametrize(
    "text",
    [
        "plain text\twith a tab\nand a newline",
        "naïve café, e\u0301, Ελλάδα, русский, עברית, العربية, हिन्दी, ไทย, 日本語, 한국어",
        "👩\u200d👩\u200d👧 👍🏽 ❤\ufe0f 🇩🇪 1\ufe0f⃣ " + SCOTLAND + "🏴 🏴\u200d☠\ufe0f",
        "می\u200cخواهم a\u00a0b c\u3000d soft\u00adhyphen \ue0b0",
        "[31m and ]0; and \\ without an escape are text; so is 0;m",
    ],
)
def test_text_of_all_scripts_stays_as_it_is(text: str) -> None:
    for pieces in every_cut(text):
        assert shown(pieces) == text


@given(hostile, positions)
@example("\x1b]0;" + "a" * 5000 + "\x07b", [4097, 4100])
def test_cuts_do_not_matter_and_nothing_harmful_comes_out(text: str, at: list[int]) -> None:
    whole = shown([text])
    assert shown(cut(text, at)) == whole
    assert shown(list(text)) == whole
    assert_harmless(whole)


@pytest.mark.parametrize("letter", ["“quoted”", "‘quoted’", "Straße", "АБВГД", "město", "😀 and"])
def test_text_in_a_wrong_encoding_swallows_nothing(letter: str) -> None:
    text = f"before {letter} after".encode().decode("latin-1")
    for pieces in every_cut(text):
        got = shown(pieces)
        assert got.startswith("before ") and got.endswith(" after")
        assert sum(char.isascii() for char in got) >= sum(char.isascii() for char in text) - 1


def test_an_open_string_does_not_swallow_the_answer() -> None:
    terminal = TerminalFilter()
    assert terminal.feed("\x1b]0;") == ""
    answer = "".join(terminal.feed("word ") for _ in range(10_000))
    assert len(answer) >= 50_000 - 4096


def test_finish_makes_the_filter_ready_for_the_next_text() -> None:
    terminal = TerminalFilter()
    terminal.feed("\x1b]0;open")
    assert terminal.finish() == ""
    assert terminal.feed("fresh\x07") == "fresh"


def test_clean_is_the_filter_at_once() -> None:
    assert clean("model\x1b]0;x\x07:\u202elatest") == "model:latest"


def test_marks_are_counted_across_pieces() -> None:
    terminal = TerminalFilter()
    assert "".join(terminal.feed("\u0301") for _ in range(50)) == "\u0301" * 8
    assert terminal.feed("x\u0301") == "x\u0301"
    assert terminal.feed("") == "" and terminal.feed("\u0301" * 9) == "\u0301" * 7
