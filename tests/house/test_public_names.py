"""The names that are loaded when first used: programs find them all, a shell completes them."""

import subprocess
import sys

import pytest

FRESH = """
import importlib, sys
module = importlib.import_module(sys.argv[1])
assert not set(module.__all__) - set(dir(module)), set(module.__all__) - set(dir(module))
assert not [name for name in module.__all__ if not hasattr(module, name)]
assert not hasattr(module, "nothing")
"""


@pytest.mark.parametrize("module", ["rillet", "rillet.ollama"])
def test_every_public_name_is_listed_before_it_is_used(module: str) -> None:
    command = [sys.executable, "-c", FRESH, module]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stderr
