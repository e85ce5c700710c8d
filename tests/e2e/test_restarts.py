"""What outlives the death of everything: the journal in a file, and clients that come back."""

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import rillet

from .conftest import Server, clean_environment, lasting_address, rillet_command, start_server

MODEL = "rillet-tiny"
PROMPT = "write me a story about python."
OPTIONS = {"temperature": 0, "num_predict": 250, "seed": 7}
TRIES = 10  # on a busy machine an answer may be whole before its machine dies


class Machine:
    """One server with a journal in a file, which dies and comes back at the same address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        journal = str(folder / "journal")
        self._env = {"RILLET_JOURNAL": journal, "RILLET_HOST": lasting_address()}
        self.server: Server = start_server(folder / "models", **self._env)

    def die(self) -> None:
        """Everything at once: the server and its engine, as when the power goes."""
        task = Path(f"/proc/{self.server.process.pid}/task/{self.server.process.pid}/children")
        for pid in [self.server.process.pid, *map(int, task.read_text().split())]:
            os.kill(pid, signal.SIGKILL)
        self.server.process.wait()

    def start(self) -> None:
        self.server = start_server(self._folder / "models", **self._env)

    def restart(self, pause: float = 0.0) -> None:
        self.die()
        time.sleep(pause)
        self.start()


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    one = Machine(folder)
    try:
        yield one
    finally:
        one.server.process.terminate()
        one.server.process.wait()


def whole(url: str) -> str:
    with rillet.Client(url) as client:
        return client.generate(MODEL, PROMPT, options=OPTIONS).text


def test_an_answer_outlives_the_machine(tmp_path: Path) -> None:
    """Nobody was there when it came back; another process asks for the rest later."""
    with machine(tmp_path) as one:
        expected = whole(one.server.url)
        for _ in range(TRIES):
            with rillet.Client(one.server.url) as client:
                stream = client.stream_generate(MODEL, PROMPT, options=OPTIONS)
                first = [next(stream) for _ in range(2)]
                one.restart()
                name = stream.id
            with rillet.Client(one.server.url) as other:
                reply = other.resume(name).reply()
                rest = other.resume(name, after=len(first)).reply()
            assert reply.text == expected
            assert expected.endswith(rest.text) and len(rest.text) < len(expected)
            if goes_on(reply):
                break
    assert goes_on(reply)


def goes_on(reply: rillet.Reply) -> bool:
    """Whether another server wrote the end."""
    return reply.finish is not None and bool(reply.finish.resumed)


def test_an_answer_that_is_to_be_kept_goes_on_without_a_reader(tmp_path: Path) -> None:
    keep = {"Rillet-On-Disconnect": "keep"}
    with machine(tmp_path) as one, rillet.Client(one.server.url, headers=keep) as client:
        for _ in range(TRIES):
            stream = client.stream_generate(MODEL, PROMPT, options=OPTIONS)
            next(stream)
            one.restart()
            until = time.monotonic() + 60
            while state(one.server, stream.id) != "done":
                assert time.monotonic() < until
                time.sleep(0.05)  # nobody reads, so nothing tells when it is done
            reply = client.resume(stream.id).reply()
            assert reply.complete
            if goes_on(reply):
                break
    assert goes_on(reply)


def state(server: Server, name: str) -> str:
    asked = urllib.request.Request(f"{server.url}/api/streams/{name}", method="HEAD")
    with urllib.request.urlopen(asked) as answer:
        return str(answer.headers["rillet-state"])


@pytest.mark.parametrize("verbose", [False, True])
def test_rillet_run_goes_on_after_a_restart(tmp_path: Path, verbose: bool) -> None:
    with machine(tmp_path) as one:
        expected = whole(one.server.url)
        words = ["run", MODEL, PROMPT, *(f"-p{n}={v}" for n, v in OPTIONS.items())]
        command = rillet_command(*words, *(["--verbose"] if verbose else []))
        env = clean_environment(RILLET_HOST=one.server.url, PYTHONUNBUFFERED="1")
        for _ in range(TRIES):
            with subprocess.Popen(
                command,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            ) as run:
                assert run.stdout and run.stderr
                begun = run.stdout.read(20)
                one.restart(0.5)
                out, notes = begun + run.stdout.read(), run.stderr.read().decode()
            assert run.returncode == 0
            assert out.decode().strip() == expected.strip()
            if "the connection was lost and is back" in notes:
                break
    assert "the connection was lost and is back" in notes
    assert ("resumed:" in notes) == verbose
