"""The product in this process: `rillet.local()`."""

import copy
import json
import multiprocessing
import os
import pickle
import re
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import rillet
from rillet.words.errors import InvalidRequest, ModelNotFound, RilletError, ServerError
from rillet.words.settings import Settings

HI = [{"role": "user", "content": "Hi"}]
STORY = "Tell me a long story"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[rillet.Client]:
    with rillet.local(Settings(models=str(tmp_path))) as client:
        yield client


def test_an_answer_comes_token_by_token(client: rillet.Client) -> None:
    pieces = list(client.stream_chat("rillet-tiny", HI, options={"seed": 1}).text())
    assert len(pieces) > 2
    assert client.chat("rillet-tiny", HI, options={"seed": 1}).text == "".join(pieces)


def test_operations_with_whole_answers(client: rillet.Client) -> None:
    assert [model.name for model in client.tags()] == ["rillet-tiny:latest"]
    assert client.ps() == []
    assert client.show("rillet-tiny").details.format == "gguf"
    assert len(client.embed("rillet-tiny", ["a", "b"]).embeddings) == 2
    assert json.loads(client.generate("rillet-tiny", "Hi", format="json").text)
    for seed in range(4):  # blanks between the words might go on for ever
        options = {"seed": seed, "num_predict": 200}
        reply = client.generate("rillet-tiny", "three colours", format="json", options=options)
        assert max(map(len, re.findall(r"\s+", reply.text)), default=0) <= 41
    client.generate("rillet-tiny", "", keep_alive=0)


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda client: client.chat("nope", HI), ModelNotFound),
        (lambda client: client.chat("./nope.gguf", HI), ModelNotFound),
        (lambda client: client.delete("nope"), ModelNotFound),
        (lambda client: client.copy("rillet-tiny", "x/../y"), ServerError),
        (lambda client: client.generate("rillet-tiny", "x", options={"top_k": "a"}), ServerError),
        (lambda client: client.pull("http://127.0.0.1:1/x/y"), RilletError),
        (lambda client: client.resume("0" * 32), InvalidRequest),
    ],
)
def test_errors_are_those_of_a_server(
    client: rillet.Client, ask: Callable[[rillet.Client], Any], error: type[RilletError]
) -> None:
    with pytest.raises(error):
        ask(client)


def test_a_stopped_answer_leaves_the_engine_to_others(client: rillet.Client) -> None:
    stream = client.stream_generate("rillet-tiny", STORY, options={"num_predict": -1})
    for _ in stream:
        stream.stop()
    assert stream.stopped
    assert client.chat("rillet-tiny", HI).complete


def test_threads_share_it(client: rillet.Client) -> None:
    said: list[str] = []
    threads = [
        threading.Thread(target=lambda: said.append(client.chat("rillet-tiny", HI).text))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(said) == 4 and all(said)


def test_close_ends_what_runs_and_says_so(client: rillet.Client) -> None:
    stream = client.stream_generate("rillet-tiny", STORY, options={"num_predict": 100_000})
    events = iter(stream)
    next(events)
    closing = [threading.Thread(target=client.close) for _ in range(3)]
    for thread in closing:
        thread.start()
    with pytest.raises(ServerError, match="shutting down"):
        for _ in events:
            pass
    for thread in closing:
        thread.join(30)
        assert not thread.is_alive()
    client.close()
    for ask in (client.tags, lambda: client.chat("rillet-tiny", HI)):
        with pytest.raises(InvalidRequest, match="closed"):
            ask()


def test_a_forked_child_has_a_service_of_its_own(client: rillet.Client) -> None:
    """The thread that serves is not in the child: it would wait for ever."""
    client.chat("rillet-tiny", HI)
    for ending in ("asks", "closes"):
        if not (pid := os.fork()):
            signal.alarm(60)
            status = 1
            try:
                if ending == "asks":
                    status = 0 if client.chat("rillet-tiny", HI).text else 2
                client.close()
                status = 0 if ending == "closes" else status
            finally:
                os._exit(status)
        assert os.waitpid(pid, 0)[1] == 0
    assert client.chat("rillet-tiny", HI).complete  # the parent's was not touched


def _tokens(client: rillet.Client, count: int) -> int:
    reply = client.generate("rillet-tiny", STORY, options={"num_predict": count})
    assert reply.usage and reply.usage.completion_tokens
    return reply.usage.completion_tokens


@pytest.mark.slow
def test_workers_in_other_processes_get_a_copy(client: rillet.Client) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.starmap(_tokens, [(client, 2), (client, 3)]) == [2, 3]


def test_copies(client: rillet.Client) -> None:
    for twin in (pickle.loads(pickle.dumps(client)), copy.deepcopy(client)):
        with twin:
            assert [model.name for model in twin.tags()] == ["rillet-tiny:latest"]
