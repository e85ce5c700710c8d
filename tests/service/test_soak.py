"""A short run of the soak: requests of all kinds, hang-ups, unloads, and engines killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from .asking import CHAT

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


@pytest.mark.slow
@pytest.mark.skipif(not SOAK.is_file(), reason="without the source tree")
def test_nothing_is_left_and_every_error_is_clear() -> None:
    command = [sys.executable, str(SOAK), CHAT, "--requests", "200", "--kills", "5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    wrong = [line for line in done.stdout.splitlines() if line.startswith("WRONG")]
    assert wrong == [], done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 engines killed" in done.stdout
