"""`rillet run`, once: what comes out where, and how it ends."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from .conftest import MODELS
from .processes import PATIENCE, RILLET, Shell, children_of, ends

HELLO = str(MODELS / "tinyhello.gguf")
THINK = str(MODELS / "tinythink.gguf")
RAMBLE = str(MODELS / "tiny.gguf")  # never comes to an end of itself


def test_a_pipe_gets_the_text_and_two_newlines(shell: Shell) -> None:
    done = shell.run("run", HELLO, "hi")
    assert (done.stdout, done.stderr, done.returncode) == (b"Hello world!\n\n", b"", 0)


def test_a_server_is_used_where_one_is_named(served: Shell, address: str) -> None:
    done = served.run("run", "tinyhello", "hi", "--verbose")
    assert done.stdout == b"Hello world!\n\n"
    assert f"the server at {address}" in done.stderr.decode()


def test_a_path_never_goes_to_a_server(served: Shell) -> None:
    done = served.run("run", "--verbose", HELLO, "hi")
    assert done.stdout == b"Hello world!\n\n"
    assert b"the embedded engine" in done.stderr


def test_a_prompt_alone_goes_to_the_default_model(shell: Shell) -> None:
    done = shell.having(RILLET_MODEL=HELLO).run("Why is the sky blue?")
    assert done.stdout == b"Hello world!\n\n"


def test_the_model_may_be_a_flag(shell: Shell) -> None:
    assert shell.run("-m", HELLO, "Why?").stdout == b"Hello world!\n\n"


def test_flags_may_stand_before_a_prompt_for_the_default_model(shell: Shell) -> None:
    done = shell.having(RILLET_MODEL=HELLO).run("--verbose", "Why is the sky blue?")
    assert done.stdout == b"Hello world!\n\n"
    assert b"eval count:" in done.stderr


def test_a_terminal_sees_the_text_with_nothing_around_it(served: Shell) -> None:
    with served.terminal("run", "tinyhello", "hi") as terminal:
        assert terminal.wait() == 0
    assert terminal.screen.endswith("Hello world!\r\n\r\n")


def test_verbose_tells_the_numbers_in_the_lines_of_ollama(served: Shell) -> None:
    told = served.run("run", "tinyhello", "hi", "--verbose").stderr.decode().splitlines()
    names = [line.partition(":")[0] for line in told[1:]]
    wanted = [
        "total duration",
        "load duration",
        "prompt eval count",
        "prompt eval duration",
        "prompt eval rate",
        "eval count",
        "eval duration",
        "eval rate",
    ]
    assert [name for name in wanted if name in names] == names
    assert {"total duration", "eval count", "eval rate"} <= set(names)
    assert all(line[21:22] == " " and line[22] != " " for line in told[1:])


def test_stats_tell_where_the_time_went(served: Shell) -> None:
    told = served.run("run", "tinyhello", "hi", "--stats").stderr.decode()
    assert "first token:" in told and "connect:" in told and "on the way:" in told
    assert "p95" in told


def test_thinking_is_told_apart(served: Shell) -> None:
    done = served.run("run", "tinythink", "hi")
    assert done.stdout.strip() == b"Hello world!"
    assert b"Thinking...\n" in done.stderr and b"...done thinking.\n\n" in done.stderr
    hidden = served.run("run", "tinythink", "--hidethinking", "hi")
    assert hidden.stderr == b""


def test_thinking_is_shown_before_the_answer_on_a_terminal(served: Shell) -> None:
    with served.terminal("run", "tinythink", "hi") as terminal:
        assert terminal.wait() == 0
    screen = terminal.screen
    assert screen.index("Thinking...") < screen.index("...done thinking.") < screen.index("Hello")
    assert "\x1b[90m" in screen and screen.index("\x1b[0m") < screen.index("Hello")


def test_no_colour_where_none_is_wanted(served: Shell) -> None:
    with served.having(NO_COLOR="1").terminal("run", "tinythink", "hi") as terminal:
        assert terminal.wait() == 0
    assert "\x1b[90m" not in terminal.screen


def test_an_embedding_model_gives_one_line_of_json(shell: Shell) -> None:
    done = shell.run("run", str(MODELS / "tinyembed.gguf"), "hello")
    vector = json.loads(done.stdout)
    assert len(vector) == 64 and all(isinstance(number, float) for number in vector)
    assert done.stdout.count(b"\n") == 1
    numbers = done.stdout.decode().strip("[]\n").split(",")
    assert all(len(number.partition("e")[0].lstrip("-0.")) <= 9 for number in numbers)
    assert shell.run("run", str(MODELS / "tinyembed.gguf")).returncode == 1


def test_an_embedding_model_stays_as_long_as_asked_for(served: Shell) -> None:
    wanted = ("--keepalive", "3h", "-p", "num_ctx=600")
    assert served.run("run", *wanted, "tinyembed", "hello").returncode == 0
    loaded = served.run("ps", "tinyembed").stdout.decode().splitlines()[1]
    assert " 600 " in loaded and " hours from now" in loaded
    served.run("stop", "tinyembed")


def test_a_text_that_is_too_long_to_embed_may_be_refused(shell: Shell) -> None:
    long = ("run", str(MODELS / "tinyembed.gguf"), "word " * 3000)
    assert shell.run(*long).returncode == 0
    refused = shell.run(*long, "--truncate=false")
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert refused.stderr == b"Error: the input length exceeds the context length\n"


@pytest.mark.parametrize("value", ["-1m", "", "5", "-1"])
def test_a_time_that_looks_like_a_flag_or_is_none(shell: Shell, value: str) -> None:
    assert shell.run("run", HELLO, "--keepalive", value, "hi").stdout == b"Hello world!\n\n"


def test_think_with_an_empty_value_is_true(shell: Shell) -> None:
    refused = shell.run("run", HELLO, "--think=", "hi")
    assert refused.returncode == 1 and b"does not support thinking" in refused.stderr


def test_a_file_gets_the_text_alone(shell: Shell, tmp_path: Path) -> None:
    done = shell.run("run", HELLO, "hi", "-o", str(tmp_path / "answer.txt"))
    assert done.stdout == b""
    assert (tmp_path / "answer.txt").read_bytes() == b"Hello world!"
    lost = shell.run("run", HELLO, "hi", "-o", str(tmp_path / "no" / "folder"))
    assert lost.returncode == 1 and b"No such file or directory" in lost.stderr


def test_raw_adds_nothing(shell: Shell) -> None:
    assert shell.run("run", HELLO, "hi", "--raw").stdout == b"Hello world!"


def test_events_come_as_records(shell: Shell) -> None:
    lines = shell.run("run", HELLO, "hi", "--events").stdout.splitlines()
    records = [json.loads(line) for line in lines]
    text = "".join(each["text"] for each in records if each["event"] == "text")
    assert text == "Hello world!"
    assert records[-1]["event"] == "finish" and records[-1]["reason"] == "stop"


def test_without_a_prompt_the_model_is_only_loaded(served: Shell) -> None:
    done = served.run("run", "tinyhello")
    assert (done.stdout, done.stderr, done.returncode) == (b"", b"", 0)


def test_an_answer_that_its_limit_cut_is_incomplete_unless_that_was_wanted(shell: Shell) -> None:
    wanted = shell.run("run", RAMBLE, "hi", "-p", "num_predict=3")
    assert wanted.returncode == 0 and wanted.stdout
    (modelfile := shell.home / "Modelfile").write_text(f"FROM {RAMBLE}\nPARAMETER num_predict 3\n")
    own = shell.having(RILLET_MODELS=str(shell.home / "own"))
    assert own.run("create", "short", "-f", str(modelfile)).returncode == 0
    cut = own.run("run", "short", "hi")
    assert cut.returncode == 3 and b"[incomplete: " in cut.stderr


def test_a_reader_that_leaves_ends_it_quietly(shell: Shell) -> None:
    process = shell.start("run", RAMBLE, "hi")
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.read(1)
    engines = children_of(process.pid)
    process.stdout.close()
    assert process.wait(PATIENCE) == 141
    assert process.stderr.read() == b""
    process.stderr.close()
    assert engines and all(ends(engine) for engine in engines)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_with_what_has_come(shell: Shell, number: int, code: int) -> None:
    process = shell.start("run", RAMBLE, "hi")
    assert process.stdout is not None
    first = process.stdout.read(1)
    engines = children_of(process.pid)
    assert engines
    process.send_signal(number)
    rest, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert first + rest and errors == b""
    assert all(ends(engine) for engine in engines)


def test_ctrl_c_on_a_terminal(shell: Shell) -> None:
    with shell.terminal("run", RAMBLE, "hi") as terminal:
        while len(terminal.screen.rpartition("\x1b[K")[2]) < 100:  # more than the status has
            assert terminal.read(PATIENCE)
        terminal.type("\x03")
        assert terminal.wait() == 130
    assert "Traceback" not in terminal.screen
    assert terminal.screen.endswith("\r\n")


def test_tokens_reach_a_terminal_one_by_one(shell: Shell) -> None:
    # A token takes less than a millisecond: a reader that the system lets wait sees several at
    # once. What is held back is seen in one piece in every try.
    def reads() -> int:
        words = ("run", RAMBLE, "hi", "-p", "num_predict=200", "--nowordwrap")
        with shell.terminal(*words) as terminal:
            assert terminal.wait() == 0
        return len(terminal.reads)

    assert any(reads() >= 20 for _ in range(8))


def test_standard_input_may_be_closed(shell: Shell) -> None:
    command = f"{' '.join(RILLET)} run {HELLO} hi <&- 2>&1"
    done = subprocess.run(
        ["sh", "-c", command], env=shell.env, capture_output=True, timeout=PATIENCE
    )
    assert done.stdout == b"Hello world!\n\n"


def test_standard_output_may_be_closed(shell: Shell) -> None:
    """It is no place for the next file that is opened, and what was not written is an error."""
    command = f"{' '.join(RILLET)} run {HELLO} hi >&-"
    done = subprocess.run(
        ["sh", "-c", command], env=shell.env, capture_output=True, timeout=PATIENCE
    )
    assert done.returncode == 1 and done.stderr == b"Error: standard output: Bad file descriptor\n"


def test_a_full_disk_is_told(shell: Shell) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*RILLET, "run", HELLO, "hi"],
            env=shell.env,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
        )
    assert done.returncode == 1
    assert done.stderr == b"Error: standard output: No space left on device\n"


def test_a_long_error_breaks_between_words(shell: Shell) -> None:
    name = "word " * 30
    with shell.terminal("help", name.strip()) as terminal:
        assert terminal.wait() == 2
        assert all(row.endswith(("word", "'", "help")) for row in terminal.rows if row)


def test_an_argument_that_is_no_text_is_asked_as_standard_input_is(shell: Shell) -> None:
    command = [*RILLET, "run", "tinyhello", b"bad \xff byte", "-s", b"\xfe"]
    done = subprocess.run(command, env=shell.env, capture_output=True, timeout=PATIENCE)
    assert (done.stdout, done.stderr) == (b"Hello world!\n\n", b"")
