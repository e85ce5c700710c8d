"""Changes of the store: copy, delete, create, uploads. Texts and statuses are Ollama's.

A model is made in this order: every blob is there first, the manifest is written last. So a model
is either whole or not there, at whatever moment we are killed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from rillet.engine import read_model_header
from rillet.model import manifest as kinds
from rillet.model.gotemplate import TemplateError
from rillet.model.manifest import Config, Layer, config_of, encode, make_manifest
from rillet.model.names import Digest, InvalidDigest, ModelName
from rillet.model.template import Template
from rillet.service.library import BUILT_IN, Library
from rillet.service.options import layered
from rillet.store.blobs import BlobMismatch
from rillet.store.importing import import_gguf
from rillet.store.store import StoredModel
from rillet.words.errors import InvalidModelFile, InvalidName, ModelNotFound, ServerError
from rillet.words.events import Progress
from rillet.words.models import CreateRequest, TransferRequest

QUANTIZATIONS = ("F32", "F16", "Q4_K_S", "Q4_K_M", "Q8_0")
#: Layers that a new value replaces; licences add up.
_REPLACED = {kinds.TEMPLATE, kinds.SYSTEM, kinds.PARAMS, kinds.MESSAGES}

Pull = Callable[[TransferRequest], AsyncIterator[Progress]]


def copy(library: Library, source: str, destination: str) -> None:
    """A second name for a model. The built-in one is put into the store by it."""
    names = [
        _named(text, kind) for text, kind in ((source, "source"), (destination, "destination"))
    ]
    if library.store.copy(*names):
        return
    if names[0].key() == ModelName.parse(BUILT_IN).key():
        import_gguf(library.store, Path(library.find(BUILT_IN).path), names[1])
        return
    raise ModelNotFound(f'model "{source}" not found', status=404)


def delete(library: Library, model: str) -> None:
    if not model:
        raise ServerError("model is required", status=400)
    try:
        name = ModelName.parse(model)
    except InvalidName as error:
        raise ServerError(f'name "{model}" is invalid', status=400) from error
    if not library.store.delete(name):
        raise ModelNotFound(f"model '{model}' not found", status=404)


def has_blob(library: Library, digest: str) -> bool:
    return library.store.has_blob(parse_digest(digest))


async def put_blob(library: Library, digest: str, chunks: AsyncIterator[bytes]) -> bool:
    """Keep an upload; False if it was there, and then nothing of it is read."""
    expected = parse_digest(digest)
    if await asyncio.to_thread(library.store.has_blob, expected):
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


async def create(library: Library, request: CreateRequest, pull: Pull) -> AsyncIterator[Progress]:
    """A model from another one or from uploaded files. Yields the lines that Ollama shows."""
    name = _new_name(request)
    _check(request)
    if request.from_:
        async for step in _there(library, request.from_, pull):
            yield step
        config, layers = await asyncio.to_thread(_base, library, request.from_)
    else:
        yield Progress("parsing GGUF")
        config, layers = await asyncio.to_thread(_files, library, request.files or {})
        yield Progress("verifying conversion")
    steps: list[str] = [f"using existing layer {layer.digest}" for layer in layers]
    layers = await asyncio.to_thread(_changed, library, layers, request, steps)
    for status in steps:
        yield Progress(status)
    yield Progress("writing manifest")
    await asyncio.to_thread(_write, library, name, _described(config, request), layers)
    yield Progress("success")


def _new_name(request: CreateRequest) -> ModelName:
    try:
        return ModelName.parse(request.model)
    except InvalidName as error:
        raise ServerError("invalid model name", status=400) from error


def _check(request: CreateRequest) -> None:
    """What can be refused before anything is touched."""
    if not request.from_ and not request.files:
        raise ServerError("neither 'from' or 'files' was specified", status=400)
    for path, digest in (request.files or {}).items():
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or "\\" in path:
            raise ServerError("file path must be relative", status=400)
        if not digest:
            raise ServerError("invalid digest format", status=400)
    if request.template:
        try:
            Template.parse(request.template)
        except TemplateError as error:
            raise ServerError(f"template error: {error}", status=400) from error
    if request.quantize:
        _check_quantization(request.quantize)
    try:
        layered(_parameters(request))
    except ServerError as error:  # told now, not when it is first used
        raise ServerError(error.message, status=400) from error


def _check_quantization(kind: str) -> None:
    if kind.upper() not in QUANTIZATIONS:
        supported = ", ".join(QUANTIZATIONS)
        raise ServerError(
            f"unsupported quantization type {kind} - supported types are {supported}", status=500
        )
    raise ServerError(
        "this engine cannot quantize models; quantize the GGUF file with llama-quantize before",
        status=400,
    )


async def _there(library: Library, text: str, pull: Pull) -> AsyncIterator[Progress]:
    """Pulls the base model where it is not there."""
    try:
        await asyncio.to_thread(library.find, text)
    except ModelNotFound:
        async for step in pull(TransferRequest(model=text)):
            if step.status != "success":
                yield step


def _base(library: Library, text: str) -> tuple[Config, list[Layer]]:
    stored = _stored(library, text)
    parent = stored.name.display()
    layers = [
        msgspec.structs.replace(layer, from_=parent) if layer.media_type == kinds.MODEL else layer
        for layer in stored.manifest.layers
    ]
    return library.store.config(stored), layers


def _stored(library: Library, text: str) -> StoredModel:
    name = ModelName.parse(text)
    stored = library.store.find(name)
    if stored is None:  # the built-in model, or one of another folder: it is brought here first
        stored = import_gguf(library.store, Path(library.find(text).path), name)
    return stored


def _files(library: Library, files: dict[str, str]) -> tuple[Config, list[Layer]]:
    """The layers of uploaded GGUF files, told apart by what they contain."""
    config: Config | None = None
    layers: list[Layer] = []
    for digest in files.values():
        path = library.store.blob_path(parse_digest(digest))
        if not path.is_file():
            raise ServerError(f"open {path}: no such file or directory", status=500)
        try:
            header = read_model_header(path)
        except InvalidModelFile as error:
            raise _not_gguf(path, error) from error
        kind = {"adapter": kinds.ADAPTER, "mmproj": kinds.PROJECTOR}.get(
            header.text("general.type"), kinds.MODEL
        )
        if header.architecture == "clip":
            kind = kinds.PROJECTOR
        layers.append(
            Layer(media_type=kind, digest=str(parse_digest(digest)), size=path.stat().st_size)
        )
        if kind == kinds.MODEL:
            config = config_of(header)
    if config is None:
        raise ServerError("unknown type", status=400)
    return config, layers


def _not_gguf(path: Path, error: InvalidModelFile) -> ServerError:
    with open(path, "rb") as file:
        if file.read(4) != b"GGUF":
            return ServerError("supplied file was not in GGUF format", status=400)
    return ServerError(error.message, status=400)


def _changed(
    library: Library, layers: list[Layer], request: CreateRequest, steps: list[str]
) -> list[Layer]:
    """The base's layers with the request's put over them."""
    added: list[tuple[str, bytes]] = []
    if request.template:
        added.append((kinds.TEMPLATE, request.template.encode()))
    if request.system:
        added.append((kinds.SYSTEM, request.system.encode()))
    licenses = [request.license] if isinstance(request.license, str) else request.license or []
    added += [(kinds.LICENSE, text.encode()) for text in licenses if text]
    if parameters := _parameters(request):
        before = [layer for layer in layers if layer.media_type == kinds.PARAMS]
        old: dict[str, Any] = (
            msgspec.json.decode(library.store.read_blob(before[-1].address)) if before else {}
        )
        merged = dict(sorted({**old, **parameters}.items()))
        added.append((kinds.PARAMS, msgspec.json.encode(merged)))
    if request.messages:
        turns = [{"role": turn.role, "content": turn.content} for turn in request.messages]
        added.append((kinds.MESSAGES, msgspec.json.encode(turns)))
    replaced = {kind for kind, _ in added} & _REPLACED
    kept = [layer for layer in layers if layer.media_type not in replaced]
    for kind, data in added:
        word = "using existing" if library.store.has_blob(Digest.of(data)) else "creating new"
        layer = library.store.add_layer(kind, data)
        steps.append(f"{word} layer {layer.digest}")
        kept.append(layer)
    return kept


def _parameters(request: CreateRequest) -> dict[str, Any]:
    """The parameters, with a bare stop text as the list that it means."""
    parameters = dict(request.parameters or {})
    if isinstance(parameters.get("stop"), str):
        parameters["stop"] = [parameters["stop"]]
    return parameters


def _described(config: Config, request: CreateRequest) -> Config:
    given = {
        name: value
        for name in ("renderer", "parser", "requires")
        if (value := getattr(request, name))
    }
    return msgspec.structs.replace(config, **given)


def _write(library: Library, name: ModelName, config: Config, layers: list[Layer]) -> None:
    described = library.store.add_layer(kinds.CONFIG_TYPE, encode(config))
    library.store.write_manifest(name, encode(make_manifest(described, layers)))


def _named(text: str, kind: str) -> ModelName:
    try:
        return ModelName.parse(text)
    except InvalidName as error:
        raise ServerError(f'{kind} "{text}" is invalid', status=400) from error


def parse_digest(text: str) -> Digest:
    """Raises `ServerError` (400) where it is none."""
    try:
        return Digest.parse(text)
    except InvalidDigest as error:
        raise ServerError("invalid digest format", status=400) from error
