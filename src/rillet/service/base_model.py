"""The model that another one is made from."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from rillet.engine import read_model_header
from rillet.model import manifest as kinds
from rillet.model.manifest import Config, Layer, config_of
from rillet.service.library import Library, parse_name
from rillet.service.uploaded import Piece
from rillet.store.store import ModelStore, StoredModel
from rillet.words.errors import StoreError

_CHUNK = 4 << 20  # bytes read at a time


def base_model(library: Library, text: str) -> tuple[Config, list[Piece]]:
    """The configuration and layers of a model, their blobs in the store that is written to.

    Raises `ModelNotFound`.
    """
    found = library.stored(parse_name(text))
    if found is None:  # built in
        model = library.find(text)
        digest = library.store.put_blob(_chunks(Path(model.path)))
        weights = Layer(media_type=kinds.MODEL, digest=str(digest), size=model.size)
        layers = [library.store.add_layer(kinds.LICENSE, text.encode()) for text in model.licenses]
        return model.config, [*map(Piece, (weights, *layers))]
    store, stored = found
    if store is not library.store:
        _bring(library.store, store, stored.manifest.layers)
    parent = stored.name.display()
    return _inherited(store, stored), [
        Piece(
            msgspec.structs.replace(layer, from_=parent)
            if layer.media_type == kinds.MODEL
            else layer
        )
        for layer in stored.manifest.layers
    ]


def _inherited(store: ModelStore, stored: StoredModel) -> Config:
    """What a new model has from its base: what the files tell, and what they cannot tell.

    What the base was given by `info` is its own.
    """
    given = store.config(stored)
    weights = stored.manifest.first(kinds.MODEL)
    if weights is None:
        return given
    own = config_of(read_model_header(store.blob_path(weights.address)))
    return msgspec.structs.replace(
        own,
        model_format=given.model_format or own.model_format,
        renderer=given.renderer,
        parser=given.parser,
        requires=given.requires,
        capabilities=given.capabilities,
    )


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
