"""Images in WebP are turned into what the engine reads."""

import base64
import io

import pytest
from PIL import Image

from rillet.service.webp import readable, readable_chat
from rillet.words.errors import ServerError
from rillet.words.requests import ChatRequest, GenerateRequest, Message

from .projector import png

COLOUR = (200, 30, 30)


def webp(width: int = 40, height: int = 30, frames: int = 1) -> str:
    """Of one colour, without loss, as base64."""
    file = io.BytesIO()
    more = [Image.new("RGB", (width, height), (0, at, 0)) for at in range(1, frames)]
    picture = Image.new("RGB", (width, height), COLOUR)
    picture.save(file, "WEBP", lossless=True, save_all=frames > 1, append_images=more)
    return base64.b64encode(file.getvalue()).decode()


def seen(image: str) -> tuple[str | None, tuple[int, int], object]:
    with Image.open(io.BytesIO(base64.b64decode(image))) as picture:
        return picture.format, picture.size, picture.convert("RGB").getpixel((3, 3))


@pytest.mark.parametrize("frames", [1, 3])
async def test_it_becomes_a_png(frames: int) -> None:
    request = GenerateRequest(model="m", prompt="hi", images=[png(), webp(frames=frames)])
    images = (await readable(request)).images or []
    assert images[0] == png()
    assert seen(images[1]) == ("PNG", (40, 30), COLOUR)


async def test_in_every_message_of_a_chat() -> None:
    turns = [Message("user", "a", images=[webp()]), Message("user", "b")]
    found = await readable_chat(ChatRequest(model="m", messages=turns))
    assert seen((found.messages[0].images or [""])[0])[0] == "PNG"
    assert found.messages[1] is turns[1]


async def test_others_are_left_as_they_are() -> None:
    request = ChatRequest(model="m", messages=[Message("user", "hi", images=[png()])])
    assert await readable_chat(request) is request


@pytest.mark.parametrize(
    ("image", "complaint"),
    [
        (webp()[:20], "in WebP that cannot be read"),
        (webp()[:-16], "in WebP that cannot be read"),
        (webp(16_000, 4_000), "16000 x 4000: 50000000 pixels"),
    ],
)
async def test_what_cannot_be_read(image: str, complaint: str) -> None:
    with pytest.raises(ServerError, match=complaint) as caught:
        await readable(GenerateRequest(model="m", images=[image]))
    assert caught.value.status == 400
