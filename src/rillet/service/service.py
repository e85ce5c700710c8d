"""The product, locally: the operations of `interface.Operations` over engines of our own.

service = Service.open(Settings.from_env(os.environ))
generation = await service.chat(ChatRequest(model="rillet-tiny", messages=[…]))
async for batch in generation: …
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from rillet import builtin
from rillet.engine import LoadOptions, gpus_found, has_gpu
from rillet.journal.opening import open_journal
from rillet.service import answers, cards, embedding, prompts, refusals, reporting
from rillet.service.catalogue import Catalogue
from rillet.service.generation import Generation
from rillet.service.keep_alive import lifetime, requested
from rillet.service.library import Library
from rillet.service.loading import Loading
from rillet.service.model import Model
from rillet.service.options import Options, layered, settled
from rillet.service.preloading import preload
from rillet.service.recording import Recorder
from rillet.service.residents import Residents
from rillet.service.webp import readable, readable_chat
from rillet.store.roots import default_roots
from rillet.store.store import ModelStore
from rillet.words.errors import RilletError, ServerError
from rillet.words.events import Event, Finish
from rillet.words.models import (
    EmbeddingRequest,
    Embeddings,
    LoadedModel,
)
from rillet.words.requests import ChatRequest, EmbedRequest, GenerateRequest
from rillet.words.settings import Settings

Asked = TypeVar("Asked", GenerateRequest, ChatRequest)


class Service(Catalogue):
    """One instance serves many callers on one event loop."""

    def __init__(
        self, library: Library, residents: Residents, settings: Settings, *, patience: float = 2.0
    ) -> None:
        super().__init__(library, settings)
        self.residents = residents
        self._loading = Loading(residents, settings)
        self._preloading: asyncio.Task[None] | None = None
        self.patience = patience  # seconds of silence before progress is told
        self._records: Recorder | None = None

    @classmethod
    def open(cls, settings: Settings, *, paths: bool = False, patience: float = 2.0) -> "Service":
        """`paths`: the path of a GGUF file is a name that only the owner of the process may say."""
        roots = [Path(settings.models).expanduser()] if settings.models else list(default_roots())
        library = Library(
            [ModelStore(root) for root in roots],
            built_in=builtin.model_path(),
            paths=paths,
            go_template=settings.go_template,
        )
        residents = Residents(
            max_loaded=settings.max_loaded_models,
            max_queue=settings.max_queue,
            load_timeout=settings.load_timeout,
            keep_alive=lifetime(settings.keep_alive),
        )
        return cls(library, residents, settings, patience=patience)

    async def generate(self, request: GenerateRequest) -> Generation:
        keep_alive = requested(request.keep_alive)
        if there := await self._elsewhere(request.model, unlisted=True):
            return there[0].generation(request, there[1])
        model = await self.model(request.model)
        load = prompts.is_load(model, request)
        if load and keep_alive == 0:
            return await self._unload(model)
        refusals.check_generate(model, request)
        if load:
            return self._load(model, self._options(model, request), request.shift, keep_alive)
        request = await readable(request)
        return Generation(answers.generate(self, model, request, keep_alive))

    async def chat(self, request: ChatRequest) -> Generation:
        keep_alive = requested(request.keep_alive)
        if there := await self._elsewhere(request.model, unlisted=True):
            return there[0].generation(request, there[1])
        model = await self.model(request.model)
        if not request.messages and keep_alive == 0:
            return await self._unload(model)
        refusals.check_chat(model, request)
        if not request.messages:
            return self._load(model, self._options(model, request), request.shift, keep_alive)
        request = await readable_chat(request)
        return Generation(answers.chat(self, model, request, keep_alive))

    async def embed(self, request: EmbedRequest) -> Embeddings:
        if there := await self._elsewhere(request.model, unlisted=True):
            found = await there[0].embed(request, there[1])
            return msgspec.structs.replace(found, model=request.model)
        return await embedding.embed(self, request)

    async def embedding(self, request: EmbeddingRequest) -> list[float]:
        if there := await self._elsewhere(request.model, unlisted=True):
            return await there[0].embedding(request, there[1])
        return await embedding.embed_one(self, request)

    async def render(self, request: GenerateRequest | ChatRequest) -> str:
        if there := await self._elsewhere(request.model):
            return await there[0].render(request, there[1])
        model = await self.model(request.model)
        refusals.check_able(model, request)
        return await answers.rendered(self, model, request)

    async def count_tokens(self, request: ChatRequest) -> int:
        if there := await self._elsewhere(request.model, unlisted=True):
            return await there[0].count_tokens(request, there[1])
        model = await self.model(request.model)
        refusals.check_chat(model, request)
        return await answers.counted(self, model, request)

    async def ps(self) -> list[LoadedModel]:
        there = self.residents.all()
        gpu = bool(there) and await asyncio.to_thread(has_gpu)
        own = [cards.loaded(resident, gpu=gpu) for resident in there]
        if not self.upstreams:
            return own
        names = {entry.name for entry in own}
        return own + [one for one in await self.upstreams.loaded() if one.name not in names]

    async def report(self) -> dict[str, Any]:
        return await reporting.report(self)

    def start(self) -> None:
        """Begin what need not wait for a request: look at GPUs and other servers, load what is
        wanted."""
        asyncio.get_running_loop().run_in_executor(None, gpus_found)
        if self.upstreams:
            self.upstreams.start()
        if self.settings.preload and self._preloading is None:
            self._preloading = asyncio.create_task(preload(self))

    async def close(self) -> None:
        if self._preloading is not None:
            self._preloading.cancel()
            await asyncio.wait((self._preloading,))
        await self.upstreams.close()
        if self._records is not None:
            await self._records.close()
        await self.residents.close()

    # Records of answers (see `recording`)

    @property
    def records(self) -> Recorder:
        """The answers in the journal, which is opened by the first one who asks for them."""
        if self._records is None:
            self._records = Recorder(open_journal(self.settings.journal), self)
        return self._records

    async def open_answer(self, request: GenerateRequest | ChatRequest) -> Generation:
        if isinstance(request, ChatRequest):
            return await self.chat(request)
        return await self.generate(request)

    async def settle(self, request: Asked) -> Asked:
        """With a seed, where the engine would draw one by lot: then the same can be asked again."""
        try:
            model = await self.model(request.model)
            seed = settled(layered(model.params, request.options)).seed
        except RilletError:
            return request  # who opens it says what is wrong with it
        return msgspec.structs.replace(request, options={**(request.options or {}), "seed": seed})

    async def reopen(
        self, request: GenerateRequest | ChatRequest, events: Sequence[Event]
    ) -> Generation:
        """The rest of an answer of which these events are there."""
        if there := await self._elsewhere(request.model):
            return there[0].generation(request, there[1], events)
        model = await self.model(request.model)
        keep_alive = requested(request.keep_alive)
        if isinstance(request, ChatRequest):
            request = await readable_chat(request)
            return Generation(answers.chat(self, model, request, keep_alive, events))
        request = await readable(request)
        return Generation(answers.generate(self, model, request, keep_alive, events))

    # What the parts of the service share

    def load_options(
        self, model: Model, options: Options, shift: bool | None, *, embedding: bool = False
    ) -> LoadOptions:
        """What the model is loaded with; see `Loading.options`."""
        return self._loading.options(model, options, shift, embedding=embedding)

    def _options(self, model: Model, request: GenerateRequest | ChatRequest) -> Options:
        return layered(model.params, request.options)

    async def _unload(self, model: Model) -> Generation:
        await self.residents.unload(model)
        return _single(Finish("unload"))

    def _load(
        self, model: Model, options: Options, shift: bool | None, keep_alive: float | None
    ) -> Generation:
        async def produce(emit: Any) -> None:
            load = self.load_options(model, options, shift)
            async with self.residents.use(model, load, keep_alive):
                emit((Finish("load"),))

        return Generation(produce, single=True)


def _single(event: Event) -> Generation:
    async def produce(emit: Any) -> None:
        emit((event,))

    return Generation(produce, single=True)


__all__ = ["ServerError", "Service"]
