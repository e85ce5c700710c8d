"""What is said about models: the lists, cards and transfers of Ollama's API, as values.

They encode to Ollama's JSON as they stand. Sizes are bytes, times RFC 3339 texts, durations
integer nanoseconds, digests bare hex of SHA-256 where Ollama has them bare.
"""

from typing import Any

from msgspec import Struct, field

from rillet.words.requests import JsonObject, KeepAlive, Message


class ModelDetails(Struct, frozen=True, kw_only=True):
    parent_model: str = ""
    format: str = ""
    family: str = ""
    families: list[str] | None = None
    parameter_size: str = ""
    quantization_level: str = ""


class ListedDetails(ModelDetails, frozen=True, kw_only=True, omit_defaults=False):
    """As in /api/tags: with the two lengths where they are known."""

    context_length: int | None = None
    embedding_length: int | None = None


class ModelInfo(Struct, frozen=True, kw_only=True):
    """One model of a store (an entry of /api/tags). `digest` is that of its manifest."""

    name: str
    model: str = ""
    modified_at: str = ""
    size: int = 0
    digest: str = ""
    details: ListedDetails = ListedDetails()
    capabilities: list[str] = []
    remote_model: str = ""
    """Its name on the server at `remote_host`, where it lives elsewhere; "" for all others."""
    remote_host: str = ""


class LoadedModel(Struct, frozen=True, kw_only=True):
    """One model that an engine holds in memory (an entry of /api/ps)."""

    name: str
    model: str = ""
    size: int = 0
    digest: str = ""
    details: ModelDetails = ModelDetails()
    expires_at: str = ""
    size_vram: int = 0
    context_length: int = 0


class UpstreamHealth(Struct, frozen=True, kw_only=True):
    """How a server behind a Rillet server is (an entry of its /api/upstreams)."""

    url: str
    """Without credentials."""
    name: str = ""
    """What stands before its models' names; "" where nothing does."""
    speaks: str = ""
    """"Ollama" or "OpenAI"; "" where it was never met."""
    models: int = 0
    """How many can be asked for now."""
    reachable: bool = False
    since: str = ""
    """Since when it is reachable, or is not."""
    last_error: str = ""
    """What it, or the way to it, last failed with: now, or before it was reachable again."""
    last_error_at: str = ""


class ModelCard(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is known of one model (/api/show)."""

    details: ModelDetails = ModelDetails()
    model_info: dict[str, Any] = {}
    license: str = ""
    modelfile: str = ""
    parameters: str = ""
    template: str = ""
    system: str = ""
    messages: list[Message] | None = None
    projector_info: dict[str, Any] | None = None
    tensors: list[dict[str, Any]] | None = None
    capabilities: list[str] | None = None
    modified_at: str = ""
    requires: str = ""


class Embeddings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Vectors in the order of the inputs (/api/embed)."""

    model: str
    embeddings: list[list[float]] = []
    total_duration: int = 0
    load_duration: int = 0
    prompt_eval_count: int = 0


class ShowRequest(Struct, kw_only=True, omit_defaults=True):
    model: str
    verbose: bool | None = None
    system: str | None = None
    options: JsonObject | None = None


class CreateRequest(Struct, kw_only=True, omit_defaults=True):
    """A model made from another one or from uploaded files (path -> "sha256:…")."""

    model: str
    from_: str | None = field(default=None, name="from")
    files: dict[str, str] | None = None
    adapters: dict[str, str] | None = None
    draft_files: dict[str, str] | None = None  # of a smaller model that guesses ahead
    remote_host: str | None = None  # where the model is that `from_` names, if not here
    template: str | None = None
    license: str | list[str] | None = None
    system: str | None = None
    parameters: JsonObject | None = None
    messages: list[Message] | None = None
    quantize: str | None = None
    renderer: str | None = None
    parser: str | None = None
    requires: str | None = None
    info: JsonObject | None = None
    stream: bool | None = None


class TransferRequest(Struct, kw_only=True, omit_defaults=True):
    """A pull or a push."""

    model: str
    insecure: bool | None = None
    stream: bool | None = None


class EmbeddingRequest(Struct, kw_only=True, omit_defaults=True):
    """One text, not normalised (Ollama's older /api/embeddings)."""

    model: str
    prompt: str = ""
    keep_alive: KeepAlive | None = None
    options: JsonObject | None = None
