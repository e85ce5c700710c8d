"""The files that a model is made from: blobs that were uploaded, told apart by what they contain.

Their names are those that they had where they came from. They tell the form of the files, are
never opened here, and are held against Go's rule for paths, as Ollama does.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from rillet.engine import read_model_header
from rillet.model import manifest as kinds
from rillet.model.gguf import GgufHeader
from rillet.model.manifest import Layer
from rillet.model.names import Digest, InvalidDigest
from rillet.service.library import Library
from rillet.words.errors import InvalidModelFile, ServerError

NO_SOURCE = "neither 'from' or 'files' was specified"
_BAD_DIGEST = "invalid digest format"
_NOT_GGUF = "supplied file was not in GGUF format"
_SAFETENSORS = ServerError(
    "this server does not convert safetensors; make a GGUF file with llama.cpp's"
    " convert_hf_to_gguf.py and create the model from it",
    status=500,
)


class Piece(NamedTuple):
    """A layer of the new model."""

    layer: Layer
    header: GgufHeader | None = None  # where it is a GGUF file whose header was read
    fresh: bool = False  # uploaded or made now, not taken from another model
    word: str = "using existing"
    told: str = ""  # in place of word and digest

    @property
    def step(self) -> str:
        """What is said of it when the model is made."""
        return self.told or f"{self.word} layer {self.layer.digest}"


def check_names(*groups: Mapping[str, str] | None, adapters: Mapping[str, str] | None) -> None:
    """Refuse what cannot be the name of a file below a folder, or has no digest.

    Adapters may have any name.
    """
    for path, digest in (item for files in groups for item in (files or {}).items()):
        pieces = path.split("/")
        if path != "." and any(piece in ("", ".", "..") for piece in pieces):
            raise ServerError("file path must be relative", status=400)
        if not digest:
            raise ServerError(_BAD_DIGEST, status=400)
    if "" in (adapters or {}).values():
        raise ServerError(_BAD_DIGEST, status=400)


def parse_digest(text: str, status: int = 400) -> Digest:
    """Raises `ServerError` where it is none."""
    try:
        return Digest.parse(text)
    except InvalidDigest as error:
        raise ServerError(_BAD_DIGEST, status=status) from error


def require_gguf(library: Library, files: Mapping[str, str]) -> None:
    """Look at the first file, by its name or else its content, as to what all of them are."""
    for path, digest in files.items():
        if path.endswith(".safetensors"):
            raise _SAFETENSORS
        if path.endswith(".gguf") or _begins_like_gguf(library, digest):
            return
        break
    raise ServerError("unknown type", status=400)


def order(files: Iterable[str]) -> list[str]:
    return sorted(files, key=lambda path: path.encode("utf-8", "surrogatepass"))


def read_piece(library: Library, text: str, kind: str = "") -> Piece:
    """The layer of an uploaded GGUF file, of the kind that it tells. Raises `ServerError`."""
    digest = parse_digest(text, status=500)
    path = library.store.blob_path(digest)
    file = text.replace(":", "-")
    if path.name != file or not path.is_file():  # Ollama looks for one in capitals as it stands
        # Ollama names the whole path here; our folders do not concern a stranger.
        raise ServerError(f"open {file}: no such file or directory", status=500)
    try:
        header = read_model_header(path, part=True)
    except InvalidModelFile as error:
        raise _unreadable(path, error) from error
    layer = Layer(media_type=kind or _kind(header), digest=str(digest), size=path.stat().st_size)
    return Piece(layer, header, fresh=True)


def _kind(header: GgufHeader) -> str:
    if header.architecture == "clip":
        return kinds.PROJECTOR
    if not header.block_count and header.number(header.own("vision.block_count")):
        return kinds.PROJECTOR
    own = {"adapter": kinds.ADAPTER, "mmproj": kinds.PROJECTOR, "projector": kinds.PROJECTOR}
    return own.get(header.text("general.type"), kinds.MODEL)


def _begins_like_gguf(library: Library, text: str) -> bool:
    try:
        path = library.store.blob_path(Digest.parse(text))
        with open(path, "rb") as file:
            return file.read(4) == b"GGUF"
    except (InvalidDigest, OSError):
        return False


def _unreadable(path: Path, error: InvalidModelFile) -> ServerError:
    with open(path, "rb") as file:
        if file.read(4) != b"GGUF":
            return ServerError(_NOT_GGUF, status=400)
    return ServerError(error.message.replace(str(path), "the file"), status=400)
