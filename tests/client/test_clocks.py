"""The four clocks: what arms them, which one struck, and what they leave alone."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from rillet.testing import CHUNKED, LAST_CHUNK, Drip, Pause, ScriptedServer, Stall, WaitFor, chunk
from rillet.words.errors import Stalled
from rillet.words.events import Progress
from rillet.words.timeouts import Timeouts
from tests.client.reading import SHELLS, read
from tests.client.wires import WIRES, Wire, chunked

SHORT = 0.25
#: Seconds of a clock that must not strike: a busy machine can be late by more than SHORT.
LONG = 1.0
GENERATE, CHAT, _, OPENAI = WIRES


def progress(status: str = "loading", **more: int) -> bytes:
    return json.dumps({"model": "m", "response": "", "status": status, **more}).encode() + b"\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_arguments_of_a_tool_keep_a_stream_alive(shell: str) -> None:
    """No event comes while they stream in, but the model is at work."""

    def delta(**said: object) -> bytes:
        call = {"index": 0, **said}
        return OPENAI.frame(
            json.dumps({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}).encode()
        )

    letters = [delta(function={"arguments": letter}) for letter in '{"a": 1}']
    steps = [step for letter in letters for step in (Pause(SHORT / 2), chunk(letter))]
    name = delta(id="c1", function={"name": "f", "arguments": ""})
    script = [CHUNKED, chunk(name), *steps, *map(chunk, OPENAI.ending()), LAST_CHUNK]
    clocks = Timeouts(first_token=SHORT, between_tokens=SHORT)
    with ScriptedServer(script) as server:
        outcome = read(shell, OPENAI, server.url, timeouts=clocks)
    assert outcome.error is None, outcome.error
    assert [call.arguments for call in outcome.calls] == [{"a": 1}]
    assert outcome.took > SHORT * 3

    with ScriptedServer([CHUNKED, chunk(name), chunk(letters[0]), Stall()]) as server:
        outcome = read(shell, OPENAI, server.url, timeouts=clocks)
    assert isinstance(outcome.error, Stalled) and outcome.error.phase == "between_tokens"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_long_record_that_comes_slowly_is_at_work(shell: str) -> None:
    token = GENERATE.tokens(["x" * 400])[0]
    parts = [token[at : at + 50] for at in range(0, len(token), 50)]
    steps = [step for part in parts for step in (Pause(LONG / 5), chunk(part))]
    script = [CHUNKED, *steps, *map(chunk, GENERATE.ending()), LAST_CHUNK]
    clocks = Timeouts(first_token=LONG, between_tokens=LONG)
    with ScriptedServer(script) as server:
        outcome = read(shell, GENERATE, server.url, timeouts=clocks)
    assert outcome.text == "x" * 400


@pytest.mark.parametrize("shell", SHELLS)
def test_progress_extends_the_wait_for_the_first_token_and_is_seen(shell: str) -> None:
    steps = [step for at in range(4) for step in (chunk(progress(completed=at)), Pause(LONG / 3))]
    tokens = [*GENERATE.tokens(["Hi"]), *GENERATE.ending()]
    with ScriptedServer([CHUNKED, *steps, *map(chunk, tokens), LAST_CHUNK]) as server:
        outcome = read(shell, GENERATE, server.url, timeouts=Timeouts(first_token=LONG))
    assert outcome.error is None, outcome.error
    assert [e.completed for e in outcome.events if isinstance(e, Progress)] == [0, 1, 2, 3]
    assert outcome.took > LONG


@pytest.mark.parametrize("shell", SHELLS)
def test_progress_does_not_extend_the_wait_for_the_next_token(shell: str) -> None:
    token = GENERATE.tokens(["Hi"])[0]
    script = [CHUNKED, chunk(token), Drip(chunk(progress("queued")))]
    clocks = Timeouts(first_token=5, between_tokens=SHORT)
    with ScriptedServer(script) as server:
        outcome = read(shell, GENERATE, server.url, timeouts=clocks)
    assert isinstance(outcome.error, Stalled) and outcome.error.phase == "between_tokens"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_connecting_has_a_clock_of_its_own(wire: Wire, shell: str, full_listener: str) -> None:
    outcome = read(shell, wire, full_listener, timeouts=Timeouts(connect=SHORT))
    assert isinstance(outcome.error, Stalled), outcome.error
    assert (outcome.error.phase, outcome.error.after) == ("connect", SHORT)
    assert "Timeouts.connect" in str(outcome.error)


@pytest.mark.parametrize("shell", SHELLS)
def test_total_strikes_while_connecting_and_between_tries(shell: str, full_listener: str) -> None:
    outcome = read(shell, CHAT, full_listener, timeouts=Timeouts(connect=9, total=SHORT))
    assert isinstance(outcome.error, Stalled) and outcome.error.phase == "total"


@pytest.mark.parametrize("shell", SHELLS)
def test_no_clock_waits_for_ever(shell: str) -> None:
    script = chunked([*CHAT.tokens(["Hi"]), *CHAT.ending()])
    with ScriptedServer([CHUNKED, Pause(SHORT), *script[1:]]) as server:
        outcome = read(shell, CHAT, server.url, timeouts=Timeouts(None, None, None, None))
    assert outcome.text == "Hi"


@pytest.mark.parametrize("shell", SHELLS)
def test_an_end_that_was_said_on_a_connection_that_stays_open(shell: str) -> None:
    """The reason came, `[DONE]` or the last newline never does: the answer is whole."""
    clocks = Timeouts(first_token=SHORT, between_tokens=SHORT)
    for wire, ending in (
        (OPENAI, OPENAI.frame(OPENAI.last())),
        (CHAT, CHAT.frame(CHAT.last()).rstrip()),
    ):
        script = [CHUNKED, *map(chunk, [*wire.tokens(["a"]), ending]), Stall()]
        with ScriptedServer(script) as server:
            outcome = read(shell, wire, server.url, timeouts=clocks)
        assert (outcome.error, outcome.text) == (None, "a")


_STOPPED_WHILE_IT_WAITS = """
import asyncio, os, signal, sys, threading
import rillet

async def main():
    clocks = rillet.Timeouts(first_token=60, between_tokens=2)
    async with rillet.AsyncClient(sys.argv[1], api="ollama", timeouts=clocks) as client:
        async with client.stream_generate(model="m", prompt="hi") as stream:
            async for piece in stream.text():
                print(piece, end="", flush=True)
                if piece == "one ":
                    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGSTOP)).start()

asyncio.run(main())
"""


@pytest.mark.slow  # its clock of two seconds has to pass
def test_a_process_that_was_stopped_reads_what_came_before_its_clock_counts() -> None:
    stopped = threading.Event()
    one, two = map(chunk, GENERATE.tokens(["one ", "two"]))
    rest = [two, *map(chunk, GENERATE.ending()), LAST_CHUNK]
    command = [sys.executable, "-c", _STOPPED_WHILE_IT_WAITS]
    with (
        ScriptedServer([CHUNKED, one, WaitFor(stopped), *rest]) as server,
        subprocess.Popen([*command, server.url], stdout=subprocess.PIPE) as program,
    ):
        assert os.WIFSTOPPED(os.waitpid(program.pid, os.WUNTRACED)[1])
        stopped.set()
        threading.Event().wait(2.2)
        os.kill(program.pid, signal.SIGCONT)
        assert program.communicate(timeout=60)[0] == b"one two"
    assert program.returncode == 0
