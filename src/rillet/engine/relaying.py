"""A model file in Ollama's own layout, written in that of llama.cpp; see `gguf.ollama_layout`."""

import os
from collections.abc import Iterator
from pathlib import Path

from rillet.engine.preflight import read_model_header
from rillet.model.gguf.draft import Layout
from rillet.model.gguf.splicing import Span
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
                span = span._replace(begin=header.data_offset + span.begin)
                for written in _moved(read.fileno(), write.fileno(), span, place, new.type):
                    done += written
                    if done - told >= _PIECE:  # a tensor may be made of thousands of spans
                        told = done
                        yield done
            if done - begun not in (0, new.size):  # all zeros, or whole
                raise InvalidModelFile(f"{new.name} has another size than its parts together")
            offset += aligned(new.size, header.alignment)
        write.truncate(offset)
    yield done


def _moved(read: int, write: int, span: Span, to: int, kind: str) -> Iterator[int]:
    if span.type == kind:
        return _copied(read, write, span.begin, to, span.size)
    return _widened(read, write, span, to)


def _widened(read: int, write: int, span: Span, to: int) -> Iterator[int]:
    """As numbers of 32 bits."""
    begin, left, block = span.begin, span.size, block_bytes(span.type)
    while left:
        count = min(left, max(1, _PIECE // 64 // block) * block)
        data = os.pread(read, count, begin)
        if len(data) < count:
            raise OSError("the file ends inside its tensors")
        wide = widened(span.type, data)
        os.pwrite(write, wide, to)
        begin, to, left = begin + count, to + len(wide), left - count
        yield len(wide)


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
