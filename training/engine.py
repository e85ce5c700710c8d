"""The real engine for checks: xllamacpp in a child process, spoken to over HTTP.

A child, because a bad file can end the process that loads it.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CHILD = """
import sys, time
import xllamacpp as x
p = x.CommonParams()
p.model.path = sys.argv[1]
p.hostnames, p.port = ["127.0.0.1"], int(sys.argv[2])
p.n_ctx, p.n_parallel, p.n_batch = int(sys.argv[4]), int(sys.argv[3]), 512
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
p.warmup = False
p.cache_ram_mib = 0
began = time.perf_counter()
s = x.Server(p)
print(s.listening_address, time.perf_counter() - began, flush=True)
sys.stdin.read()
"""


class Engine:
    """A running engine at ``base``; ``load_seconds`` is what opening the file took."""

    def __init__(self, base: str, load_seconds: float) -> None:
        self.base = base
        self.load_seconds = load_seconds

    def post(self, path: str, body: object) -> Any:
        request = urllib.request.Request(
            self.base + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as reply:
            return json.load(reply)

    def chat(
        self, messages: list[dict[str, str]], seed: int, **more: object
    ) -> tuple[str, bool, int]:
        """(text, ended by itself, tokens)."""
        body = {
            "messages": messages,
            "seed": seed,
            "temperature": 0.8,
            "top_k": 40,
            "top_p": 0.9,
            "min_p": 0.0,
            "repeat_penalty": 1.0,
            "max_tokens": 700,
            "cache_prompt": False,
            **more,
        }
        reply = self.post("/v1/chat/completions", body)
        choice = reply["choices"][0]
        return (
            choice["message"]["content"] or "",
            choice["finish_reason"] == "stop",
            reply["usage"]["completion_tokens"],
        )

    def tokens(self, text: str) -> list[int]:
        found: list[int] = self.post("/tokenize", {"content": text, "parse_special": False})[
            "tokens"
        ]
        return found


@contextmanager
def running(model: Path, slots: int = 1, context: int = 2048) -> Iterator[Engine]:
    """Start the engine on a free port, stop it at the end."""
    port = 20_000 + secrets.randbelow(30_000)
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(model), str(port), str(slots), str(context * slots)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={"OMP_WAIT_POLICY": "PASSIVE", "GGML_NO_BACKTRACE": "1", "PATH": "/usr/bin:/bin"},
    )
    try:
        assert child.stdout is not None
        base, seconds = child.stdout.readline().split()
        for _ in range(200):
            try:
                urllib.request.urlopen(base + "/health", timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        yield Engine(base, float(seconds))
    finally:
        child.kill()
        child.wait()
