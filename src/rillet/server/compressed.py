"""The bodies of the /v1 routes: JSON, which some clients send compressed with zstd.

What a compressed body may become is bounded: 20 MiB, and a window of 8 MiB to decompress it.
"""

import io
from typing import Any

import zstandard

from rillet.server.exchange import BodyTooLarge, Exchange
from rillet.server.face import CLOUD, Face, is_remote
from rillet.server.go_json import checked, first_value
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
    value = first_value(data)
    if type(value) is dict and type(model := value.get("model")) is str and is_remote(model):
        raise ServerError(CLOUD, status=403)  # before anything else is looked at, as there
    return checked(value, data, STRUCTS[exchange.scope["path"]])


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
