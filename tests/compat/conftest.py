"""A server with the six small models, for the tests that only want to use one."""

from collections.abc import Iterator

import pytest

from .serving import Serving, serving
from .steps import Setup


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("store")) as server:
        Setup(server.url).create_models()
        yield server
