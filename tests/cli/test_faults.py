"""Servers that do what they should not, and what the command line makes of it."""

import json
import os
import select
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rillet.testing import (
    CHUNKED,
    LAST_CHUNK,
    Drip,
    Hangup,
    ScriptedServer,
    Signal,
    Stall,
    Step,
    WaitFor,
    answer,
    chunk,
)

from .processes import PATIENCE, Shell

VERSION = [answer(b'{"version":"0.33.0"}')]
CARD = [answer(b'{"capabilities":["completion"],"details":{},"model_info":{}}')]
Script = Sequence[bytes | Step]


def piece(text: str, **fields: Any) -> bytes:
    return chunk(
        json.dumps({"model": "m", "response": text, "done": False, **fields}).encode() + b"\n"
    )


DONE = chunk(b'{"model":"m","response":"","done":true,"done_reason":"stop"}\n') + LAST_CHUNK


def serving(*scripts: Script) -> ScriptedServer:
    """A server that knows its version and the model m, and then plays."""
    return ScriptedServer(VERSION, CARD, *scripts)


def at(server: ScriptedServer, shell: Shell) -> Shell:
    return shell.having(RILLET_HOST=server.url)


def test_standard_input_comes_before_the_words(shell: Shell) -> None:
    with serving([CHUNKED, piece("ok"), DONE]) as server:
        at(server, shell).run("run", "m", "Review", "this:", stdin=b"a diff\n")
        body = json.loads(server.requests[-1].body)
    assert body["prompt"] == "a diff\n Review this:"


def test_standard_input_that_does_not_wait_is_waited_for(shell: Shell) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)  # as Node.js leaves the pipes that it shares
    with serving([CHUNKED, piece("ok"), DONE]) as server:
        process = at(server, shell).start("run", "m", stdin=reading)
        os.write(writing, b"late ")
        while select.select([reading], [], [], 0)[0]:  # it has not taken that yet
            assert process.poll() is None
            time.sleep(0.01)  # nobody tells when another process has read
        os.write(writing, b"words")
        os.close(writing)
        os.close(reading)
        process.communicate(timeout=PATIENCE)
        assert json.loads(server.requests[-1].body)["prompt"] == "late words"


def test_flags_become_fields_of_the_request(shell: Shell) -> None:
    flags = ["--keepalive", "5m", "--format", "json", "--think=false", "-s", "Be brief"]
    with serving([CHUNKED, piece("{}"), DONE]) as server:
        at(server, shell).run(
            "run", *flags, "m", "-p", "seed=1", "-p", "stop=a", "-p", "stop=b", "hi"
        )
        body = json.loads(server.requests[-1].body)
    assert body == {
        "model": "m",
        "prompt": "hi",
        "system": "Be brief",
        "stream": True,
        "format": "json",
        "keep_alive": "5m",
        "think": False,
        "options": {"seed": 1, "stop": ["a", "b"]},
    }


def test_a_pipe_gets_exact_bytes_and_a_terminal_gets_text(shell: Shell) -> None:
    attack = "a\x1b]0;owned\x07b\x1b[2Jc\x9b31md"
    script = [CHUNKED, *(piece(char) for char in attack), DONE]
    with serving(script) as server:
        assert at(server, shell).run("run", "m", "hi").stdout == f"{attack}\n\n".encode()
    with serving(script) as server, at(server, shell).terminal("run", "m", "hi") as terminal:
        assert terminal.wait() == 0
    assert terminal.screen.replace("\r\x1b[K", "").endswith("abcd\r\n\r\n")
    assert "owned" not in terminal.screen


def test_a_long_line_is_wrapped_on_a_terminal_alone(shell: Shell) -> None:
    words = "word " * 30
    script = [CHUNKED, piece(words), DONE]
    with serving(script) as server:
        assert at(server, shell).run("run", "m", "hi").stdout == f"{words}\n\n".encode()
    with (
        serving(script) as server,
        at(server, shell).terminal("run", "m", "hi", columns=40) as terminal,
    ):
        terminal.wait()
    shown = terminal.screen.rpartition("\r\x1b[K")[2]  # without the line of the status
    assert max(len(line) for line in shown.splitlines()) <= 36
    with (
        serving(script) as server,
        at(server, shell).terminal("run", "m", "hi", "--nowordwrap") as terminal,
    ):
        terminal.wait()
    assert words in terminal.screen


@pytest.mark.parametrize(
    ("ending", "why"),
    [
        ([chunk(b'{"error":"the engine broke"}\n'), LAST_CHUNK], "the engine broke"),
        ([LAST_CHUNK], ""),
        ([Hangup()], ""),
        ([chunk(b"<html>502</html>\n"), LAST_CHUNK], ""),
    ],
)
def test_half_an_answer_is_never_silent(shell: Shell, ending: list[bytes | Step], why: str) -> None:
    with serving([CHUNKED, piece("Hel"), piece("lo"), *ending]) as server:
        done = at(server, shell).run("run", "m", "hi")
    assert done.stdout.startswith(b"Hello")
    assert done.returncode == 3
    assert b"[incomplete: " in done.stderr and why.encode() in done.stderr


def test_an_error_in_place_of_an_answer(shell: Shell) -> None:
    refusal = answer(b'{"error":"too \\u001b[31mhot"}', status="500 Internal Server Error")
    with serving([refusal]) as server:
        done = at(server, shell).run("run", "m", "hi")
    assert done.returncode == 1 and done.stdout == b""
    assert b"too" in done.stderr and b"Traceback" not in done.stderr
    with serving([refusal]) as server, at(server, shell).terminal("run", "m", "hi") as terminal:
        assert terminal.wait() == 1
    assert "\x1b[31m" not in terminal.screen and "too" in terminal.screen


def test_ctrl_c_hangs_up_while_nothing_has_come_yet(shell: Shell) -> None:
    waiting = threading.Event()
    with serving([Signal(waiting), Stall()]) as server:
        with at(server, shell).terminal("run", "m", "hi") as terminal:
            assert waiting.wait(PATIENCE)
            terminal.until("Waiting for the model")
            terminal.type("\x03")
            assert terminal.wait() == 130
        assert "Traceback" not in terminal.screen


def test_ctrl_c_hangs_up_in_the_middle(shell: Shell) -> None:
    with serving([CHUNKED, Drip(piece("word "))]) as server:
        with at(server, shell).terminal("run", "m", "hi") as terminal:
            terminal.until("word word")
            assert not server.disconnected.is_set()
            terminal.type("\x03")
            assert terminal.wait() == 130
        assert server.disconnected.wait(PATIENCE)
        assert terminal.screen.endswith("\r\n")


def test_what_one_waits_for_is_shown_and_vanishes(shell: Shell) -> None:
    go = threading.Event()
    queued = piece("", status="queued", queue_position=3)
    with (
        serving([CHUNKED, queued, WaitFor(go), piece("Hello"), DONE]) as server,
        at(server, shell).terminal("run", "m", "hi") as terminal,
    ):
        terminal.until("Waiting in line, place 3")
        go.set()
        assert terminal.wait() == 0
    last = terminal.screen.rpartition("\r\x1b[K")
    assert last[2] == "Hello\r\n\r\n"


def test_a_model_that_is_not_there_is_fetched_first(shell: Shell) -> None:
    missing = [answer(b'{"error":"model \'m\' not found"}', status="404 Not Found")]
    lines = [b'{"status":"pulling manifest"}\n', b'{"status":"success"}\n']
    pulled = [CHUNKED, *map(chunk, lines), LAST_CHUNK]
    with ScriptedServer(
        VERSION, missing, VERSION, pulled, CARD, [CHUNKED, piece("Hi"), DONE]
    ) as server:
        done = at(server, shell).run("run", "m", "hi")
        paths = [request.path for request in server.requests]
    assert "/api/pull" in paths
    assert done.stdout == b"Hi\n\n"
    assert b"pulling manifest\nsuccess\n" in done.stderr


def test_a_model_that_cannot_be_fetched_is_named(shell: Shell) -> None:
    missing = [answer(b'{"error":"model \'m\' not found"}', status="404 Not Found")]
    refused = [
        CHUNKED,
        chunk(b'{"error":"pull model manifest: file does not exist"}\n'),
        LAST_CHUNK,
    ]
    with ScriptedServer(VERSION, missing, VERSION, refused) as server:
        done = at(server, shell).run("run", "m", "hi")
    assert (done.stdout, done.returncode) == (b"", 1)
    assert done.stderr.decode().splitlines() == [
        "Error: There is no model 'm' here, and it cannot be fetched: "
        "pull model manifest: file does not exist",
        "rillet list shows the models that are here",
    ]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("nothing.gguf", "There is no file"),
        ("folder.gguf", "is a folder, not a GGUF file"),
        ("link.gguf", "is a link to a file that is not there"),
        ("pipe.gguf", "is not an ordinary file"),
    ],
)
def test_what_is_no_file_is_told_as_what_it_is(
    shell: Shell, tmp_path: Path, path: str, why: str
) -> None:
    (tmp_path / "folder.gguf").mkdir()
    (tmp_path / "link.gguf").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.gguf")
    done = shell.run("run", str(tmp_path / path), "hi")
    assert (done.stdout, done.returncode) == (b"", 1)
    assert why in done.stderr.decode() and path in done.stderr.decode()


def test_an_openai_server_is_asked_in_its_words(shell: Shell) -> None:
    def delta(**fields: Any) -> bytes:
        body = {"choices": [{"index": 0, **fields}]}
        return chunk(b"data: " + json.dumps(body).encode() + b"\n\n")

    stream = [
        CHUNKED,
        delta(delta={"content": "Hi"}),
        delta(delta={}, finish_reason="stop"),
        chunk(b"data: [DONE]\n\n") + LAST_CHUNK,
    ]
    with ScriptedServer([answer(b"nothing", status="404 Not Found")], stream) as server:
        done = at(server, shell).run("run", "m", "hi", "-s", "Be brief")
        body = json.loads(server.requests[-1].body)
    assert done.stdout == b"Hi\n\n"
    assert [message["role"] for message in body["messages"]] == ["system", "user"]


def test_what_an_openai_server_does_not_tell_is_said(shell: Shell) -> None:
    absent = [answer(b"nothing", status="404 Not Found")]
    models = [answer(b'{"data":[{"id":"m","created":1700000000,"meta":{"size":2000000}}]}')]
    vectors = [answer(b'{"data":[{"index":0,"embedding":[0.5,0.25]}]}')]
    with ScriptedServer(absent, absent, models, absent, vectors, absent) as server:
        there = at(server, shell)
        version, listed = there.run("version"), there.run("list")
        embedded = there.run("run", "m", "hi", "--dimensions", "2")
        stopped = there.run("stop", "m")
    assert b"speaks OpenAI's API, which tells no version" in version.stdout
    assert b"2 MB" in listed.stdout and b"years ago" in listed.stdout
    assert embedded.stdout == b"[0.5,0.25]\n"
    assert b"no loading or unloading of models" in stopped.stderr
