"""All servers behind ours: looked at in the background, so that one which is gone slows nobody.

A model of our own comes before one of the same name elsewhere; between servers the first named.
"""

import asyncio
import itertools
import secrets
import time
from collections.abc import AsyncIterator

from rillet.service.proxy_loops import came_back
from rillet.service.upstream import Upstream, parse_upstreams
from rillet.words.errors import ServerError
from rillet.words.models import LoadedModel, ModelInfo, UpstreamHealth

EVERY = 10.0  # seconds between two looks
#: Seconds for which a list is fresh, and that a question waits for one that is not: what was pulled
#: there a moment ago can be asked for.
FRESH = 1.0
#: The same where a server was not there at the last look, or does not come out with it: it holds
#: nobody up.
GLANCE = 0.1
#: Seconds that the very first question waits for the servers to tell what they have.
FIRST = 3.0


class Upstreams:
    """False where there are none, or none to ask (see `proxy_loops`).

    Raises `InvalidHost` for what is no server.
    """

    def __init__(self, said: tuple[str, ...] = (), *, every: float = EVERY) -> None:
        self.id = secrets.token_hex(8)
        self.servers: list[Upstream] = parse_upstreams(said, self.id)
        self._every = every
        self._first: list[asyncio.Event] = []
        self._watching: list[asyncio.Task[None]] = []
        self._looking: dict[Upstream, asyncio.Task[None]] = {}

    def __bool__(self) -> bool:
        return bool(self.servers) and not came_back(self.id)

    def start(self) -> None:
        """Begin to look after them, each for itself."""
        if not self._watching:
            for server in self.servers:
                first = asyncio.Event()
                self._first.append(first)
                self._watching.append(asyncio.create_task(self._watch(server, first)))

    async def find(self, name: str, *, unlisted: bool = False) -> tuple[Upstream, str] | None:
        """The server that has this model, and by which name it is asked for it.

        `unlisted`: or the one by whose name this begins, where that may have what it does not list.
        Whether it does, it says itself.
        """
        async for _ in self._looks():
            if found := self._found(name):
                return found
        if unlisted:
            for server in self.servers:
                if there := server.unlisted(name):
                    return server, there
        await self._fresh()
        return self._found(name)

    def _found(self, name: str) -> tuple[Upstream, str] | None:
        for server in self.servers:
            found = server.find(name)
            if found is not None:
                return server, found
        return None

    async def tags(self) -> list[ModelInfo]:
        await self._seen()
        merged: dict[str, ModelInfo] = {}
        for server in self.servers:
            for info in server.tags():
                merged.setdefault(info.name, info)
        return list(merged.values())

    async def loaded(self) -> list[LoadedModel]:
        """What they hold in memory; who does not answer within a second is left out."""
        self.start()
        told = await asyncio.gather(*(server.loaded() for server in self.servers))
        merged: dict[str, LoadedModel] = {}
        for model in itertools.chain(*told):
            merged.setdefault(model.name, model)
        return list(merged.values())

    def missing(self, name: str, error: ServerError) -> ServerError:
        """What to tell who asks for a model that nobody has: `error`, unless a server that may have
        it cannot be asked."""
        gone = [each for each in self.servers if each.error and each.may_have(name)]
        named = [each for each in gone if each.prefix]
        away = "; ".join(f"{each.target.url}: {each.error}" for each in named or gone)
        if named:
            return ServerError(f"The server of {name} cannot be asked now: {away}", status=502)
        if gone:
            text = f"{error.message}. These servers cannot be asked now: {away}"
            return ServerError(text, status=404)
        return error

    async def health(self) -> list[UpstreamHealth]:
        """Of each, as it is now."""
        await self._seen()
        return [server.health() for server in self.servers]

    async def close(self) -> None:
        tasks = [*self._watching, *self._looking.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for server in self.servers:
            server.close()

    async def _seen(self) -> None:
        """Wait until each was looked at, if it takes no longer than that may."""
        async for _ in self._looks():
            pass
        await self._fresh()

    async def _looks(self) -> AsyncIterator[None]:
        """Once at once; and as long as some were not asked yet, again when one has been."""
        self.start()
        end = time.monotonic() + FIRST
        waits = [asyncio.create_task(each.wait()) for each in self._first if not each.is_set()]
        try:
            while True:
                yield
                pending = [wait for wait in waits if not wait.done()]
                left = end - time.monotonic()
                if not pending or left <= 0:
                    return
                await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _fresh(self) -> None:
        """Wait a little for lists that are not old, each look being for all who ask."""
        late = {server for server in self.servers if server.error or server.late()}
        looks = {self._look(server): server for server in self.servers if _old(server)}
        if looks:
            _, slow = await asyncio.wait(looks, timeout=GLANCE)
            if slow := {look for look in slow if looks[look] not in late}:
                await asyncio.wait(slow, timeout=FRESH)

    def _look(self, server: Upstream) -> asyncio.Task[None]:
        task = self._looking.get(server)
        if task is None or task.done():
            task = self._looking[server] = asyncio.create_task(server.look())
        return task

    async def _watch(self, server: Upstream, first: asyncio.Event) -> None:
        while True:
            await asyncio.wait((self._look(server),))
            first.set()
            await asyncio.sleep(self._every)


def _old(server: Upstream) -> bool:
    return time.monotonic() - server.looked > FRESH
