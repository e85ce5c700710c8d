"""Every way to call it wrongly: one clear line on standard error, an exit code, no traceback."""

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rillet.cli import exits, screen
from rillet.cli.commands.serve import EXAMPLES
from rillet.cli.main import COMMANDS, command_of, dispatch
from rillet.testing import CHUNKED, Stall
from rillet.words.settings import Settings

from .conftest import MODELS
from .processes import PATIENCE, Shell
from .test_faults import at, piece, serving

HELLO = str(MODELS / "tinyhello.gguf")


def refused(shell: Shell, *args: str, code: int, says: str) -> str:
    done = shell.run(*args)
    errors = done.stderr.decode()
    assert done.returncode == code, errors
    assert done.stdout == b""
    assert errors.startswith("Error: ") and says in errors
    assert "Traceback" not in errors
    return errors


def test_no_such_file(shell: Shell) -> None:
    refused(shell, "run", "./none.gguf", "hi", code=1, says="none.gguf")


def test_a_text_that_is_named_like_a_model(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "notes.gguf").write_text("Some notes.")
    refused(shell, "run", str(tmp_path / "notes.gguf"), "hi", code=1, says="not a GGUF file")


def test_a_model_that_was_cut_off(shell: Shell, tmp_path: Path) -> None:
    whole = Path(HELLO).read_bytes()
    for size in (2, len(whole) // 2, len(whole) - 40):
        (tmp_path / "cut.gguf").write_bytes(whole[:size])
        refused(shell, "run", str(tmp_path / "cut.gguf"), "hi", code=1, says="cut.gguf")


def test_a_folder_in_place_of_a_model(shell: Shell, tmp_path: Path) -> None:
    refused(shell, "run", f"{tmp_path}/", "hi", code=1, says=str(tmp_path))


def test_a_name_that_is_none(served: Shell) -> None:
    refused(served, "run", "no such name", "hi", code=1, says="invalid model name")


def test_a_host_that_nobody_listens_at(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gone = shell.having(RILLET_HOST=f"127.0.0.1:{port}")
    refused(gone, "run", "m", "hi", code=1, says=f"127.0.0.1:{port}")
    refused(shell, "list", "--host", f"127.0.0.1:{port}", code=1, says=f"127.0.0.1:{port}")


def test_a_host_that_cannot_be_read(shell: Shell) -> None:
    refused(shell.having(OLLAMA_HOST="http://:99999"), "run", "m", "hi", code=1, says="port")


def test_a_port_that_is_taken(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        refused(shell, "serve", "--host", address, code=1, says="in use")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["run"], "which model"),
        (["run"], "requires at least 1 arg(s), only received 0"),
        (["run", "m", "--nonsense"], "unknown flag: --nonsense\n"),
        (["run", "m", "---x"], "bad flag syntax: ---x\n"),
        (["run", "m", "--=x"], "bad flag syntax: --=x\n"),
        (["run", "m", "-Z"], "unknown shorthand flag: 'Z' in -Z\n"),
        (["run", "m", "hi", "--keepalive"], "flag needs an argument: --keepalive\n"),
        (["run", "m", "--keepalive", "--verbose"], "flag needs an argument: --keepalive\n"),
        (["run", "m", "-f"], "flag needs an argument: 'f' in -f\n"),
        (["run", "m", "--dimensions", "x"], 'invalid argument "x" for "--dimensions" flag: '),
        (["run", "m", "--dimensions", "08"], 'invalid argument "08" for "--dimensions" flag: '),
        (["run", "m", "--keepalive", "--", "hi"], "flag needs an argument: --keepalive\n"),
        (["run", "m", "--truncate=", "hi"], 'invalid argument "" for "--truncate" flag: '),
        (["run", "m", "--truncate=x", "hi"], 'invalid argument "x" for "--truncate" flag: '),
        (["run", "m", "--think=perhaps"], 'invalid value for --think: "perhaps"'),
        (["run", "m", "--keepalive", "5 minutes"], 'time: unknown unit " minutes" in duration'),
        (["run", "m", "--verbose=perhaps"], "true or false"),
        (["run", "m", "--format", "xml", "hi"], "JSON schema"),
        (["run", "m", "-p", "seed", "hi"], "NAME=VALUE"),
        (["run", "m", "-o", "temperature", "0.2", "hi"], "-p temperature=VALUE"),
        (["show"], "accepts 1 arg(s), received 0\n"),
        (["show", "a", "b"], "accepts 1 arg(s), received 2\n"),
        (["cp", "a"], "accepts 2 arg(s), received 1\n"),
        (["rm"], "requires at least 1 arg(s), only received 0\n"),
        (["list", "a", "b"], "accepts at most 1 arg(s), received 2\n"),
        (["serve", "now"], "accepts 0 arg(s), received 1\n"),
        (["show", "m", "--license", "--system"], "only one of '--license', '--modelfile', '-"),
        (["lst"], "Did you mean: rillet list?"),
        (["pul", "llama3.2"], "Did you mean: rillet pull?"),
        (["rnu", "rillet-tiny:latest", "hi"], "rillet -- rnu rillet-tiny:latest hi"),
        (["signin"], "no account at ollama.com"),
        (["launch", "codex", "--config"], "ANTHROPIC_BASE_URL"),
        (["keys", "set", "openai"], "RILLET_API_KEY"),
        (["embed", "-c", "text"], "rillet run MODEL"),
        (["delete", "llama3"], "rillet rm MODEL"),
        (["exit"], "/bye or Ctrl-D"),
        (["--host", "127.0.0.1:1", "list"], "the command stands first: rillet list ..."),
        (["create", "m", "--experimental"], "convert_hf_to_gguf.py"),
        (["hi", "--fragment", "x"], "with -a FILE"),
        (["run", "m", "-T", "x"], "client.chat(model, messages, tools=[function])"),
        (["serve", "--port", "80"], "--host 127.0.0.1:PORT"),
        (["help", "nothing"], "no command 'nothing'"),
        (["help", "launch"], "Start rillet serve"),
    ],
)
def test_usage(shell: Shell, args: list[str], says: str) -> None:
    refused(shell, *args, code=2, says=says)


def test_a_model_without_a_name(shell: Shell) -> None:
    for command in (["run", "", "hi"], ["stop", ""]):
        refused(shell, *command, code=1, says="Error: model is required\n")


def test_a_file_in_place_of_a_format(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Some notes.")
    name = f"{tmp_path}/notes.txt"
    refused(shell, "-f", name, "Sum it up", code=2, says=f"A file goes along with -a {name}")


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["star", "wars", "facts"], "run"),
        (["pull", "x"], "pull"),
        (["prints", "it?"], "run"),
        (["models", "list"], "list"),
        (["login page"], "run"),
        (["--", "launch"], "run"),
        ([""], "run"),
    ],
)
def test_words_that_are_no_slip(words: list[str], command: str) -> None:
    assert command_of(words)[0] == command


def test_the_variables_that_the_help_of_serve_names_are_read() -> None:
    named = set(re.findall(r"RILLET_(\w+)", EXAMPLES)) - {"LLAMA_SERVER", "X"}
    read = {name.upper() for name in Settings.__struct_fields__}
    assert named <= read
    for_others = {"NOHISTORY", "EDITOR", "API_VERSION", "NO_CLOUD", "WARNINGS"}
    assert read - named == for_others


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "version"])
def test_help_teaches_by_examples(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    told = []
    for words in ([command, "--help"], ["help", command], ["help", command, "please"]):
        with pytest.raises(SystemExit) as end:
            dispatch(words)
        assert end.value.code == 0
        told.append(capfd.readouterr().out)
    assert all(len(line) <= 80 for line in told[0].splitlines())
    assert f"  rillet {command}" in told[0] and told[0] == told[1] == told[2]


def test_help_of_all(shell: Shell) -> None:
    assert shell.run("--help").stdout == shell.run("help").stdout
    assert b'rillet "Why is the sky blue?"' in shell.run("help").stdout
    assert shell.run("help", "chat").stdout == shell.run("help", "run").stdout


def test_version(served: Shell, address: str) -> None:
    import rillet

    for args in (["-v"], ["--version"], ["version"]):
        told = served.run(*args).stdout.decode().splitlines()
        assert told[0] == f"rillet version is {rillet.__version__}"
        assert address in told[1]


def test_a_burst_of_ctrl_c_ends_it_in_order(shell: Shell) -> None:
    with serving([CHUNKED, piece("Half "), Stall()]) as server:
        process = at(server, shell).start("run", "m", "hi")
        assert process.stdout is not None and process.stdout.read(5) == b"Half "
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.001)  # the burst itself: as quick as keys repeat, and quicker
        _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (130, b"")


@pytest.mark.parametrize("module", ["rillet.cli.main", "msgspec", "rillet.cli.commands.version"])
def test_a_ctrl_c_while_it_starts_is_quiet(module: str) -> None:
    """The key strikes at the moment in which this module is looked for."""
    starts = f"""if True:
        import signal, sys
        class Striking:
            def find_spec(self, name, *rest):
                if name == {module!r}:
                    signal.raise_signal(signal.SIGINT)
        sys.meta_path.insert(0, Striking())
        sys.argv = ["rillet", "version"]
        from rillet.__main__ import main  # which `rillet` calls
        sys.exit(main())"""
    done = subprocess.run([sys.executable, "-c", starts], capture_output=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_the_word_prompt_is_what_it_is_to_llm_or_begins_a_sentence() -> None:
    asks = ["--default-model", "why is it?"]
    assert command_of(["prompt", "why is it?"]) == ("run", asks)
    assert command_of(["prompt", "-m", "m", "hi"]) == ("run", ["--default-model", "-m", "m", "hi"])
    sentence = ["prompt", "engineering", "for", "dogs"]
    assert command_of(sentence) == ("run", ["--default-model", *sentence])


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread")])
def test_a_machine_that_gives_no_more_is_no_mistake_of_ours(
    error: Exception, capfd: pytest.CaptureFixture[str]
) -> None:
    assert exits.report(error, screen.notes()) == exits.ERROR
    said = capfd.readouterr().err
    assert said.startswith("Error: the system gives no more") and "mistake" not in said
