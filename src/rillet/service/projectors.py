"""Old projectors for images, from before there were several kinds: they get the name of theirs.

Today's engines load none that does not tell its kind. Ollama's create does the same.
"""

import os
from pathlib import Path

from rillet.engine import read_model_header
from rillet.engine.preflight import read_at
from rillet.model.gguf import GgufHeader
from rillet.model.gguf.writing import NewTensor, aligned, head, metadata_entries, text_entry
from rillet.model.manifest import Layer
from rillet.service.library import Library
from rillet.service.uploaded import Piece

_KIND = "clip.projector_type"
_KINDS = (_KIND, "clip.vision.projector_type")
_FIRST = "mlp"  # the kind that all of them were
_CHUNK = 1 << 20


def lacks_kind(header: GgufHeader | None) -> bool:
    """Whether a projector is one of those."""
    if header is None or header.architecture != "clip":
        return False
    sees = header.metadata.get("clip.has_vision_encoder") is True
    return sees and not any(key in header.metadata for key in _KINDS)


def with_kind(library: Library, piece: Piece) -> Piece:
    """The projector with its kind. Blocks for as long as it takes to copy it."""
    store = library.store
    with store.scratch() as target:
        _write(store.blob_path(piece.layer.address), target)
        header, size = read_model_header(target), target.stat().st_size
        digest = store.link_blob(target)
    layer = Layer(media_type=piece.layer.media_type, digest=str(digest), size=size)
    return Piece(layer, header, fresh=True, word="creating new")


def _write(source: Path, target: Path) -> None:
    header = read_model_header(source)
    with open(source, "rb") as old, open(target, "wb") as new:
        number = old.fileno()
        size = os.fstat(number).st_size
        entries = metadata_entries(lambda offset, count: read_at(number, offset, count), size)
        entries[_KIND] = text_entry(_KIND, _FIRST)
        tensors = [NewTensor(tensor.name, tensor.shape, tensor.type) for tensor in header.tensors]
        new.write(head(entries.values(), tensors, header.alignment))
        for tensor in header.tensors:
            old.seek(header.data_offset + tensor.offset)
            for at in range(0, tensor.size, _CHUNK):
                new.write(old.read(min(_CHUNK, tensor.size - at)))
            new.write(bytes(aligned(tensor.size, header.alignment) - tensor.size))
