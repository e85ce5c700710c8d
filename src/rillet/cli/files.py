"""`-o FILE`: an answer goes to a file as it comes, its bytes and nothing else."""

import os

from rillet.cli.screen import DEFAULT_HEIGHT, DEFAULT_WIDTH, encoded, write_all


class OutputFile:
    """A `Writer` over a file. Raises `OSError` with the file's name."""

    is_terminal = False
    colours = False

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666
        )

    def write(self, text: str) -> None:
        try:
            write_all(self._descriptor, encoded(text))
        except OSError as error:
            raise OSError(error.errno, os.strerror(error.errno or 0), self._path) from error

    def width(self) -> int:
        return DEFAULT_WIDTH

    def height(self) -> int:
        return DEFAULT_HEIGHT

    def close(self) -> None:
        os.close(self._descriptor)
