"""A real server on a loopback port, before scripted operations.

Most tests share one server: starting and stopping one takes longer than they do.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from rillet.net.address import parse_host
from rillet.server.listen import Server, bind, place_of
from rillet.server.streams import Streams
from rillet.words.settings import Settings

from .scripted import ScriptedOperations
from .talk import Talk

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of this folder run in the event loop of the shared server."""
    for item in items:
        if HERE in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


class Running(Talk):
    """A server in this event loop, and a client for it."""

    def __init__(self, port: int, server: Server, operations: ScriptedOperations) -> None:
        super().__init__(port)
        self.server = server
        self.operations = operations


@asynccontextmanager
async def running(
    settings: Settings | None = None,
    write_timeout: float = 60.0,
    operations: ScriptedOperations | None = None,
) -> AsyncIterator[Running]:
    """A server of one's own, for tests that need other settings or stop it."""
    settings = settings or Settings(host="127.0.0.1:0")
    operations = operations or ScriptedOperations()
    ready = asyncio.get_running_loop().create_future()
    sock = bind(parse_host(settings.host, listening=True))
    streams = Streams(write_timeout)
    server = Server(operations, settings, streams, place_of(sock), ready.set_result)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    place = await ready
    client = Running(int(place.rpartition(":")[2]), server, operations)
    try:
        yield client
    finally:
        await client.close()
        server.should_exit = True
        await task


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_server() -> AsyncIterator[Running]:
    async with running() as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def server(shared_server: Running) -> AsyncIterator[Running]:
    shared_server.operations.reset()
    yield shared_server
    await shared_server.close()
