"""The four programs with which people start, unmodified, against a real server and engine."""

import json
import os
import pty
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
import requests

import rillet

from .conftest import PROMPTS, Server

MODEL = "rillet-tiny"

PRINTING = """
import json, sys, requests
url, prompt = sys.argv[1:]
response = requests.post(url, json={"model": "rillet-tiny", "prompt": prompt}, stream=True)
for line in response.iter_lines():
    if line:
        record = json.loads(line)
        print(record["response"], end="", flush=True)
"""


def asked(prompt: str, **more: object) -> dict[str, object]:
    return {"model": MODEL, "prompt": prompt, **more}


def arrivals(server: Server, prompt: str) -> Iterator[tuple[float, bytes]]:
    """Each piece that `curl -N` prints, with the moment of its arrival."""
    command = ["curl", "-sN", f"{server.url}/api/generate", "-d", json.dumps(asked(prompt))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as curl:
        assert curl.stdout
        while piece := os.read(curl.stdout.fileno(), 65536):
            yield time.monotonic(), piece
    assert curl.returncode == 0


#: The model writes a token in less than a millisecond. A reader that the system lets wait sees some
#: of them at once, so what is asserted of arrivals must be seen in one of so many tries; a stream
#: that is held back shows it in none.
TRIES = 25


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("prompt", PROMPTS)
def test_curl_sees_records_one_by_one(server: Server, prompt: str) -> None:
    assert any(_came_one_by_one(list(arrivals(server, prompt))) for _ in range(TRIES))


def _came_one_by_one(pieces: list[tuple[float, bytes]]) -> bool:
    """Checks the records, and says whether they came in many pieces, spread over the time of
    generation."""
    records = [json.loads(line) for line in b"".join(piece for _, piece in pieces).splitlines()]
    assert len(records) > 5
    assert all(record["done"] is False and record["response"] for record in records[:-1])
    last = records[-1]
    assert last["done"] is True and last["done_reason"] in ("stop", "length")
    assert last["eval_count"] > 0 and last["prompt_eval_count"] > 0
    for name in ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration"):
        assert isinstance(last[name], int) and last[name] > 0
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(pieces)]
    generating = last["eval_duration"] / 1e9
    many = len(pieces) > len(records) / 8  # curl may be kept from reading
    return many and sum(gaps) > 0.5 * generating and max(gaps) < 0.9 * generating


@pytest.mark.parametrize("prompt", PROMPTS)
def test_requests_json_fails_on_the_stream_and_works_without(server: Server, prompt: str) -> None:
    url = f"{server.url}/api/generate"
    streamed = requests.post(url, json=asked(prompt), timeout=60)
    with pytest.raises(requests.exceptions.JSONDecodeError, match="Extra data"):
        streamed.json()
    whole = requests.post(url, json=asked(prompt, stream=False), timeout=60).json()
    assert whole["done"] is True and whole["response"].strip()


@pytest.mark.parametrize("prompt", PROMPTS)
def test_requests_iter_lines_gives_a_record_a_line(server: Server, prompt: str) -> None:
    url = f"{server.url}/api/generate"
    with requests.post(url, json=asked(prompt), stream=True, timeout=60) as response:
        assert response.headers["content-type"].startswith("application/x-ndjson")
        records = [json.loads(line) for line in response.iter_lines()]
    assert [record["done"] for record in records] == [False] * (len(records) - 1) + [True]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_print_grows_token_by_token_on_a_terminal(server: Server, prompt: str) -> None:
    assert any(len(_writes(server, prompt)) >= 8 for _ in range(TRIES))


def _writes(server: Server, prompt: str) -> list[bytes]:
    """What the printing program wrote to its terminal, piece by piece."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", PRINTING, f"{server.url}/api/generate", prompt]
    with subprocess.Popen(command, stdout=theirs, stdin=subprocess.DEVNULL) as program:
        os.close(theirs)
        writes = []
        while piece := _read(ours):
            writes.append(piece)
    os.close(ours)
    assert program.returncode == 0
    assert b"".join(writes).strip()
    return writes


@pytest.mark.parametrize("prompt", PROMPTS)
def test_our_own_client(server: Server, prompt: str) -> None:
    with rillet.Client(server.url) as client:
        pieces = list(client.stream_generate(model=MODEL, prompt=prompt).text())
        assert len(pieces) > 5
        reply = client.chat(model=MODEL, messages=[{"role": "user", "content": prompt}])
    assert reply.complete and reply.text.strip()


async def test_our_own_client_with_asyncio(server: Server) -> None:
    async with rillet.AsyncClient(server.url) as client:
        stream = client.stream_chat(model=MODEL, messages=[{"role": "user", "content": PROMPTS[0]}])
        pieces = [piece async for piece in stream.text()]
    assert len(pieces) > 5


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end of a terminal is closed
        return b""
