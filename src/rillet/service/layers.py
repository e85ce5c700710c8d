"""The layers and the manifest of a model that is made: what a request puts over its base."""

from typing import Any

import msgspec

from rillet.model import manifest as kinds
from rillet.model.manifest import Config, Layer, encode, make_manifest
from rillet.model.names import Digest, ModelName
from rillet.service.library import Library
from rillet.service.uploaded import Piece
from rillet.wire.go_types import fault_of, strings
from rillet.words.errors import ServerError
from rillet.words.models import CreateRequest
from rillet.words.requests import Message

#: Layers that a new value replaces; licences and adapters add up.
_REPLACED = {kinds.TEMPLATE, kinds.SYSTEM, kinds.PARAMS, kinds.MESSAGES}


def with_layers(
    library: Library, pieces: list[Piece], request: CreateRequest
) -> tuple[list[str], list[Layer]]:
    """The base's layers with the request's put over them, and a line on each."""
    layers = [piece.layer for piece in pieces]
    added = _additions(library, layers, request)
    replaced = {kind for kind, _ in added} & _REPLACED
    kept = [layer for layer in layers if layer.media_type not in replaced]
    said = {piece.layer: piece.step for piece in pieces}
    steps = [said[layer] for layer in kept]
    for kind, data in added:
        word = "using existing" if library.store.has_blob(Digest.of(data)) else "creating new"
        layer = library.store.add_layer(kind, data)
        steps.append(f"{word} layer {layer.digest}")
        kept.append(layer)
    return steps, kept


def _additions(
    library: Library, layers: list[Layer], request: CreateRequest
) -> list[tuple[str, bytes]]:
    """What the request itself adds: media types and contents."""
    added: list[tuple[str, bytes]] = []
    if request.template:
        added.append((kinds.TEMPLATE, request.template.encode()))
    if request.system:
        added.append((kinds.SYSTEM, request.system.encode()))
    added += [(kinds.LICENSE, text.encode()) for text in _licenses(request)]
    before = [layer for layer in layers if layer.media_type == kinds.PARAMS]
    old: dict[str, Any] = (
        msgspec.json.decode(library.store.read_blob(before[-1].address)) if before else {}
    )
    if merged := {**old, **parameters_of(request)}:
        added.append((kinds.PARAMS, encode(dict(sorted(merged.items())))))
    if request.messages:
        added.append((kinds.MESSAGES, encode([_turn(message) for message in request.messages])))
    return added


def _licenses(request: CreateRequest) -> list[str]:
    """One text or several; Ollama looks at them late, and has an error of its own kind for them."""
    given: Any = request.license
    if isinstance(given, str):
        return [given] if given else []
    if given is not None and (fault := fault_of(given, strings)):
        raise ServerError(str(fault), status=500)
    return [text or "" for text in given or ()]


def parameters_of(request: CreateRequest) -> dict[str, Any]:
    """The parameters, with a bare stop text as the list that it means."""
    parameters = dict(request.parameters or {})
    if isinstance(parameters.get("stop"), str):
        parameters["stop"] = [parameters["stop"]]
    return parameters


def _turn(message: Message) -> dict[str, Any]:
    """A message as it is stored: role and content always, else what it has."""
    said: dict[str, Any] = {"role": message.role, "content": message.content or ""}
    return {**said, **msgspec.to_builtins(message)}


def write_model(library: Library, name: ModelName, config: Config, layers: list[Layer]) -> None:
    """Name a model; from here on it is there."""
    described = library.store.add_layer(kinds.CONFIG_TYPE, encode(config))
    library.store.write_manifest(name, encode(make_manifest(described, layers)))
