"""Too many messages, too many or too large images: refused before an engine sees them."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.service.limits import (
    MAX_IMAGE_BYTES,
    MAX_IMAGES,
    MAX_MESSAGES,
    MAX_STOP,
    MAX_STOPS,
    MAX_TOOLS,
    check_images,
    check_messages,
    check_stops,
    check_tools,
    dimensions,
)
from rillet.words.errors import ServerError
from rillet.words.requests import Message


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)


def jpeg(width: int, height: int) -> bytes:
    """With a comment that looks like a frame, and fill bytes before the real one."""
    comment = b"\xff\xfe\x00\x0b\xff\xc0\x00\x09\x08\x00\x01\x00\x01"
    return (
        b"\xff\xd8" + comment + b"\xff\xff\xff\xc2\x00\x11\x08" + struct.pack(">HH", height, width)
    )


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "data",
    [
        png(640, 480),
        jpeg(640, 480),
        b"GIF89a" + struct.pack("<HH", 640, 480),
        b"BM" + bytes(16) + struct.pack("<ii", 640, -480),
    ],
)
def test_pictures_tell_their_size(data: bytes) -> None:
    assert dimensions(data) == (640, 480)
    assert dimensions(data[:9]) == (0, 0)


@given(st.binary(), st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"BM", b"GIF89a"]))
def test_any_bytes_are_read(data: bytes, start: bytes) -> None:
    width, height = dimensions(start + data)
    assert width >= 0 and height >= 0


@pytest.mark.parametrize(
    ("images", "says"),
    [
        ([""] * (MAX_IMAGES + 1), "65 images"),
        (["A" * (MAX_IMAGE_BYTES // 3 * 4 + 8)], "more than 20971520 bytes"),
        ([encoded(png(30_000, 30_000))], "30000 x 30000"),
        ([encoded(jpeg(60_000, 60_000))], "60000 x 60000"),
        (["A"], "not base64"),
        (["é"], "not base64"),
        ([encoded(b"8BPS" + struct.pack(">H6xHII", 1, 3, 20_000, 20_000) + bytes(40))], "load"),
        ([encoded(struct.pack("<2xB9xHHBB", 10, 20_000, 20_000, 24, 0) + bytes(40))], "load"),
        ([encoded(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 9000 +X 9000\n")], "load"),
        ([encoded(png(9, 9).replace(b"IHDR", b"CgBI") + png(30_000, 30_000)[8:])], "load"),
        ([""], "load"),
    ],
)
def test_images_are_limited(images: list[str], says: str) -> None:
    for check in (
        lambda: check_images(images),
        lambda: check_messages([Message("user", images=images)]),
    ):
        with pytest.raises(ServerError, match=says) as raised:
            check()
        assert raised.value.status == 400


def test_messages_are_limited() -> None:
    check_messages([Message("user")] * MAX_MESSAGES)
    check_messages([Message("user", images=[encoded(png(4000, 3000))])] * MAX_IMAGES)
    with pytest.raises(ServerError, match="10001 messages"):
        check_messages([Message("user")] * (MAX_MESSAGES + 1))


def test_sounds_have_no_size() -> None:
    check_images([encoded(b"RIFF1234WAVEfmt "), encoded(b"ID3" + bytes(9)), encoded(b"fLaC")])


def test_tools_are_limited() -> None:
    tool = {"function": {"name": "f"}}
    check_tools([tool] * MAX_TOOLS)
    with pytest.raises(ServerError, match="1025 tools") as raised:
        check_tools([tool] * (MAX_TOOLS + 1))
    assert raised.value.status == 400
    check_tools([{"function": {"name": "f", "description": "x" * 1_000_000}}])
    with pytest.raises(ServerError, match="tools of more than 1048576 bytes"):
        check_tools([{"function": {"description": "x" * 600_000}}] * 2)


@pytest.mark.parametrize(
    ("stops", "says"),
    [
        (["x"] * (MAX_STOPS + 1), "257 stop strings"),
        (["x" * (MAX_STOP + 1)], "more than 1024 characters"),
    ],
)
def test_stop_strings_are_limited(stops: list[str], says: str) -> None:
    check_stops(["x" * MAX_STOP] * MAX_STOPS)
    with pytest.raises(ServerError, match=says) as raised:
        check_stops(stops)
    assert raised.value.status == 400
