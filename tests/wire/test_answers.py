"""Whole answers: read as far as they make sense, and never taken for empty."""

import json

import pytest
from msgspec import Struct

from rillet.wire.answers import read_answer, read_object
from rillet.words.errors import MalformedStream, ServerError
from rillet.words.models import ModelInfo


class Models(Struct):
    models: list[ModelInfo] | None


class Vectors(Struct):
    embeddings: list[list[float]]


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_a_list_of_another_server_lacks_much() -> None:
    entries = [{"name": "a", "size": "big", "details": None}, {"model": "b", "size": 3.0}, 5]
    first, second = read_answer(body(models=entries), Models).models or ()
    assert (first.name, first.size, first.details.family) == ("a", 0, "")
    assert (second.name, second.model, second.size) == ("", "b", 3)
    assert read_answer(body(models=None), Models).models is None
    assert read_answer(b"\xef\xbb\xbf" + body(models=[]), Models).models == []


@pytest.mark.parametrize("raw", [b"{}", b'{"models":5}', b'{"models":{}}', b'{"object":"list"}'])
def test_a_list_that_is_not_there_is_no_empty_list(raw: bytes) -> None:
    with pytest.raises(MalformedStream, match="not what its API says"):
        read_answer(raw, Models)


@pytest.mark.parametrize("value", [[["a"]], [[1, None]], "AAAA", None, [5]])
def test_half_a_vector_is_none(value: object) -> None:
    with pytest.raises(MalformedStream):
        read_answer(body(embeddings=value), Vectors, strict=True)
    assert read_answer(body(embeddings=[[1, 2.5]]), Vectors, strict=True).embeddings == [[1.0, 2.5]]


def test_what_is_no_answer_is_an_error() -> None:
    with pytest.raises(MalformedStream, match="web page"):
        read_answer(b"<html>", Models)
    for wrong in (b"", b"nonsense", b"[]", b"null", b'{"models":', b"[" * 100_000, b"\xff"):
        with pytest.raises(MalformedStream):
            read_answer(wrong, Models)
        with pytest.raises(MalformedStream):
            read_object(wrong)
    for raw in (b'{"error": "boom"}', b'{"x": 1, "error": {"message": "boom"}}'):
        with pytest.raises(ServerError, match="boom"):
            read_answer(raw, Models)
