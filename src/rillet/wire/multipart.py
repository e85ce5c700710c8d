"""Forms with files, as browsers and HTTP clients send them: multipart/form-data.

Rules: of several values of one name the first counts; a part with a file name is a file. What is
wrong is a `ServerError` (400) in the words of Go's net/http, which clients of Ollama have seen.
Source: RFC 7578; error texts as observed on Ollama 0.33.
"""

from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from typing import NamedTuple

from rillet.wire.go_fields import refused


class Form(NamedTuple):
    """What a form holds, by name."""

    fields: dict[str, str]
    files: dict[str, bytes]


def read_form(content_type: str, data: bytes) -> Form:
    """The form in a body; `content_type` is the header that came with it."""
    form = Form({}, {})
    for head, content in _parts(data, _boundary(content_type)):
        about = BytesHeaderParser().parsebytes(head)
        name = about.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            continue
        if about.get_filename() is None:
            form.fields.setdefault(name, content.decode("utf-8", "replace"))
        else:
            form.files.setdefault(name, content)
    return form


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_boundary()
    unsaid = boundary is None and "boundary" not in content_type.lower()
    if message.get_content_type() != "multipart/form-data" or not (boundary or unsaid):
        raise refused(f"{_FAILED}: request Content-Type isn't multipart/form-data")
    if not boundary:
        raise refused(f"{_FAILED}: no multipart boundary param in Content-Type")
    return boundary.encode("latin-1", "replace")


def _parts(data: bytes, boundary: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Headers and content of each part."""
    _, *pieces = (b"\r\n" + data).split(b"\r\n--" + boundary)
    if not pieces:
        raise refused(f"{_FAILED}: multipart: NextPart: EOF")
    for piece in pieces:
        if piece.startswith(b"--"):
            return
        line, _, rest = piece.partition(b"\r\n")
        head, blank, content = rest.partition(b"\r\n\r\n")
        if line.strip() or not blank:
            raise refused(f"{_FAILED}: multipart: NextPart: EOF")
        yield head, content
    raise refused(f"{_FAILED}: unexpected EOF")


_FAILED = "failed to parse multipart form"
