"""Real processes: a `rillet serve` of its own for the tests that want one."""

import os
import random
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

PROMPTS = ["tell me a joke?", "Why is the sky blue?", "write me a story about python."]


@dataclass
class Server:
    """A running `rillet serve`."""

    url: str
    process: "subprocess.Popen[str]"
    models: Path


def rillet_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "rillet", *arguments]


def clean_environment(**more: str) -> dict[str, str]:
    """Ours without settings of Rillet or Ollama, and with no proxy before loopback."""
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RILLET_", "OLLAMA_")) and not name.lower().endswith("_proxy")
    }
    return env | more


def lasting_address() -> str:
    """A free host:port that no other program gets while a server that died is away: the system
    hands out ports from a range, and this one lies below it."""
    first = 32768
    with suppress(OSError):
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(first - 10_000, first)
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return f"127.0.0.1:{port}"


def start_server(models: Path, **env: str) -> Server:
    """Starts one on a free port and waits for the line that says that it listens."""
    settings = {"RILLET_HOST": "127.0.0.1:0", "RILLET_MODELS": str(models), **env}
    process = subprocess.Popen(
        rillet_command("serve"),
        env=clean_environment(**settings),
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"Listening on (\S+)", line):
            return Server(f"http://{found[1]}", process, models)
    raise AssertionError(f"the server ended: {''.join(said)}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the built-in model alone."""
    running = start_server(tmp_path_factory.mktemp("models"))
    yield running
    running.process.terminate()
    assert running.process.wait(30) == 0
