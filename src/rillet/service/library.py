"""The models that there are: in the store, built in, or (for the owner of this process) any file.

`Model` is all that the other parts want to know of one; it is read once and kept until its
manifest or file changes.
"""

import logging
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from rillet import builtin
from rillet.engine import read_model_header
from rillet.model import manifest as kinds
from rillet.model.capabilities import capabilities, jinja_is_abler
from rillet.model.chatml import is_known
from rillet.model.gguf import GgufHeader
from rillet.model.gotemplate import TemplateError
from rillet.model.manifest import Config, config_of
from rillet.model.names import ModelName
from rillet.model.template import Template
from rillet.store.store import ModelStore, StoredModel
from rillet.words.errors import InvalidName, ModelNotFound, ServerError, StoreError
from rillet.words.requests import JsonObject, Message

BUILT_IN = builtin.MODEL_NAME
_BUILT_IN_KEY = ModelName.parse(BUILT_IN).key()
#: Their answers come in channels, which the engine tells apart and a Go template does not show.
_HARMONY = ("gpt-oss", "gptoss")

log = logging.getLogger("rillet.service")


class Model(Struct, frozen=True, kw_only=True, dict=True):
    """One model as it can be loaded and asked."""

    name: ModelName
    path: str
    digest: str  # of the manifest; for a bare file of its path, size and time
    header: GgufHeader
    config: Config
    size: int
    modified: float  # seconds since the epoch
    template_text: str = ""
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
        return self.capabilities_told(jinja=True)

    def capabilities_told(self, *, jinja: bool) -> tuple[str, ...]:
        """With the template inside the file or, as in /api/tags, without."""
        return capabilities(
            self.header,
            self.go,
            jinja=jinja,
            goes_first=self.template is not None,
            projector=self.projector is not None,
            given=self.config.capabilities or (),
        )

    def can(self, capability: str) -> bool:
        return capability in self.capabilities


class Library:
    """Finds models by name. `paths=True` also takes the path of a GGUF file for a name."""

    def __init__(
        self, stores: Sequence[ModelStore], *, built_in: Path | None, paths: bool = False
    ) -> None:
        self.stores = tuple(stores)
        self._built_in = built_in
        self._paths = paths
        self._read: dict[str, Model] = {}
        self._own_model: Model | None = None

    @property
    def store(self) -> ModelStore:
        """The one that is written to."""
        return self.stores[0]

    def find(self, text: str) -> Model:
        """The model of this name. Raises `ServerError` with Ollama's texts and statuses."""
        if self._paths and _is_path(text):
            return self.from_file(Path(text))
        name = parse_name(text)
        found = self.stored(name)
        if found is not None:
            return self._stored(*found)
        if self._built_in is not None and self.is_built_in(name):
            return self._own(self._built_in)
        raise ModelNotFound(
            f"model '{text}' not found", status=404, hint=f"Get it with: rillet pull {text}"
        )

    def stored(self, name: ModelName) -> tuple[ModelStore, StoredModel] | None:
        """Where a model of this name is kept; None for one that is built in or not there."""
        for store in self.stores:
            stored = store.find(name)
            if stored is not None:
                return store, stored
        return None

    def tidy(self) -> None:
        """Remove what no model needs, and what a killed process left half-done an hour ago."""
        try:
            self.store.collect()
        except StoreError as error:  # one that may only be read is not ours to tidy
            log.info("unused blobs stay: %s", error)

    def is_built_in(self, name: ModelName) -> bool:
        return self._built_in is not None and name.key() == _BUILT_IN_KEY

    def all(self) -> list[Model]:
        """Every model, the newest first; one that cannot be read is left out."""
        found: dict[str, Model] = {}
        for store in self.stores:
            for stored in store.list():
                if stored.name.key() not in found and (model := self._readable(store, stored)):
                    found[stored.name.key()] = model
        if self._built_in is not None:
            built_in = self._own(self._built_in)
            found.setdefault(built_in.name.key(), built_in)
        return sorted(found.values(), key=lambda model: -model.modified)

    def from_file(self, path: Path, name: str | None = None) -> Model:
        """A bare GGUF file. Raises `InvalidModelFile` or `StoreError` where it is none."""
        status = path.stat() if path.is_file() else None
        if status is None:
            raise _no_file(path)
        key = f"{path}:{status.st_size}:{status.st_mtime_ns}"
        if key not in self._read:
            header = read_model_header(path)
            self._read[key] = Model(
                name=ModelName.parse(name) if name else _name_of_file(path),
                path=str(path),
                digest=_digest(key),
                header=header,
                config=config_of(header),
                size=status.st_size,
                modified=status.st_mtime,
                licenses=_license_of(header),
            )
        return self._read[key]

    def _own(self, path: Path) -> Model:
        """The built-in model; its card stands with its licence."""
        model = self.from_file(path, BUILT_IN)
        if self._own_model is None or self._own_model.digest != model.digest:
            card = builtin.card_path().read_text(encoding="utf-8")
            self._own_model = msgspec.structs.replace(model, licenses=(*model.licenses, card))
        return self._own_model

    def _readable(self, store: ModelStore, stored: StoredModel) -> Model | None:
        try:
            return self._stored(store, stored)
        except Exception:  # a list must not fail for one damaged model; asking for it says why
            return None

    def _stored(self, store: ModelStore, stored: StoredModel) -> Model:
        key = f"{store.root}:{stored.name}:{stored.digest}"
        if key not in self._read:
            if len(self._read) > 512:
                self._read.clear()
            self._read[key] = _load(store, stored)
        return self._read[key]


@lru_cache(maxsize=1024)
def parse_name(text: str) -> ModelName:
    """Raises `ServerError` (400) as Ollama does."""
    try:
        return ModelName.parse(text)
    except InvalidName as error:
        raise ServerError("invalid model name", status=400) from error


def _load(store: ModelStore, stored: StoredModel) -> Model:
    manifest = stored.manifest

    def texts(kind: str) -> list[str]:
        return [
            store.read_blob(layer.address).decode(errors="replace")
            for layer in manifest.of_type(kind)
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
    header = read_model_header(path)
    written = "".join(texts(kinds.TEMPLATE)[-1:])
    go = _template(stored.name, header, written)
    config = store.config(stored)
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
        go=go,
        template=_used(header, config, go),
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


def _template(name: ModelName, header: GgufHeader, text: str) -> Template | None:
    """The template in Go's language. One that we cannot read gives way to the file's own."""
    try:
        return Template.parse(text) if text else None
    except TemplateError as error:
        if not header.chat_template:
            raise ServerError(f"the template of {name.display()} cannot be used: {error}") from None
        log.warning("the template of %s cannot be used: %s", name.display(), error)
        return None


def _used(header: GgufHeader, config: Config, go: Template | None) -> Template | None:
    """The Go template, unless the one inside the file knows more.

    A model that Ollama renders by name has an empty shell of a template; what it is named for
    stands in the file. One that was recognized says the same as the file's.
    """
    if go is None or not header.chat_template:
        return go
    named = config.renderer or config.parser or header.architecture in _HARMONY
    if named or jinja_is_abler(header, go) or is_known(go, header.chat_template):
        return None
    return go


_T = TypeVar("_T")


def _json(texts: list[str], kind: type[_T], default: _T) -> _T:
    """The last of the texts. Raises `ServerError` where it is not of this kind."""
    try:
        return msgspec.json.decode(texts[-1], type=kind) if texts else default
    except (msgspec.DecodeError, RecursionError) as error:
        raise ServerError(f"a layer of the model cannot be read: {error}", status=500) from None


def _is_path(text: str) -> bool:
    return text.lower().endswith(".gguf") or text.startswith(("./", "../", "/", "~/"))


def _no_file(path: Path) -> ModelNotFound:
    if path.is_dir():
        what = f"{str(path)!r} is a folder, not a GGUF file"
    elif path.exists():
        what = f"{str(path)!r} is not an ordinary file"
    elif path.is_symlink():
        what = f"{str(path)!r} is a link to a file that is not there"
    else:
        what = f"There is no file {str(path)!r}"
    return ModelNotFound(what, status=404, hint="Check the path")


def _name_of_file(path: Path) -> ModelName:
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in path.stem)
    return ModelName.parse(stem.strip("-.")[:80] or "model")


def _license_of(header: GgufHeader) -> tuple[str, ...]:
    name = header.text("general.license")
    return (name,) if name else ()


def _digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()
