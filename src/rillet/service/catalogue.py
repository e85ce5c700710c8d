"""The models that can be had: ours, and those of the servers behind ours. No engine is asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial

from rillet.service import cards
from rillet.service.library import Library
from rillet.service.model import Model
from rillet.service.remote import DETAILS_UNAVAILABLE, LivesElsewhere
from rillet.service.upstream import Upstream
from rillet.service.upstreams import Upstreams
from rillet.words.errors import ModelNotFound, ServerError
from rillet.words.events import Progress
from rillet.words.models import (
    CreateRequest,
    ModelCard,
    ModelInfo,
    ShowRequest,
    TransferRequest,
    UpstreamHealth,
)
from rillet.words.settings import Settings

#: Names of models that are looked up without a thread; one model has many spellings.
_KNOWN = 1024


class Catalogue:
    """Lists, cards, changes and transfers of models, as in `interface.Operations`."""

    def __init__(self, library: Library, settings: Settings) -> None:
        self.library = library
        self.settings = settings
        self.upstreams = Upstreams(settings.upstreams)
        self._known: set[str] = set()

    async def tags(self) -> list[ModelInfo]:
        models = await asyncio.to_thread(self.library.all)
        own = [cards.entry(model) for model in models]
        if not self.upstreams:
            return own
        names = {entry.name for entry in own}
        return own + [entry for entry in await self.upstreams.tags() if entry.name not in names]

    async def show(self, request: ShowRequest) -> ModelCard:
        if there := await self._elsewhere(request.model):
            return await there[0].show(request, there[1])
        try:
            model = await self.model(request.model)
        except LivesElsewhere:
            raise LivesElsewhere(DETAILS_UNAVAILABLE) from None
        show = partial(cards.card, model, system=request.system, options=request.options)
        if request.verbose:  # hundreds of thousands of tokens and merges are read from the file
            return await asyncio.to_thread(show, verbose=True)
        return show(verbose=False)

    async def copy(self, source: str, destination: str) -> None:
        from rillet.service import changes

        await self._own(source, "copied", changes.copy, source, destination)

    async def delete(self, model: str) -> None:
        from rillet.service import changes

        await self._own(model, "deleted", changes.delete, model)

    async def create(self, request: CreateRequest) -> AsyncIterator[Progress]:
        from rillet.service import creation

        if request.from_ and self.upstreams and not request.remote_host:
            await self._own(request.from_, "built upon", Library.find, request.from_, pull=True)
        prune = not self.settings.noprune
        async for step in creation.create(self.library, request, self.pull, prune=prune):
            yield step

    def pull(self, request: TransferRequest) -> AsyncIterator[Progress]:
        from rillet.service import transfers

        return transfers.pull(self.library, request, prune=not self.settings.noprune)

    def push(self, request: TransferRequest) -> AsyncIterator[Progress]:
        from rillet.service import transfers

        return transfers.push(self.library, request)

    async def has_blob(self, digest: str) -> bool:
        from rillet.service import changes

        return await asyncio.to_thread(changes.has_blob, self.library, digest)

    async def put_blob(self, digest: str, chunks: AsyncIterator[bytes]) -> bool:
        from rillet.service import changes

        return await changes.put_blob(self.library, digest, chunks)

    async def health(self) -> list[UpstreamHealth]:
        return await self.upstreams.health() if self.upstreams else []

    # What the parts of the service share

    async def model(self, name: str) -> Model:
        """Raises `ServerError` where there is none.

        Only the first time in a thread, for a file may be large or damaged; what was read before is
        there at once, and a busy loop would wait for the thread longer than for the answer.
        """
        if name in self._known:
            return self.library.find(name)
        model = await asyncio.to_thread(self.library.find, name)
        if len(self._known) < _KNOWN:
            self._known.add(name)
        return model

    async def _elsewhere(self, name: str, *, unlisted: bool = False) -> tuple[Upstream, str] | None:
        """The server behind ours that has this model, unless we have it ourselves. `unlisted`: or
        may have it, though it does not list it.

        Raises `ServerError` where nobody has it, or a server that may have it cannot be asked.
        """
        if not self.upstreams:
            return None
        try:
            await self.model(name)
        except ServerError as error:
            there = await self.upstreams.find(name, unlisted=unlisted)
            if there is None:
                raise self.upstreams.missing(name, error) from None
            return there
        return None

    async def _own(
        self, name: str, done: str, work: Callable[..., object], *args: str, pull: bool = False
    ) -> None:
        """Work on a model of ours. `pull`: one that nobody has is no error yet.

        Raises `ServerError` (400) for a model of another server.
        """
        try:
            await asyncio.to_thread(work, self.library, *args)
        except ModelNotFound:
            if self.upstreams and (there := await self.upstreams.find(name)):
                raise ServerError(
                    f"{name} is a model of the server at {there[0].target.url} and can be {done} "
                    "only there",
                    status=400,
                ) from None
            if not pull:
                raise
