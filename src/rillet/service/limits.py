"""What one request may hold, whichever face it came through: each excess is a clear 400.

The size of a body, its depth and the number of its values are the server's to limit. Here is what
costs more than its bytes: every message is rendered, and a picture of some kilobytes may unfold
to gigabytes in the engine. Sources: the PNG, GIF, BMP and JPEG (T.81) formats.
"""

import binascii
import re
from collections.abc import Iterable, Sequence

import msgspec

from rillet.wire.go_tools import check_tool
from rillet.wire.media import kind_of
from rillet.words.errors import ServerError
from rillet.words.requests import JsonObject, Message

MAX_MESSAGES = 10_000
MAX_TOOLS = 1_024
MAX_TOOLS_SIZE = 1 << 20  # bytes of them all, as JSON
MAX_STOPS = 256
MAX_STOP = 1_024  # characters of one stop string
MAX_IMAGES = 64
MAX_IMAGE_BYTES = 20 << 20
MAX_PIXELS = 50_000_000
NO_MEDIA = "Failed to load image or audio file"  # the engine's words

#: Markers of JPEG: those with a size of the picture, and those without any length.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))


def check_messages(messages: Sequence[Message]) -> None:
    """Raises `ServerError` (400) for too many messages, or images that are too large."""
    if len(messages) > MAX_MESSAGES:
        raise _refused(f"{len(messages)} messages: {MAX_MESSAGES} are the most")
    check_images([image for message in messages for image in message.images or ()])


def check_tools(tools: Sequence[JsonObject]) -> None:
    """Raises `ServerError` (400) for what is none, and for too many: they become a grammar."""
    if len(tools) > MAX_TOOLS:
        raise _refused(f"{len(tools)} tools: {MAX_TOOLS} are the most")
    if tools and len(msgspec.json.encode(tools)) > MAX_TOOLS_SIZE:
        raise _refused(f"tools of more than {MAX_TOOLS_SIZE} bytes")
    for tool in tools:
        check_tool(tool)


def check_stops(stops: Sequence[str]) -> None:
    """Raises `ServerError` (400) for too many or too long: each token is compared with all."""
    if len(stops) > MAX_STOPS:
        raise _refused(f"{len(stops)} stop strings: {MAX_STOPS} are the most")
    if any(len(stop) > MAX_STOP for stop in stops):
        raise _refused(f"a stop string of more than {MAX_STOP} characters")


def check_images(images: Sequence[str]) -> None:
    """`images` are base64 texts. Raises `ServerError` (400)."""
    if len(images) > MAX_IMAGES:
        raise _refused(f"{len(images)} images: {MAX_IMAGES} are the most")
    for image in images:
        if len(image) * 3 // 4 > MAX_IMAGE_BYTES:
            raise _refused(f"an image of more than {MAX_IMAGE_BYTES} bytes")
        try:
            data = binascii.a2b_base64(image)
        except ValueError:  # also where it is not ASCII
            raise _refused("an image that is not base64") from None
        size = dimensions(data)
        check_size(*size)
        if kind_of(data)[0] != "audio" and not all(size):
            # The engine reads more formats, of which some bytes take gigabytes, or abort it.
            raise ServerError(NO_MEDIA, status=400)


def check_size(width: int, height: int) -> None:
    """Raises `ServerError` (400) for a picture of more pixels than are good for an engine."""
    if width * height > MAX_PIXELS:
        raise _refused(f"an image of {width} x {height}: {MAX_PIXELS} pixels are the most")


def dimensions(data: bytes) -> tuple[int, int]:
    """Width and height of a picture in pixels; (0, 0) for what is none of the formats known."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) >= 24:
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if data.startswith((b"GIF87a", b"GIF89a")) and len(data) >= 10:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    if data.startswith(b"BM") and len(data) >= 26:
        sides = (int.from_bytes(data[at : at + 4], "little", signed=True) for at in (18, 22))
        width, height = map(abs, sides)  # a negative height is a picture from top to bottom
        return width, height
    return _jpeg(data) if data.startswith(b"\xff\xd8") else (0, 0)


def _jpeg(data: bytes) -> tuple[int, int]:
    for marker, at in _segments(data):
        if marker in _FRAMES and at + 7 <= len(data):
            return int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 3 : at + 5])
    return 0, 0


def _segments(data: bytes) -> Iterable[tuple[int, int]]:
    """The markers before the picture itself, each with the place of its length."""
    at = 2
    while found := re.compile(rb"\xff+([^\x00\xff])").search(data, at):
        marker, at = found[1][0], found.end()
        if marker in (0xD9, 0xDA):
            return
        if marker in _BARE:
            continue
        yield marker, at
        at += max(2, int.from_bytes(data[at : at + 2]))


def _refused(what: str) -> ServerError:
    return ServerError(f"the request has {what}", status=400)
