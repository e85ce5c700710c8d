"""The plugin that pytest loads where Rillet is installed: a model server in each test's hands.

def test_my_program(model_server):
    server = model_server(told("Hel", "lo"))               # the same answer to every request
    assert my_program(server.url) == "Hello"

def test_a_cut(model_server):
    server = model_server(told("Hel", "lo").reset(after=1), told("again"))   # one after another
    ...
    assert len(server.requests) == 2
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # the plugin is imported in every run of pytest: what it needs comes when used
    from rillet.testing.server import ScriptedServer
    from rillet.testing.steps import Script
    from rillet.testing.story import Story

    ModelServer = Callable[..., ScriptedServer]


@pytest.fixture
def model_server() -> "Iterator[ModelServer]":
    """Starts a `ScriptedServer` of stories and scripts; all are closed after the test."""
    from rillet.testing.server import ScriptedServer

    servers: list[ScriptedServer] = []

    def start(*answers: "Story | Script", **options: Any) -> ScriptedServer:
        scripts = [getattr(answer, "script", lambda a=answer: a)() for answer in answers]
        servers.append(ScriptedServer(*scripts, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
