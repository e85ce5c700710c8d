"""Files on their way to a server: named by what is in them, sent once.

Source: Ollama's API reference (HEAD and POST /api/blobs/:digest).
"""

import os
import re
from collections.abc import Callable, Generator, Iterator
from typing import Any

from rillet.net.flow import Command, Work
from rillet.words.errors import InvalidRequest

PIECE = 1 << 18  # bytes that are read and sent at a time
SLOWEST = 1 << 16  # bytes a second; an upload slower than this runs into its clock

_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")


class FileBody:
    """A file's content, read anew each time it is iterated: a question may be put twice."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path
        self.length = os.stat(path).st_size

    def __iter__(self) -> Iterator[bytes]:
        left = self.length
        with open(self.path, "rb") as file:
            while left and (piece := file.read(min(PIECE, left))):
                left -= len(piece)
                yield piece
        if left:
            raise InvalidRequest(f"{self.path} became shorter while it was sent")


def parse_digest(text: str) -> str:
    """The form "sha256:…". Raises `InvalidRequest` before any path is made of what is no digest."""
    found = _DIGEST.fullmatch(text)
    if found is None:
        raise InvalidRequest(f"{text[:80]!r} is no digest: sha256: and 64 hexadecimal digits")
    return f"sha256:{found[1]}"


def measured(path: str | os.PathLike[str]) -> tuple[str, FileBody]:
    """The digest of a file, and the file as a body. Reads all of it."""
    import hashlib

    try:
        body = FileBody(path)
        with open(path, "rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}", body
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read: {error.strerror or error}") from error


def put_blob(
    path: str | os.PathLike[str], ask: Callable[[str, Any], Generator[Command, Any, Any]]
) -> Generator[Command, Any, str]:
    """Measure, ask whether the server has it, send it if not; returns the digest."""
    digest: str
    digest, body = yield Work(lambda: measured(path))
    if not (yield from ask("has_blob", digest)):
        yield from ask("send_blob", (digest, body))
    return digest
