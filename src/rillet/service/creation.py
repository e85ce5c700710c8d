"""How a model is made: from another one or from uploaded files, with changes put over it.

The order is: every blob is there first, the manifest is written last. So a model is either whole or
not there, at whatever moment we are killed. Texts and statuses are Ollama's.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from rillet.engine import read_model_header
from rillet.model import manifest as kinds
from rillet.model.gotemplate import TemplateError
from rillet.model.manifest import Config, Layer, config_of, encode, make_manifest
from rillet.model.names import Digest, InvalidDigest, ModelName
from rillet.model.template import Template
from rillet.service.library import Library, parse_name
from rillet.service.options import layered
from rillet.store.store import ModelStore
from rillet.words.errors import InvalidModelFile, ModelNotFound, ServerError, StoreError
from rillet.words.events import Progress
from rillet.words.models import CreateRequest, TransferRequest

QUANTIZATIONS = ("F32", "F16", "Q4_K_S", "Q4_K_M", "Q8_0")
#: What can be quantized.
_WHOLE = ("F32", "F16", "BF16")
ROLES = ("system", "user", "assistant")
#: Layers that a new value replaces; licences and adapters add up.
_REPLACED = {kinds.TEMPLATE, kinds.SYSTEM, kinds.PARAMS, kinds.MESSAGES}
_CHUNK = 4 << 20

Pull = Callable[[TransferRequest], AsyncIterator[Progress]]


async def create(library: Library, request: CreateRequest, pull: Pull) -> AsyncIterator[Progress]:
    """A model from another one or from uploaded files. Yields the lines that Ollama shows."""
    name = parse_name(request.model)
    _check(request)
    if request.from_:
        async for step in _there(library, request.from_, pull):
            yield step
        config, layers = await asyncio.to_thread(base, library, request.from_)
    else:
        yield Progress("parsing GGUF")
        config, layers = await asyncio.to_thread(_files, library, request.files or {})
        yield Progress("verifying conversion")
    if request.quantize:
        _check_quantized(config, request.quantize)
    steps: list[str] = [f"using existing layer {layer.digest}" for layer in layers]
    layers = await asyncio.to_thread(_changed, library, layers, request, steps)
    for status in steps:
        yield Progress(status)
    yield Progress("writing manifest")
    await asyncio.to_thread(write, library, name, _described(config, request), layers)
    yield Progress("success")


def base(library: Library, text: str) -> tuple[Config, list[Layer]]:
    """The configuration and layers of a model, their blobs in the store that is written to.

    Raises `ModelNotFound`.
    """
    found = library.stored(parse_name(text))
    if found is None:  # built in
        model = library.find(text)
        digest = library.store.put_blob(_chunks(Path(model.path)))
        layer = Layer(media_type=kinds.MODEL, digest=str(digest), size=model.size)
        licenses = [
            library.store.add_layer(kinds.LICENSE, text.encode()) for text in model.licenses
        ]
        return model.config, [layer, *licenses]
    store, stored = found
    if store is not library.store:
        _bring(library.store, store, stored.manifest.layers)
    parent = stored.name.display()
    layers = [
        msgspec.structs.replace(layer, from_=parent) if layer.media_type == kinds.MODEL else layer
        for layer in stored.manifest.layers
    ]
    return store.config(stored), layers


def write(library: Library, name: ModelName, config: Config, layers: list[Layer]) -> None:
    """Name a model; from here on it is there."""
    described = library.store.add_layer(kinds.CONFIG_TYPE, encode(config))
    library.store.write_manifest(name, encode(make_manifest(described, layers)))


def parse_digest(text: str) -> Digest:
    """Raises `ServerError` (400) where it is none."""
    try:
        return Digest.parse(text)
    except InvalidDigest as error:
        raise ServerError("invalid digest format", status=400) from error


def _check(request: CreateRequest) -> None:
    """What can be refused before anything is touched."""
    files, adapters = request.files or {}, request.adapters or {}
    if not request.from_ and not files:
        raise ServerError("neither 'from' or 'files' was specified", status=400)
    for path, digest in (*files.items(), *adapters.items()):
        _check_relative(path)
        parse_digest(digest)
    if request.template:
        try:
            Template.parse(request.template)
        except TemplateError as error:
            raise ServerError(f"template error: {error}", status=400) from error
    if request.quantize:
        _check_quantization(request.quantize)
    if any(message.role not in ROLES for message in request.messages or ()):
        listed = ", ".join(f'"{role}"' for role in ROLES)
        raise ServerError(f"the role of a message must be one of {listed}", status=400)
    try:
        layered(_parameters(request))
    except ServerError as error:  # told now, not when it is first used
        raise ServerError(error.message, status=400) from error


def _check_relative(path: str) -> None:
    """The name that a file had where it came from. It is never opened here, by any name."""
    pieces = path.replace("\\", "/").split("/")
    if path.startswith(("/", "\\")) or ".." in pieces or path[1:2] == ":":
        raise ServerError("file path must be relative", status=400)


def _check_quantization(kind: str) -> None:
    if kind.upper() not in QUANTIZATIONS:
        supported = ", ".join(QUANTIZATIONS)
        raise ServerError(
            f"unsupported quantization type {kind} - supported types are {supported}", status=500
        )


def _check_quantized(config: Config, kind: str) -> None:
    """The weights are taken as they are: where others are wanted, say who makes them."""
    if kind.upper() == config.file_type:
        return
    if config.file_type not in _WHOLE:
        raise ServerError("quantization is only supported for F16, BF16 and F32 models", status=400)
    raise ServerError(
        "this server does not quantize models; make the file with llama.cpp's program"
        f" (llama-quantize model.gguf quantized.gguf {kind.upper()}) and create the model from it",
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


def _bring(to: ModelStore, store: ModelStore, layers: Iterable[Layer]) -> None:
    for layer in layers:
        path = store.blob_path(layer.address)
        try:
            to.link_blob(path)
        except StoreError:  # on another disk
            to.put_blob(_chunks(path), layer.address)


def _chunks(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _files(library: Library, files: dict[str, str]) -> tuple[Config, list[Layer]]:
    """The layers of uploaded GGUF files, told apart by what they contain."""
    config: Config | None = None
    layers: list[Layer] = []
    for digest in files.values():
        layer, described = _file(library, digest)
        layers.append(layer)
        config = described or config
    if config is None:
        raise ServerError("unknown type", status=400)
    return config, layers


def _file(library: Library, text: str) -> tuple[Layer, Config | None]:
    """The layer of an uploaded file; the configuration where it is a model by itself."""
    digest = parse_digest(text)
    path = library.store.blob_path(digest)
    if not path.is_file():
        # Ollama names the whole path here; our folders do not concern a stranger.
        raise ServerError(f"open {path.name}: no such file or directory", status=500)
    try:
        header = read_model_header(path)
    except InvalidModelFile as error:
        raise _not_gguf(path, error) from error
    if header.parts > 1:  # a blob has no name by which it could find the others
        raise ServerError(
            f"the file is part 1 of {header.parts} of a model, and a stored model is one file",
            status=400,
            hint="Join the parts first: llama-gguf-split --merge FIRST-PART JOINED",
        )
    kind = {"adapter": kinds.ADAPTER, "mmproj": kinds.PROJECTOR}.get(
        header.text("general.type"), kinds.MODEL
    )
    if header.architecture == "clip":
        kind = kinds.PROJECTOR
    layer = Layer(media_type=kind, digest=str(digest), size=path.stat().st_size)
    return layer, config_of(header) if kind == kinds.MODEL else None


def _not_gguf(path: Path, error: InvalidModelFile) -> ServerError:
    with open(path, "rb") as file:
        if file.read(4) != b"GGUF":
            return ServerError("supplied file was not in GGUF format", status=400)
    return ServerError(error.message.replace(str(path), "the file"), status=400)


def _changed(
    library: Library, layers: list[Layer], request: CreateRequest, steps: list[str]
) -> list[Layer]:
    """The base's layers with the request's put over them."""
    adapters = [_file(library, digest)[0] for digest in (request.adapters or {}).values()]
    if any(layer.media_type != kinds.ADAPTER for layer in adapters):
        raise ServerError("supplied file was not an adapter in GGUF format", status=400)
    steps += [f"using existing layer {layer.digest}" for layer in adapters]
    added = _additions(library, layers, request)
    replaced = {kind for kind, _ in added} & _REPLACED
    kept = [layer for layer in layers if layer.media_type not in replaced] + adapters
    for kind, data in added:
        word = "using existing" if library.store.has_blob(Digest.of(data)) else "creating new"
        layer = library.store.add_layer(kind, data)
        steps.append(f"{word} layer {layer.digest}")
        kept.append(layer)
    return kept


def _additions(
    library: Library, layers: list[Layer], request: CreateRequest
) -> list[tuple[str, bytes]]:
    """What the request itself adds: media types and contents."""
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
        added.append((kinds.PARAMS, encode(merged)))
    if request.messages:
        turns = [{"role": turn.role, "content": turn.content} for turn in request.messages]
        added.append((kinds.MESSAGES, encode(turns)))
    return added


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
