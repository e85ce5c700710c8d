"""Which folders the environment names."""

from pathlib import Path

import pytest

from rillet.store import default_roots


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, ["~/.ollama/models"]),
        ({"OLLAMA_MODELS": ""}, ["~/.ollama/models"]),
        ({"OLLAMA_MODELS": "/o"}, ["/o"]),
        ({"RILLET_MODELS": "/r", "OLLAMA_MODELS": "/o"}, ["/r", "/o"]),
        ({"RILLET_MODELS": "/r", "OLLAMA_MODELS": "/r"}, ["/r"]),
        ({"OLLAMA_MODELS": ' "~/m" '}, ["~/m"]),
    ],
)
def test_default_roots(env: dict[str, str], expected: list[str]) -> None:
    assert default_roots(env) == tuple(Path(path).expanduser() for path in expected)
