"""What a model is loaded with. Two equal `LoadOptions` can share one engine process.

Names are Ollama's where Ollama has one. What a single request can change is not here.
"""

from msgspec import Struct
from msgspec.structs import replace

from rillet.words.errors import InvalidRequest

#: Above this a context is a mistake; the engine would take minutes to find that out.
MAX_CONTEXT = 1 << 24
#: A cancelled request is noticed between two batches, so a batch must stay short.
MAX_BATCH = 512
#: An embedding is made of one batch, so for embeddings a batch is as long as the input.
MAX_EMBEDDING_BATCH = 8192
MAX_PARALLEL = 256
#: Below these the engine aborts.
_MIN_BATCH = 2
_MIN_CONTEXT = 4
MAX_THREADS = 512
#: Above this a number of layers is a word for "all".
MAX_LAYERS = 1 << 16

#: Bytes of one element in the key/value cache.
KV_CACHE_TYPES: dict[str, float] = {
    "f32": 4,
    "f16": 2,
    "bf16": 2,
    "q8_0": 34 / 32,
    "q5_1": 24 / 32,
    "q5_0": 22 / 32,
    "q4_1": 20 / 32,
    "q4_0": 18 / 32,
    "iq4_nl": 18 / 32,
}
POOLINGS = ("none", "mean", "cls", "last", "rank")


class LoadOptions(Struct, frozen=True, kw_only=True):
    """How to load a model. `check()` says whether the numbers are in range."""

    model_path: str
    num_ctx: int = 4096  # tokens of context for each of the `parallel` slots
    num_batch: int = MAX_BATCH  # tokens evaluated at once: MAX_BATCH at most, `parallel` at least
    num_gpu: int = -1  # layers on the GPU; -1 is as many as fit, 0 none
    main_gpu: int | None = None
    tensor_split: tuple[float, ...] = ()  # share of each GPU
    num_thread: int = 0  # 0 is one for each physical core that we may use; see usual_threads
    parallel: int = 1  # requests evaluated together
    use_mmap: bool | None = None  # None leaves it to the engine
    use_mlock: bool = False
    shift: bool = True  # forget the oldest tokens when the context is full
    embedding: bool = False
    pooling: str | None = None  # None is what the model file says
    projector_path: str | None = None
    image_min_tokens: int = 0  # an image is enlarged until it is so many; 0 is what its file says
    adapters: tuple[str, ...] = ()  # LoRA files, each at full strength
    kv_cache_type: str = "f16"
    flash_attention: bool | None = None  # None leaves it to the engine
    chat_template: str | None = None  # Jinja; None is the one in the model file
    draft_path: str | None = None  # a smaller model that guesses ahead
    draft_tokens: int = 16
    prompt_cache_mib: int = 512  # host memory for prompts that lost their slot

    @property
    def batch(self) -> int:
        """Tokens in one batch, as the engine gets it."""
        if self.embedding:
            return min(max(self.num_batch, self.num_ctx, _MIN_BATCH), MAX_EMBEDDING_BATCH)
        # Each slot puts a token into it; the engine aborts where there is no room.
        return min(max(self.num_batch, self.parallel, _MIN_BATCH), MAX_BATCH)

    def fitted(self, context_length: int) -> "LoadOptions":
        """With no more context than the model was made for (0: unknown). More would take memory
        and be of no use; less than a few tokens makes the engine abort."""
        most = context_length or self.num_ctx
        return replace(self, num_ctx=max(_MIN_CONTEXT, min(self.num_ctx, most)))

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that the engine will open."""
        extra = (self.projector_path, self.draft_path, *self.adapters)
        return (self.model_path, *(path for path in extra if path))

    def check(self) -> None:
        """Raise `InvalidRequest` for the first value out of range."""
        for name, least, most in _RANGES:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise InvalidRequest(f"{name} is {value!r}, not a whole number in {least}..{most}")
        if self.kv_cache_type not in KV_CACHE_TYPES:
            known = ", ".join(KV_CACHE_TYPES)
            raise InvalidRequest(f"kv_cache_type {self.kv_cache_type!r} is none of {known}")
        if self.pooling is not None and self.pooling not in POOLINGS:
            raise InvalidRequest(f"pooling {self.pooling!r} is none of {', '.join(POOLINGS)}")
        if self.flash_attention is False and KV_CACHE_TYPES[self.kv_cache_type] < 2:
            raise InvalidRequest(f"kv_cache_type {self.kv_cache_type} needs flash attention")
        if self.main_gpu is not None and not 0 <= self.main_gpu < 64:
            raise InvalidRequest(f"main_gpu is {self.main_gpu}, not in 0..63")
        if len(self.tensor_split) > 16 or any(not 0 <= s <= 1e6 for s in self.tensor_split):
            raise InvalidRequest("tensor_split is not a list of up to 16 shares")
        for path in self.files:
            if "\0" in path:
                raise InvalidRequest(f"the path {path!r} has a zero byte in it")


_RANGES = (
    ("num_ctx", 1, MAX_CONTEXT),
    ("num_batch", 1, 1 << 20),
    ("num_gpu", -1, MAX_LAYERS),
    ("image_min_tokens", 0, MAX_CONTEXT),
    ("num_thread", 0, MAX_THREADS),
    ("parallel", 1, MAX_PARALLEL),
    ("draft_tokens", 1, 256),
    ("prompt_cache_mib", 0, 1 << 20),
)
