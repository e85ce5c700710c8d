"""A reading place in a file of known size: nothing is read past its end or past the limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from rillet.words.errors import InvalidModelFile

from .formats import Limits

#: `(offset, count) -> bytes`; fewer bytes than asked for only at the end of the file.
ReadAt = Callable[[int, int], bytes]

_CHUNK = 256 * 1024


class Cursor:
    """Walks forward over the file, a window at a time."""

    __slots__ = ("_at", "_elements", "_kept", "_read", "_start", "_window", "limits", "size")

    def __init__(self, read: ReadAt, size: int, limits: Limits) -> None:
        self.limits = limits
        self.size = size
        self._read = read
        self._window = b""
        self._start = 0  # where the window begins in the file
        self._at = 0  # the reading place within the window
        self._kept = 0
        self._elements = 0

    @property
    def position(self) -> int:
        return self._start + self._at

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        end = self._at + count
        if end > len(self._window):
            self._fill(count)
            end = count
        data = self._window[self._at : end]
        self._at = end
        return data

    def skip(self, count: int) -> None:
        """Go on without reading."""
        self._check(count)
        self._at += count
        if self._at > len(self._window):
            self._start += self._at
            self._window, self._at = b"", 0

    def uint32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def uint64(self) -> int:
        return int.from_bytes(self.take(8), "little")

    def text(self, longest: int, what: str) -> str:
        """A text with its length before it; bytes that are not UTF-8 become U+FFFD."""
        length = self.uint64()
        if length > longest:
            raise InvalidModelFile(f"{what} of {length} bytes is longer than the {longest} allowed")
        # An empty text still costs an object.
        self.keep(length + 64)
        return self.take(length).decode("utf-8", "replace")

    def skip_texts(self, count: int) -> None:
        """Go past `count` texts; the hot loop of a header, so it works on local names."""
        longest = self.limits.max_string
        window, at = self._window, self._at
        last = len(window) - 8
        while count:
            if at > last:
                self._at = at
                self._fill(8)
                window, at = self._window, 0
                last = len(window) - 8
            length = int.from_bytes(window[at : at + 8], "little")
            if length > longest:
                raise InvalidModelFile(f"a text of {length} bytes is longer than allowed")
            at += 8 + length
            count -= 1
            if at > len(window):
                self._at = at - length
                self.skip(length)
                window, at = self._window, self._at
                last = len(window) - 8
        self._at = at

    def keep(self, size: int) -> None:
        """Account for `size` bytes that stay in memory."""
        self._kept += size
        if self._kept > self.limits.max_kept:
            raise InvalidModelFile("the header holds more text than is allowed")

    def spend_elements(self, count: int, key: str) -> None:
        """Account for the elements of an array."""
        self._elements += count
        if self._elements > self.limits.max_elements:
            raise InvalidModelFile(f"the array {key!r} has more elements than are allowed")

    def _check(self, count: int) -> None:
        end = self.position + count
        if end > self.size:
            self._ended()
        if end > self.limits.max_header:
            raise InvalidModelFile(f"the header is longer than {self.limits.max_header} bytes")

    def _fill(self, count: int) -> None:
        """Begin a new window at the reading place with at least `count` bytes in it."""
        self._check(count)
        self._start, self._at = self.position, 0
        wanted = min(max(count, _CHUNK), self.size - self._start)
        self._window = self._read(self._start, wanted)
        if len(self._window) < count:
            self._ended()

    def _ended(self) -> NoReturn:
        raise InvalidModelFile("the file is cut off: it ends inside its header")
