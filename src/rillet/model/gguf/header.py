"""What a GGUF header says, as plain values, and the few words that people ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .formats import FILE_TYPES, human_count

Scalar = bool | int | float | str

#: Set on `general.file_type` by tools that guessed it.
_GUESSED = 1024
_WHOLE = 1e21  # from here on Go writes an exponent


@dataclass(frozen=True, slots=True)
class GgufArray:
    """An array value. `values` is None where it was too long to keep: read it with `read_array`."""

    value_type: int
    count: int
    offset: int  # of the first element, in bytes from the start of the file
    values: tuple[Scalar, ...] | None


MetadataValue = Scalar | GgufArray


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor: `shape` as the file has it (fastest dimension first)."""

    name: str
    type: str
    shape: tuple[int, ...]
    offset: int  # in bytes from the start of the tensor data
    elements: int
    size: int  # in bytes


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """Everything before the tensor data of a GGUF file."""

    version: int
    metadata: Mapping[str, MetadataValue]
    tensors: Sequence[Tensor]
    alignment: int
    data_offset: int

    def text(self, key: str) -> str:
        """A text value, or "" where the key is missing or holds something else."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int:
        """A whole number, or 0 where the key is missing or holds something else."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def own(self, key: str) -> str:
        """The name of a key of this architecture: `own("block_count")` is `llama.block_count`."""
        return f"{self.architecture}.{key}"

    @property
    def architecture(self) -> str:
        return self.text("general.architecture")

    @property
    def parameter_count(self) -> int:
        return sum(tensor.elements for tensor in self.tensors)

    @property
    def parameter_size(self) -> str:
        """The parameter count for people: `1.2B`, `361.82M`, `134K`."""
        return human_count(self.parameter_count)

    @property
    def file_type(self) -> str:
        """The quantisation as Ollama names it, `unknown` where the file does not say."""
        if "general.file_type" not in self.metadata:
            return "unknown"
        return FILE_TYPES.get(self.number("general.file_type") & ~_GUESSED, "unknown")

    @property
    def context_length(self) -> int:
        """Tokens the model was trained for; 0 where the file does not say."""
        return self.number(self.own("context_length"))

    @property
    def embedding_length(self) -> int:
        return self.number(self.own("embedding_length"))

    @property
    def block_count(self) -> int:
        return self.number(self.own("block_count"))

    @property
    def parts(self) -> int:
        """How many files the model is split into, which find each other by their names."""
        return max(1, self.number("split.count"))

    @property
    def chat_template(self) -> str:
        """The Jinja chat template inside the file, or ""."""
        return self.text("tokenizer.chat_template")

    def model_info(
        self, read_values: Callable[[GgufArray], Sequence[Scalar]] | None = None
    ) -> dict[str, object]:
        """The `model_info` of Ollama's /api/show.

        Without `read_values` (not verbose) an array is None. The name and the chat template are
        shown elsewhere.
        """
        info: dict[str, object] = {}
        for key, value in self.metadata.items():
            if key in ("general.name", "tokenizer.chat_template"):
                continue
            if not isinstance(value, GgufArray):
                info[key] = _written(value)
            else:
                info[key] = list(map(_written, read_values(value))) if read_values else None
        return dict(sorted({**info, "general.parameter_count": self.parameter_count}.items()))


def _written(value: Scalar) -> Scalar:
    """A number as Go writes it: a whole one has no point."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE
    return int(value) if whole else value
