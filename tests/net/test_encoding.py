"""Content codings: any text through any coding in any pieces; bombs stay small."""

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from rillet.net.encoding import make_decoder


def raw_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


CODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate ": raw_deflate,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "gzip, br": lambda data: brotli.compress(gzip.compress(data)),
    "zstd, identity, deflate": lambda d: zlib.compress(zstandard.ZstdCompressor().compress(d)),
}


def decode(coding: str, pieces: list[bytes]) -> tuple[bytes, bool]:
    decoder = make_decoder(coding)
    assert decoder is not None
    made = []
    for piece in pieces:
        decoder.push(piece)
        while data := decoder.pull():
            made.append(data)
    return b"".join(made), decoder.finished


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@settings(deadline=None)
@given(st.sampled_from(sorted(CODERS)), st.binary(max_size=3000), st.integers(1, 400))
def test_what_was_coded_comes_back(coding: str, text: bytes, size: int) -> None:
    assert decode(coding, cut(CODERS[coding](text), size)) == (text, True)


@pytest.mark.parametrize("coding", sorted(CODERS))
def test_half_of_it_is_not_finished(coding: str) -> None:
    text = bytes(range(256)) * 20
    coded = CODERS[coding](text)
    made, finished = decode(coding, [coded[: len(coded) // 2]])
    assert text.startswith(made) and not finished


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_several_members(coding: str) -> None:
    coded = CODERS[coding](b"one ") + CODERS[coding](b"two")
    for size in (1, 5, 1000):
        assert decode(coding, cut(coded, size)) == (b"one two", True)


def test_padding_after_gzip() -> None:
    assert decode("gzip", [gzip.compress(b"text"), bytes(99)]) == (b"text", True)


@pytest.mark.parametrize("coding", sorted(CODERS))
def test_nothing_at_all_is_an_end(coding: str) -> None:
    assert decode(coding, []) == (b"", True)


@pytest.mark.parametrize("coding", sorted(CODERS))
@given(st.binary(max_size=200))
def test_noise_is_a_value_error_at_worst(coding: str, noise: bytes) -> None:
    try:
        decode(coding, cut(noise, 7))
    except ValueError:
        pass


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "br, zstd"])
def test_a_bomb_makes_little_at_a_time(coding: str) -> None:
    size = 64 * 2**20
    bomb = _bomb(coding, size)
    assert len(bomb) < size / 500
    decoder = make_decoder(coding)
    assert decoder is not None
    decoder.push(bomb)
    total = 0
    while data := decoder.pull():
        assert len(data) <= 4 * 2**20
        total += len(data)
    assert total == size and decoder.finished


def _bomb(coding: str, size: int) -> bytes:
    data = bytes(size)
    for name in coding.split(", "):
        data = brotli.compress(data, quality=5) if name == "br" else CODERS[name](data)
    return data


def test_what_is_not_known() -> None:
    for coding in ("rot13", "gzip, compress", ", ".join(["gzip"] * 9)):
        with pytest.raises(ValueError):
            make_decoder(coding)
    for coding in ("", "identity", " , Identity"):
        assert make_decoder(coding) is None
