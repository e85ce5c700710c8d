"""Attacks on a terminal, from the model's mouth to the real screen."""

import json
import re
import unicodedata
from pathlib import Path

import pytest

from rillet.testing import CHUNKED, LAST_CHUNK, ScriptedServer, answer, chunk
from rillet.text.terminal import clean

from .processes import Shell
from .test_faults import DONE, VERSION, at, piece, serving
from .test_talk import leave, said, talking, tell

ATTACKS = json.loads((Path(__file__).parents[1] / "text" / "escape_attacks.json").read_text())
TEXTS = [attack["text"] for attack in ATTACKS]
ALL = "\n".join(TEXTS) + "\n"
# Half a surrogate pair is no JSON for the answers that come whole.
VALID = [text for text in TEXTS if not re.search("[\ud800-\udfff]", text)]
_STATUS = re.compile(r"\r\x1b\[K(?:[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] [^\r]*)?")
_ALLOWED = {"Cc": "\t\r\n", "Cf": "\u200b\u200c\u200d\u00ad\u2060\u2061\u2062\u2063\u2064"}


def driven(shown: str) -> list[str]:
    """The characters on a screen that are no text."""
    tags = re.compile("\U0001f3f4[\U000e0030-\U000e007a]+\U000e007f")  # the flag of a region
    return [
        char
        for char in tags.sub("", shown)
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and char not in _ALLOWED.get(unicodedata.category(char), "")
        and not 0x600 <= ord(char) <= 0x8FF  # signs of Arabic and Syriac that are seen
    ]


def without_status(screen: str) -> str:
    return _STATUS.sub("", screen)


def test_the_corpus_is_not_empty() -> None:
    assert len(ATTACKS) >= 60


@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_nothing_but_text_reaches_a_terminal(shell: Shell, size: int) -> None:
    pieces = [ALL[at : at + size] for at in range(0, len(ALL), size)]
    with (
        serving([CHUNKED, *map(piece, pieces), DONE]) as server,
        at(server, shell).terminal("run", "m", "hi", "--nowordwrap") as terminal,
    ):
        assert terminal.wait() == 0
    shown = without_status(terminal.screen).replace("\r\n", "\n")
    assert driven(shown) == []
    assert shown == clean(ALL) + "\n\n"


def test_a_pipe_gets_each_byte(shell: Shell) -> None:
    with serving([CHUNKED, *map(piece, ALL), DONE]) as server:
        done = at(server, shell).run("run", "m", "hi")
    whole = ALL.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert done.stdout == whole.encode() + b"\n\n"


def test_an_error_text_is_text(shell: Shell) -> None:
    for kind in (ALL, ALL[::-1]):
        refusal = answer(json.dumps({"error": kind[:2000]}).encode(), status="400 Bad Request")
        with serving([refusal]) as server, at(server, shell).terminal("run", "m", "hi") as terminal:
            assert terminal.wait() == 1
        assert driven(without_status(terminal.screen)) == []


def test_names_and_metadata_of_models_are_text(shell: Shell) -> None:
    names = [{"name": text, "model": text, "size": 1, "digest": text} for text in VALID]
    listed = [answer(json.dumps({"models": names}).encode())]
    with ScriptedServer(VERSION, listed) as server, at(server, shell).terminal("list") as terminal:
        assert terminal.wait() == 0
    assert len(terminal.screen.splitlines()) > len(VALID) and driven(terminal.screen) == []
    all_valid = "\n".join(VALID)
    card = {
        "license": all_valid,
        "system": all_valid,
        "parameters": all_valid,
        "details": {"family": VALID[0]},
        "model_info": dict.fromkeys(VALID, all_valid),
        "capabilities": VALID,
    }
    shown = [answer(json.dumps(card).encode())]
    for flags in ([], ["--system"]):
        with (
            ScriptedServer(VERSION, shown, shown) as server,
            at(server, shell).terminal("show", "m", *flags) as terminal,
        ):
            assert terminal.wait() == 0
        assert driven(terminal.screen) == []


def test_steps_of_a_transfer_are_text(shell: Shell) -> None:
    steps = [chunk(json.dumps({"status": text}).encode() + b"\n") for text in TEXTS]
    last = chunk(b'{"status":"success"}\n') + LAST_CHUNK
    with (
        ScriptedServer(VERSION, [CHUNKED, *steps, last]) as server,
        at(server, shell).terminal("pull", "m") as terminal,
    ):
        assert terminal.wait() == 0
    assert driven(terminal.screen) == []


def test_markdown_of_a_talk_lets_nothing_through(shell: Shell) -> None:
    """Its own colours are there; what the model wrote is not."""
    text = "# Head\n\n" + "\n\n".join(f"`{each}` {each}" for each in TEXTS) + "\n"
    pieces = [said(text[at : at + 5]) for at in range(0, len(text), 5)]
    with talking(shell, [CHUNKED, *pieces, said("", done=True) + LAST_CHUNK]) as (terminal, _):
        before = len(terminal.screen)
        tell(terminal, "ask", "Head")
        shown = terminal.screen[before:]
        leave(terminal)
    for forbidden in ("\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1b[3J", "\x1bc", "\x07", "\u202e"):
        assert forbidden not in shown
    assert not re.search(r"\x1b\[\?(?!7[hl]|25[hl]|12l|2004[hl])", shown)
