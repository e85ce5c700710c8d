"""What a new model gets because the template inside its file is a known one.

Ollama has a template in Go's language and stop words for it, shows both and keeps them with the
model. Ours knows plain ChatML. Source: what Ollama's create says and what its show tells then.
"""

from collections.abc import Iterable

from rillet.model import manifest as kinds
from rillet.model.chatml import STOPS, chatml
from rillet.model.manifest import encode
from rillet.model.names import Digest
from rillet.service.library import Library
from rillet.service.uploaded import Piece


def recognized(library: Library, pieces: Iterable[Piece]) -> list[Piece]:
    """The layers that the files among these pieces bring along."""
    found: list[Piece] = []
    for piece in pieces:
        template = chatml(piece.header.chat_template) if piece.header else None
        if template is not None:
            text = _piece(library, kinds.TEMPLATE, template.source.encode())
            found.append(text._replace(told="using autodetected template chatml"))
            found.append(_piece(library, kinds.PARAMS, encode({"stop": list(STOPS)})))
    return found


def _piece(library: Library, kind: str, data: bytes) -> Piece:
    word = "using existing" if library.store.has_blob(Digest.of(data)) else "creating new"
    return Piece(library.store.add_layer(kind, data), word=word)
