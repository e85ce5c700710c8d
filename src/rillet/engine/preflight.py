"""What is checked before an engine process is started: the options, the files, the header.

An engine trusts what it reads. What can be told from the file alone is told here, without a load.
"""

import os
import stat
from pathlib import Path

from rillet.engine.options import LoadOptions
from rillet.model.gguf import GgufHeader, InvalidModelFile, read_header, validate, validate_part
from rillet.model.gguf.writing import metadata_entries


def read_model_header(path: str | Path, *, part: bool = False) -> GgufHeader:
    """The validated header of a model file; reads nothing behind it. Raises `InvalidModelFile`.

    With `part` it may also be one of the files that a model is split into.
    Blocks for as long as reading some megabytes takes.
    """
    try:
        # O_NONBLOCK: a named pipe must be refused, not waited for.
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise InvalidModelFile(
            f"Cannot open the model file {os.fspath(path)!r}: {error.strerror}",
            hint="Is the path right, and may you read it?",
        ) from error
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise InvalidModelFile(f"{os.fspath(path)!r} is not a file")
        header = read_header(lambda offset, count: read_at(file, offset, count), status.st_size)
        check = validate_part if part and header.parts > 1 else validate
        check(header, status.st_size)
        return header
    except InvalidModelFile as error:
        raise InvalidModelFile(
            f"{os.path.basename(path)} cannot be loaded: {error.message}", hint=error.hint
        ) from error
    finally:
        os.close(file)


def read_at(file: int, offset: int, count: int) -> bytes:
    """`os.pread`, which may return less than it was asked for in the middle of a file."""
    parts = []
    while count and (part := os.pread(file, count, offset)):
        parts.append(part)
        offset, count = offset + len(part), count - len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def metadata_of(path: str | Path) -> dict[str, bytes]:
    """Every metadata entry of a file by its key, as its bytes stand there. Blocks.

    Raises `InvalidModelFile`.
    """
    with open(path, "rb") as file:
        number = file.fileno()
        size = os.fstat(number).st_size
        return metadata_entries(lambda offset, count: read_at(number, offset, count), size)


def inspect(options: LoadOptions) -> GgufHeader:
    """Check the options and every file they name; returns the header of the model.

    Raises `InvalidRequest` and `InvalidModelFile`.
    """
    options.check()
    header = read_model_header(options.model_path)
    for extra in options.files[1:]:
        read_model_header(extra)
    return header
