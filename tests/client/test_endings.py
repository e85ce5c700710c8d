"""An open stream when its process forks, and when it ends: nothing hangs, nobody else is cut."""

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import pytest

import rillet
from rillet.testing import Script, ScriptedServer, Stall, WaitFor, answer, chunk, head, told

HELLO = [{"role": "user", "content": "Hi"}]
STORY = told("a", "b", "c")
NAME = "ab" * 16
RECORDED = [
    head(headers=[("Transfer-Encoding", "chunked"), ("Rillet-Stream", NAME)]),
    chunk(b'{"message":{"role":"assistant","content":"a"},"seq":1,"done":false}\n'),
    Stall(),
]


@pytest.mark.parametrize("leaving", ["stop", "close", "exit"])
def test_a_forked_child_does_not_cut_the_stream_of_its_parent(leaving: str) -> None:
    gone_on = Event()
    whole = STORY.script()
    script: Script = [*whole[:2], WaitFor(gone_on), *whole[2:]]
    with ScriptedServer(script) as server:
        program = (
            "import os, rillet, sys\n"
            f"stream = rillet.Client({server.url!r}, api='ollama').stream_chat('m', {HELLO!r})\n"
            "pieces = stream.text()\n"
            "said = next(pieces)\n"
            "if not (child := os.fork()):\n"
            f"    sys.exit() if {leaving!r} == 'exit' else stream.{leaving}()\n"
            "    os._exit(0)\n"
            "print(os.waitpid(child, 0)[1], flush=True)\n"
            "print(said + ''.join(pieces), stream.partial.done_reason)\n"
        )
        with _python(program) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "0\n"
            gone_on.set()
            assert process.communicate(timeout=30)[0] == "abc stop\n"


@pytest.mark.parametrize("held", ["pieces = stream.text(); next(pieces)", "next(stream)"])
def test_a_process_that_ends_with_an_open_stream_stops_it(held: str) -> None:
    """It hung: at the end of the interpreter no thread starts any more, and one was waited for."""
    with ScriptedServer(RECORDED, [answer(b"{}")]) as server:
        program = (
            "import rillet\n"
            f"stream = rillet.Client({server.url!r}, api='ollama').stream_chat('m', {HELLO!r})\n"
            f"{held}\n"
            "stream.itself = stream\n"  # only the collector finds it
        )
        with _python(program) as process:
            assert process.communicate(timeout=30) == ("", "")
        asked = [f"{request.method} {request.path}" for request in server.requests]
        assert asked == ["POST /api/chat", f"DELETE /api/streams/{NAME}"]


@pytest.mark.parametrize("send", [pickle.dumps, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("kind", [rillet.Client, rillet.AsyncClient])
def test_a_running_answer_says_that_it_cannot_be_sent(
    kind: type[rillet.Client], send: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError, match="running answer"):
        send(kind("127.0.0.1", api="ollama").stream_chat("m", HELLO))


@contextmanager
def _python(program: str) -> "Iterator[subprocess.Popen[str]]":
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()
