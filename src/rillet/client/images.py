"""Images in all their forms, as the base64 text that servers take."""

import base64
import binascii
import os
from collections.abc import Iterable
from typing import Any

from rillet.words.errors import InvalidRequest

Image = str | bytes | os.PathLike[str]

_LONGEST_PATH = 4096  # characters


def images_base64(images: Any) -> list[str]:
    """The texts of several images; one alone need not stand in a list."""
    if isinstance(images, str | bytes | os.PathLike):
        return [image_base64(images)]
    if not isinstance(images, Iterable):
        raise InvalidRequest(f"images is a list of paths, bytes or base64 texts, not {images!r}")
    return [image_base64(image) for image in images]


def image_base64(image: Any) -> str:
    """A path, bytes, base64 text, a data URI, or an object with such a `value`, as base64 text.

    Raises `InvalidRequest` for what is none of these. Nothing is fetched.
    """
    image = getattr(image, "value", image)
    if isinstance(image, bytes | bytearray | memoryview):
        return base64.b64encode(image).decode()
    if not isinstance(image, str | os.PathLike):
        raise InvalidRequest(f"An image is a path, bytes or base64 text, not {image!r}")
    # isfile says no, and raises nothing, where a base64 text is too long for a name
    if isinstance(image, os.PathLike) or (len(image) < _LONGEST_PATH and os.path.isfile(image)):
        return base64.b64encode(_content(image)).decode()
    return _checked(image)


def _checked(text: str) -> str:
    if text.startswith(("http://", "https://")):
        raise InvalidRequest(f"An image is not fetched from {text}: give its bytes")
    head, comma, data = text.partition(";base64,")
    data = data if comma and head.startswith("data:") else text
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        raise InvalidRequest(f"No such image file, and no base64 text either: {shown!r}") from error
    return data


def _content(path: str | os.PathLike[str]) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise InvalidRequest(f"No such image file: {path} ({error.strerror})") from error
