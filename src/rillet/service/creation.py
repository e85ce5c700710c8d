"""How a model is made: from another one or from uploaded files, with changes put over it.

The order is: every blob is there first, the manifest is written last. So a model is either whole or
not there, at whatever moment we are killed. Texts, statuses and their order are Ollama's.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing

import msgspec

from rillet.model import manifest as kinds
from rillet.model.gotemplate import TemplateError
from rillet.model.manifest import Config, config_of
from rillet.model.template import Template
from rillet.service.base_model import base_model
from rillet.service.config_info import with_info
from rillet.service.layers import parameters_of, with_layers, write_model
from rillet.service.library import Library, parse_name
from rillet.service.options import layered
from rillet.service.projectors import lacks_kind, with_kind
from rillet.service.quantization import parse_quantization, quantized
from rillet.service.recognition import recognized
from rillet.service.remote import remote_config
from rillet.service.rendered_by_name import with_names
from rillet.service.splits import groups, joined
from rillet.service.uploaded import (
    NO_SOURCE,
    Piece,
    check_names,
    order,
    read_piece,
    require_gguf,
)
from rillet.words.errors import ModelNotFound, ServerError
from rillet.words.events import Progress
from rillet.words.models import CreateRequest, TransferRequest

ROLES = ("system", "user", "assistant", "tool")

Pull = Callable[[TransferRequest], AsyncIterator[Progress]]


async def create(
    library: Library, request: CreateRequest, pull: Pull, *, prune: bool = True
) -> AsyncIterator[Progress]:
    """A model from another one or from uploaded files. Yields the lines that Ollama shows.

    With `prune`, what only a model needed that had the name before goes.
    """
    check_names(request.files, adapters=request.adapters)
    name = parse_name(request.model)
    _check(request)
    replaced = await asyncio.to_thread(library.store.find, name)
    source = _Source()
    async with aclosing(_gathered(library, request, pull, source)) as gathering:
        async for step in gathering:
            yield step
    request = with_names(request, source.config, source.pieces)
    config = _config(source, request)
    with_info(config, request.info or {})  # complains before the work
    made: list[Piece] = []
    async with aclosing(_converted(library, source.pieces, request, made)) as conversion:
        async for step in conversion:
            yield step
    if request.quantize and made:
        config = msgspec.structs.replace(config, file_type=parse_quantization(request.quantize))
    config = with_info(config, request.info or {})
    _check_template(request)  # here also for its place among the lines
    steps, layers = await asyncio.to_thread(with_layers, library, made, request)
    for status in steps:
        yield Progress(status)
    yield Progress("writing manifest")
    await asyncio.to_thread(write_model, library, name, config, layers)
    if prune and replaced is not None:
        await asyncio.to_thread(library.store.drop_replaced, replaced)
    yield Progress("success")


class _Source:
    """What a model is made from."""

    def __init__(self) -> None:
        self.config: Config | None = None  # of the model that it is made from, if it is one
        self.pieces: list[Piece] = []


async def _gathered(
    library: Library, request: CreateRequest, pull: Pull, source: _Source
) -> AsyncGenerator[Progress]:
    """Fetches or reads all that the request names into `source`."""
    if request.from_ and (there := remote_config(request, parse_name(request.from_))):
        source.config = there
        return
    if request.from_:
        _check_template(request)
        async for step in _there(library, request.from_, pull):
            yield step
        source.config, source.pieces = await asyncio.to_thread(base_model, library, request.from_)
    elif request.files is not None:
        async for step in _read(library, request.files, source.pieces):
            yield step
        source.pieces += await asyncio.to_thread(recognized, library, source.pieces)
    else:
        raise ServerError(NO_SOURCE, status=400)
    drafts: list[Piece] = []
    if request.draft_files is not None:
        async for step in _read(library, request.draft_files, drafts, kinds.DRAFT):
            yield step
    if request.adapters is not None:
        async for step in _adapters(library, request.adapters, source.pieces):
            yield step
    source.pieces += drafts  # read before the adapters, as with Ollama, and listed behind them


def _check(request: CreateRequest) -> None:
    """What can be refused before anything is touched."""
    if any(message.role not in ROLES for message in request.messages or ()):
        listed = ", ".join(f'"{role}"' for role in ROLES)
        raise ServerError(f"the role of a message must be one of {listed}", status=400)
    try:
        layered(parameters_of(request))
    except ServerError as error:  # told now, not when it is first used
        raise ServerError(error.message, status=400) from error


def _check_template(request: CreateRequest) -> None:
    try:
        Template.parse(request.template or "")
    except TemplateError as error:
        raise ServerError(f"template error: {error}", status=400) from error


async def _converted(
    library: Library, pieces: Iterable[Piece], request: CreateRequest, made: list[Piece]
) -> AsyncGenerator[Progress]:
    """Puts the pieces into `made`, with their weights as they are wanted."""
    for piece in pieces:
        if piece.fresh and piece.layer.media_type == kinds.PROJECTOR and lacks_kind(piece.header):
            yield Progress("updating GGUF projector metadata")
            made.append(await asyncio.to_thread(with_kind, library, piece))
        elif piece.layer.media_type != kinds.MODEL or not request.quantize:
            made.append(piece)
        else:
            kind = parse_quantization(request.quantize)
            async with aclosing(quantized(library, piece, kind, made)) as steps:
                async for step in steps:
                    yield step
        if made[-1].fresh and piece.layer.media_type == kinds.MODEL:
            yield Progress("verifying conversion")


async def _there(library: Library, text: str, pull: Pull) -> AsyncIterator[Progress]:
    """Pulls the base model where it is not there."""
    try:
        await asyncio.to_thread(library.find, text)
    except ModelNotFound:
        async for step in pull(TransferRequest(model=text)):
            if step.status != "success":
                yield step


async def _read(
    library: Library, files: Mapping[str, str], pieces: list[Piece], kind: str = ""
) -> AsyncIterator[Progress]:
    """Reads uploaded files into `pieces`, as layers of the kind that they tell or of this one."""
    await asyncio.to_thread(require_gguf, library, files)
    named: list[tuple[str, Piece]] = []
    for path in order(files):
        yield Progress("parsing GGUF")
        named.append((path, await asyncio.to_thread(read_piece, library, files[path], kind)))
    for parts in groups(named):
        pieces.append(await joined(library, parts))


async def _adapters(
    library: Library, files: Mapping[str, str], pieces: list[Piece]
) -> AsyncIterator[Progress]:
    await asyncio.to_thread(require_gguf, library, files)
    if len(files) > 1:
        raise ServerError("only one adapter is currently supported", status=400)
    try:
        async for step in _read(library, files, pieces):
            yield step
    except ServerError as error:
        raise ServerError(error.message, status=400) from error
    # So a model that is there gets eyes, with Ollama too.
    if pieces[-1].layer.media_type not in (kinds.ADAPTER, kinds.PROJECTOR):
        raise ServerError("supplied file was not an adapter in GGUF format", status=400)


def _config(source: _Source, request: CreateRequest) -> Config:
    """What lists will show of the model."""
    weights = [piece for piece in source.pieces if piece.layer.media_type == kinds.MODEL]
    base = source.config
    if base is None:
        header = weights[0].header if weights else None
        base = config_of(header) if header else Config(architecture="amd64", os="linux")
    given = {
        name: value
        for name in ("renderer", "parser", "requires")
        if (value := getattr(request, name))
    }
    return msgspec.structs.replace(base, **given)
