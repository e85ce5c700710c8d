"""Pull and push: what a request asks for, checked before anything is asked of a registry."""

from collections.abc import AsyncIterator

from rillet.model.names import ModelName
from rillet.service.library import Library, parse_name
from rillet.service.registry.patience import Patience
from rillet.service.registry.pull import pull_model
from rillet.service.registry.push import push_model
from rillet.service.remote import LivesElsewhere
from rillet.words.events import Progress
from rillet.words.models import TransferRequest

_PATIENCE = Patience()


def pull(
    library: Library,
    request: TransferRequest,
    *,
    patience: Patience = _PATIENCE,
    prune: bool = True,
) -> AsyncIterator[Progress]:
    """Bring a model into the store. With `prune`, what only the replaced model needed goes.

    The last line is "success". Raises `ServerError` (400, 403) at once, `RilletError` from the
    iterator. To close the iterator is to break off; the next pull goes on from there.
    """
    name, insecure = _name(request.model), bool(request.insecure)
    return pull_model(library.store, name, insecure=insecure, patience=patience, prune=prune)


def push(
    library: Library, request: TransferRequest, *, patience: Patience = _PATIENCE
) -> AsyncIterator[Progress]:
    """Put a model into the registry that its name names. As `pull`."""
    name, insecure = _name(request.model), bool(request.insecure)
    return push_model(library.stores, name, insecure=insecure, patience=patience)


def _name(text: str) -> ModelName:
    name = parse_name(text)
    if name.is_cloud:
        raise LivesElsewhere
    return name
