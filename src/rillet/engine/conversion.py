"""Models in other types: the engine's library computes, in a child of its own.

The child gets a list of tensors and two files; see `convert_child`. It reads nothing of the model's
metadata, so a file that was checked here cannot harm it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any

import msgspec

from rillet.engine import command
from rillet.engine.preflight import read_at, read_model_header
from rillet.model.gguf.formats import FILE_TYPES
from rillet.model.gguf.quantizing import quantized
from rillet.model.gguf.writing import aligned, head, metadata_entries, number_entry, type_number
from rillet.words.errors import EngineError

_CHILD = str(Path(__file__).with_name("convert_child.py"))
_VERSION = 2  # of the quantized blocks' layout


async def quantize(source: Path, target: Path, kind: str) -> AsyncIterator[int]:
    """Write the model at `source` to the new file `target` as `kind`, such as "Q4_K_M".

    Yields the bytes of the source that are done. Raises `InvalidModelFile` or `EngineError`; what
    is at `target` then is of no use.
    """
    order = await asyncio.to_thread(_prepare, source, target, kind)
    process = await asyncio.to_thread(command.spawn, order, _surroundings(), "convert", _CHILD)
    assert process.stdin and process.stdout and process.stderr
    try:
        async for said in _lines(process.stdout):
            if "failed" in said:
                raise EngineError(f"The model cannot be converted: {said['failed']}")
            if "ready" in said:
                return
            yield said["done"]
        raise EngineError("The engine ended while it converted the model")
    finally:
        process.kill()
        await asyncio.to_thread(process.communicate)


async def _lines(stream: IO[bytes]) -> AsyncIterator[dict[str, Any]]:
    while line := await asyncio.to_thread(stream.readline):
        yield msgspec.json.decode(line)


def _surroundings() -> dict[str, str]:
    return {**command.HABITS, **os.environ}


def _prepare(source: Path, target: Path, kind: str) -> dict[str, Any]:
    """Write all but the tensors; what the child is to do."""
    header = read_model_header(source)
    tensors = quantized(header, kind)
    with open(source, "rb") as file:
        number = file.fileno()
        entries = metadata_entries(
            lambda offset, count: read_at(number, offset, count), os.fstat(number).st_size
        )
    numbers = {"general.quantization_version": _VERSION, "general.file_type": _file_type(kind)}
    entries |= {key: number_entry(key, value) for key, value in numbers.items()}
    beginning = head(entries.values(), tensors, header.alignment)
    target.write_bytes(beginning)
    offset, steps = len(beginning), []
    for old, new in zip(header.tensors, tensors, strict=True):
        steps.append(
            {
                "from": [type_number(old.type), header.data_offset + old.offset, old.size],
                "to": [type_number(new.type), offset, new.size],
                "row": old.shape[0],
                "rows": old.elements // old.shape[0],
            }
        )
        offset += aligned(new.size, header.alignment)
    return {
        "wheel": command.wheel_folder(),
        "source": str(source),
        "target": str(target),
        "length": offset,
        "steps": steps,
    }


def _file_type(kind: str) -> int:
    return next(number for number, name in FILE_TYPES.items() if name == kind)
