"""The `quantize` of a create request: weights in smaller numbers, made by the engine's library."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic

from rillet.engine import read_model_header
from rillet.engine.conversion import quantize
from rillet.model.gguf.quantizing import QUANTIZATIONS, WHOLE
from rillet.model.manifest import Layer
from rillet.service.library import Library
from rillet.service.uploaded import Piece
from rillet.words.errors import ServerError
from rillet.words.events import Progress

_EVERY = 0.25  # seconds between two lines
_PATIENCE = 0.75  # seconds more before the first; a small model needs none
_NO_DIGEST = "0" * 19  # what Ollama's lines have, for the client's bar is one per digest


def parse_quantization(text: str) -> str:
    """Raises `ServerError` where it is none."""
    kind = text.upper()
    if kind not in (*QUANTIZATIONS, *WHOLE, "Q4_K"):
        supported = ", ".join(QUANTIZATIONS)
        raise ServerError(
            f"unsupported quantization type {kind} - supported types are {supported}", status=500
        )
    return "Q4_K_M" if kind == "Q4_K" else kind


async def quantized(
    library: Library, piece: Piece, kind: str, made: list[Piece]
) -> AsyncGenerator[Progress]:
    """Appends to `made` the piece with its weights as `kind`; the piece itself where they are so.

    Raises `ServerError` for weights that are quantized already, and `EngineError`.
    """
    path = library.store.blob_path(piece.layer.address)
    header = piece.header
    if header is None:
        header = await asyncio.to_thread(read_model_header, path)
    if header.file_type not in WHOLE:
        raise ServerError("quantization is only supported for F16, BF16 and F32 models", status=500)
    if header.file_type == kind:
        made.append(piece)
        return
    size, told = piece.layer.size, monotonic() + _PATIENCE
    with library.store.scratch() as target:
        async with aclosing(quantize(path, target, kind)) as steps:
            async for done in steps:
                if monotonic() - told >= _EVERY:
                    told = monotonic()
                    status = f"quantizing {header.file_type} model to {kind}"
                    yield Progress(status, min(done, size), size, _NO_DIGEST)
        before = await asyncio.to_thread(_blobs, library)
        digest = await asyncio.to_thread(library.store.link_blob, target)
        length = target.stat().st_size
    word = "using existing" if digest.blob_name in before else "creating new"
    layer = Layer(media_type=piece.layer.media_type, digest=str(digest), size=length)
    made.append(Piece(layer, header, fresh=True, word=word))


def _blobs(library: Library) -> set[str]:
    folder = library.store.root / "blobs"
    return {path.name for path in folder.iterdir()}
