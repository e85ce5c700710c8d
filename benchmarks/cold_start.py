"""Spawn to the first byte of a request: `rillet run` against the plain requests script.

    python benchmarks/cold_start.py [--rounds 21]

Both are started in turn against a listener that only takes the time; each round gives one ratio.
Goal: `rillet run` <= 80 ms, and <= 0.75 of the script. Machines differ: the ratio is what counts.
The processor's time until that byte stands beside it: on a machine with other work the clock on
the wall measures that as well.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

from measuring import processor_seconds

SCRIPT = """
import json, requests
url, body = "http://127.0.0.1:PORT/api/generate", {"model": "m", "prompt": "hi"}
response = requests.post(url, json=body, stream=True)
for line in response.iter_lines():
    if line:
        print(json.loads(line)["response"], end="", flush=True)
"""


class Start(NamedTuple):
    """Milliseconds until the first byte of the request."""

    wall: float
    processor: float


def first_byte(command: list[str], listener: socket.socket, env: dict[str, str]) -> Start:
    begun = time.perf_counter()
    with subprocess.Popen(
        command,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    ) as process:
        peer, _ = listener.accept()
        peer.recv(1)
        took = time.perf_counter() - begun
        used = processor_seconds(process.pid)
        peer.close()
        process.kill()
    return Start(1e3 * took, 1e3 * used)


def report(name: str, starts: list[Start]) -> None:
    for clock, times in zip(Start._fields, zip(*starts, strict=True), strict=True):
        spread = f"min {min(times):6.1f} ms, median {statistics.median(times):6.1f} ms"
        print(f"{name:16} {clock:10} {spread}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        env = {
            name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
        }
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # both compile once, as on a user's machine
        env["RILLET_HOST"] = f"127.0.0.1:{port}"
        ours = [os.path.join(os.path.dirname(sys.executable), "rillet"), "run", "m", "hi"]
        theirs = [sys.executable, "-c", SCRIPT.replace("PORT", port)]
        pairs = []
        for turn in range(rounds + 2):
            pair = (first_byte(ours, listener, env), first_byte(theirs, listener, env))
            if turn >= 2:  # the first two fill the caches of the disk
                pairs.append(pair)
    report("rillet run", [one for one, _ in pairs])
    report("requests script", [other for _, other in pairs])
    for at, clock in enumerate(Start._fields):
        ratios = sorted(one[at] / other[at] for one, other in pairs)
        spread = f"({ratios[0]:.2f}-{ratios[-1]:.2f})"
        print(f"ratio            {clock:10} median {statistics.median(ratios):.2f} {spread}")


if __name__ == "__main__":
    main()
