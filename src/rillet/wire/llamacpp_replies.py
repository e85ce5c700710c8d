"""llama.cpp's whole answers, typed: properties, prompts, tokens, embeddings.

Every function takes the body of an answer with status 200 and raises `MalformedStream` for one
that is not of the protocol.
Source: llama.cpp's server documentation (tools/server).
"""

from typing import TypeVar

import msgspec
from msgspec import Struct, field

from rillet.wire import lenient
from rillet.wire.learned import learned
from rillet.words.errors import MalformedStream

S = TypeVar("S", bound=Struct)


class GenerationSettings(Struct):
    n_ctx: int = 0  # tokens of context of one slot


class Modalities(Struct):
    vision: bool = False
    audio: bool = False


class Props(Struct):
    """GET /props: what is loaded, and how."""

    default_generation_settings: GenerationSettings = field(default_factory=GenerationSettings)
    model_path: str = ""
    chat_template: str = ""
    modalities: Modalities = field(default_factory=Modalities)
    media_marker: str = ""  # stands in a prompt where an image is

    @property
    def num_ctx(self) -> int:
        return self.default_generation_settings.n_ctx


class Embedding(Struct):
    embedding: list[float]
    index: int = 0


class EmbeddingUsage(Struct):
    prompt_tokens: int = 0


class Embeddings(Struct):
    """POST /v1/embeddings, in the order of the inputs."""

    data: list[Embedding]
    usage: EmbeddingUsage | None = None

    @property
    def vectors(self) -> list[list[float]]:
        return [entry.embedding for entry in sorted(self.data, key=lambda entry: entry.index)]


class _Prompt(Struct):
    prompt: str


class _Tokens(Struct):
    tokens: list[int]


class _Content(Struct):
    content: str


def props(body: bytes) -> Props:
    return _read(body, Props)


def prompt(body: bytes) -> str:
    """POST /apply-template."""
    return _read(body, _Prompt).prompt


def tokens(body: bytes) -> list[int]:
    """POST /tokenize."""
    return _read(body, _Tokens).tokens


def text(body: bytes) -> str:
    """POST /detokenize. Tokens that are half a character come out as U+FFFD."""
    return _read(body, _Content).content


def embeddings(body: bytes) -> Embeddings:
    return _read(body, Embeddings)


def _read(body: bytes, kind: type[S]) -> S:
    try:
        return msgspec.json.decode(body, type=learned(kind))
    except (ValueError, RecursionError):
        pass
    try:
        return msgspec.convert(lenient.wholly(lenient.parse(body)), kind)
    except (ValueError, RecursionError) as error:
        shown = body[:80].decode("utf-8", "replace")
        raise MalformedStream(f"The engine's answer cannot be read ({error}): {shown!r}") from None
