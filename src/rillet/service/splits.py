"""Models that come in several GGUF files, as `llama-gguf-split` writes them: which belong together.

A stored model is one file, so they are joined.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from rillet.engine import read_model_header
from rillet.engine.conversion import join
from rillet.model.manifest import Layer
from rillet.service.library import Library
from rillet.service.uploaded import Piece
from rillet.words.errors import ServerError

_NAME = re.compile(r"(.*)-(\d{5})-of-(\d{5})\.gguf", re.DOTALL)


def groups(named: Iterable[tuple[str, Piece]]) -> list[list[Piece]]:
    """The files by the model that they are part of; those that are whole come first.

    Raises `ServerError` in Ollama's words where a part is missing or its name says otherwise.
    """
    whole: list[list[Piece]] = []
    split: dict[tuple[str, str, int], dict[int, Piece]] = {}
    first: dict[tuple[str, str, int], str] = {}
    for path, piece in named:
        if piece.header is None or piece.header.parts < 2:
            whole.append([piece])
            continue
        prefix, index = _place(path, piece)
        key = (piece.layer.media_type, prefix, piece.header.parts)
        first.setdefault(key, path)
        if split.setdefault(key, {}).setdefault(index, piece) is not piece:
            raise _wrong(f"split GGUF has duplicate shard index {index}")
    for key, parts in split.items():
        if len(parts) != key[2]:
            raise _wrong(f'split GGUF "{first[key]}" has {len(parts)} shards, expected {key[2]}')
    return whole + [[parts[at] for at in sorted(parts)] for parts in split.values()]


async def joined(library: Library, parts: Sequence[Piece]) -> Piece:
    """One piece of several. Raises `InvalidModelFile` or `EngineError`."""
    if len(parts) == 1:
        return parts[0]
    store = library.store
    with store.scratch() as target:
        async for _ in join([store.blob_path(part.layer.address) for part in parts], target):
            pass
        header = await asyncio.to_thread(read_model_header, target)
        digest = await asyncio.to_thread(store.link_blob, target)
        size = target.stat().st_size
    layer = Layer(media_type=parts[0].layer.media_type, digest=str(digest), size=size)
    return Piece(layer, header, fresh=True, word="creating new")


def _place(path: str, piece: Piece) -> tuple[str, int]:
    """The name without its numbers, and the index of the part."""
    assert piece.header is not None
    count = piece.header.parts
    match = _NAME.fullmatch(PurePosixPath(path).name)
    if not match or not int(match[2]) or not int(match[3]):
        raise _wrong(f'split GGUF "{path}" must use llama.cpp split filename pattern')
    index, named = int(match[2]) - 1, int(match[3])
    if named != count:
        raise _wrong(
            f'split GGUF "{path}" filename count {named} does not match metadata count {count}'
        )
    if "split.no" not in piece.header.metadata:
        raise _wrong(f'split GGUF "{path}" is missing split.no metadata')
    if (told := piece.header.number("split.no")) != index:
        raise _wrong(
            f'split GGUF "{path}" filename index {index} does not match metadata index {told}'
        )
    return match[1], index


def _wrong(problem: str) -> ServerError:
    return ServerError(problem, status=500)
