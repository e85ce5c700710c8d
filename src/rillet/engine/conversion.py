"""Models in other types, or joined from parts: the engine's library computes, in a child.

The child gets a list of tensors and the files; see `convert_child`. It reads nothing of the model's
metadata, so a file that was checked here cannot harm it.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from rillet.engine import command
from rillet.engine.preflight import metadata_of, read_model_header
from rillet.model.gguf import GgufHeader, Tensor
from rillet.model.gguf.formats import FILE_TYPES
from rillet.model.gguf.quantizing import quantized
from rillet.model.gguf.writing import (
    NewTensor,
    aligned,
    head,
    number_entry,
    type_number,
)
from rillet.words.errors import EngineError

_CHILD = str(Path(__file__).with_name("convert_child.py"))
_VERSION = 2  # of the quantized blocks' layout


def quantize(source: Path, target: Path, kind: str) -> AsyncGenerator[int]:
    """Write the model at `source` to the new file `target` as `kind`, such as "Q4_K_M".

    Yields the bytes of the source that are done. Raises `InvalidModelFile` or `EngineError`; what
    is at `target` then is of no use.
    """
    return _convert((source,), target, kind)


def join(parts: Sequence[Path], target: Path) -> AsyncGenerator[int]:
    """Write the files that a model is split into, in their order, to one. As `quantize`."""
    return _convert(parts, target, None)


async def _convert(sources: Sequence[Path], target: Path, kind: str | None) -> AsyncGenerator[int]:
    order = await asyncio.to_thread(_prepare, sources, target, kind)
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


def _prepare(sources: Sequence[Path], target: Path, kind: str | None) -> dict[str, Any]:
    """Write all but the tensors; what the child is to do."""
    headers = [read_model_header(source, part=kind is None) for source in sources]
    entries = metadata_of(sources[0])
    if kind is None:
        entries = {key: data for key, data in entries.items() if not key.startswith("split.")}
        tensors = [NewTensor(old.name, old.shape, old.type) for old in _tensors(headers)]
    else:
        tensors = quantized(headers[0], kind)
        numbers = {"general.quantization_version": _VERSION, "general.file_type": _file_type(kind)}
        entries |= {key: number_entry(key, value) for key, value in numbers.items()}
    alignment = headers[0].alignment
    beginning = head(entries.values(), tensors, alignment)
    target.write_bytes(beginning)
    offset, steps = len(beginning), []
    places = ((at, header, old) for at, header in enumerate(headers) for old in header.tensors)
    for (at, header, old), new in zip(places, tensors, strict=True):
        steps.append(
            {
                "source": at,
                "from": [type_number(old.type), header.data_offset + old.offset, old.size],
                "to": [type_number(new.type), offset, new.size],
                "row": old.shape[0],
                "rows": old.elements // old.shape[0],
            }
        )
        offset += aligned(new.size, alignment)
    return {
        "wheel": command.wheel_folder(),
        "sources": list(map(str, sources)),
        "target": str(target),
        "length": offset,
        "steps": steps,
    }


def _tensors(headers: Sequence[GgufHeader]) -> list[Tensor]:
    return [tensor for header in headers for tensor in header.tensors]


def _file_type(kind: str) -> int:
    return next(number for number, name in FILE_TYPES.items() if name == kind)
