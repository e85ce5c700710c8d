from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rillet.testing import Script, ScriptedServer
from tests.net.shells import Shell


@pytest.fixture(params=["sync", "asyncio", "uvloop"])
def shell(request: pytest.FixtureRequest) -> Iterator[Shell]:
    shell = Shell(request.param)
    yield shell
    shell.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    servers: list[ScriptedServer] = []

    def start(*scripts: Script, **options: Any) -> ScriptedServer:
        servers.append(ScriptedServer(*scripts, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
