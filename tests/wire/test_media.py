"""What an image or a sound is, told by its first bytes."""

import base64

import pytest

from rillet.wire.media import kind_of, kind_of_base64


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n", ("image", "png")),
        (b"\xff\xd8\xff\xe0", ("image", "jpeg")),
        (b"GIF89a", ("image", "gif")),
        (b"BM1234", ("image", "bmp")),
        (b"RIFF1234WEBPVP8 ", ("image", "webp")),
        (b"RIFF1234WAVEfmt ", ("audio", "wav")),
        (b"ID3\x04", ("audio", "mp3")),
        (b"\xff\xfb\x90\x00", ("audio", "mp3")),
        (b"fLaC\x00", ("audio", "flac")),
        (b"RIFF1234AVI ", ("", "")),
        (b"hello", ("", "")),
        (b"\xff", ("", "")),
        (b"", ("", "")),
    ],
)
def test_first_bytes(data: bytes, expected: tuple[str, str]) -> None:
    assert kind_of(data) == expected
    assert kind_of_base64(base64.b64encode(data + bytes(20)).decode()) == expected or len(data) < 2


def test_what_is_no_base64() -> None:
    assert kind_of_base64("a") == ("", "")
