"""One model as it can be loaded and asked: all that the other parts want to know of it."""

import logging
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

import msgspec
from msgspec import Struct

from rillet.engine import read_model_header
from rillet.model import manifest as kinds
from rillet.model.capabilities import (
    capabilities,
    heeds_whole_images,
    jinja_abilities,
    jinja_can,
    jinja_is_abler,
    listed_capabilities,
    projector_hears,
    projector_sees,
)
from rillet.model.chat_templates import chat_template, parsed, resolved
from rillet.model.chatml import is_known
from rillet.model.gguf import GgufHeader
from rillet.model.gguf.ollama_layout import is_blind
from rillet.model.gotemplate import TemplateError
from rillet.model.manifest import Config
from rillet.model.names import ModelName
from rillet.model.template import Template
from rillet.store.store import ModelStore, StoredModel
from rillet.text.forms import is_form
from rillet.words.errors import InvalidModelFile, ServerError
from rillet.words.requests import JsonObject, Message

#: Their answers come in channels, which the engine tells apart and a Go template does not show.
_HARMONY = ("gpt-oss", "gptoss")

log = logging.getLogger("rillet.service")


class Model(Struct, frozen=True, kw_only=True, dict=True):
    """Read once, by `read_model` from a store or by `Library.from_file`."""

    name: ModelName
    path: str
    digest: str  # of the manifest; for a bare file of its path, size and time
    header: GgufHeader
    config: Config
    size: int
    modified: float  # seconds since the epoch
    template_text: str = ""
    named_template: str | None = None  # Jinja, in place of a renderer of that name
    go: Template | None = None  # what the model has in Go's language
    template: Template | None = None  # the same; None where the GGUF's own is used
    system: str = ""
    params: JsonObject = {}
    messages: tuple[Message, ...] = ()
    licenses: tuple[str, ...] = ()
    projector: str | None = None
    adapters: tuple[str, ...] = ()
    draft: str | None = None  # kept and shown; nothing guesses ahead with it
    parent: str = ""

    @cached_property
    def capabilities(self) -> tuple[str, ...]:
        """As /api/show tells them, the template inside the file included."""
        return capabilities(
            self.header,
            self.go,
            goes_first=self.template is not None,
            projector=self.projector is not None,
            hears=self._hears(),
            given=self.config.capabilities or (),
            named=self._named_abilities(),
        )

    def _named_abilities(self) -> tuple[str, ...] | None:
        if not self.by_name:
            return None
        return jinja_abilities(self.header) if self._by_file else parsed(self.config.parser)

    @property
    def capabilities_listed(self) -> tuple[str, ...]:
        """As /api/tags tells them, without that template."""
        return listed_capabilities(
            self.header,
            self.go,
            projector=self.projector is not None,
            given=self.config.capabilities or (),
            named=parsed(self.config.parser),
        )

    @property
    def by_name(self) -> bool:
        """Whether Ollama has a renderer or a parser of its own for it, in place of a template."""
        return bool(self.config.renderer or self.config.parser)

    @property
    def form(self) -> str:
        """The form in which it writes thoughts and calls, by name; "" where that is told by the
        template: in the file itself (then the engine reads its answers), or in Go's language."""
        named = self.config.parser
        return named if is_form(named) and not self._by_file else ""

    @property
    def _by_file(self) -> bool:
        """Whether a template that stands in its file is the one that is used."""
        own = self.named_template is None and bool(self.header.chat_template)
        return own and self.template is None

    def can(self, capability: str) -> bool:
        return capability in self.capabilities

    @cached_property
    def projector_header(self) -> GgufHeader | None:
        """What the projector says of itself; None where there is none, or none that can be read."""
        try:
            return read_model_header(self.projector) if self.projector else None
        except InvalidModelFile as error:
            log.warning("the projector of %s cannot be used: %s", self.name.display(), error)
            return None

    def sees(self) -> bool:
        """Whether it takes images: one with a projector for sounds alone only says so."""
        header = self.projector_header
        if header is None and is_blind(self.header):
            return False
        return self.can("vision") and (header is None or projector_sees(header))

    @cached_property
    def whole_images(self) -> bool:
        """Whether an image has to be read in one batch, as each of its parts heeds all others."""
        return self.sees() and heeds_whole_images(self.header, self.projector_header)

    def hears(self) -> bool:
        """Whether it takes sounds."""
        deaf = self.projector_header is None and is_blind(self.header)
        return self.can("audio") and not deaf

    def _hears(self) -> bool:
        return self.projector_header is not None and projector_hears(self.projector_header)


def read_model(store: ModelStore, stored: StoredModel, go_template: bool | None = None) -> Model:
    """A model of the store. Raises `ServerError` where it is not whole or cannot be used.

    `go_template`: as in `Settings`.
    """
    manifest = stored.manifest

    def texts(*types: str) -> list[str]:
        return [
            store.read_blob(layer.address).decode(errors="replace")
            for layer in manifest.of_type(*types)
        ]

    weights = manifest.first(kinds.MODEL)
    if weights is None:
        raise ServerError(
            f"model '{stored.name.display()}' has no weights that this server can load", status=400
        )
    path = store.blob_path(weights.address)
    if not path.exists():  # our folders do not concern who asks
        raise ServerError(
            f"model '{stored.name.display()}' is not whole: {path.name} is missing",
            status=500,
            hint=f"Fetch it again with: rillet pull {stored.name.display()}",
        )
    config = store.config(stored)
    header, named = with_template(read_model_header(path), config, stored.name.display())
    written = "".join(texts(kinds.TEMPLATE, kinds.PROMPT)[-1:])
    go = _template(stored.name, header, written)
    projector, draft = manifest.first(kinds.PROJECTOR), manifest.first(kinds.DRAFT)
    return Model(
        name=stored.name,
        path=str(path),
        digest=stored.digest,
        header=header,
        config=config,
        size=stored.size,
        modified=stored.modified.timestamp(),
        template_text=written,
        named_template=named,
        go=go,
        template=_used(header, config, go, go_template, named is not None),
        system="".join(texts(kinds.SYSTEM)[-1:]),
        params=_json(texts(kinds.PARAMS), JsonObject, {}),
        messages=_json(texts(kinds.MESSAGES), tuple[Message, ...], ()),
        licenses=tuple(texts(kinds.LICENSE)),
        projector=str(store.blob_path(projector.address)) if projector else None,
        adapters=tuple(
            str(store.blob_path(layer.address)) for layer in manifest.of_type(kinds.ADAPTER)
        ),
        draft=str(store.blob_path(draft.address)) if draft else None,
        parent=weights.from_,
    )


def with_template(header: GgufHeader, config: Config, name: str) -> tuple[GgufHeader, str | None]:
    """As if its file had the template that Ollama has in code of its own; and that, if it is so.

    The one in its file stays where it can do all that is named.
    """
    named = chat_template(resolved(config.renderer, name, config.model_type))
    if not named or jinja_can(header, parsed(config.parser)):
        return header, None
    return replace(header, metadata={**header.metadata, "tokenizer.chat_template": named}), named


def _template(name: ModelName, header: GgufHeader, text: str) -> Template | None:
    """The template in Go's language. One that we cannot read gives way to the file's own."""
    try:
        return Template.parse(text) if text else None
    except TemplateError as error:
        if not header.chat_template:
            raise ServerError(f"the template of {name.display()} cannot be used: {error}") from None
        log.warning("the template of %s cannot be used: %s", name.display(), error)
        return None


def _used(
    header: GgufHeader, config: Config, go: Template | None, wanted: bool | None, named: bool
) -> Template | None:
    """The Go template, or None to use the Jinja template inside the file, or the one that is named.

    `wanted` decides where it is set, else the template that can do more. Models that Ollama renders
    in code of its own (by the name in `renderer`) have only an empty Go template: theirs is the
    file's, unless it cannot do what their parser tells. So it is where both are known to say the
    same.
    """
    if go is None or not header.chat_template:
        return go
    if config.renderer or config.parser:
        able = config.renderer or jinja_can(header, parsed(config.parser))
        return None if named or able else go
    abler = jinja_is_abler(header, go) if wanted is None else not wanted
    if header.architecture in _HARMONY or abler or is_known(go, header.chat_template):
        return None
    return go


_T = TypeVar("_T")


def _json(texts: list[str], kind: type[_T], default: _T) -> _T:
    """The last of the texts. Raises `ServerError` where it is not of this kind."""
    try:
        return msgspec.json.decode(texts[-1], type=kind) if texts else default
    except (msgspec.DecodeError, RecursionError) as error:
        raise ServerError(f"a layer of the model cannot be read: {error}", status=500) from None
