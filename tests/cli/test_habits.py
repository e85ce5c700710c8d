"""Habits of people who come from other command lines: -c, -a, -x, -u, --no-stream, --schema."""

import json
from pathlib import Path

import pytest

from rillet.cli.chat.history import History
from rillet.cli.exits import UsageError
from rillet.cli.holding import code_of
from rillet.cli.parsing import whole as whole_number
from rillet.cli.schema import read, short
from rillet.testing import CHUNKED, Hangup, ScriptedServer, answer
from rillet.words.requests import Message

from .processes import Shell
from .test_faults import DONE, VERSION, at, piece, serving
from .test_talk import messages, said, whole
from .test_terminals import end, thought

CODE = "Here:\n\n```python\nprint(1)\n```\n\nor\n\n~~~\nprint(2)\n~~~\n"


def test_the_next_question_goes_on_with_the_last_conversation(shell: Shell) -> None:
    with serving(whole("Two."), whole("Three.")) as server:
        here = at(server, shell)
        history = History(Path(shell.env["XDG_DATA_HOME"]) / "rillet" / "history.db")
        number = history.begin("m", "Be brief")
        history.write(
            number, [Message("user", "1?"), Message("assistant", "One.")], interrupted=False
        )
        assert here.run("-c", "2?").stdout == b"Two.\n\n"
        said = [("system", "Be brief"), ("user", "1?"), ("assistant", "One."), ("user", "2?")]
        assert messages(server) == said
    with serving(whole("Three.")) as server:
        done = at(server, shell).run("run", "other", "3?", "--cid", str(number), "-s", "Rhyme")
        assert done.stdout == b"Three.\n\n"
        body = json.loads(server.requests[-1].body)
        assert body["model"] == "other"
        assert messages(server) == [
            ("system", "Rhyme"),
            *said[1:],
            ("assistant", "Two."),
            ("user", "3?"),
        ]
    kept = [(each.role, each.content) for each in history.read(number).messages]
    assert kept[-2:] == [("user", "3?"), ("assistant", "Three.")] and len(kept) == 6
    assert len(history.all()) == 1


def test_there_is_nothing_to_go_on_with(shell: Shell) -> None:
    done = shell.run("-c", "and?")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, b"Error: There is no conversation")


def test_a_file_goes_with_the_question(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Blue.\n")
    (tmp_path / "sky").write_bytes(b"\x89PNG")
    files = ["-a", f"{tmp_path}/sky", "-a", f"{tmp_path}/notes.txt"]
    card = [answer(b'{"capabilities":["completion","vision"],"details":{},"model_info":{}}')]
    with ScriptedServer(VERSION, card, [CHUNKED, piece("Ok."), DONE]) as server:
        assert at(server, shell).run("run", "m", "What?", *files).returncode == 0
        body = json.loads(server.requests[-1].body)
    assert body["images"] == ["iVBORw=="]
    assert body["prompt"] == f"What?\n\n{tmp_path}/notes.txt:\n```\nBlue.\n```"
    with serving() as server:
        blind = at(server, shell).run("run", "m", "What?", *files)
    assert blind.returncode == 1 and b"cannot see" in blind.stderr
    with serving() as server:
        away = at(server, shell).run("run", "m", "What?", "-a", "http://x/y.png")
    assert b"Fetch it first: curl -O http://x/y.png" in away.stderr
    with serving() as server:
        none = at(server, shell).run("run", "m", "What?", "-a", "none.png")
    assert none.stderr == b"Error: none.png: No such file or directory\n"


def test_of_the_answer_only_the_code(shell: Shell) -> None:
    script = [CHUNKED, *map(piece, CODE), DONE]
    for flag, out in (("-x", b"print(1)\n"), ("--xl", b"print(2)\n"), ("-u", None)):
        with serving(script) as server:
            done = at(server, shell).run("run", "m", "hi", flag)
        assert done.stdout == (out or f"{CODE}\n\n".encode())
    with serving([CHUNKED, piece("No code."), DONE]) as server:
        assert at(server, shell).run("run", "m", "hi", "-x").stdout == b"No code.\n"
    with serving([CHUNKED, piece("```\nhalf"), Hangup()]) as server:  # nothing of it is lost
        broken = at(server, shell).run("run", "m", "hi", "-x")
    assert (broken.stdout, broken.returncode) == (b"```\nhalf", 3)


def test_of_the_thinking_no_code_is_taken(shell: Shell) -> None:
    card = [answer(b'{"capabilities":["completion","thinking"],"details":{},"model_info":{}}')]
    script = [CHUNKED, thought("```\nno\n```\n"), said("```\nyes\n```"), end()]
    with (
        ScriptedServer(VERSION, card, script) as server,
        at(server, shell).terminal("run", "m", "hi", "-x") as terminal,
    ):
        assert terminal.wait() == 0
    assert [row for row in terminal.rows if row] == ["yes"]


def test_blocks_of_code() -> None:
    assert code_of("no code, `a`") is None
    assert code_of("````md\n```py\nx\n```\n````\n") == "```py\nx\n```\n"
    assert code_of("```\nis not closed\n") == "is not closed\n"
    assert code_of("   ```a b\nx\n   ```") == "x\n"


def test_the_answer_at_once_and_what_it_took(shell: Shell) -> None:
    done = shell.run("run", "tinyhello", "hi", "--no-stream", "-u")
    assert done.stdout == b"Hello world!\n\n"
    assert done.stderr.decode().startswith("Token usage: ") and b" output" in done.stderr


def test_schemas(shell: Shell, tmp_path: Path) -> None:
    people = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer", "description": "y"}},
        "required": ["name", "age"],
    }
    assert short("name, age int: y") == people == short("name str\nage int: y\n")
    (tmp_path / "people.json").write_text(json.dumps(people))
    assert read(str(tmp_path / "people.json")) == people == read(json.dumps(people))
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    for wrong in ("name foo, x", "{bad", "a b c, d", "[1]", str(tmp_path / "latin")):
        with pytest.raises(UsageError):
            read(wrong)
    with serving([CHUNKED, piece("{}"), DONE]) as server:
        assert at(server, shell).run("run", "m", "hi", "--schema", "name, age int: y").stdout
        assert json.loads(server.requests[-1].body)["format"] == people
    assert shell.run("run", "m", "hi", "--schema", "none.json").returncode == 1


def test_a_prompt_that_was_cut_is_told(shell: Shell) -> None:
    done = shell.run("run", "tinyhello", "-p", "num_ctx=64", stdin=b"some words of mine " * 2000)
    assert done.stdout == b"Hello world!\n\n"
    assert b"longer than its context: the middle was left out" in done.stderr
    short = shell.run("run", "tinyhello", stdin=b"some words of mine " * 3)
    assert short.stderr == b""


def test_a_slip_in_the_name_of_a_parameter_is_told(shell: Shell) -> None:
    done = shell.run("run", "tinyhello", "hi", "-p", "temprature=0", "-p", "seed=1")
    assert done.stdout == b"Hello world!\n\n"
    told = b"Note: Ollama knows no parameter 'temprature'. Did you mean temperature?\n"
    assert done.stderr == told


def test_whole_numbers_are_those_of_go() -> None:
    taken = {"16": 16, "0x10": 16, "0o20": 16, "020": 16, "0b1": 1, "1_6": 16, "-1": -1, "0": 0}
    assert {text: whole_number(text) for text in taken} == taken
    for wrong in ("08", " 3", "3.0", "", "1e3", "9" * 19, "\u0663"):
        with pytest.raises(ValueError):
            whole_number(wrong)
