"""Models of a store that live on another server: they are listed and not asked.

Whoever has used Ollama's cloud has some: a configuration with an address, and no weights.
"""

from msgspec import Struct

from rillet.model import manifest as kinds
from rillet.model.capabilities import listed_capabilities
from rillet.model.gotemplate import TemplateError
from rillet.model.manifest import Config
from rillet.model.names import ModelName
from rillet.model.remote import CLOUD_HOST, name_there, remote_url
from rillet.model.template import Template
from rillet.store.store import ModelStore, StoredModel
from rillet.words.errors import ServerError
from rillet.words.models import CreateRequest

UNAVAILABLE = "ollama cloud is disabled: remote model is unavailable"
DETAILS_UNAVAILABLE = "ollama cloud is disabled: remote model details are unavailable"


class Remote(Struct, frozen=True, kw_only=True):
    """What lists say of it."""

    name: ModelName
    digest: str
    size: int
    modified: float  # seconds since the epoch
    config: Config
    capabilities: tuple[str, ...] = ()


class LivesElsewhere(ServerError):
    """Who asks for an answer, or more than a list says, is told that nobody is asked for it."""

    def __init__(self, message: str = UNAVAILABLE) -> None:
        super().__init__(message, status=403)


def read_remote(store: ModelStore, stored: StoredModel) -> Remote | None:
    """None where the model is one with weights, or one of nowhere."""
    if stored.manifest.first(kinds.MODEL):
        return None
    config = store.config(stored)
    if not (config.remote_host and config.remote_model):
        return None
    templates = stored.manifest.of_type(kinds.TEMPLATE, kinds.PROMPT)
    written = [store.read_blob(layer.address).decode(errors="replace") for layer in templates[-1:]]
    able = listed_capabilities(None, _parsed("".join(written)), given=config.capabilities or ())
    return Remote(
        name=stored.name,
        digest=stored.digest,
        size=stored.size,
        modified=stored.modified.timestamp(),
        config=config,
        capabilities=able,
    )


def _parsed(template: str) -> Template | None:
    try:
        return Template.parse(template) if template else None
    except TemplateError:
        return None


def remote_config(request: CreateRequest, base: ModelName) -> Config | None:
    """The configuration of what is to be made from `base`, None where that is to be here.

    Raises `ServerError` (400).
    """
    host = request.remote_host or (CLOUD_HOST if base.is_cloud else "")
    if not host:
        return None
    try:
        url = remote_url(host)
    except ValueError:
        raise ServerError("bad remote", status=400) from None
    if request.draft_files:
        raise ServerError("DRAFT cannot be used with remote models", status=400)
    there = name_there(request.from_ or "")
    return Config(remote_host=url, remote_model=there, architecture="amd64", os="linux")
