"""From what a caller writes to a request, and what is refused before anything is sent."""

from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
import pytest

from rillet.client.asking import (
    answer_schema,
    chat_request,
    embed_request,
    generate_request,
)
from rillet.words.errors import InvalidRequest


def chat(*messages: Any, **options: Any) -> Any:
    return msgspec.to_builtins(chat_request("m", messages, options))  # type: ignore[arg-type]


def test_formats_in_all_their_forms() -> None:
    class Struct(msgspec.Struct):
        age: int

    @dataclass
    class Data:
        age: int

    class Typed(TypedDict):
        age: int

    class Pydantic:
        @classmethod
        def model_json_schema(cls) -> Any:
            return {"title": "own"}

    for shape in (Struct, Data, Typed):
        assert "age" in str(answer_schema(shape))
    assert answer_schema(Pydantic) == {"title": "own"}
    assert answer_schema("json") == "json"
    assert answer_schema({"type": "object"}) == {"type": "object"}
    with pytest.raises(InvalidRequest, match="no JSON schema"):
        answer_schema(object())


def test_options_and_defaults() -> None:
    sent = chat({"role": "user"}, options={"seed": 1}, keep_alive="5m", think="low", format=None)
    assert sent["options"] == {"seed": 1} and "format" not in sent
    request = generate_request("m", "p", {"images": [b"x"], "raw": True, "context": [1]})
    assert request.images == ["eA=="] and request.raw and request.context == [1]
    assert embed_request("m", ("a", "b"), {"dimensions": 3}).input == ["a", "b"]


def test_what_is_no_option_is_named() -> None:
    with pytest.raises(InvalidRequest, match="ChatRequest has no temperature"):
        chat({"role": "user"}, temperature=1)
    with pytest.raises(InvalidRequest, match="EmbedRequest has no foo"):
        embed_request("m", "a", {"foo": 1})
    with pytest.raises(InvalidRequest, match="keep_alive"):
        chat({"role": "user"}, keep_alive=[1])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"options": [1]}, "options are names and values"),
        ({"temperature": 1}, "options={'temperature'"),
        ({"stream": True}, "stream_chat"),
        ({"tools": print}, "tools is a list"),
    ],
)
def test_slips_are_told_in_words(options: Any, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        chat({"role": "user"}, **options)


def test_what_is_embedded_is_text() -> None:
    with pytest.raises(InvalidRequest, match="a text or a list of texts"):
        embed_request("m", 5, {})  # type: ignore[arg-type]
