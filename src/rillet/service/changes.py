"""Changes of the store: copy, delete, uploads. Texts and statuses are Ollama's."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from rillet.model.names import ModelName
from rillet.service.base_model import base_model
from rillet.service.layers import write_model
from rillet.service.library import BUILT_IN, Library
from rillet.service.uploaded import parse_digest
from rillet.store.blobs import BlobMismatch
from rillet.words.errors import InvalidName, ModelNotFound, ServerError


def copy(library: Library, source: str, destination: str) -> None:
    """A second name for a model. One that is built in or in another folder comes here by it."""
    names = [
        _named(text, kind) for text, kind in ((source, "source"), (destination, "destination"))
    ]
    if library.store.copy(*names):
        return
    try:
        config, pieces = base_model(library, source)
    except ModelNotFound:
        raise ModelNotFound(f'model "{source}" not found', status=404) from None
    write_model(library, names[1], config, [piece.layer for piece in pieces])


def delete(library: Library, model: str) -> None:
    if not model:
        raise ServerError("model is required", status=400)
    try:
        name = ModelName.parse(model)
    except InvalidName as error:
        raise ServerError(f'name "{model}" is invalid', status=400) from error
    if any(store.delete(name) for store in library.stores):
        return
    if library.is_built_in(name):
        raise ServerError(f"{BUILT_IN} is built in and cannot be deleted", status=400)
    raise ModelNotFound(f"model '{model}' not found", status=404)


def has_blob(library: Library, digest: str) -> bool:
    return library.store.has_blob(parse_digest(digest))


async def put_blob(library: Library, digest: str, chunks: AsyncIterator[bytes]) -> bool:
    """Keep an upload; False if it was there, and then nothing of it is read."""
    expected = parse_digest(digest)
    if await asyncio.to_thread(library.store.has_blob, expected):
        await asyncio.to_thread(library.store.put_blob, (), expected)  # begins its grace anew
        return False
    feed = _Feed(asyncio.get_running_loop(), chunks)
    try:
        await asyncio.to_thread(library.store.put_blob, feed, expected)
    except BlobMismatch as error:
        raise ServerError(str(error.message), status=400) from error
    return True


class _Feed:
    """An upload as the store reads it: from a thread, piece by piece."""

    def __init__(self, loop: asyncio.AbstractEventLoop, chunks: AsyncIterator[bytes]) -> None:
        self._loop = loop
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        while chunk := asyncio.run_coroutine_threadsafe(self._next(), self._loop).result():
            yield chunk

    async def _next(self) -> bytes:
        async for chunk in self._chunks:
            if chunk:
                return chunk
        return b""


def _named(text: str, kind: str) -> ModelName:
    try:
        return ModelName.parse(text)
    except InvalidName as error:
        raise ServerError(f'{kind} "{text}" is invalid', status=400) from error
