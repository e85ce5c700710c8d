"""Content codings: gzip, deflate, br, zstd and stacks of them, undone as the bytes arrive.

We ask for `identity`: an answer made of tokens gains nothing from compression, and many proxies
that compress hold tokens back until a block is full. But some servers compress unasked, so all
common codings are understood (RFC 9110, 8.4; RFC 1950-1952, 7932, 8878).

Laws:
* No token waits: whatever the coder flushed comes out with the same call.
* Bounded: one `pull` makes about 2 MiB at most, whatever the bytes expand to. What is left waits
  as it came.
* A coding that is not known is a `ValueError` when the decoder is made; broken data is one too.
"""

from typing import Any, Protocol

STEP = 1 << 20  # bytes made by one step of a decoder that can be told
ZSTD_SLICE = 64  # one zstd block of 4 bytes makes 128 KiB at most: 64 bytes make 2 MiB at most
ZSTD_WINDOW = 1 << 27  # what the zstd command line allows; a stranger may ask for far more
MAX_CODINGS = 4


class Decoder(Protocol):
    """`push` bytes in, then `pull` until it gives b""."""

    def push(self, data: bytes) -> None: ...
    def pull(self) -> bytes: ...
    @property
    def finished(self) -> bool:
        """Whether the data may end here."""
        ...


def make_decoder(content_encoding: str) -> Decoder | None:
    """A decoder for the value of a Content-Encoding header; None where there is nothing to undo."""
    codings = [word.strip().lower() for word in content_encoding.split(",")]
    codings = [word for word in codings if word not in ("", "identity")]
    if len(codings) > MAX_CODINGS:
        raise ValueError(f"its content is coded {len(codings)} times over")
    stages: list[Decoder] = [_make_one(coding) for coding in reversed(codings)]
    if not stages:
        return None
    return stages[0] if len(stages) == 1 else _Stack(stages)


def _make_one(coding: str) -> Decoder:
    if coding in ("gzip", "x-gzip"):
        return _Zlib(gzip=True)
    if coding == "deflate":
        return _Zlib(gzip=False)
    if coding == "br":
        return _Brotli()
    if coding == "zstd":
        return _Zstd()
    raise ValueError(f"its content coding {coding!r} is not known")


class _Zlib:
    """gzip (with several members) and deflate (which some servers send without its zlib header)."""

    def __init__(self, *, gzip: bool) -> None:
        import zlib

        self._zlib = zlib
        self._gzip = gzip
        self._rest = b""
        self._started = False
        self._stream: Any = zlib.decompressobj(31) if gzip else None

    def push(self, data: bytes) -> None:
        self._rest += data

    def pull(self) -> bytes:
        if self._stream is None and not self._open_deflate():
            return b""
        while True:
            if self._stream.eof and not self._next_member():
                return b""
            self._started = self._started or bool(self._rest)
            try:
                made: bytes = self._stream.decompress(self._rest, STEP)
            except self._zlib.error as error:
                raise ValueError(f"its compressed content is broken ({error})") from None
            self._rest = self._stream.unused_data or self._stream.unconsumed_tail
            if made or not self._stream.eof:
                return made

    @property
    def finished(self) -> bool:
        return not self._started or bool(self._stream is not None and self._stream.eof)

    def _open_deflate(self) -> bool:
        if len(self._rest) < 2:
            self._started = bool(self._rest)
            return False
        first, second = self._rest[0], self._rest[1]
        zlib_header = first & 15 == 8 and (first << 8 | second) % 31 == 0
        self._stream = self._zlib.decompressobj(15 if zlib_header else -15)
        return True

    def _next_member(self) -> bool:
        if self._gzip and self._rest[:1] == b"\x1f":
            self._stream = self._zlib.decompressobj(31)
            return True
        self._rest = b""  # padding after the end, which gzip allows
        return False


class _Brotli:
    def __init__(self) -> None:
        import brotli

        self._error = brotli.error
        self._stream = brotli.Decompressor()
        self._waiting: list[bytes] = []
        self._started = False
        self._may_hold = False  # it keeps output back beyond its limit, and does not say so

    def push(self, data: bytes) -> None:
        self._waiting.append(data)
        self._started = True

    def pull(self) -> bytes:
        try:
            if self._may_hold and (made := self._process(b"")):
                return made
            while self._waiting and self._stream.can_accept_more_data():
                if made := self._process(self._waiting.pop(0)):
                    return made
        except self._error as error:
            raise ValueError(f"its compressed content is broken ({error})") from None
        return b""

    def _process(self, data: bytes) -> bytes:
        made: bytes = self._stream.process(data, output_buffer_limit=STEP)
        self._may_hold = bool(made)
        return made

    @property
    def finished(self) -> bool:
        return not self._started or bool(self._stream.is_finished())


class _Zstd:
    """zstd, with several frames. The library cannot bound its output, so its input is sliced."""

    def __init__(self) -> None:
        import zstandard

        self._error = zstandard.ZstdError
        decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        self._make = decompressor.decompressobj
        self._stream = self._make()
        self._rest = memoryview(b"")
        self._started = False

    def push(self, data: bytes) -> None:
        self._rest = memoryview(bytes(self._rest) + data)

    def pull(self) -> bytes:
        pieces: list[bytes] = []
        size = 0
        try:
            while self._rest and size < STEP:
                pieces.append(self._step())
                size += len(pieces[-1])
        except self._error as error:
            raise ValueError(f"its compressed content is broken ({error})") from None
        return b"".join(pieces)

    def _step(self) -> bytes:
        if self._stream.eof:
            self._stream = self._make()
        part, self._rest = self._rest[:ZSTD_SLICE], self._rest[ZSTD_SLICE:]
        self._started = True
        made: bytes = self._stream.decompress(part)
        if unused := self._stream.unused_data:
            self._rest = memoryview(unused + bytes(self._rest))
        return made

    @property
    def finished(self) -> bool:
        return not self._started or bool(self._stream.eof)


class _Stack:
    """Several codings; the last one applied is undone first."""

    def __init__(self, stages: list[Decoder]) -> None:
        self._stages = stages

    def push(self, data: bytes) -> None:
        self._stages[0].push(data)

    def pull(self) -> bytes:
        return self._pull(len(self._stages) - 1)

    def _pull(self, level: int) -> bytes:
        stage = self._stages[level]
        while True:
            if made := stage.pull():
                return made
            if level == 0 or not (raw := self._pull(level - 1)):
                return b""
            stage.push(raw)

    @property
    def finished(self) -> bool:
        return all(stage.finished for stage in self._stages)
