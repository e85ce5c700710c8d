import json

import pytest

from rillet.wire import ollama_answers as answers
from rillet.words.errors import MalformedStream, ServerError

TINY = {
    "name": "tiny:latest",
    "model": "tiny:latest",
    "modified_at": "2026-11-22T11:16:37.275404434Z",
    "size": 284312,
    "digest": "d7de8cfaa01b9ecaa4a7ef138ecb181c82643b912938221d1b12ee1461880645",
    "details": {"format": "gguf", "family": "llama", "families": None, "context_length": 2048},
    "capabilities": ["completion"],
}


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_tags() -> None:
    (model,) = answers.decode_tags(body(models=[TINY]))
    assert (model.name, model.size, model.details.context_length) == ("tiny:latest", 284312, 2048)
    assert model.capabilities == ["completion"]
    assert answers.decode_tags(body(models=[])) == []
    assert answers.decode_tags(body(models=None)) == []


def test_a_list_of_another_server_lacks_much() -> None:
    first, second = answers.decode_tags(
        body(models=[{"name": "a", "size": "big", "details": None}, {"model": "b", "size": 3.0}, 5])
    )
    assert (first.name, first.model, first.size, first.details.family) == ("a", "a", 0, "")
    assert (second.name, second.model, second.size) == ("b", "b", 3)


def test_ps() -> None:
    loaded = TINY | {"expires_at": "2318-01-01T00:00:00Z", "size_vram": 7, "context_length": 512}
    (model,) = answers.decode_ps(body(models=[loaded]))
    assert (model.expires_at[:4], model.size_vram, model.context_length) == ("2318", 7, 512)


def test_show() -> None:
    card = answers.decode_show(
        body(details={"family": "llama"}, model_info={"llama.context_length": 2048, "x": None})
    )
    assert card.details.family == "llama"
    assert card.model_info["llama.context_length"] == 2048
    assert answers.decode_show(b"{}").model_info == {}


def test_vectors() -> None:
    embeddings = answers.decode_embed(body(model="m", embeddings=[[1, 2.5]], prompt_eval_count=3))
    assert embeddings.embeddings == [[1.0, 2.5]]
    assert embeddings.prompt_eval_count == 3
    assert answers.decode_embedding(body(embedding=[3, 4, 0])) == [3.0, 4.0, 0.0]
    assert answers.decode_embedding(body(embedding=[])) == []


def test_version() -> None:
    assert answers.decode_version(b'{"version":"0.33.0-rc2"}') == "0.33.0-rc2"
    assert answers.decode_version(b'\xef\xbb\xbf{"version":"1"}') == "1"
    assert answers.decode_version(b"{}") == ""


DECODERS = [
    answers.decode_tags,
    answers.decode_ps,
    answers.decode_show,
    answers.decode_embed,
    answers.decode_embedding,
    answers.decode_version,
]


@pytest.mark.parametrize("decode", DECODERS)
def test_what_is_no_answer_is_an_error(decode) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(MalformedStream, match="web page"):
        decode(b"<html>")
    for wrong in (b"", b"nonsense", b"[]", b"null", b'{"models":', b"[" * 100_000):
        with pytest.raises(MalformedStream):
            decode(wrong)
    with pytest.raises(ServerError, match="boom"):
        decode(b'{"error": "boom"}')
