"""A store with the small models of the tests, and a real server over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rillet.model.names import ModelName
from rillet.store.importing import import_gguf
from rillet.store.store import ModelStore

from .processes import Shell

MODELS = Path(__file__).parents[1] / "data" / "models"


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The names are those of the files: tinyhello, tinythink, tinyembed, tiny, …"""
    root = tmp_path_factory.mktemp("models")
    for path in MODELS.glob("*.gguf"):
        import_gguf(ModelStore(root), path, ModelName.parse(path.stem))
    return root


@pytest.fixture
def shell(tmp_path: Path, store: Path) -> Shell:
    """Without a server. A named host keeps a server of this machine out of the tests."""
    return Shell(tmp_path, RILLET_MODELS=str(store))


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory, store: Path) -> Iterator[str]:
    """host:port of a running `rillet serve`."""
    shell = Shell(tmp_path_factory.mktemp("server"), RILLET_MODELS=str(store))
    with shell.serving() as (running, _):
        yield running


@pytest.fixture
def served(shell: Shell, address: str) -> Shell:
    """With a server."""
    return shell.having(RILLET_HOST=address)
