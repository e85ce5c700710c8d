"""The renderer and parser that a model gets when it is made, where nobody names them."""

from collections.abc import Iterable

from msgspec.structs import replace

from rillet.model import manifest as kinds
from rillet.model.chat_templates import usual_name
from rillet.model.manifest import Config
from rillet.service.layers import parameters_of
from rillet.service.uploaded import Piece
from rillet.words.models import CreateRequest

#: Where an answer ends, for those whose file does not say.
_STOPS = {"gemma4": ["<turn|>"]}


def with_names(
    request: CreateRequest, base: Config | None, pieces: Iterable[Piece]
) -> CreateRequest:
    """By the architecture of the weights, as with Ollama: then also where its answers end."""
    for piece in pieces:
        if piece.layer.media_type != kinds.MODEL or piece.header is None:
            continue
        renderer = request.renderer or (base.renderer if base else "")
        parser = request.parser or (base.parser if base else "")
        architecture = piece.header.architecture
        usual = usual_name(architecture)
        if not usual or (renderer and parser):
            continue
        request = replace(request, renderer=renderer or usual, parser=parser or usual)
        if architecture in _STOPS:
            stops = {"stop": _STOPS[architecture]}
            request = replace(request, parameters={**stops, **parameters_of(request)})
    return request
