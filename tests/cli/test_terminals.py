"""What a person sees on a terminal: narrow, without colours, resized, and stopped anywhere."""

import json
import os
import re
import shlex
import signal
import threading
import unicodedata
from pathlib import Path

import pytest

from rillet.testing import CHUNKED, LAST_CHUNK, Signal, Stall, WaitFor, answer, chunk

from .processes import PATIENCE, Shell, Terminal, ends
from .test_talk import CARD, LOADED, PROMPT, leave, messages, said, talking, tell, whole

WORDS = "The quick brown fox jumps over the lazy dog and over again."


def record(**fields: object) -> bytes:
    return chunk(json.dumps({"model": "m", "done": False, **fields}).encode() + b"\n")


def thought(text: str) -> bytes:
    return record(message={"role": "assistant", "content": "", "thinking": text})


def end() -> bytes:
    return said("", done=True) + LAST_CHUNK


def seen(terminal: Terminal) -> str:
    return "\n".join(terminal.rows)


@pytest.mark.parametrize("lines", [3, 60])
def test_thinking_folds_and_is_shown_again(shell: Shell, lines: int) -> None:
    thoughts = [thought(f"Thought number {number}.\n") for number in range(lines)]
    with talking(shell, [CHUNKED, *thoughts, said("So be it."), end()]) as (terminal, _):
        tell(terminal, "think", "So be it.")
        assert "\x1b[90m" in terminal.screen and f"Thought number {lines - 1}." in terminal.screen
        assert "Thought number" not in seen(terminal)
        at = terminal.rows.index(
            next(row for row in terminal.rows if row.startswith("Thought for"))
        )
        assert terminal.rows[at + 1 : at + 3] == ["", "So be it."]
        before = len(terminal.screen)
        terminal.type("half a line\x14")  # Ctrl-T
        terminal.until("...done thinking.", after=before)
        assert f"Thought number {lines - 1}." in terminal.screen[before:]
        terminal.until(f"{PROMPT}half a line", after=terminal.screen.rindex("...done thinking."))
        terminal.type("\x15")
        tell(terminal, "/thinking", "...done thinking.")
        leave(terminal)


def test_thinking_stays_where_that_is_wanted(shell: Shell) -> None:
    script = [CHUNKED, thought("Hm."), said("So."), end()]
    with talking(shell, script) as (terminal, _):
        tell(terminal, "/set nofold", "Set 'nofold' mode.")
        tell(terminal, "think", "So.")
        assert "Thinking...\nHm.\n...done thinking.\n\nSo." in seen(terminal)
        leave(terminal)


def test_twenty_columns(shell: Shell) -> None:
    with talking(shell, whole(WORDS), columns=20) as (terminal, server):
        tell(terminal, "a line that is longer than the window", "again.")
        assert messages(server) == [("user", "a line that is longer than the window")]
        tell(terminal, "/?", "/bye")
        leave(terminal)
    assert WORDS in " ".join(seen(terminal).split())


def test_no_colours(shell: Shell) -> None:
    script = [CHUNKED, thought("Hm."), said("So **be** it."), end()]
    with talking(shell.having(NO_COLOR="1"), script) as (terminal, _):
        tell(terminal, "think", "So **be** it.")
        leave(terminal)
    sequences = terminal.screen.split("\x1b[")[1:]
    styles = {each.partition("m")[0] for each in sequences if each.partition("m")[0].isdigit()}
    assert styles <= {"0"}
    assert "Thinking...\nHm.\n...done thinking.\n\nSo **be** it." in seen(terminal)


def test_a_terminal_that_only_prints_gets_text_alone(shell: Shell) -> None:
    """Such as a shell in Emacs, which reads lines itself."""
    stalled = [CHUNKED, said("Half an "), Stall()]
    scripts = [CHUNKED, said(f"{WORDS} {WORDS}"), end()], stalled, whole("The rest.")
    with talking(shell.having(TERM="dumb"), *scripts) as (terminal, server):
        terminal.type("caf\u00e9\n")
        terminal.until(f"{WORDS} {WORDS}")
        terminal.until(PROMPT, after=terminal.screen.index(WORDS))
        terminal.type('"""one\n')
        terminal.until("... ")
        terminal.type('two"""\n')
        terminal.until("Half an ")
        terminal.type("\x03")
        terminal.until(f"asks again]\r\n{PROMPT}")
        assert messages(server)[-1] == ("user", "one\ntwo")
        terminal.type("\x03")
        terminal.until(f"to exit.\r\n{PROMPT}")
        terminal.type("/continue\n")
        terminal.until("The rest.")
        terminal.until(PROMPT, after=terminal.screen.index("The rest."))
        terminal.type("\x04")
        assert terminal.wait() == 0
    assert "\x1b" not in terminal.screen


def test_wide_characters_and_emoji_wrap_right(shell: Shell) -> None:
    text = "日本語の文章はここで折り返す。" * 3 + " 🎉🎉🎉 " + "e\u0301" * 30 + " end."
    with talking(shell, [CHUNKED, *map(said, text), end()], columns=30) as (terminal, _):
        tell(terminal, "ask", "end.")
        leave(terminal)
    body = seen(terminal).partition("ask\n")[2].partition("end.")[0]
    composed = unicodedata.normalize("NFC", text.removesuffix("end."))  # as the screen has it
    assert "".join(body.split()) == "".join(composed.split())
    assert all(len(row) <= 30 for row in body.split("\n"))


@pytest.mark.parametrize("columns", [40, 120])
def test_the_window_is_resized_in_mid_answer(shell: Shell, columns: int) -> None:
    go = threading.Event()
    text = f"Before {WORDS}\n\nThen {WORDS}"
    half = text[:90], text[90:]
    script = [CHUNKED, said(half[0]), WaitFor(go), *map(said, half[1]), end()]
    with talking(shell, script, whole("Next.")) as (terminal, _):
        terminal.type("ask\r")
        terminal.until("Then")
        at = len(terminal.screen)
        terminal.resize(columns, 24)
        go.set()
        terminal.until("again.", after=at)
        terminal.until("first token after", after=at)
        rest = terminal.screen[at:]
        tell(terminal, "go on", "Next.")
        leave(terminal)
    assert not re.search(r"\x1b\[\d+A", rest)  # its rows are not where they were
    if columns > 80:  # the screen of the tests cuts what does not fit any more
        shown = " ".join(seen(terminal).split())
        assert shown.count(f"Before {WORDS}") == 1 and shown.count(f"Then {WORDS}") == 1


PHASES = {
    "queue": (record(status="queued", queue_position=2), "Waiting in line, place 2"),
    "behind": (record(status="waiting"), "Waiting for the server behind this one"),
    "load": (record(status="loading", completed=1, total=4), "Loading the model 25%"),
    "prompt": (record(status="prompt", completed=50, total=200), "Reading the prompt 50/200"),
    "nothing": (b"", "Waiting for the model"),
    "thinking": (thought("Hm, hm."), "Hm, hm."),
    "answer": (said("Half an "), "Half an"),
}


def test_ctrl_c_in_each_phase_stays_and_the_next_message_is_answered(shell: Shell) -> None:
    scripts = [
        script
        for first, _ in PHASES.values()
        for script in ([CHUNKED, first, Stall()] if first else [Stall()], whole("Again."))
    ]
    with talking(shell, *scripts) as (terminal, server):
        for phase, (_, shown) in PHASES.items():
            before = len(terminal.screen)
            terminal.type(f"ask in {phase}\r")
            terminal.until(shown, after=before)
            terminal.type("\x03")
            terminal.until("[interrupted", after=before)
            tell(terminal, f"after {phase}", "Again.")
            assert messages(server)[-1] == ("user", f"after {phase}")
        said_so_far = messages(server)
        assert ("assistant", "Half an ") in said_so_far
        terminal.type("half a line\x03")
        terminal.until("Use Ctrl + d or /bye to exit.")
        leave(terminal)
    assert "Traceback" not in terminal.screen


def test_ctrl_c_while_the_model_is_loaded_ends_it(shell: Shell) -> None:
    loading = threading.Event()
    with talking(shell, ready=[Signal(loading), Stall()]) as (terminal, _):
        assert loading.wait(PATIENCE)
        terminal.until("Loading m")
        terminal.type("\x03")
        assert terminal.wait() == 130
    assert "Traceback" not in terminal.screen


def test_ten_thousand_lines_are_pasted_whole(shell: Shell) -> None:
    text = "\n".join(f"line {number} of the paste" for number in range(10_000))
    with talking(shell, whole("Read.")) as (terminal, server):
        terminal.type_all(f"\x1b[200~{text}\x1b[201~")
        tell(terminal, "", "Read.")
        assert messages(server) == [("user", text)]
        leave(terminal)


COMMANDS = [
    ("/set history", ""),
    ("/set nohistory", ""),
    ("/set wordwrap", "Set 'wordwrap' mode."),
    ("/set nowordwrap", "Set 'nowordwrap' mode."),
    ("/set verbose", "Set 'verbose' mode."),
    ("/set quiet", "Set 'quiet' mode."),
    ("/set think", "Set 'think' mode."),
    ("/set think high", "Set 'think' mode to 'high'."),
    ("/set think much", "The level is low, medium, high or max"),
    ("/set nothink", "Set 'nothink' mode."),
    ("/set fold", "Set 'fold' mode."),
    ("/set format xml", "Invalid or missing format. For 'json' mode use '/set format json'"),
    ("/set parameter", "Available Parameters:"),
    ("/set parameter temperature 0.5", "Set parameter 'temperature' to '0.5'"),
    ("/set system Be brief", "Set system message."),
    ("/set", "/set parameter ..."),
    ("/set nonsense", "Unknown command '/set nonsense'"),
    ("/show", "/show modelfile"),
    ("/show parameters", "temperature                    0.5"),
    ("/show system", "Be brief"),
    ("/show nonsense", "Unknown command '/show nonsense'"),
    ("/help set", "/set nothink"),
    ("/help show", "/show license"),
    ("/load", "Usage:\r\n  /load <modelname>"),
    ("/save", "Usage:\r\n  /save <modelname>"),
    ("/model", "m\r\n"),
    ("/list", "m:latest"),
    ("/clear", "Cleared session context"),
    ("/continue", "There is no answer to go on with"),
    ("/retry", "Nothing was asked yet"),
    ("/edit", "Nothing was asked yet"),
    ("/copy", "There is no answer to copy"),
    ("/thinking", "(nothing was thought yet)"),
]


def test_each_command_says_what_it_did(shell: Shell) -> None:
    listed = [answer(b'{"models":[{"name":"m:latest","model":"m:latest","size":1,"digest":"a"}]}')]
    with talking(shell, listed) as (terminal, _):
        for line, says in COMMANDS:
            tell(terminal, line, says)
        terminal.type("/exit\r")
        assert terminal.wait() == 0
    assert "Traceback" not in terminal.screen


def test_a_word_ends_at_a_blank_whatever_its_letters(shell: Shell) -> None:
    typed = {
        "naïve b-c\x1bb\x1bbX": "Xnaïve b-c",
        "  \x1bbX": "X  ",
        "日本 two\x01\x1bfX": "日本X two",
        "one x.y\x1b\x7fX": "one X",
        "ça-va x\x01\x1bdX": "X x",
        "one x.y\x17\x19": "one x.y",
    }
    with talking(shell, *[whole("Read.")] * len(typed)) as (terminal, server):
        for keys, sent in typed.items():
            tell(terminal, keys, "Read.")
            assert messages(server)[-1] == ("user", sent)
        leave(terminal)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_terminal_speaks_utf_8_whatever_python_was_told(shell: Shell, encoding: str) -> None:
    named = shell.having(PYTHONIOENCODING=encoding)
    with talking(named, whole("größe 日本")) as (terminal, server):
        tell(terminal, "naïve 👍", "größe 日本")
        assert messages(server) == [("user", "naïve 👍")]
        assert ">>> naïve 👍" in terminal.rows
        leave(terminal)


def test_bytes_that_are_no_text_do_no_harm(shell: Shell) -> None:
    with talking(shell, whole("One."), whole("Two.")) as (terminal, server):
        tell(terminal, "a\udcff\0b", "One.")
        tell(terminal, "\x1b[A", "Two.")  # as the history has it
        assert [text for role, text in messages(server) if role == "user"] == ["a\ufffdb"] * 2
        leave(terminal)
    assert "Traceback" not in terminal.screen


def test_what_is_pasted_is_no_command_though_it_begins_like_one(shell: Shell) -> None:
    with talking(shell, whole("One.")) as (terminal, server):
        tell(terminal, "\x1b[200~/set verbose\nand more\x1b[201~", "One.")
        assert messages(server) == [("user", "/set verbose\nand more")]
        tell(terminal, "\x1b[200~/set system one\ntwo\x1b[201~", "Set system message.")
        leave(terminal)


@pytest.mark.parametrize(
    ("editor", "says"),
    [
        ('printf "caf\\351" >"$1"', None),
        ('rm "$1"', "No such file"),
        ("exit 3", "ended with code 3"),
        ("", "There is no editor"),
    ],
)
def test_an_editor_that_fails_loses_nothing(
    shell: Shell, tmp_path: Path, editor: str, says: str | None
) -> None:
    program = tmp_path / "editor"
    if editor:
        program.write_text(f"#!/bin/sh\n{editor}\n")
        program.chmod(0o755)
    own = shell.having(RILLET_EDITOR=shlex.quote(str(program)))
    with talking(own, whole("One."), columns=250) as (terminal, server):
        terminal.type("words\x07")
        terminal.until(says or "caf\ufffd")
        terminal.until(PROMPT, after=terminal.screen.rindex(says or "caf") if says else 0)
        tell(terminal, "", "One.")
        assert messages(server) == [("user", "words" if says else "caf\ufffd")]
        leave(terminal)
    assert "Traceback" not in terminal.screen


def test_a_signal_ends_an_editor_as_well(shell: Shell, tmp_path: Path) -> None:
    program = tmp_path / "editor"
    program.write_text("#!/bin/sh\necho $$ is editing\nexec sleep 100\n")
    program.chmod(0o755)
    with talking(shell.having(RILLET_EDITOR=shlex.quote(str(program)))) as (terminal, _):
        terminal.type("words\x07")
        shown = terminal.until("is editing")
        editor = int(re.findall(r"(\d+) is editing", shown)[0])
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.wait() == 128 + signal.SIGTERM
        assert ends(editor)


def test_the_modelfile_is_that_of_the_talk(shell: Shell) -> None:
    with talking(shell, CARD) as (terminal, server):
        tell(terminal, "/set system Be brief", "Set system message.")
        tell(terminal, "/set parameter seed 1", "Set parameter")
        tell(terminal, "/show modelfile", "FROM nothing")
        asked = json.loads(server.requests[-1].body)
        assert asked == {"model": "m", "system": "Be brief", "options": {"seed": 1}}
        leave(terminal)


def test_what_is_typed_while_the_model_loads_is_the_first_message(shell: Shell) -> None:
    go, loading = threading.Event(), threading.Event()
    ready = [Signal(loading), WaitFor(go), *LOADED]
    with talking(shell, whole("One."), ready=ready) as (terminal, server):
        assert loading.wait(PATIENCE)
        terminal.type("typed early\r")
        go.set()
        terminal.until("One.")
        assert messages(server) == [("user", "typed early")]
        assert seen(terminal).count("typed early") == 1
        leave(terminal)


def test_ctrl_c_stops_a_command_and_stays(shell: Shell) -> None:
    asked = threading.Event()
    stalled = [Signal(asked), Stall()]
    with talking(shell, stalled, whole("Still here.")) as (terminal, server):
        terminal.type("/load other\r")
        assert asked.wait(PATIENCE)
        tell(terminal, "\x03", "[stopped]")
        tell(terminal, "hi", "Still here.")
        assert json.loads(server.requests[-1].body)["model"] == "m"
        leave(terminal)
