"""The bodies of the /v1 routes: JSON, which some clients send compressed with zstd.

What a compressed body may become is bounded: 20 MiB, and a window of 8 MiB to decompress it.
"""

import io
from typing import Any

import zstandard

from rillet.server.exchange import BodyTooLarge, Exchange
from rillet.server.face import Face
from rillet.server.go_json import decoded
from rillet.wire.go_structs_compat import STRUCTS
from rillet.words.errors import ServerError

DECOMPRESSED_LIMIT = 20 << 20  # bytes
_WINDOW = 8 << 20  # bytes


async def json_body(face: Face, exchange: Exchange) -> Any:
    """The first JSON value of a body, of the type of its route.

    Raises `GoJSONError`, `BodyTooLarge`, `ServerError` (400).
    """
    data = await exchange.body(face.settings.max_body)
    if exchange.header(b"content-encoding").lower() == "zstd":
        data = decompressed(data)
    return decoded(data, STRUCTS[exchange.scope["path"]])


def decompressed(data: bytes) -> bytes:
    """What was compressed with zstd, of `DECOMPRESSED_LIMIT` at most."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    try:
        with decompressor.stream_reader(io.BytesIO(data), read_across_frames=True) as reader:
            text = reader.read(DECOMPRESSED_LIMIT + 1)
    except zstandard.ZstdError as error:
        begins = data.startswith(zstandard.FRAME_HEADER)
        what = str(error) if begins else "magic number mismatch"
        raise ServerError(f"invalid input: {what}", status=400) from None
    if len(text) > DECOMPRESSED_LIMIT:
        raise BodyTooLarge(DECOMPRESSED_LIMIT)
    return text
