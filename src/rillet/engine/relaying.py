"""A model file in Ollama's own layout, written in that of llama.cpp; see `gguf.ollama_layout`."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

from rillet.engine.preflight import read_model_header
from rillet.model.gguf.draft import Layout
from rillet.model.gguf.writing import aligned, head

_PIECE = 16 << 20


def relay(source: Path, target: Path, layout: Layout) -> Iterator[int]:
    """Write the new file `target`; yields how many bytes of tensors are written.

    Blocks. Raises `InvalidModelFile` and `OSError`; what is at `target` then is of no use.
    """
    header = read_model_header(source)
    new_tensors = [new for _, new in layout.tensors]
    beginning = head(layout.entries.values(), new_tensors, header.alignment)
    done, offset = 0, len(beginning)
    with open(source, "rb") as read, open(target, "xb") as write:
        write.write(beginning)
        write.flush()
        for old, new in layout.tensors:
            begin, size = header.data_offset + old.offset, new.size
            files = read.fileno(), write.fileno()
            moved = _copied(*files, begin, offset, size)
            if new.type != old.type:
                moved = _widened(*files, begin, offset, size)
            for written in moved:
                done += written
                yield done
            offset += aligned(size, header.alignment)
        write.truncate(offset)


def _widened(read: int, write: int, begin: int, to: int, size: int) -> Iterator[int]:
    """Numbers of 16 bits as those of 32; `size` is what they take then."""
    while size:
        count = min(size // 4, _PIECE // 64)
        data = os.pread(read, 2 * count, begin)
        if len(data) < 2 * count:
            raise OSError("the file ends inside its tensors")
        os.pwrite(write, struct.pack(f"<{count}f", *struct.unpack(f"<{count}e", data)), to)
        begin, to, size = begin + 2 * count, to + 4 * count, size - 4 * count
        yield 4 * count


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
