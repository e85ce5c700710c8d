"""The type checker's verdict on `api.py`."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_public_names_have_the_types_that_they_promise() -> None:
    pytest.importorskip("mypy")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "-p", "tests.typing"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout
