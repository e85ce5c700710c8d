"""How a blob is downloaded in parts, and how it goes on after a break. Pure planning: no I/O.

Beside the data file `<blob>-partial` each part keeps a small JSON file `<blob>-partial-<N>`, so a
pull that Ollama began can be ended here and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from .names import Digest

_PARTS: Final = 16
_SMALLEST: Final = 100_000_000
_LARGEST: Final = 1_000_000_000
_MAX_STATE: Final = 4_096
#: Nobody's model is larger; a size above is a mistake or a trap.
MAX_BLOB: Final = 1 << 46


class Part(msgspec.Struct, frozen=True):
    """A range of a blob: `size` bytes from `offset`, of which `completed` are on disk."""

    n: int = msgspec.field(name="N")
    offset: int = msgspec.field(name="Offset")
    size: int = msgspec.field(name="Size")
    completed: int = msgspec.field(name="Completed", default=0)

    @property
    def place(self) -> int:
        """Where the next byte belongs, in bytes from the start of the blob."""
        return self.offset + self.completed

    @property
    def remaining(self) -> int:
        return self.size - self.completed

    def range_header(self) -> str:
        """The value of the `Range` header for what is missing; there must be something."""
        return f"bytes={self.place}-{self.offset + self.size - 1}"

    def advanced(self, count: int) -> Part:
        """The part with `count` more bytes on disk; one that sends too many is an error."""
        if not 0 <= count <= self.remaining:
            raise ValueError(f"{count} bytes do not fit into the {self.remaining} that are missing")
        return msgspec.structs.replace(self, completed=self.completed + count)


def plan_parts(size: int) -> tuple[Part, ...]:
    """The parts of a blob of this size: a sixteenth each, but at least 100 MB, at most 1000 MB."""
    if not 0 <= size <= MAX_BLOB:
        raise ValueError(f"a blob of {size} bytes cannot be downloaded")
    each = min(max(size // _PARTS, _SMALLEST), _LARGEST)
    offsets = range(0, size, each)
    return tuple(Part(n, offset, min(each, size - offset)) for n, offset in enumerate(offsets))


def resume_parts(size: int, states: Iterable[bytes]) -> tuple[Part, ...]:
    """The parts of a download that was broken off, from what is left of its state files.

    Where these do not make up the whole blob without gap or overlap they are worthless, and the
    plan is a new one.
    """
    parts = sorted(
        (part for part in map(decode_part, states) if part), key=lambda part: part.offset
    )
    whole = [part.n for part in parts] == list(range(len(parts))) and _joins(parts, size)
    return tuple(parts) if whole and parts else plan_parts(size)


def remaining(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts of which something is missing."""
    return tuple(part for part in parts if part.remaining)


def completed(parts: Iterable[Part]) -> int:
    """Bytes on disk, of all parts together: the `completed` of a progress line."""
    return sum(part.completed for part in parts)


def encode_part(part: Part) -> bytes:
    """The content of a part's state file."""
    return msgspec.json.encode(part)


def decode_part(data: bytes) -> Part | None:
    """A part from its state file, or None where the file makes no sense."""
    if len(data) > _MAX_STATE:
        return None
    try:
        part = msgspec.json.decode(data, type=Part)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    sane = part.n >= 0 and part.offset >= 0 and 0 <= part.completed <= part.size
    return part if sane and part.size > 0 and part.offset + part.size <= MAX_BLOB else None


def partial_name(digest: Digest) -> str:
    """The name of the data file of a download below `blobs/`."""
    return f"{digest.blob_name}-partial"


def state_name(digest: Digest, n: int) -> str:
    """The name of a part's state file below `blobs/`."""
    return f"{partial_name(digest)}-{n}"


def _joins(parts: Sequence[Part], size: int) -> bool:
    ends = [0, *(part.offset + part.size for part in parts)]
    begins = [*(part.offset for part in parts), size]
    return ends == begins
