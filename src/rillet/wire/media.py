"""What an image or a sound is, told by its first bytes: servers call both of them images.

Source: the formats themselves (PNG, JPEG, GIF, BMP, RIFF, ID3, MPEG audio, FLAC).
"""

import binascii

_IMAGES = {
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpeg",
    b"GIF8": "gif",
    b"BM": "bmp",
}
_RIFFS = {b"WEBP": ("image", "webp"), b"WAVE": ("audio", "wav")}
_SOUNDS = {b"ID3": "mp3", b"fLaC": "flac"}
#: Bytes that are needed to tell.
HEAD = 12


def kind_of(data: bytes) -> tuple[str, str]:
    """``image`` or ``audio``, and the format; two empty texts for what is neither."""
    if data.startswith(b"RIFF"):
        return _RIFFS.get(data[8:12], ("", ""))
    for kind, formats in (("image", _IMAGES), ("audio", _SOUNDS)):
        for magic, name in formats.items():
            if data.startswith(magic):
                return kind, name
    if data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xE0 == 0xE0:  # a frame of MPEG audio
        return "audio", "mp3"
    return "", ""


def kind_of_base64(text: str) -> tuple[str, str]:
    """The same for base64 text."""
    try:
        return kind_of(binascii.a2b_base64(text[: HEAD // 3 * 4]))
    except binascii.Error:
        return "", ""
