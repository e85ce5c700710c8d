"""How a model is to be loaded for a request: what it asks for, what is there, what has room.

Laws:
* A request that leaves something open takes what is loaded or being loaded, so that it does not
  load again.
* What makes no difference here loads nothing again: a GPU where there is none, a batch that is cut
  to the same.
* What no engine could be started with is an error before anything is unloaded for it.
* What was chosen by the memory of one moment stays for as long as the model does.
"""

from functools import cached_property
from typing import Any, NamedTuple, TypedDict

from msgspec.structs import replace

from rillet.engine import (
    LoadOptions,
    available_memory,
    gpus_found,
    processor_alone,
    usual_batch,
    usual_threads,
)
from rillet.engine.memory import kv_cache
from rillet.engine.options import (
    MAX_BATCH,
    MAX_CONTEXT,
    MAX_EMBEDDING_BATCH,
    MAX_LAYERS,
    MAX_PARALLEL,
    MAX_THREADS,
)
from rillet.model.capabilities import least_image_tokens
from rillet.service.model import Model
from rillet.service.options import Options
from rillet.service.residents import Residents
from rillet.words.settings import Settings

#: Tokens of context where nobody says how many, by the memory of all GPUs in GiB: Ollama's steps.
_CONTEXTS = ((47, 262144), (23, 32768))
DEFAULT_CONTEXT = 4096
#: Memory that slots beyond the first may take, as a part of what is free.
_SLOTS_SHARE = 0.1
_SLOTS = 4
_KNOWN = 256
_LEAST = 4  # tokens of a context
_SEEING = 2048  # of a model that sees, as with Ollama: an image alone takes a thousand
_INT32 = (1 << 31) - 1


class _Devices(TypedDict):
    num_gpu: int
    main_gpu: int | None


class Wanted(NamedTuple):
    """All that the options of one model follow from; numbers of 0 are left to us."""

    digest: str
    path: str
    num_ctx: int
    parallel: int
    num_batch: int
    num_gpu: int
    main_gpu: int | None
    use_mmap: bool | None
    num_thread: int
    shift: bool
    embedding: bool


class Loading:
    """Chooses `LoadOptions`. Adding up a model's tensors for each request would be noticed, so
    what follows from the same wishes is kept."""

    def __init__(self, residents: Residents, settings: Settings) -> None:
        self._residents = residents
        self._settings = settings
        self._known: dict[Wanted, LoadOptions] = {}
        self._served: dict[tuple[object, ...], LoadOptions] = {}  # by what was asked for

    def options(
        self, model: Model, asked: Options, shift: bool | None, *, embedding: bool = False
    ) -> LoadOptions:
        """What the model is loaded with. A request without num_ctx takes what is loaded, unless
        somebody made that smaller than usual; so it is with num_batch."""
        there = self._residents.options(model, embedding=embedding)
        wish = (
            *(model.digest, model.path, asked.num_ctx, asked.num_batch, asked.num_gpu),
            *(asked.main_gpu, asked.use_mmap, asked.num_thread, shift, embedding),
        )
        if there is not None and self._served.get(wish) is there:
            return there
        options = self._chosen(model, asked, shift, there, embedding)
        if options is there:
            if len(self._served) >= _KNOWN:
                self._served.clear()
            self._served[wish] = there
        return options

    def _chosen(
        self,
        model: Model,
        asked: Options,
        shift: bool | None,
        there: LoadOptions | None,
        embedding: bool,
    ) -> LoadOptions:
        num_ctx = self._context(model, asked.num_ctx)
        if there and not asked.num_ctx:
            num_ctx = max(num_ctx, there.num_ctx)
        if embedding:
            parallel = 1
        elif there and there.num_ctx == num_ctx:
            parallel = there.parallel
        else:
            parallel = self._parallel(model, num_ctx)
        wanted = Wanted(
            digest=model.digest,
            path=model.path,
            num_ctx=num_ctx,
            parallel=parallel,
            num_batch=max(0, _cut(asked.num_batch, MAX_EMBEDDING_BATCH)),
            **self._devices(asked),
            use_mmap=asked.use_mmap,
            num_thread=_cut(asked.num_thread, MAX_THREADS),
            shift=shift is not False,
            embedding=embedding,
        )
        known = self._known.get(wanted)
        if known is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            known = self._known[wanted] = self._options(model, wanted)
        return there if there and self._serves(model, there, known, wanted) else known

    def _serves(self, model: Model, there: LoadOptions, known: LoadOptions, wanted: Wanted) -> bool:
        """Whether what is loaded differs in nothing but what the request leaves open."""
        if there == known:
            return True
        left_open: dict[str, Any] = {}
        if wanted.num_gpu < 0:
            left_open["num_gpu"] = there.num_gpu
        if wanted.use_mmap is None:
            left_open["use_mmap"] = there.use_mmap
        if not wanted.num_batch:
            usual = self._batch(model, wanted, there.num_gpu, there.parallel)
            least = replace(known, num_batch=usual).batch
            left_open["num_batch"] = max(least, there.num_batch)
        return replace(known, **left_open) == there

    def _devices(self, asked: Options) -> _Devices:
        """The GPUs, as the engine means them: one below zero is none of them."""
        if self._processor_alone and abs(asked.main_gpu or 0) <= _INT32:
            return {"num_gpu": -1, "main_gpu": None}
        if asked.main_gpu is not None and -_INT32 <= asked.main_gpu < 0:
            return {"num_gpu": 0, "main_gpu": None}
        return {"num_gpu": max(-1, min(asked.num_gpu, MAX_LAYERS)), "main_gpu": asked.main_gpu}

    def _options(self, model: Model, wanted: Wanted) -> LoadOptions:
        options = LoadOptions(
            chat_template=model.named_template,
            model_path=model.path,
            num_ctx=wanted.num_ctx,
            num_batch=self._batch(model, wanted, wanted.num_gpu, wanted.parallel),
            num_gpu=wanted.num_gpu,
            main_gpu=wanted.main_gpu,
            use_mmap=wanted.use_mmap,
            num_thread=_threads(model, wanted),
            parallel=wanted.parallel,
            shift=wanted.shift,
            embedding=wanted.embedding,
            pooling=_pooling(model) if wanted.embedding else None,
            projector_path=model.projector,
            image_min_tokens=least_image_tokens(model.header) if model.sees() else 0,
            adapters=model.adapters,
            kv_cache_type=self._settings.kv_cache_type or "f16",
            flash_attention=self._settings.flash_attention,
        )
        options.check()
        return replace(options, num_batch=options.batch)

    def _context(self, model: Model, wanted: int) -> int:
        trained = model.header.context_length or MAX_CONTEXT
        usual = self._settings.context_length or usual_context(self._gpu_memory)
        least = _SEEING if model.can("vision") else _LEAST
        return max(_LEAST, min(max(wanted or usual, least), trained))

    def _parallel(self, model: Model, num_ctx: int) -> int:
        """Slots: as set, else a few where their memory does not matter; they buy fairness."""
        if self._settings.num_parallel:
            return min(self._settings.num_parallel, MAX_PARALLEL)
        one = kv_cache(model.header, LoadOptions(model_path=model.path, num_ctx=num_ctx))
        free = self._gpu_memory or available_memory()
        return _SLOTS if free and one * (_SLOTS - 1) <= free * _SLOTS_SHARE else 1

    def _batch(self, model: Model, wanted: Wanted, num_gpu: int, parallel: int) -> int:
        alone = num_gpu == 0 or self._processor_alone
        batch = wanted.num_batch or usual_batch(parallel=parallel, processor=alone)
        return max(batch, MAX_BATCH) if model.whole_images else batch

    @property
    def _gpu_memory(self) -> int:
        return gpus_found().total

    @cached_property
    def _processor_alone(self) -> bool:
        return processor_alone()  # looks at files; a GPU does not come while we run


def usual_context(gpu_memory: int) -> int:
    """Tokens, for so many bytes of memory on all GPUs together."""
    return next((size for gib, size in _CONTEXTS if gpu_memory >= gib << 30), DEFAULT_CONTEXT)


def _cut(number: int, most: int) -> int:
    """No more than makes sense; what the engine could not even read stays, and is an error."""
    return min(number, most) if number <= _INT32 else number


def _pooling(model: Model) -> str | None:
    """How token vectors become one: as the file says (None), or for a model made for text its last
    token's, the only one that saw all others."""
    return None if model.can("embedding") else "last"


def _threads(model: Model, wanted: Wanted) -> int:
    """Threads; 0 is one for each core. Texts to embed come many at once, which is work for all."""
    if wanted.num_thread > 0 or wanted.embedding:
        return max(0, wanted.num_thread)
    return usual_threads(model.header)
