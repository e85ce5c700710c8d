"""Conversations are kept while they stream, whatever happens to the process."""

import json
import os
import signal
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from rillet.cli.chat.history import History
from rillet.testing import CHUNKED, Drip, ScriptedServer
from rillet.words.errors import StoreError
from rillet.words.requests import Message

from .processes import Shell
from .test_faults import DONE, at, serving
from .test_faults import piece as said_once
from .test_talk import CARD, LOADED, PROMPT, VERSION, leave, messages, said, talking, tell, whole

USER = Message(role="user", content="Why is the sky blue?")


def test_what_was_said_is_read_again(tmp_path: Path) -> None:
    history = History(tmp_path / "new" / "history.db")
    number = history.begin("m", "Be brief")
    history.write(number, [USER, Message(role="assistant", content="Light.")], interrupted=False)
    kept = history.read(number)
    assert (kept.model, kept.system, kept.interrupted) == ("m", "Be brief", False)
    assert [message.content for message in kept.messages] == ["Why is the sky blue?", "Light."]
    assert [one.count for one in history.all("SKY")] == [2]
    assert history.all("ocean") == [] and history.all("role") == []
    assert [one.id for one in history.all("light SKY")] == [number]
    assert stat.S_IMODE((tmp_path / "new" / "history.db").stat().st_mode) == 0o600


def test_pieces_of_an_open_answer_are_read_as_interrupted(tmp_path: Path) -> None:
    history = History(tmp_path / "history.db")
    number = history.begin("m", None)
    history.write(number, [USER], interrupted=False)
    for piece in ("Li", "ght"):
        history.piece(number, piece)
    again = History(tmp_path / "history.db").read()
    assert again.interrupted and again.messages[-1] == Message(role="assistant", content="Light")
    history.write(number, again.messages, interrupted=True)
    history.piece(number, " scatters")
    assert history.read(number).messages[-1].content == "Light scatters"
    assert history.delete(number) and not history.all()


def test_the_disk_is_waited_for_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    history = History(tmp_path / "history.db")

    def waited() -> bool:
        return bool(history._base.execute("PRAGMA synchronous").fetchone() == (2,))  # FULL

    number = history.begin("m", None)
    history.write(number, [USER], interrupted=False)
    assert waited()
    for clock[0], waits in ((100.0, True), (100.1, False), (100.9, False), (101.2, True)):
        history.piece(number, "a")
        assert waited() is waits


def test_a_file_that_is_no_history(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_bytes(b"not a database, but long enough to be looked at" * 9)
    with pytest.raises(StoreError):
        History(tmp_path / "history.db")


def test_a_file_of_a_newer_rillet_or_damaged_in_the_middle_is_told(shell: Shell) -> None:
    file = shell.home / "data" / "rillet" / "history.db"
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as base:
        base.executescript("CREATE TABLE conversations (other); PRAGMA user_version=99")
    done = shell.run("history")
    assert done.returncode == 1 and b"newer Rillet" in done.stderr
    with closing(sqlite3.connect(file)) as base:
        base.execute("PRAGMA user_version=1")
    done = shell.run("history", "show")
    assert done.returncode == 1 and b"damaged: move it elsewhere" in done.stderr


def test_a_killed_process_leaves_what_was_on_the_screen(shell: Shell) -> None:
    endless = [CHUNKED, said("Half "), Drip(said("and "))]
    with talking(shell, endless) as (terminal, _):
        terminal.type("ask\r")
        terminal.until("Half and and and")
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.wait()
        seen = terminal.screen[terminal.screen.index("Half ") :]
    kept = json.loads(shell.run("history", "show", "--json").stdout)
    assert kept["interrupted"]
    text = kept["messages"][-1]["content"]
    assert " ".join(text.split()).startswith(" ".join(seen.split()))


def test_one_answer_on_a_terminal_is_kept_as_well(shell: Shell) -> None:
    pieces = [said_once("Half "), Drip(said_once("and "))]
    with (
        serving([CHUNKED, *pieces]) as server,
        at(server, shell).terminal("run", "m", "ask", "-s", "Be brief") as terminal,
    ):
        terminal.until("Half and and")
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.wait()
        seen = terminal.screen[terminal.screen.index("Half ") :]
    kept = json.loads(shell.run("history", "show", "--json").stdout)
    assert (kept["interrupted"], kept["system"]) == (True, "Be brief")
    assert kept["messages"][0]["content"] == "ask"
    assert kept["messages"][-1]["content"].startswith(seen.replace("\r\n", "").rstrip())
    whole = [CHUNKED, said_once("Whole."), DONE]
    with serving(whole) as server:
        at(server, shell).run("run", "m", "to a pipe")
    with (
        serving(whole) as server,
        at(server, shell).terminal("run", "m", "unkept", "--no-history") as terminal,
    ):
        assert terminal.wait() == 0
    assert shell.run("logs").stdout.count(b"\n") == 2


def test_a_conversation_goes_on(shell: Shell) -> None:
    with talking(shell, whole("One.")) as (terminal, _):
        tell(terminal, "first", "One.")
        leave(terminal)

    with (
        ScriptedServer(VERSION, CARD, LOADED, whole("Two.")) as server,
        shell.having(RILLET_HOST=server.url).terminal("continue") as terminal,
    ):
        terminal.until(">>> first\r\nOne.")
        terminal.until(PROMPT, after=terminal.screen.index("One."))
        tell(terminal, "second", "Two.")
        assert messages(server)[:2] == [("user", "first"), ("assistant", "One.")]
        leave(terminal)
    lines = shell.run("history").stdout.decode().splitlines()
    assert len(lines) == 2 and lines[1].split()[-1] == "first"
    exported = shell.run("history", "export", "1").stdout.decode()
    assert "**user**\n\nsecond\n\n**assistant**\n\nTwo.\n" in exported
    assert shell.run("logs", "-c").stdout.decode() == exported
    assert shell.run("logs", "-r").stdout == b"Two.\n"
    assert b"first" in shell.run("logs", "-q", "two first").stdout
    assert shell.run("logs", "list", "-q", "never").stdout.count(b"\n") == 1
    place = f"{shell.env['XDG_DATA_HOME']}/rillet/history.db\n"
    assert shell.run("logs", "path").stdout.decode() == place
    assert shell.run("history", "delete", "1").stdout == b"deleted conversation 1\n"
    assert shell.run("continue").returncode == 2
    assert shell.run("history", "show", "1").returncode == 1


def test_no_command_takes_an_answer_out_of_the_history(shell: Shell) -> None:
    answers = [whole(text) for text in ("One.", "Two.", "Three.")]
    with talking(shell, *answers) as (terminal, _):
        tell(terminal, "first", "One.")
        tell(terminal, "/retry", "Two.")
        tell(terminal, "/clear", "Cleared")
        tell(terminal, "second", "Three.")
        leave(terminal)
    kept = [
        json.loads(shell.run("history", "show", str(number), "--json").stdout)["messages"][-1]
        for number in (1, 2, 3)
    ]
    assert [message["content"] for message in kept] == ["One.", "Two.", "Three."]


def test_nothing_is_kept_where_that_is_not_wanted(shell: Shell) -> None:
    with talking(shell.having(RILLET_NOHISTORY="1"), whole("One.")) as (terminal, _):
        tell(terminal, "first", "One.")
        leave(terminal)
    assert not (shell.home / "data").exists()


def test_the_list_fits_the_terminal(shell: Shell, tmp_path: Path) -> None:
    history = History(Path(shell.env["XDG_DATA_HOME"]) / "rillet" / "history.db")
    for title in ("日本語の長い話" * 10, "short", "words " * 20):
        number = history.begin("m", None)
        history.write(number, [Message("user", title)], interrupted=False)
    with shell.terminal("logs", "-n", "2", columns=80) as terminal:
        assert terminal.wait() == 0
    rows = [row for row in terminal.rows if row]
    assert len(rows) == 3 and rows[1].endswith("…") and "short" in rows[2]
    with shell.terminal("history", columns=80) as terminal:
        assert terminal.wait() == 0
    assert len([row for row in terminal.rows if row]) == 4
    assert b"words words words words words words words" in shell.run("history").stdout
