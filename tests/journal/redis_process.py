"""A Redis server of a test's own."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def redis_server(folder: str) -> Iterator[str]:
    """A Redis whose files are in `folder`: its path leaves room for the name of a socket."""
    command = ["redis-server", "--port", "0", "--unixsocket", f"{folder}/s", "--save", ""]
    with subprocess.Popen([*command, "--dir", folder], stdout=subprocess.PIPE) as server:
        assert server.stdout
        try:
            assert any(b"ready to accept" in line.lower() for line in server.stdout)
            yield f"unix://{folder}/s"
        finally:
            server.terminate()
