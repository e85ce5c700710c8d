"""A model file in the making: other metadata, other names and places for the same tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from .arrays import position, replaced, shortened, texts
from .header import GgufHeader, Tensor
from .splicing import Spliced, kept
from .widening import WIDENED
from .writing import (
    NewTensor,
    flag_entry,
    float_entry,
    floats_entry,
    number_entry,
    numbers_entry,
    renamed_entry,
    text_entry,
)

#: The tensors of what sees and hears.
SENSES = ("v.", "mm.", "a.", "s.", "model.vision_tower.")


class Layout(NamedTuple):
    """What a file would be: its metadata entries, and each tensor with what it is made of."""

    entries: dict[str, bytes]
    tensors: list[Spliced]


class Draft:
    """A file in the making."""

    def __init__(self, header: GgufHeader, entries: dict[str, bytes]) -> None:
        self.header = header
        self.entries = dict(entries)
        self._tensors_by_name = {tensor.name: tensor for tensor in header.tensors}
        self._names = {name: name for name in self._tensors_by_name}
        self._rows: dict[str, int] = {}
        self._whole: set[str] = set()
        self._spliced: list[Spliced] = []

    def layout(self) -> Layout:
        return Layout(self.entries, [*self._tensors(), *self._spliced])

    def tensor(self, name: str) -> Tensor | None:
        return self._tensors_by_name.get(name)

    def splice(self, spliced: Spliced, *sources: Tensor) -> None:
        """A tensor under its last name, in place of those it is made of."""
        self._spliced.append(spliced)
        for source in sources:
            self._names.pop(source.name, None)

    def _tensors(self) -> Iterator[Spliced]:
        for tensor in self.header.tensors:
            if name := self._names.get(tensor.name):
                shape = tensor.shape
                if tensor.name in self._rows:
                    shape = (*shape[:-1], self._rows[tensor.name])
                kind = "F32" if name in self._whole else tensor.type
                yield kept(tensor, NewTensor(name, shape, kind))

    def architecture(self, new: str) -> None:
        old = self.header.architecture
        self.entries["general.architecture"] = text_entry("general.architecture", new)
        for key in [key for key in self.entries if key.startswith(f"{old}.")]:
            other = new + key.removeprefix(old)
            self.entries[other] = renamed_entry(self.entries.pop(key), key, other)

    def copy(self, key: str, other: str) -> None:
        if key in self.entries and other not in self.entries:
            self.entries[other] = renamed_entry(self.entries[key], key, other)

    def carry(self, key: str, other: str, *, real: bool = False) -> None:
        """A number as one of 32 bits, where it is there; `real` has a point.

        Raises `ValueError` where it is none, and `struct.error` where it is too large.
        """
        value = self.header.metadata.get(key)
        if value is None or other in self.entries:
            return
        if isinstance(value, bool) or not isinstance(value, int | (float if real else int)):
            raise ValueError(f"{key} is no number")
        self.value(other, float(value) if real else value)

    def value(self, key: str, value: int | float) -> None:
        write = float_entry if isinstance(value, float) else number_entry
        self.entries[key] = write(key, value)  # type: ignore[arg-type]

    def keep_entries(self, *beginnings: str) -> None:
        """None but those whose keys begin so."""
        self.entries = {
            key: entry for key, entry in self.entries.items() if key.startswith(beginnings)
        }

    def token(self, text: str, usual: int) -> int:
        """The number of a token; `usual` where there is none such."""
        key = "tokenizer.ggml.tokens"
        found = position(self.entries[key], key, text) if key in self.entries else None
        return usual if found is None else found

    def text(self, key: str, value: str, *, missing: bool = False) -> None:
        if not missing or key not in self.entries:
            self.entries[key] = text_entry(key, value)

    def number(self, key: str, value: int) -> None:
        self.entries[key] = number_entry(key, value)

    def real(self, key: str, value: float) -> None:
        """Where it is missing."""
        self.entries.setdefault(key, float_entry(key, value))

    def reals(self, key: str, values: tuple[float, ...]) -> None:
        """Where they are missing."""
        self.entries.setdefault(key, floats_entry(key, values))

    def flag(self, key: str) -> None:
        self.entries[key] = flag_entry(key, True)

    def numbers(self, key: str, values: tuple[int, ...]) -> None:
        self.entries[key] = numbers_entry(key, values)

    def rename_one(self, name: str, other: str) -> None:
        if name in self._names:
            self._names[name] = other

    def rename(self, part: str, other: str) -> None:
        """In the name of each tensor that has it, unless it is a part of the other there."""
        for old, name in self._names.items():
            if part in name and not (part in other and other in name):
                self._names[old] = name.replace(part, other, 1)

    def has(self, beginning: str) -> bool:
        """Whether some tensor's name begins so."""
        return any(name.startswith(beginning) for name in self._names)

    def leave_out(self, *beginnings: str) -> None:
        self._names = {
            old: new for old, new in self._names.items() if not old.startswith(beginnings)
        }

    def leave_out_senses(self) -> None:
        self.leave_out(*SENSES)

    def leave_out_words(self) -> None:
        """All but what sees."""
        self._names = {old: new for old, new in self._names.items() if old.startswith(SENSES)}

    def in_full(self, *parts: str) -> None:
        """As numbers of 32 bits, where they can be: by parts of the new names."""
        for tensor in self.header.tensors:
            name = self._names.get(tensor.name, "")
            if any(part in name for part in parts) and tensor.type in WIDENED:
                self._whole.add(name)

    def shorten_vocabulary(self, rows: int) -> None:
        """No more tokens than there are rows for them."""
        for key in ("tokens", "scores", "token_type"):
            key = f"tokenizer.ggml.{key}"
            if key in self.entries:
                self.entries[key] = shortened(self.entries[key], key, rows)

    def token_types(self, kind: Callable[[bytes], int | None]) -> None:
        """Those of the tokens of which `kind` knows another."""
        tokens, types = "tokenizer.ggml.tokens", "tokenizer.ggml.token_type"
        if tokens in self.entries and types in self.entries:
            found = enumerate(map(kind, texts(self.entries[tokens], tokens)))
            other = {place: number for place, number in found if number is not None}
            self.entries[types] = replaced(self.entries[types], types, other)

    def shorten(self, name: str, rows: int) -> None:
        self._rows[name] = rows
