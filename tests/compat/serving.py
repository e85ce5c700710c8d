"""Real `rillet serve` processes with settings of their own."""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..e2e.conftest import clean_environment, rillet_command


@dataclass
class Serving:
    """A running server. `said` is what it printed on stderr so far."""

    url: str
    process: "subprocess.Popen[str]"
    store: Path
    said: list[str] = field(default_factory=list)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def start(store: Path, host: str = "127.0.0.1:0", **env: str) -> Serving:
    """Returns when it listens."""
    process = subprocess.Popen(
        rillet_command("serve"),
        env=clean_environment(RILLET_HOST=host, RILLET_MODELS=str(store), **env),
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"Listening on (\S+)", line):
            # Nobody may wait for us to read what it has to say.
            threading.Thread(target=said.extend, args=(process.stderr,), daemon=True).start()
            port = found[1].rpartition(":")[2]
            return Serving(f"http://127.0.0.1:{port}", process, store, said)
    raise AssertionError(f"the server ended: {''.join(said)}")


@contextmanager
def serving(store: Path, host: str = "127.0.0.1:0", **env: str) -> Iterator[Serving]:
    """A server for a while; it must end by itself when told, and say nothing of mistakes."""
    server = start(store, host, **env)
    try:
        yield server
    finally:
        server.process.terminate()
        assert server.process.wait(30) == 0
        assert "Traceback" not in "".join(server.said)
