"""A real `rillet serve` with the small models, and OLLAMA_HOST pointing to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rillet.model.names import ModelName
from rillet.store.importing import import_gguf
from rillet.store.store import ModelStore
from tests.e2e.conftest import start_server

MODELS = Path(__file__).parents[1] / "data" / "models"


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = tmp_path_factory.mktemp("models")
    for path in MODELS.glob("*.gguf"):
        import_gguf(ModelStore(store), path, ModelName.parse(path.stem))
    server = start_server(store)
    yield server.url
    server.process.terminate()
    assert server.process.wait(20) == 0


@pytest.fixture
def host(served: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The default client is made anew, with this host in the environment."""
    import rillet.ollama

    for name in ("RILLET_HOST", "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OLLAMA_HOST", served)
    monkeypatch.delitem(vars(rillet.ollama), "_default", raising=False)
    return served
