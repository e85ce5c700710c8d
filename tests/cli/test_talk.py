"""A talk on a real terminal: keys are typed, the screen is read."""

import json
import os
import shlex
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rillet.cli.chat.editor import LineHistory
from rillet.testing import (
    CHUNKED,
    LAST_CHUNK,
    Drip,
    Script,
    ScriptedServer,
    Stall,
    WaitFor,
    answer,
    chunk,
)

from .conftest import MODELS
from .processes import RILLET, Shell, Terminal

HELLO = str(MODELS / "tinyhello.gguf")
VERSION = [answer(b'{"version":"0.33.0"}')]
CARD = [
    answer(
        b'{"capabilities":["completion"],"details":{},"model_info":{},"template":"{{ .Prompt }}",'
        b'"modelfile":"FROM nothing"}'
    )
]
CARD_WITH_PARAMETERS = (
    b'{"capabilities":["completion"],"details":{},"model_info":{},'
    b'"parameters":"top_k                          5"}'
)
LOADED = [answer(b'{"model":"m","message":{"role":"assistant"},"done":true,"done_reason":"load"}')]
PROMPT = ">>> "


def said(text: str, done: bool = False) -> bytes:
    record = {"model": "m", "message": {"role": "assistant", "content": text}, "done": done}
    if done:
        record["done_reason"] = "stop"
    return chunk(json.dumps(record).encode() + b"\n")


def whole(text: str) -> list[bytes]:
    return [CHUNKED, said(text), said("", done=True) + LAST_CHUNK]


@contextmanager
def talking(
    shell: Shell, *scripts: Script, ready: Script | None = None, columns: int = 80
) -> Iterator[tuple[Terminal, ScriptedServer]]:
    """A talk with m, at its first prompt; with `ready`, at what the server does in place of it."""
    with (
        ScriptedServer(VERSION, CARD, ready or LOADED, *scripts) as server,
        shell.having(RILLET_HOST=server.url).terminal("run", "m", columns=columns) as terminal,
    ):
        if ready is None:
            terminal.until(PROMPT)
        yield terminal, server


def tell(terminal: Terminal, line: str, then: str) -> str:
    """Type a line, wait for what should come after it and for the next prompt."""
    before = len(terminal.screen)
    terminal.type(f"{line}\r")
    terminal.until(then, after=before)
    at = len(terminal.screen[:before]) + terminal.screen[before:].index(then)
    terminal.until(PROMPT, after=at)
    return terminal.screen[before:]


def leave(terminal: Terminal) -> None:
    terminal.type("/bye\r")
    assert terminal.wait() == 0


def messages(server: ScriptedServer, at: int = -1) -> list[tuple[str, str]]:
    body = json.loads(server.requests[at].body)
    return [(message["role"], message.get("content", "")) for message in body["messages"]]


def test_a_real_model_answers(shell: Shell) -> None:
    with shell.terminal("run", HELLO) as terminal:
        terminal.until(PROMPT)
        tell(terminal, "hi", "Hello world!")
        tell(terminal, "again", "Hello world!")
        leave(terminal)


def test_without_words_the_default_model_talks(shell: Shell) -> None:
    with shell.having(RILLET_MODEL=HELLO).terminal() as terminal:
        terminal.until(PROMPT)
        tell(terminal, "hi", "Hello world!")
        terminal.type("\x04")
        assert terminal.wait() == 0


def test_the_whole_talk_goes_with_each_question(shell: Shell) -> None:
    with talking(shell, whole("One."), whole("Two.")) as (terminal, server):
        tell(terminal, "first", "One.")
        tell(terminal, "/set system Be brief", "Set system message.")
        tell(terminal, "second", "Two.")
        assert messages(server) == [
            ("system", "Be brief"),
            ("user", "first"),
            ("assistant", "One."),
            ("user", "second"),
        ]
        leave(terminal)


def test_ctrl_c_stops_the_answer_and_stays(shell: Shell) -> None:
    endless = [CHUNKED, said("Half "), Drip(b"%s" % said("and "))]
    with talking(shell, endless, whole("the rest"), whole("Anew.")) as (terminal, server):
        terminal.type("ask\r")
        terminal.until("Half and")
        terminal.type("\x03")
        terminal.until("[interrupted")
        tell(terminal, "/continue", "the rest")
        kept = messages(server)
        assert kept[0] == ("user", "ask")
        assert kept[1][0] == "assistant" and kept[1][1].startswith("Half and")
        tell(terminal, "/retry", "Anew.")
        assert messages(server) == [("user", "ask")]
        leave(terminal)


def test_ctrl_c_at_the_prompt_says_how_to_leave(shell: Shell) -> None:
    with talking(shell) as (terminal, _):
        terminal.type("half a line\x03")
        told = terminal.until("Use Ctrl + d or /bye to exit.")
        terminal.until(PROMPT, after=told.index("Use Ctrl"))
        terminal.type("\x04")
        assert terminal.wait() == 0


def test_several_lines_in_quotes_and_by_keys(shell: Shell) -> None:
    with talking(shell, whole("One."), whole("Two."), whole("Three.")) as (terminal, server):
        terminal.type('"""a\r')
        terminal.until("...\x1b")
        tell(terminal, 'b"""', "One.")
        assert messages(server)[-1] == ("user", "a\nb")
        tell(terminal, "c\nd", "Two.")
        assert messages(server)[-1] == ("user", "c\nd")
        tell(terminal, "\x1b[200~e\nf\x1b[201~", "Three.")
        assert messages(server)[-1] == ("user", "e\nf")
        leave(terminal)


def test_settings_go_with_the_request(shell: Shell) -> None:
    with talking(shell, whole("{}"), whole("{}")) as (terminal, server):
        tell(terminal, "/set parameter seed 7", "Set parameter 'seed' to '7'")
        tell(terminal, "/set parameter seed x", "Couldn't set parameter:")
        tell(terminal, "/set format json", "Set format to 'json' mode.")
        tell(terminal, "/set parameter mirostat 1", """"unknown parameter 'mirostat'\"""")
        tell(terminal, '/set parameter seed "x"', r'"invalid int value [\"x\"]"')
        tell(terminal, "/set think false please", "Set 'think' mode to 'false'.")
        tell(terminal, "go", "{}")
        body = json.loads(server.requests[-1].body)
        assert (body["options"], body["format"], body["think"]) == ({"seed": 7}, "json", False)
        tell(terminal, "/clear", "Cleared session context")
        tell(terminal, "/set noformat", "Disabled format.")
        tell(terminal, "/set nothink", "Set 'nothink' mode.")
        tell(terminal, "anew", "{}")
        assert messages(server) == [("user", "anew")]
        leave(terminal)


def test_what_is_shown_of_a_model_keeps_its_lines(shell: Shell) -> None:
    """It may be copied from the screen into a Modelfile."""
    system = "word " * 30 + "end"
    with talking(shell) as (terminal, _):
        tell(terminal, f"/set system {system}", "Set system message.")
        assert f"{system}\r\n" in tell(terminal, "/show system", "end\r\n")
        leave(terminal)


def test_parameters_as_ollama_shows_them(shell: Shell) -> None:
    card = [answer(CARD_WITH_PARAMETERS)]
    with (
        ScriptedServer(VERSION, card, LOADED) as server,
        shell.having(RILLET_HOST=server.url).terminal("run", "m", rows=60) as terminal,
    ):
        terminal.until(PROMPT)
        tell(terminal, "/set parameter", "Available Parameters:")
        tell(terminal, "/set parameter seed 7", "Set parameter 'seed' to '7'")
        tell(terminal, "/set parameter stop a b", "Set parameter 'stop' to 'a, b'")
        tell(terminal, "/show parameters", "User defined parameters:")
        tell(terminal, "/show license", "No license was specified for this model.")
        leave(terminal)
    rows = terminal.rows
    at = rows.index("Model defined parameters:")
    assert rows[at + 1 : at + 9] == [
        "  top_k                          5",
        "",
        "User defined parameters:",
        f"  {'seed':<30} 7",
        f"  {'stop':<30} [a b]",
        "",
        ">>> /show license",
        "No license was specified for this model.",
    ]


def test_words_that_ollama_would_not_take(shell: Shell) -> None:
    with talking(shell) as (terminal, _):
        tell(terminal, "/save a b", "Usage:\r\n  /save <modelname>")
        tell(terminal, "/load a b", "Usage:\r\n  /load <modelname>")
        tell(terminal, "/save bad:::name", "error: The model name 'bad:::name' is invalid")
        tell(terminal, "/", "Unknown command '/'. Type /? for help")
        tell(terminal, "/set nothink", 'warning: model "m" does not support thinking output')
        tell(terminal, "/help set this", "/set nofold")
        terminal.type("\r")
        terminal.until(PROMPT, after=len(terminal.screen) - 1)
        leave(terminal)
    assert not any("Send a message" in row for row in terminal.rows[:-1])


def test_a_system_message_is_not_lost_for_a_question(shell: Shell) -> None:
    with talking(shell, whole("One."), whole("Two.")) as (terminal, server):
        tell(terminal, "/set system Be brief", "Set system message.")
        tell(terminal, "/set system", "/set system <string>   Set system message")
        tell(terminal, "ask", "One.")
        assert messages(server)[0] == ("system", "Be brief")
        tell(terminal, '/set system """"""', "Set system message.")
        tell(terminal, "ask", "Two.")
        assert messages(server)[0][0] == "user"
        leave(terminal)


def test_a_closed_terminal_ends_the_talk_by_its_signal(shell: Shell) -> None:
    with talking(shell, [CHUNKED, said("Half of it"), Stall()]) as (terminal, _):
        terminal.type("ask\r")
        terminal.until("Half of it")
        assert terminal.close() == 128 + signal.SIGHUP
    assert b"Half of it" in shell.run("history", "show", "1").stdout


def test_show_and_help(shell: Shell) -> None:
    with talking(shell) as (terminal, _):
        tell(terminal, "/?", "/set            Set session variables")
        assert "Use /path/to/file to include texts.\r\n" in terminal.screen
        tell(terminal, "/? shortcuts", "Ctrl + d")
        tell(terminal, "/show info", "completion")
        tell(terminal, "/show template", "{{ .Prompt }}")
        tell(terminal, "/show system please", "No system message was specified for this model.")
        tell(terminal, "/show me please", "Unknown command '/show me'. Type")
        tell(terminal, "/set format json please", "Set format to 'json' mode.")
        tell(terminal, "/show license", "No license was specified for this model.")
        tell(terminal, "/nonsense", "Unknown command '/nonsense'. Type /? for help")
        leave(terminal)


def test_an_error_does_not_end_the_talk(shell: Shell) -> None:
    broken = [answer(b'{"error":"too hot"}', status="500 Internal Server Error")]
    with talking(shell, broken, whole("Better.")) as (terminal, server):
        tell(terminal, "ask", "too hot")
        tell(terminal, "/retry", "Better.")
        assert messages(server) == [("user", "ask")]
        leave(terminal)


def test_the_last_message_can_be_edited_and_the_answer_copied(shell: Shell) -> None:
    with talking(shell, whole("One."), whole("Two.")) as (terminal, server):
        tell(terminal, "aks", "One.")
        tell(terminal, "/copy", "\x1b]52;c;T25lLg==\x07")
        before = len(terminal.screen)
        terminal.type("/edit\r")
        terminal.until(f"{PROMPT}aks", after=before)
        tell(terminal, "\x7f\x7fsk", "Two.")
        assert messages(server) == [("user", "ask")]
        leave(terminal)


def test_another_model_goes_on(served: Shell) -> None:
    with served.terminal("run", "tinyhello") as terminal:
        terminal.until(PROMPT)
        tell(terminal, "hi", "Hello world!")
        tell(terminal, "/model tinythink", "Going on with 'tinythink'")
        tell(terminal, "and you?", "Thought for ")
        tell(terminal, "/list", "tinythink:latest")
        tell(terminal, "/model nobody", "Couldn't find model 'nobody'")
        tell(terminal, "/load nobody", "Get it with: rillet pull nobody")
        tell(terminal, "/model", "tinythink")
        leave(terminal)


def test_what_was_typed_is_remembered_in_a_file(shell: Shell) -> None:
    with talking(shell, whole("One.")) as (terminal, _):
        tell(terminal, "remember me", "One.")
        tell(terminal, "/set nohistory", "")
        tell(terminal, "/clear", "Cleared")
        leave(terminal)
    kept = (shell.home / ".rillet" / "history").read_text().splitlines()
    assert kept == ["remember me", "/set nohistory"]


def test_no_file_where_none_is_wanted(shell: Shell) -> None:
    with talking(shell.having(OLLAMA_NOHISTORY="1"), whole("One.")) as (terminal, _):
        tell(terminal, "forget me", "One.")
        leave(terminal)
    assert not Path(shell.home / ".rillet").exists()


def test_typed_lines_of_several_talks_are_all_kept_up_to_some_hundreds(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text("no newline")
    talks = [LineHistory(path) for _ in range(4)]
    lines = [f"line {number}" for number in range(40)]

    def type_all(talk: LineHistory) -> None:
        for line in lines:
            talk.store_string(line)

    threads = [threading.Thread(target=type_all, args=(talk,)) for talk in talks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [line for line in path.read_text().splitlines() if line]
    assert kept[0] == "no newline" and sorted(kept[1:]) == sorted(4 * lines)
    for _ in range(40):
        talks[0].store_string("one\nmore")
    kept = path.read_text().splitlines()
    assert len(kept) == 100 and kept[-1] == "one more"
    assert next(iter(LineHistory(path).load_history_strings())) == "one more"


@pytest.mark.parametrize("target", ["lines", os.devnull])
def test_a_link_in_place_of_a_history_stays(shell: Shell, target: str) -> None:
    link = shell.home / ".rillet" / "history"
    link.parent.mkdir()
    link.symlink_to(shell.home / target)
    damaged = shell.home / "data" / "rillet" / "history.db"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"no database " * 1000)
    with talking(shell, whole("One.")) as (terminal, _):
        assert "move it elsewhere" in " ".join(terminal.screen.split())
        tell(terminal, "remember me", "One.")
        leave(terminal)
    assert link.is_symlink()
    assert link.read_text() == ("remember me\n/bye\n" if target == "lines" else "")


def test_numbers_stand_after_an_answer_until_they_are_unwanted(shell: Shell) -> None:
    end = {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True}
    counted = {**end, "done_reason": "stop", "eval_count": 30, "eval_duration": 500_000_000}
    last = chunk(json.dumps(counted).encode() + b"\n")
    answers = [[CHUNKED, said(text), last + LAST_CHUNK] for text in ("One.", "Two.")]
    with talking(shell, *answers) as (terminal, _):
        told = tell(terminal, "first", "60.0 tokens/s, first token after ")
        assert "30 tokens\x1b[0m" in told
        tell(terminal, "/set quiet", "Set 'quiet' mode.")
        assert "tokens/s" not in tell(terminal, "second", "Two.")
        leave(terminal)


def test_a_file_that_is_named_goes_with_the_message(shell: Shell) -> None:
    (shell.home / "notes.txt").write_text("The sky is green.\n")
    with talking(shell, whole("Really?")) as (terminal, server):
        told = tell(terminal, "Look at ~/notes.txt", "Really?")
        assert "Added text" in told
        assert messages(server)[0][1].endswith("```\nThe sky is green.\n```")
        leave(terminal)


def test_a_talk_is_saved_as_a_model_and_another_is_loaded(shell: Shell) -> None:
    made = [answer(b'{"status":"success"}\n')]
    with talking(shell, whole("One."), made, VERSION, CARD, LOADED, whole("Two.")) as (
        terminal,
        server,
    ):
        tell(terminal, "first", "One.")
        tell(terminal, "/set parameter seed 7", "Set parameter")
        tell(terminal, "/save", "Usage:")
        tell(terminal, "/save mine", "Created new model 'mine'")
        body = json.loads(server.requests[-1].body)
        assert (body["model"], body["from"], body["parameters"]) == ("mine", "m", {"seed": 7})
        assert [each["content"] for each in body["messages"]] == ["first", "One."]
        tell(terminal, "/load other", "Loading model 'other'")
        tell(terminal, "second", "Two.")
        assert messages(server) == [("user", "second")]
        assert json.loads(server.requests[-1].body)["model"] == "other"
        leave(terminal)


def test_an_editor_writes_the_message(shell: Shell) -> None:
    editor = shell.home / "editor"
    editor.write_text('#!/bin/sh\nprintf "from the editor" >> "$1"\n')
    editor.chmod(0o755)
    own = shell.having(OLLAMA_EDITOR=shlex.quote(str(editor)))
    with talking(own, whole("One.")) as (terminal, server):
        terminal.type("words \x07")
        terminal.until("from the editor")
        tell(terminal, "", "One.")
        assert messages(server) == [("user", "words from the editor")]
        leave(terminal)


def test_ctrl_z_in_mid_answer_gives_the_terminal_back_and_goes_on(shell: Shell) -> None:
    go_on = threading.Event()
    slow = [CHUNKED, said("Half an "), WaitFor(go_on), said("answer."), said("", done=True)]
    slow.append(LAST_CHUNK)
    with ScriptedServer(VERSION, CARD, LOADED, slow) as server:
        env = {**shell.env, "RILLET_HOST": server.url, "PS1": "shell$ "}
        with Terminal(["bash", "--norc", "-i"], env, 80, 24) as terminal:
            terminal.until("shell$ ")
            terminal.type(f"{' '.join(RILLET)} run m\r")
            terminal.until(PROMPT)
            terminal.type("ask\r")
            terminal.until("Half an")
            before = len(terminal.screen)
            terminal.type("\x1a")
            terminal.until("shell$ ", after=before)
            terminal.type("stty -a | grep -o ' echo '; fg\r")
            terminal.until(" echo \r\n", after=before)
            terminal.until("run m\r\n", after=before)
            go_on.set()
            terminal.until(PROMPT, after=before)
            assert any("fg" in row for row in terminal.rows)  # what the shell showed stays
            terminal.type("/bye\r")


def test_the_farewells_of_other_talks(shell: Shell) -> None:
    with talking(shell) as (terminal, server):
        terminal.type("exit\r")
        assert terminal.wait() == 0
        assert len(server.requests) == 3


def test_a_question_that_is_not_sent_after_all_takes_no_place(shell: Shell) -> None:
    with talking(shell, whole("One."), whole("Two.")) as (terminal, server):
        tell(terminal, "ask", "One.")
        before = len(terminal.screen)
        terminal.type("/edit\r")
        terminal.until(f"{PROMPT}ask", after=before)
        tell(terminal, "\x03", "Use Ctrl + d")
        tell(terminal, "more", "Two.")
        assert messages(server) == [("user", "ask"), ("assistant", "One."), ("user", "more")]
        leave(terminal)


def test_what_is_said_without_history_is_not_kept_later_either(shell: Shell) -> None:
    with talking(shell, whole("One."), whole("Two."), whole("Three.")) as (terminal, _):
        tell(terminal, "first", "One.")
        terminal.type("/set nohistory\r")
        tell(terminal, "my secret", "Two.")
        terminal.type("/set history\r")
        tell(terminal, "third", "Three.")
        leave(terminal)
    both = shell.run("history", "show", "1").stdout + shell.run("history", "show", "2").stdout
    for said, kept in ((b"first", 1), (b"secret", 0), (b"Two.", 0), (b"third", 1)):
        assert both.count(said) == kept
    assert "secret" not in (shell.home / ".rillet" / "history").read_text()


def test_a_talk_without_history_leaves_no_trace(shell: Shell) -> None:
    with shell.terminal("run", HELLO, "--no-history") as terminal:
        terminal.until(PROMPT)
        tell(terminal, "a secret", "Hello world!")
        leave(terminal)
    assert not (shell.home / ".rillet").exists() and not (shell.home / "data").exists()


def test_the_messages_of_a_saved_model_are_shown_again(shell: Shell) -> None:
    with shell.terminal("run", "rillet-tiny", "-p", "seed=1") as terminal:
        terminal.until(PROMPT)
        tell(terminal, "My name is Mia.", "tokens/s")
        tell(terminal, "/save mine", "Created new model 'mine'")
        shown = tell(terminal, "/load mine", "Loading model 'mine'")
        assert ">>> My name is Mia.\r\n" in shown
        terminal.until("Send a message", after=terminal.screen.rindex("My name is Mia."))
        leave(terminal)
    with shell.terminal("run", "mine") as terminal:
        terminal.until(f"{PROMPT}My name is Mia.\r\n")
        terminal.until("Send a message")
        leave(terminal)


def test_a_model_that_cannot_be_loaded_leaves_the_talk_as_it_was(shell: Shell) -> None:
    refused = [answer(b'{"error":"no room"}', status="500 Internal Server Error")]
    other = [VERSION, CARD, refused]
    with talking(shell, whole("One."), *other, whole("Two.")) as (terminal, server):
        tell(terminal, "first", "One.")
        tell(terminal, "/model other", "Error: no room")
        tell(terminal, "second", "Two.")
        assert json.loads(server.requests[-1].body)["model"] == "m"
        assert messages(server)[0] == ("user", "first")
        leave(terminal)


def test_ctrl_c_again_and_again_loses_nothing_of_the_answer(shell: Shell) -> None:
    endless = [CHUNKED, said("Half "), Drip(b"%s" % said("and "))]
    with talking(shell, endless, whole("the rest")) as (terminal, server):
        terminal.type("ask\r")
        terminal.until("Half and")
        for _ in range(10_000):
            os.kill(terminal.pid, signal.SIGINT)
            terminal.read(0.001)
            if "[interrupted" in terminal.screen:
                break
        terminal.until("[interrupted")
        tell(terminal, "\x15/continue", "the rest")
        assert [role for role, _ in messages(server)] == ["user", "assistant"]
        leave(terminal)


def test_ctrl_c_at_whatever_moment_does_not_end_a_talk(shell: Shell) -> None:
    with talking(shell, *[whole("ok")] * 100) as (terminal, _):
        for _ in range(3):
            terminal.type("ask\r")
            for _ in range(300):  # it reads a line, asks, answers, and makes the next line
                os.kill(terminal.pid, signal.SIGINT)
                terminal.read(0.0007)
            before = len(terminal.screen)
            tell(terminal, "\x15/set quiet", "Set 'quiet' mode.")
            assert "Traceback" not in terminal.screen[:before]
        leave(terminal)


def test_code_that_begins_with_a_slash_is_no_command(shell: Shell) -> None:
    said = ["// a comment", "/* one */ two", "/nothing\nsecond line"]
    with talking(shell, *[whole("Read.")] * len(said)) as (terminal, server):
        for text in said:
            tell(terminal, f"\x1b[200~{text}\x1b[201~", "Read.")
            assert messages(server)[-1] == ("user", text)
        tell(terminal, "/nothing", "Unknown command '/nothing'")
        leave(terminal)


def test_a_talk_that_cannot_be_is_not_begun(shell: Shell) -> None:
    with shell.terminal("run", str(MODELS / "tinyembed.gguf"), columns=200) as terminal:
        assert terminal.wait() == 1
    assert "Error: embedding models require input text. Usage: rillet run " in terminal.screen
    with shell.terminal("run", HELLO, "--think", columns=200) as terminal:
        assert terminal.wait() == 1
    assert f'Error: "{HELLO}" does not support thinking' in terminal.screen
    assert PROMPT not in terminal.screen
