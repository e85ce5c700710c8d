"""The models that there are: in the store, built in, or (for the owner of this process) any file.

One is read once and kept until its manifest or file changes.
"""

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from rillet import builtin
from rillet.engine import read_model_header
from rillet.model.chat_templates import usual_name
from rillet.model.gguf import GgufHeader
from rillet.model.manifest import config_of
from rillet.model.names import ModelName
from rillet.service.model import Model, read_model, with_template
from rillet.service.remote import LivesElsewhere, Remote, read_remote
from rillet.store.store import ModelStore, StoredModel
from rillet.words.errors import InvalidName, ModelNotFound, ServerError, StoreError

BUILT_IN = builtin.MODEL_NAME
_BUILT_IN_KEY = ModelName.parse(BUILT_IN).key()

log = logging.getLogger("rillet.service")


class Library:
    """Finds models by name. `paths=True` also takes the path of a GGUF file for a name.

    `go_template`: as in `Settings`.
    """

    def __init__(
        self,
        stores: Sequence[ModelStore],
        *,
        built_in: Path | None,
        paths: bool = False,
        go_template: bool | None = None,
    ) -> None:
        self.stores = tuple(stores)
        self._built_in = built_in
        self._paths = paths
        self._go_template = go_template
        self._read: dict[str, Model | Remote] = {}
        self._files: dict[str, Model] = {}
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
            model = self._stored(*found)
            if isinstance(model, Remote):
                raise LivesElsewhere
            return model
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

    def rename_old(self) -> None:
        """Let what an Ollama of long ago has stored be found."""
        try:
            self.store.rename_old()
        except StoreError as error:
            log.info("old blobs stay as they are: %s", error)

    def tidy(self) -> None:
        """Remove what no model needs, and what a killed process left half-done an hour ago."""
        try:
            self.store.collect()
        except StoreError as error:  # one that may only be read is not ours to tidy
            log.info("unused blobs stay: %s", error)

    def is_built_in(self, name: ModelName) -> bool:
        return self._built_in is not None and name.key() == _BUILT_IN_KEY

    def all(self) -> list[Model | Remote]:
        """Every model, the newest first; one that cannot be read is left out."""
        found: dict[str, Model | Remote] = {}
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
        if key not in self._files:
            header = read_model_header(path)
            config = config_of(header)
            if not header.chat_template and (usual := usual_name(header.architecture)):
                config = msgspec.structs.replace(config, renderer=usual, parser=usual)
            header, named = with_template(header, config, name or "")
            self._files[key] = Model(
                named_template=named,
                name=ModelName.parse(name) if name else _name_of_file(path),
                path=str(path),
                digest=_digest(key),
                header=header,
                config=config,
                size=status.st_size,
                modified=status.st_mtime,
                licenses=_license_of(header),
            )
        return self._files[key]

    def _own(self, path: Path) -> Model:
        """The built-in model; its card stands with its licence."""
        model = self.from_file(path, BUILT_IN)
        if self._own_model is None or self._own_model.digest != model.digest:
            card = builtin.card_path().read_text(encoding="utf-8")
            self._own_model = msgspec.structs.replace(model, licenses=(*model.licenses, card))
        return self._own_model

    def _readable(self, store: ModelStore, stored: StoredModel) -> Model | Remote | None:
        try:
            return self._stored(store, stored)
        except Exception:  # a list must not fail for one damaged model; asking for it says why
            return None

    def _stored(self, store: ModelStore, stored: StoredModel) -> Model | Remote:
        key = f"{store.root}:{stored.name}:{stored.digest}"
        if key not in self._read:
            if len(self._read) > 512:
                self._read.clear()
            there = read_remote(store, stored)
            self._read[key] = there or read_model(store, stored, self._go_template)
        return self._read[key]


@lru_cache(maxsize=1024)
def parse_name(text: str) -> ModelName:
    """Raises `ServerError` (400) as Ollama does."""
    try:
        return ModelName.parse(text)
    except InvalidName as error:
        raise ServerError("invalid model name", status=400) from error


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
