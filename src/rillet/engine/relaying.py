"""A model file in Ollama's own layout, written in that of llama.cpp; see `gguf.ollama_layout`."""

import os
import struct
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

from rillet.engine.preflight import read_model_header
from rillet.model.gguf.draft import Layout
from rillet.model.gguf.splicing import Mixture, Span
from rillet.model.gguf.widening import widened
from rillet.model.gguf.writing import aligned, block_bytes, head
from rillet.words.errors import InvalidModelFile

_PIECE = 16 << 20


def relay(source: Path, target: Path, layout: Layout) -> Iterator[int]:
    """Write the new file `target`; yields how many bytes of tensors are written.

    Blocks. Raises `InvalidModelFile` and `OSError`; what is at `target` then is of no use.
    """
    header = read_model_header(source)
    new_tensors = [tensor.new for tensor in layout.tensors]
    beginning = head(layout.entries.values(), new_tensors, header.alignment)
    done, told, offset = 0, 0, len(beginning)
    with open(source, "rb") as read, open(target, "xb") as write:
        write.write(beginning)
        write.flush()
        for new, spans in layout.tensors:
            begun = done
            for span in spans():
                place = offset + done - begun
                files = read.fileno(), write.fileno()
                for written in _moved(*files, header.data_offset, span, place, new.type):
                    done += written
                    if done - told >= _PIECE:  # a tensor may be made of thousands of spans
                        told = done
                        yield done
            if done - begun not in (0, new.size):  # all zeros, or whole
                raise InvalidModelFile(f"{new.name} has another size than its parts together")
            offset += aligned(new.size, header.alignment)
        write.truncate(offset)
    yield done


def _moved(
    read: int, write: int, data: int, span: Span | Mixture, to: int, kind: str
) -> Iterator[int]:
    """`data`: where the tensors begin."""
    if not isinstance(span, Span):
        return _mixed(read, write, data, span, to)
    span = span._replace(begin=data + span.begin)
    if span.type == kind:
        return _copied(read, write, span.begin, to, span.size)
    return _widened(read, write, span, to)


def _mixed(read: int, write: int, data: int, mixture: Mixture, to: int) -> Iterator[int]:
    """A row, not more: all of it is in memory."""
    numbers: list[float] = []
    for weight, span in mixture:
        wide = widened(span.type, _read(read, span.size, data + span.begin))
        row = struct.unpack(f"<{len(wide) // 4}f", wide)
        numbers = [
            old + weight * new for old, new in zip(numbers or repeat(0.0), row, strict=False)
        ]
    yield os.pwrite(write, struct.pack(f"<{len(numbers)}f", *numbers), to)


def _widened(read: int, write: int, span: Span, to: int) -> Iterator[int]:
    """As numbers of 32 bits."""
    begin, left, block = span.begin, span.size, block_bytes(span.type)
    while left:
        count = min(left, max(1, _PIECE // 64 // block) * block)
        wide = widened(span.type, _read(read, count, begin))
        os.pwrite(write, wide, to)
        begin, to, left = begin + count, to + len(wide), left - count
        yield len(wide)


def _read(read: int, size: int, begin: int) -> bytes:
    data = os.pread(read, size, begin)
    if len(data) < size:
        raise OSError("the file ends inside its tensors")
    return data


def _copied(read: int, write: int, begin: int, to: int, size: int) -> Iterator[int]:
    """In the kernel where it can: some file systems share the data then."""
    while size:
        count = min(size, _PIECE)
        try:
            moved = os.copy_file_range(read, write, count, begin, to)
        except (AttributeError, OSError):
            moved = os.pwrite(write, os.pread(read, count, begin), to)
        if not moved:
            raise OSError("the file ends inside its tensors")
        begin, to, size = begin + moved, to + moved, size - moved
        yield moved
