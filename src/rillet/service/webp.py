"""Images in WebP, which the engine does not read: each becomes a PNG, as with Ollama.

Pillow does it, in a thread: it lets others run meanwhile, and is not loaded before the first such
image. Of one that moves the first picture is taken.
"""

import asyncio
import base64
import io
from typing import TypeVar

import msgspec

from rillet.service.limits import check_size
from rillet.wire.media import kind_of_base64
from rillet.words.errors import ServerError
from rillet.words.requests import ChatRequest, GenerateRequest, Message

_WEBP = ("image", "webp")
_QUICK = 1  # zlib's level: the engine reads the PNG once, a moment later
_Shown = TypeVar("_Shown", GenerateRequest, Message)


async def readable_chat(request: ChatRequest) -> ChatRequest:
    """As `readable`, for all that was said."""
    if not any(map(_has_webp, request.messages)):
        return request
    turns = [await readable(turn) for turn in request.messages]
    return msgspec.structs.replace(request, messages=turns)


async def readable(shown: _Shown) -> _Shown:
    """The same with images that the engine reads. Raises `ServerError` (400)."""
    if not _has_webp(shown):
        return shown
    images = [
        await asyncio.to_thread(_png, image) if kind_of_base64(image) == _WEBP else image
        for image in shown.images or ()
    ]
    return msgspec.structs.replace(shown, images=images)


def _has_webp(shown: GenerateRequest | Message) -> bool:
    return any(kind_of_base64(image) == _WEBP for image in shown.images or ())


def _png(image: str) -> str:
    try:
        from PIL import Image
    except ImportError:  # left out by who installed us
        raise ServerError("WebP is read where Pillow is; send PNG or JPEG", status=400) from None
    file = io.BytesIO()
    try:
        with Image.open(io.BytesIO(base64.b64decode(image)), formats=["WEBP"]) as picture:
            check_size(*picture.size)  # before the pixels are unpacked
            picture.save(file, "PNG", compress_level=_QUICK)
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        wrong = "the request has an image in WebP that cannot be read"
        raise ServerError(wrong, status=400) from error
    return base64.b64encode(file.getvalue()).decode()
