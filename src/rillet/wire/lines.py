"""Bytes to lines, as NDJSON means them.

Rules:
* A line ends at b"\\n" and nowhere else. U+0085, U+2028 and their like are text.
* The cost is linear, however small the pieces a long line comes in.
* What is held is bounded: a line above `limit` sets `too_long`, and nothing after it is read.
"""

DEFAULT_LIMIT = 64 * 1024 * 1024  # bytes in one line; an image or a tool's result may be long


class LineSplitter:
    """Cuts a stream of bytes into blocks of whole lines.

    `too_long` becomes true at a line of more than `limit` bytes (its newline not counted). The
    lines before it are still returned, the rest of the stream is dropped. `held` is the line that
    has begun.
    """

    __slots__ = ("_limit", "held", "too_long")

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self.held = bytearray()
        self.too_long = False

    def feed(self, data: bytes) -> bytes:
        """The lines that are now complete, with their newlines, in one block; b"" if none is."""
        if not self.held and data[-1:] == b"\n" and len(data) <= self._limit:
            return data  # the usual case: whole lines, nothing held, nothing copied
        if self.too_long or not data:
            return b""
        tail = self.held
        cut = data.rfind(b"\n") + 1
        if not cut:
            tail += data
            block = b""
        elif tail:
            tail += data[:cut]
            block = bytes(tail)
            self.held = bytearray(data[cut:])
        else:
            block = data[:cut]
            tail += data[cut:]
        if len(block) > self._limit:
            block = self._up_to_the_limit(block)
        if len(self.held) > self._limit:
            self._stop()
        return block

    def rest(self) -> bytes:
        """What follows the last newline: a line without its end."""
        return bytes(self.held)

    def _up_to_the_limit(self, block: bytes) -> bytes:
        start = 0
        while start < len(block):
            end = block.index(b"\n", start)
            if end - start > self._limit:
                self._stop()
                return block[:start]
            start = end + 1
        return block

    def _stop(self) -> None:
        self.too_long = True
        self._limit = -1
        self.held = bytearray()
