"""Which folders the environment names."""

from pathlib import Path

import pytest

from rillet.cli.chat.editor import history_path
from rillet.service.registry.keys import default_key, sign
from rillet.store import default_roots
from rillet.words.errors import StoreError


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


def test_a_user_without_a_home_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert default_roots({"RILLET_MODELS": "/models"}) == (Path("/models"),)
    with pytest.raises(StoreError, match="no home folder") as told:
        default_roots({})
    assert "HOME" in told.value.hint
    assert default_key() is None and sign(None, "https://registry.example/token") is None
    assert history_path(nohistory=False) is None
